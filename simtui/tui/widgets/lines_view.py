"""A text of any length, with a cursor on one of its lines: JSON, an overview, a report. Only the
lines that are looked at are drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Offset, Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from simtui.errors import shown
from simtui.tui.keys import moves
from simtui.tui.widgets.growing import set_length
from simtui.tui.widgets.lines import MAX_LINE, Lines, Span, StyledLines


class LinesView(ScrollView, can_focus=True):
    """Shows `Lines`, with a cursor on one of them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--line", "lines--cursor", "lines--match", "lines--error", "lines--warning",
        "lines--success", "lines--dim", "lines--key", "lines--number", "lines--title",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*moves()]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self._lines: Lines = StyledLines([])
        self._left = 0
        self._wanted = ""
        self._pattern: re.Pattern[str] | None = None

    def show(self, lines: Lines, cursor: int = 0) -> None:
        """Shows another text; draws only the lines that are others than before."""
        plain = not self._left and self._pattern is None and not self.scroll_offset.y
        before = self._in_sight()
        self._lines = lines
        self.cursor, self._left, self._pattern = 0, 0, None
        self._measure()
        self.scroll_to(0, 0, animate=False, force=True)
        self._put_cursor(cursor)
        if not plain:
            self.refresh()
            return
        for y, (was, now) in enumerate(zip_longest(before, self._in_sight(), fillvalue=())):
            if was != now:
                self.refresh(Region(0, y, self.size.width, 1))

    def _measure(self) -> None:
        # a text that fits is as high as its place, whichever text it is
        set_length(self, max(len(self._lines), self.size.height))

    def _in_sight(self) -> list[Sequence[Span]]:
        """What stands in the first lines, as many as there is room for."""
        count = min(self.size.height, len(self._lines))
        return [self._lines.spans(number) for number in range(count)]

    @property
    def line(self) -> str:
        """The text of the line under the cursor."""
        return self._lines.plain(self.cursor) if len(self._lines) else ""

    def plain_text(self) -> str:
        """The whole text, as it may stand on a terminal."""
        lines = (self._lines.plain(number) for number in range(len(self._lines)))
        return "\n".join(shown(line, max(len(line), 1)) for line in lines) + "\n"

    def find(self, text: str) -> bool:
        """Looks for a text, without regard to case, and goes to its next place. False where there
        is none."""
        self._wanted = text
        self._pattern = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self.refresh()
        if self._pattern is None:
            return True
        if self._pattern.search(self.line):
            self._show_match()
            return True
        return self.next_match(1)

    @property
    def looked_for(self) -> bool:
        """Whether there is something to find again."""
        return self._pattern is not None

    def _show_match(self) -> None:
        """Moves the text sideways where the match in the line under the cursor is out of sight."""
        match = self._pattern.search(self.line) if self._pattern else None
        if match is not None:
            end = match.end() + min(24, self.size.width // 3)
            self._left = 0 if end <= self.size.width else end - self.size.width
            self.refresh()

    def next_match(self, by: int) -> bool:
        """To the next line with a match (`by` 1), or the one before (-1), round the end."""
        if self._pattern is None:
            return False
        number = self._lines.line_with(self._wanted, self.cursor, by)
        if number is None:
            return False
        self._put_cursor(number)
        self._show_match()
        return True

    def next_problem(self, by: int) -> bool:
        """To the next line that tells a problem, or the one before, round the end."""
        count = len(self._lines)
        for step in range(1, count + 1):
            number = (self.cursor + by * step) % count
            if self._lines.is_problem(number):
                self._put_cursor(number)
                return True
        return False

    def action_move(self, by: int) -> None:
        self._put_cursor(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._put_cursor(self.cursor + by * max(1, self.size.height - 1))

    def action_half(self, by: int) -> None:
        self._put_cursor(self.cursor + by * max(1, self.size.height // 2))

    def action_first(self) -> None:
        self._put_cursor(0)

    def action_last(self) -> None:
        self._put_cursor(len(self._lines) - 1)

    def action_sideways(self, by: int) -> None:
        step = max(8, self.size.width // 2)
        # not past the end of the longest line in sight
        there = min(self.scroll_offset.y + self.size.height, len(self._lines))
        in_sight = (self._lines.plain(number) for number in range(self.scroll_offset.y, there))
        widest = max((cell_len(shown(text, MAX_LINE)) for text in in_sight), default=0)
        left = max(0, min(self._left + by * step, max(self._left, widest - step)))
        if left != self._left:
            self._left = left
            self.refresh()

    @property
    def cursor_screen_offset(self) -> Offset:
        """Where on the screen the line under the cursor begins."""
        return self.content_region.offset + Offset(0, self.cursor - self.scroll_offset.y)

    def _put_cursor(self, number: int) -> None:
        number = max(0, min(number, len(self._lines) - 1))
        before, self.cursor = self.cursor, number
        for line in {before, number}:
            self.refresh(Region(0, line - self.scroll_offset.y, self.size.width, 1))
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if number < top:
            self.scroll_to(y=number, animate=False, force=True)
        elif number >= top + height:
            self.scroll_to(y=number - height + 1, animate=False, force=True)

    def on_resize(self) -> None:
        self._measure()
        self._put_cursor(self.cursor)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number = self.scroll_offset.y + y
        base = self.get_component_rich_style("lines--line")
        width = self.size.width
        if number >= len(self._lines):
            return Strip.blank(width, base)
        if number == self.cursor and self.has_focus:
            base = base + self.get_component_rich_style("lines--cursor", partial=True)
        segments = []
        for span in self._lines.spans(number):
            style = base
            if span.colour:
                style = base + self.get_component_rich_style(f"lines--{span.colour}", partial=True)
            segments += self._marked(shown(span.text, MAX_LINE), style)
        strip = Strip(segments)
        strip = strip.crop(self._left, self._left + width)
        return strip.adjust_cell_length(width, base).simplify()

    def _marked(self, text: str, style: Style) -> list[Segment]:
        """The text with what was looked for made plain to see."""
        if self._pattern is None:
            return [Segment(text, style)]
        found = style + self.get_component_rich_style("lines--match", partial=True)
        segments, at = [], 0
        for match in self._pattern.finditer(text):
            segments += [Segment(text[at : match.start()], style), Segment(match.group(), found)]
            at = match.end()
        return [*segments, Segment(text[at:], style)]
