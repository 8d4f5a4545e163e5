"""A list of any length, of which only a window is in memory.

Rows come in pages by key from a `RowSource`, in both directions from where the cursor is and from
either end; a line is drawn when it is looked at. So a million rows open as fast as ten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Offset, Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from simtui.tui.keys import moves
from simtui.tui.widgets.cells import fitted
from simtui.tui.widgets.growing import set_length
from simtui.tui.work import in_background

Row = TypeVar("Row")

PAGE = 200
WINDOW = 2000


class RowSource(Protocol[Row]):
    """Where rows come from. `key` tells one row from another, whatever its place."""

    def key(self, row: Row) -> str: ...

    async def count(self) -> int: ...

    async def page(
        self, *, after: Row | None = None, before: Row | None = None, from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Row]: ...  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """`cell` gives the text of a row and the name of its colour ("" for none). `width` 0 takes what
    is left. Below `from_width` columns of terminal the column goes."""

    title: str
    width: int
    cell: Callable[[Row], tuple[str, str]]
    from_width: int = 0
    right: bool = False


class VirtualTable(ScrollView, Generic[Row], can_focus=True):
    """Posts `Moved` when the cursor is on another row, and `Opened` on Enter or a click on it.
    `nothing` stands where the list is empty."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--line", "table--head", "table--cursor", "table--cursor-away", "table--mark",
        "table--error", "table--warning", "table--success", "table--dim",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*moves("left", "right")]

    class Moved(Message):
        pass

    class Opened(Message):
        pass

    class Failed(Message):
        """Rows could not be read; what was there stays."""

        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(self, columns: Sequence[Column[Row]], id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.marked: set[str] = set()
        self.total = 0
        self.nothing = ""
        self.cursor = 0
        self._source: RowSource[Row] | None = None
        self._rows: list[Row] = []
        self._start = 0
        self._reading = asyncio.Lock()
        self._fetching = False
        self._going: int | None = None
        self._looked_at: int | None = None
        self._drawn: dict[int, object] = {}

    # -- rows

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._at(self.cursor)

    def _at(self, index: int) -> Row | None:
        place = index - self._start
        return self._rows[place] if 0 <= place < len(self._rows) else None

    async def show(self, source: RowSource[Row]) -> None:
        """Shows another list, from its top. Until it is read, the one before stays."""
        async with self._reading:
            total, rows = await source.count(), await source.page()
            self._source, self._going, self._looked_at = source, None, None
            self.scroll_to(0, 0, animate=False)
            self.cursor = 0
            self._take(rows, 0, total)
            self.post_message(self.Moved())

    async def reload(self) -> None:
        """Reads the window again; the cursor stays on its row, wherever that is now."""
        async with self._reading:
            source = self._source
            if source is None:
                return
            start, length = 0, max(len(self._rows), PAGE)
            total = await source.count()
            above = []
            if self._start and self._rows:
                above = await source.page(before=self._rows[0], limit=1)
            if above:
                rows = await source.page(after=above[0], limit=length)
                start = max(0, min(self._start + total - self.total, total - len(rows)))
            else:
                rows = await source.page(limit=length)
            # only now: a key may have moved it while the rows were read
            current, keys = self.row, [source.key(row) for row in rows]
            was = None if current is None else source.key(current)
            place = keys.index(was) if was in keys else self.cursor - self._start
            in_sight = 0 <= self.cursor - self.scroll_offset.y < self.size.height
            self._take(rows, start, total)
            # a list that was scrolled away from its cursor by wheel stays where it is
            self._put_cursor(start + place, follow=in_sight)

    def _take(self, rows: list[Row], start: int, total: int) -> None:
        self._rows, self._start = rows, start
        self.total = max(total, start + len(rows))
        self._resize()
        self.refresh_changed()

    def _resize(self) -> None:
        set_length(self, self.total + 1)

    def mark(self, keys: Iterable[str]) -> None:
        """Marks the rows with these keys, and no others."""
        self.marked = set(keys)
        self.refresh_changed()

    async def go_to(self, key: str) -> bool:
        """Puts the cursor on a row, where it is among the first `WINDOW`. False where it is not."""
        async with self._reading:
            source = self._source
            if source is None or self._start:
                return False
            found = self._place(source, key, 0)
            while found is None and self._rows and len(self._rows) < min(self.total, WINDOW):
                more = await source.page(after=self._rows[-1])
                if not more:
                    break
                before = len(self._rows)
                self._rows += more
                found = self._place(source, key, before)
        if found is not None:
            self._put_cursor(found)
        return found is not None

    def _place(self, source: RowSource[Row], key: str, start: int) -> int | None:
        there = range(start, len(self._rows))
        return next((n for n in there if source.key(self._rows[n]) == key), None)

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where on the screen the row under the cursor begins."""
        return self.content_region.offset + Offset(0, self.cursor - self.scroll_offset.y + 1)

    # -- moving

    def action_move(self, by: int) -> None:
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._go(self.cursor + by * max(1, self.size.height - 2))

    def action_half(self, by: int) -> None:
        self._go(self.cursor + by * max(1, (self.size.height - 1) // 2))

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(self.total - 1)

    def _go(self, index: int) -> None:
        index = max(0, min(index, self.total - 1))
        there = self._at(index) is not None
        self._going = None if there else index
        if there:
            self._put_cursor(index)
        self._fetch_around(index)

    def _put_cursor(self, index: int, *, follow: bool = True) -> None:
        index = max(0, min(index, self.total - 1))
        before, self.cursor = self.cursor, index
        if before != index:
            for line in (before, index):
                self._refresh_row(line)
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if follow and index < top:
            self.scroll_to(y=index, animate=False, force=True)
        elif follow and index >= top + height:
            self.scroll_to(y=index - height + 1, animate=False, force=True)
        self.post_message(self.Moved())

    def _refresh_row(self, index: int) -> None:
        y = index - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _fetch_around(self, index: int) -> None:
        """Fetches what is looked at, or soon will be, if it is not there."""
        near = self.size.height + 20
        low, high = max(0, index - near), min(self.total, index + near)
        if self._start <= low and high <= self._start + len(self._rows):
            return
        self._looked_at = index
        if not self._fetching:
            self._fetching = True
            in_background(self, self._fetch)

    async def _fetch(self) -> None:
        try:
            while (index := self._wanted()) is not None:
                async with self._reading:
                    if self._source is not None:
                        await self._fetch_for(index, self._source)
                if index == self._going:
                    self._going = None
                    self._put_cursor(index)
        except Exception as error:
            self._going = None
            self.post_message(self.Failed(error))
        finally:
            self._fetching = False
        self.refresh_changed()

    def _wanted(self) -> int | None:
        """Where the cursor is to go, else what is looked at."""
        looked_at, self._looked_at = self._looked_at, None
        return looked_at if self._going is None else self._going

    async def _fetch_for(self, index: int, source: RowSource[Row]) -> None:
        near = self.size.height + 20
        end = self._start + len(self._rows)
        if index >= self.total - PAGE and index - end > PAGE:
            # there may be fewer by now, and the end is counted from the beginning
            self.total, self._rows = await source.count(), await source.page(from_end=True)
            self._start = max(0, self.total - len(self._rows))
            self._resize()
        elif index < PAGE and self._start - index > PAGE:
            self._rows, self._start = await source.page(), 0
        # between the ends there is no way but page by page: there are no offsets
        while self._rows and index + near > self._start + len(self._rows) < self.total:
            more = await source.page(after=self._rows[-1])
            self._rows += more
            if not more:
                self.total = self._start + len(self._rows)
                self._resize()
            if len(self._rows) > WINDOW:
                surplus = len(self._rows) - WINDOW
                del self._rows[:surplus]
                self._start += surplus
        while self._rows and index - near < self._start and self._start > 0:
            more = await source.page(before=self._rows[0])
            if not more:
                self._start = 0
                break
            self._rows = (more + self._rows)[:WINDOW]
            self._start = max(0, self._start - len(more))

    # -- drawing

    def on_resize(self) -> None:
        self._resize()
        self._put_cursor(self.cursor)

    def on_focus(self) -> None:
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        self._refresh_row(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._fetch_around(min(round(new_value) + self.size.height // 2, self.total - 1))

    def on_click(self, event: events.Click) -> None:
        index = self.scroll_offset.y + event.y - 1
        if event.y < 1 or self._at(index) is None:
            return
        if index == self.cursor:
            self.post_message(self.Opened())
        self._put_cursor(index)

    def refresh_changed(self) -> None:
        """Draws the lines in sight that say something else by now, and no others: each is bytes on
        a slow link."""
        for y in range(1, self.size.height):
            if self._drawn.get(y) != self._told(self.scroll_offset.y + y - 1, y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _told(self, index: int, y: int) -> object:
        """All that what is drawn in a line depends on."""
        row = self._at(index)
        if row is None or self._source is None:
            return self.nothing if y == 2 and not self.total else None
        marked = self._source.key(row) in self.marked
        return marked, index == self.cursor, [column.cell(row) for column in self.columns]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.get_component_rich_style("table--line")
        self._drawn[y] = self._told(self.scroll_offset.y + y - 1, y)
        shown = [c for c in self.columns if self.app.size.width >= c.from_width]
        fixed = sum(c.width + 2 for c in shown if c.width)
        rest = max(8, width - 2 - fixed - 2)
        if y == 0:
            style = base + self.get_component_rich_style("table--head", partial=True)
            head = "  " + "".join(
                (c.title.rjust(c.width) if c.right else c.title.ljust(c.width or rest)) + "  "
                for c in shown
            )
            return Strip([Segment(fitted(head, width), style)])
        row = self._at(self.scroll_offset.y + y - 1)
        if y == 2 and not self.total:
            style = base + self.get_component_rich_style("table--dim", partial=True)
            return Strip([Segment(fitted(f"  {self.nothing}", width), style)])
        if row is None:
            return Strip.blank(width, base)
        return self._row_strip(row, shown, rest, width, base, self.scroll_offset.y + y - 1)

    def _row_strip(
        self, row: Row, shown: list[Column[Row]], rest: int, width: int, base: Style, index: int
    ) -> Strip:
        under = index == self.cursor
        if under:
            name = "table--cursor" if self.has_focus else "table--cursor-away"
            base = base + self.get_component_rich_style(name, partial=True)
        marked = self._source is not None and self._source.key(row) in self.marked
        sign = "▸" if under else " "
        mark = base + self.get_component_rich_style("table--mark", partial=True)
        segments = [Segment(sign, base), Segment("●" if marked else " ", mark)]
        for column in shown:
            text, colour = column.cell(row)
            cell_width = column.width or rest
            cell = fitted(text, cell_width)
            if column.right:
                cell = cell.rstrip().rjust(cell_width)
            style = base
            if colour:
                style = base + self.get_component_rich_style(f"table--{colour}", partial=True)
            segments += [Segment(cell, style), Segment("  ", base)]
        # fewer pieces are fewer bytes over a slow link
        return Strip(segments).adjust_cell_length(width, base).simplify()
