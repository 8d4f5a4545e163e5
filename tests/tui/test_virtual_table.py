"""The list that holds a window of any number of rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.pilot import Pilot

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
