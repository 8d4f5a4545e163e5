"""Search over everything: what is typed, what holds it, and the way there."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from simtui.library.searching import MARK, UNMARK, Hit
from simtui.model import wording
from simtui.tui.clock import now_ms
from simtui.tui.keys import bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.telling import words_for
from simtui.tui.widgets.cells import fitted
from simtui.tui.widgets.frame_lines import OneLine, StatusLines, key_pieces
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView
from simtui.tui.widgets.one_line_input import OneLineInput
from simtui.tui.work import in_background

REST_SECONDS = 0.12
LIMIT = 200
_BEHIND = 12
_EACH = 2

_KINDS = {"asset": "file", "log": "log line"}


class Hits(LinesView):
    """Two lines a hit: the cursor goes from hit to hit."""

    def action_move(self, by: int) -> None:
        super().action_move(by * _EACH)

    def _put_cursor(self, number: int) -> None:
        number = max(0, min(number, len(self._lines) - 1))
        super()._put_cursor(number - number % _EACH)
        if self.cursor + 1 >= self.scroll_offset.y + self.size.height:
            self.scroll_to(y=self.cursor + 2 - self.size.height, animate=False, force=True)


class Searching(Rebinding[Hit | None]):
    """Returns the hit to go to."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss", "workflows.tcss"]  # type: ignore[assignment]  # Textual says less
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close", "search_go", "search_again")]

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.typed = text
        self._box = OneLineInput(text, id="filter", compact=True, select_on_focus=False)
        self._count_line = OneLine(id="count")
        self._hits_view = Hits(id="text")
        self._status_line = StatusLines(id="status")
        self._hits: list[Hit] = []

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        with Horizontal(id="filter-line"):
            yield Static("/", id="slash", markup=False)
            yield self._box
            yield self._count_line
        yield self._hits_view
        yield self._status_line
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        self._count_line.styles.width = 24
        self.set_focus(self._box)
        self._status_line.tell(
            [("workflows, files, runs and log lines, by the beginnings of words", "dim")]
        )
        if self.typed:
            self._look(self.typed)

    def on_resize(self) -> None:
        self.query_one("#areas", OneLine).say([(" Search everywhere", "active")])
        keys = self.simtui.keys
        told = [(keys.first(a.id), a.footer) for a in in_place("search") if a.footer]
        self.query_one("#keys", OneLine).say(key_pieces(told, self.size.width))
        self._fill()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value)

    def _look(self, text: str) -> None:
        self.typed = self.simtui.searched = text
        in_background(self, partial(self._follow_typing, text), newest_of="search")

    async def _follow_typing(self, text: str) -> None:
        await asyncio.sleep(REST_SECONDS)
        await self._find(text)

    async def _find(self, text: str) -> None:
        self._hits = await self.simtui.library.search(text, LIMIT)
        more = " at least" if len(self._hits) == LIMIT else ""
        count = f"{wording.plural(len(self._hits), 'hit')}{more} " if text.strip() else ""
        self._count_line.say([], [(count, "dim")])
        self._fill()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._status_line.tell([(words_for(event.worker.error), "error")])

    def _fill(self) -> None:
        lines = [line for hit in self._hits for line in lines_of(hit, self.size.width)]
        if not lines and self.typed.strip():
            nothing = "   Nothing holds it. Fewer letters of a word find more."
            lines = [[Span(nothing, "dim")], []]
        self._hits_view.show(StyledLines(lines))

    def on_key(self, event: events.Key) -> None:
        """From the box down to the hits, and up from the first back to it."""
        in_box = self._box.has_focus
        if in_box and event.key == "down" and self._hits:
            self.set_focus(self._hits_view)
        elif (
            not in_box
            and event.key in ("up", "slash")
            and (event.key == "slash" or self._hits_view.cursor == 0)
        ):
            self.set_focus(self._box)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the box: to the hits, where there are any for what stands there."""
        event.stop()
        enter = partial(self._enter, event.value, self.simtui.typed.hold())
        in_background(self, enter, newest_of="search")

    async def _enter(self, text: str, done: asyncio.Event) -> None:
        try:
            await self._find(text)
            if self._hits:
                self.set_focus(self._hits_view)
        finally:
            done.set()

    def action_go(self) -> None:
        """Goes to the hit under the cursor."""
        number = self._hits_view.cursor // _EACH
        if number < len(self._hits):
            self.dismiss(self._hits[number])

    def action_again(self) -> None:
        """Types another text."""
        self.set_focus(self._box)


def lines_of(hit: Hit, width: int) -> list[list[Span]]:
    """A hit: what it is, then the piece that holds the words."""
    when = wording.ago(hit.at, now_ms())
    kind = f" {_KINDS.get(hit.kind, hit.kind):<9} "
    room = max(10, width - len(kind) - len(when) - 3)
    piece = []
    shortened = _with_its_match(hit.snippet, width - len(kind))
    for part in re.split(f"({MARK}[^{UNMARK}]*{UNMARK})", shortened):
        marked = part.startswith(MARK)
        piece.append(Span(part.strip(MARK + UNMARK), "match" if marked else "dim"))
    return [
        [Span(kind, "key"), Span(fitted(hit.title, room)), Span(f"  {when}", "dim")],
        [Span(" " * len(kind)), *piece],
    ]


def _with_its_match(snippet: str, room: int) -> str:
    """A piece whose first match, and something behind it, is within `room` cells: what stands
    before it is cut, but for the name of the place that it is from."""
    before, mark, rest = snippet.partition(MARK)
    match = rest.partition(UNMARK)[0]
    least = room - cell_len(match) - _BEHIND
    if not mark or cell_len(before) <= least:
        return snippet
    where, colon, text = before.partition(": ")
    keep = max(4, least - cell_len(where) - len(": …"))
    return f"{where}{colon}…{text[-keep:]}{mark}{rest}"
