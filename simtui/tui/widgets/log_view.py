"""The log of a run, of any length: a window of its lines, read as they are looked at. Unlike a
list it has no places counted from the top, so that its end, an error or a match in a million lines
is as near as the next line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from textwrap import wrap as wrapped
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from simtui.errors import shown
from simtui.library.runs import RunShelf
from simtui.model import wording
from simtui.model.run import RUNNING, LogLine, Run
from simtui.model.run_text import with_masked_keys
from simtui.tui.keys import moves
from simtui.tui.widgets.log_window import LogWindow
from simtui.tui.widgets.log_words import head, mark_of
from simtui.tui.work import in_background

_NEAR = 100
_MAX_LINE = 4000
_ROOMY = 70


class LogView(Widget, can_focus=True):
    """Posts `Changed` where what is told of it has changed, and `Failed` where lines could not be
    read. `following`: the cursor stays on the last line, as lines come. `levels`: these alone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--line", "lines--cursor", "lines--match", "lines--error", "lines--warning",
        "lines--dim",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*moves()]

    class Changed(Message):
        pass

    class Failed(Message):
        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = self.wrap = self.absolute = False
        self.levels_named = ""
        self.count: int | None = None
        self._window: LogWindow | None = None
        self._cursor = self._top = self._left = 0
        self._pattern: re.Pattern[str] | None = None
        self._laid_out: list[tuple[int, int]] | None = None
        self._laid_for: tuple[Size, bool, bool] | None = None
        self._area = Size()

    # -- what is shown

    @property
    def _lines(self) -> Sequence[LogLine]:
        return self._window.lines if self._window is not None else ()

    async def show(self, shelf: RunShelf, run: Run, *, follow: bool = False) -> None:
        """Shows the log of a run, at its end."""
        window = LogWindow(shelf, run)
        await window.read_end()
        self._window, self._pattern = window, None
        self.levels_named, self.following, self._left, self.count = "", follow, 0, None
        self._jump(len(window.lines) - 1)

    async def only(self, levels: tuple[str, ...] | None, named: str) -> None:
        """Shows lines of these levels alone (None: all), around where the cursor is."""
        if self._window is None:
            return
        at, self._window.levels = self.line, levels
        self.levels_named, self.count = named if levels is not None else "", None
        if at is None:
            await self._window.read_end()
            self._jump(len(self._lines) - 1)
        else:
            self._jump(await self._window.read_around(at.seq))

    async def catch_up(self, run: Run) -> None:
        """Takes in what came since."""
        if self._window is None:
            return
        was_running, self._window.run = self._window.run.status == RUNNING, run
        came, moved = await self._window.catch_up(whole=not self.following)
        self._moved(moved)
        # a million take a tenth of a second to count: those that come are added; where not all of
        # them were read, and at the end of the run, for those out of order, they are counted anew
        has_ended = was_running and run.status != RUNNING
        if came is None or has_ended:
            self.count = None
        elif self.count is not None:
            self.count += came
        if came != 0:
            if self.following:
                self._put(len(self._lines) - 1)
            self._draw_anew()

    async def count_up(self) -> None:
        """Counts the lines, which may take longer than to show them."""
        if self._window is not None and self.count is None:
            self.count = await self._window.count()
            self.post_message(self.Changed())

    @property
    def levels(self) -> tuple[str, ...] | None:
        """The levels that are shown; None for all."""
        return self._window.levels if self._window is not None else None

    @property
    def line(self) -> LogLine | None:
        """The line under the cursor."""
        return self._lines[self._cursor] if self._cursor < len(self._lines) else None

    def told(self) -> list[tuple[str, str]]:
        """What is true of it, in (text, colour) pieces."""
        total = "counting…" if self.count is None else wording.plural(self.count, "line")
        pieces = [(total, "dim")]
        if self.line is not None:
            pieces.insert(0, (f"at {wording.count(self.line.seq)} · ", "dim"))
        if self.levels is not None:
            pieces.append((f" · only {self.levels_named}", "warning"))
        if self.following:
            pieces.append((" · following", "key"))
        if self.wrap:
            pieces.append((" · wrapped", "dim"))
        return pieces

    # -- going far

    async def go_to(self, seq: int) -> None:
        """Puts the cursor on the line with this number, or the nearest that is shown."""
        if self._window is None:
            return
        self.following = False
        place = self._window.place(seq)
        if place is None:
            place = await self._window.read_around(seq)
            self._top = max(0, place - self.size.height // 2)
        self._put(place)
        self._draw_anew()

    async def _to_an_end(self, way: int) -> None:
        if self._window is not None:
            await (self._window.read_end() if way > 0 else self._window.read_beginning())
            self._jump(len(self._lines) - 1 if way > 0 else 0)

    async def _read_more(self, way: int, by: int = 0) -> None:
        """Reads on, and moves the cursor by so much."""
        if self._window is None:
            return
        self._moved(await self._window.read_more(way))
        while self._goes_on(way) and not 0 <= self._cursor + by < len(self._lines):
            self._moved(await self._window.read_more(way))
        self._put(self._cursor + by)
        self._draw_anew()

    def _moved(self, places: int) -> None:
        """The lines stand elsewhere in the window now."""
        self._cursor, self._top = max(0, self._cursor + places), max(0, self._top + places)
        self._laid_out = None

    def _jump(self, place: int) -> None:
        self._top = 0
        self._put(place)
        self._draw_anew()

    # -- moving

    def _goes_on(self, way: int) -> bool:
        """Whether there are lines past the window."""
        return self._window is not None and self._window.goes_on(way)

    def action_move(self, by: int) -> None:
        goes_on, target = self._goes_on(by), self._cursor + by
        self.following = self.following and by > 0 and not goes_on
        if goes_on and not 0 <= target < len(self._lines):
            self._start(partial(self._read_more, by, by))
            return
        self._put(target)
        left = self._cursor if by < 0 else len(self._lines) - self._cursor
        if goes_on and left < _NEAR:
            self._start(partial(self._read_more, by))  # before it is looked at

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    def action_half(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height // 2))

    def action_first(self) -> None:
        self.following = False
        self._start(partial(self._to_an_end, -1)) if self._goes_on(-1) else self._put(0)

    def action_last(self) -> None:
        last = len(self._lines) - 1
        self._start(partial(self._to_an_end, 1)) if self._goes_on(1) else self._put(last)

    def action_sideways(self, by: int) -> None:
        if not self.wrap:
            step = max(8, self.size.width // 2)
            widest = max((len(self._message(line)) for line in self._in_sight()), default=0)
            self._left = max(0, min(self._left + by * step, max(self._left, widest - step)))
            self.refresh()

    def follow(self) -> None:
        """Keeps to the end as lines come, or no longer."""
        self.following = not self.following
        if self.following:
            self.action_last()
        self.post_message(self.Changed())

    def toggle_wrap(self) -> None:
        """Wraps long lines, or cuts them."""
        self.wrap, self._left = not self.wrap, 0
        self._put(self._cursor)
        self._draw_anew()

    def look_for(self, pattern: re.Pattern[str] | None) -> None:
        """Makes what it matches plain to see."""
        self._pattern = pattern
        self.refresh()

    def matches(self, line: LogLine) -> bool:
        """Whether what is looked for stands in it."""
        return self._pattern is not None and bool(self._pattern.search(line.message))

    def _start(self, work: Callable[[], Awaitable[None]]) -> None:
        async def read() -> None:
            try:
                await work()
            except Exception as error:
                self.post_message(self.Failed(error))

        in_background(self, read)

    def _put(self, index: int) -> None:
        """Puts the cursor on a line of the window, and shows it."""
        before, top = self._cursor, self._top
        self._cursor = max(0, min(index, len(self._lines) - 1))
        height = max(1, self.size.height)
        self._top = min(self._top, self._cursor)
        if not self.wrap:
            self._top = max(self._top, self._cursor - height + 1)
        else:
            rows, first = 0, self._cursor
            for number in range(self._cursor, self._top - 1, -1):
                rows += len(self._rows_of(self._lines[number])) if self._lines else 1
                if rows > height and number != self._cursor:
                    break
                first = number
            self._top = max(self._top, first)
        if top != self._top:
            self._laid_out = None
            self.refresh()
        else:
            self._refresh_line(before)
            self._refresh_line(self._cursor)
        if before != self._cursor:
            self.post_message(self.Changed())

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where on the screen the line under the cursor begins."""
        numbers = [number for number, _ in self._layout()]
        y = numbers.index(self._cursor) if self._cursor in numbers else 0
        return self.content_region.offset + Offset(0, y)

    def _refresh_line(self, index: int) -> None:
        for y, (number, _) in enumerate(self._layout()):
            if number == index:
                self.refresh(Region(0, y, self.size.width, 1))

    def _draw_anew(self) -> None:
        self._laid_out = None
        self.refresh()
        self.post_message(self.Changed())

    # -- drawing

    def on_resize(self) -> None:
        self._area, self._laid_out = self.size, None
        self._put(len(self._lines) - 1 if self.following else self._cursor)

    def on_focus(self) -> None:
        self._refresh_line(self._cursor)

    def on_blur(self) -> None:
        self._refresh_line(self._cursor)

    def _in_sight(self) -> Iterator[LogLine]:
        for number in dict.fromkeys(number for number, _ in self._layout()):
            yield self._lines[number]

    def _layout(self) -> list[tuple[int, int]]:
        """Which line of the window stands in each row, and which part of it."""
        # what is wrapped is as wide as the times before it leave it
        laid_for = (self._area, self.absolute, self.wrap)
        if self._laid_out is None or self._laid_for != laid_for:
            self._laid_for = laid_for
            rows: list[tuple[int, int]] = []
            number = self._top
            while number < len(self._lines) and len(rows) < self._area.height:
                parts = len(self._rows_of(self._lines[number])) if self.wrap else 1
                rows += [(number, part) for part in range(parts)]
                number += 1
            self._laid_out = rows[: self._area.height]
        return self._laid_out

    def _head(self, line: LogLine) -> list[tuple[str, str]]:
        assert self._window is not None  # it has this line
        roomy = self._area.width >= _ROOMY
        return head(line, self._window.run.started_at, absolute=self.absolute, roomy=roomy)

    def _message(self, line: LogLine) -> str:
        # masked before it is cut: half a key is told by no pattern
        return shown(with_masked_keys(line.message), _MAX_LINE)

    def _rows_of(self, line: LogLine) -> list[str]:
        """A message wrapped: never more than a screen of it, the rest is behind enter."""
        width = max(8, self._area.width - sum(cell_len(text) for text, _ in self._head(line)))
        most = max(3, self._area.height - 2)
        rows: list[str] = []
        for text in with_masked_keys(line.message).split("\n"):
            safe = shown(text, width * most)
            rows += (wrapped(safe, width) if safe.isascii() else chop_cells(safe, width)) or [""]
            if len(rows) > most:
                return [*rows[: most - 1], "… ⏎ shows all of it"]
        return rows

    def render_lines(self, crop: Region) -> list[Strip]:
        self._area = self.size  # asked once a paint: Textual looks it up through all that is above
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width, base = self._area.width, self.get_component_rich_style("lines--line")
        rows = self._layout()
        if y >= len(rows):
            nothing = "No log lines." if self.levels is None else f"No {self.levels_named}."
            if y == 0 and not self._lines and self._window is not None:
                return Strip([Segment(nothing, base)]).adjust_cell_length(width, base)
            return Strip.blank(width, base)
        number, part = rows[y]
        line = self._lines[number]
        if number == self._cursor and self.has_focus:
            base = base + self.get_component_rich_style("lines--cursor", partial=True)
        before = self._head(line)
        before_width = sum(cell_len(text) for text, _ in before)
        if part:
            segments = [Segment(" " * before_width, base)]
        else:
            segments = [Segment(text, self._style(base, colour)) for text, colour in before]
        text = self._rows_of(line)[part] if self.wrap else self._message(line)
        colour = mark_of(line.level)[1]
        message = Strip(self._marked(text, self._style(base, colour)))
        if self._left and not self.wrap:
            message = message.crop(self._left, self._left + width)
        strip = Strip([*segments, *message]).crop(0, width)
        return strip.adjust_cell_length(width, base).simplify()

    def _style(self, base: Style, colour: str) -> Style:
        if not colour:
            return base
        return base + self.get_component_rich_style(f"lines--{colour}", partial=True)

    def _marked(self, text: str, style: Style) -> list[Segment]:
        if self._pattern is None:
            return [Segment(text, style)]
        found = style + self.get_component_rich_style("lines--match", partial=True)
        segments, at = [], 0
        for match in self._pattern.finditer(text):
            segments += [Segment(text[at : match.start()], style), Segment(match.group(), found)]
            at = match.end()
        return [*segments, Segment(text[at:], style)]
