"""The list that holds a window of any number of rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from simtui.tui.widgets.virtual_table import PAGE, WINDOW, Column, VirtualTable

COLUMN: Column[int] = Column("Number", 0, lambda row: (f"row {row}", ""))


class Numbers:
    """The rows 0 … count-1; remembers how many were asked for."""

    def __init__(self, count: int) -> None:
        self.rows = list(range(count))
        self.asked = 0

    def key(self, row: int) -> str:
        return str(row)

    async def count(self) -> int:
        return len(self.rows)

    async def page(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[int]:
        rows = self.rows
        if after is not None:
            rows = [row for row in rows if row > after]
        if before is not None:
            rows = [row for row in rows if row < before]
        rows = rows[-limit:] if from_end or before is not None else rows[:limit]
        self.asked += len(rows)
        return rows


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield VirtualTable([COLUMN], id="table")


@asynccontextmanager
async def shown(source: Numbers) -> AsyncIterator[tuple[VirtualTable[int], Pilot[None]]]:
    app = TableApp()
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.query_one("#table", VirtualTable)
        await table.show(source)
        table.focus()
        await pilot.pause()
        yield table, pilot


async def settled(table: VirtualTable[int], pilot: Pilot[None]) -> None:
    while table._fetching:
        await pilot.pause(0.01)
    await pilot.pause()


async def test_a_million_rows_open_by_their_first_page() -> None:
    source = Numbers(1_000_000)
    async with shown(source) as (table, _):
        assert (table.total, table.row) == (1_000_000, 0)
        assert source.asked <= 2 * PAGE


async def test_last_and_first_go_to_the_ends_without_what_lies_between() -> None:
    source = Numbers(100_000)
    async with shown(source) as (table, pilot):
        await pilot.press("G")
        await settled(table, pilot)
        assert table.row == 99_999
        await pilot.press("k")
        assert table.row == 99_998
        await pilot.press("g")
        await settled(table, pilot)
        assert table.row == 0
        assert source.asked < 10 * PAGE


async def test_paging_down_meets_every_row_once_and_holds_no_more_than_a_window() -> None:
    async with shown(Numbers(3 * WINDOW)) as (table, pilot):
        met = [table.row]
        while table.cursor < table.total - 1:
            table.action_move(1)
            await settled(table, pilot) if table._fetching else None
            met.append(table.row)
            assert len(table._rows) <= WINDOW + 2 * PAGE
        assert met == list(range(3 * WINDOW))
        for _ in range(WINDOW + 500):
            table.action_move(-1)
            if table._fetching:
                await settled(table, pilot)
        assert table.row == 3 * WINDOW - 1 - WINDOW - 500


async def test_a_reload_keeps_the_cursor_on_its_row_wherever_that_is_now() -> None:
    source = Numbers(1000)
    async with shown(source) as (table, _):
        for _ in range(50):
            table.action_move(1)
        assert table.row == 50
        source.rows = [-3, -2, -1, *source.rows[:20], *source.rows[30:]]
        await table.reload()
        assert table.row == 50
        assert table.cursor == 43


async def test_a_key_while_it_is_read_again_is_not_undone() -> None:
    """Another process writes all the time, and so the list is read all the time."""
    source = Numbers(50)
    async with shown(source) as (table, pilot):
        count = source.count

        async def count_slowly() -> int:
            table.action_move(3)
            return await count()

        source.count = count_slowly  # type: ignore[method-assign]  # a key comes just then
        await table.reload()
        await settled(table, pilot)
        assert (table.cursor, table.row) == (3, 3)


async def test_a_list_that_shrinks_to_nothing_and_grows_again_stays_usable() -> None:
    source = Numbers(3)
    async with shown(source) as (table, pilot):
        await pilot.press("G")
        source.rows = []
        await table.reload()
        assert (table.row, table.total) == (None, 0)
        await pilot.press("j", "k", "G", "g", "pagedown")
        source.rows = [7, 8]
        await table.reload()
        assert (table.row, table.total) == (7, 2)


async def test_a_wheel_moves_what_is_looked_at_and_never_the_cursor() -> None:
    async with shown(Numbers(10_000)) as (table, pilot):
        for _ in range(3):
            table.scroll_to(y=table.scroll_offset.y + PAGE, animate=False)
            await settled(table, pilot)
        assert (table.cursor, table.row) == (0, 0)
        assert table._at(3 * PAGE) == 3 * PAGE
        await table.reload()
        await pilot.pause()
        assert table.scroll_offset.y == 3 * PAGE
        await pilot.press("j")
        await settled(table, pilot)
        assert table.row == 1


async def test_the_end_of_a_list_that_shrank_meanwhile_is_reached_all_the_same() -> None:
    source = Numbers(5000)
    async with shown(source) as (table, pilot):
        del source.rows[300:]
        await pilot.press("G")
        await settled(table, pilot)
        assert (table.row, table.cursor, table.total) == (299, 299, 300)
        await pilot.press("g")
        await settled(table, pilot)
        assert (table.row, table.cursor) == (0, 0)


class Held(Numbers):
    """Its pages wait until they are let go."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.go = asyncio.Event()
        self.go.set()

    async def page(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[int]:
        rows = await super().page(after=after, before=before, from_end=from_end, limit=limit)
        await self.go.wait()
        return rows


async def test_a_list_that_changes_while_a_page_of_it_is_fetched_has_no_row_twice() -> None:
    source = Held(2000)
    async with shown(source) as (table, pilot):
        source.go.clear()
        for _ in range(PAGE - 1):
            table.action_move(1)
        await pilot.pause()
        source.rows = [row for row in source.rows if row % 2]
        reading = asyncio.create_task(table.reload())
        await pilot.pause()
        source.go.set()
        await reading
        await settled(table, pilot)
        rows = table._rows
        assert rows == sorted(set(rows))
        assert rows == source.rows[table._start : table._start + len(rows)]


async def test_until_another_list_is_read_the_one_before_stays() -> None:
    one, other = Held(10), Held(20)
    async with shown(one) as (table, pilot):
        other.go.clear()
        showing = asyncio.create_task(table.show(other))
        await pilot.pause()
        assert (table.total, table.row) == (10, 0)
        showing.cancel()
        await asyncio.wait([showing])
        await table.reload()
        assert table.total == 10
        other.go.set()
        await table.show(other)
        assert table.total == 20


async def test_rows_that_cannot_be_read_are_told_and_read_again_later() -> None:
    class Failing(Numbers):
        broken = False

        async def page(self, **wanted: Any) -> list[int]:
            if self.broken:
                raise ZeroDivisionError
            return await super().page(**wanted)

    source = Failing(5000)
    failures: list[Exception] = []

    class Listening(TableApp):
        def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
            failures.append(event.error)

    app = Listening()
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.query_one("#table", VirtualTable)
        await table.show(source)
        table.focus()
        source.broken = True
        await pilot.press("G")
        await settled(table, pilot)
        assert [type(error) for error in failures] == [ZeroDivisionError]
        assert table.row == 0
        source.broken = False
        await pilot.press("G")
        await settled(table, pilot)
        assert table.row == 4999


async def test_only_the_lines_that_say_something_else_are_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Numbers(1000)
    async with shown(source) as (table, pilot):
        drawn: list[int] = []
        draw = table.render_line

        def watched(y: int) -> Strip:
            drawn.append(y)
            return draw(y)

        monkeypatch.setattr(table, "render_line", watched)
        await table.reload()
        await pilot.pause()
        assert drawn == []
        table.mark({"3"})
        await pilot.pause()
        assert drawn == [4]
