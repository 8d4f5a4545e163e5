"""Pictures of the runs: a day, their durations, what they cost, by workflow."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from simtui.model.run_charts import RunStats, pictures
from simtui.tui.clock import now
from simtui.tui.glyphs import GLYPHS
from simtui.tui.keys import bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.telling import words_for
from simtui.tui.widgets.frame_lines import OneLine, key_pieces
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView
from simtui.tui.work import in_background

DAYS = (14, 30, 90, 365, 7)
_TITLES = ("runs a day", "cost a week", "by workflow")


class Charts(Rebinding[None]):
    """Shows what `simtui runs stats` prints, and another number of days on a key."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close", "charts_days")]

    def __init__(self) -> None:
        super().__init__()
        self._days = DAYS[0]
        self._stats: RunStats | None = None
        self._text = LinesView(id="text")
        self._said = ""

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._text
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        self.set_focus(self._text)
        self._count()

    def _count(self) -> None:
        self._say(f"counting {self._days} days…")
        in_background(self, partial(self._read, self._days), newest_of="counting")

    async def _read(self, days: int) -> None:
        self._stats = await self.simtui.library.runs.stats(days, now())
        self._say("")
        self._draw()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self._say(words_for(event.worker.error))

    def _say(self, words: str) -> None:
        self._said = words
        title = f"the last {self._days} days" + (f" · {words}" if words else "")
        self.query_one("#areas", OneLine).say([(" Runs in pictures  ", "active"), (title, "")])

    def on_resize(self) -> None:
        keys = self.simtui.keys
        told = [(keys.first(a.id), a.footer) for a in in_place("charts") if a.footer]
        self.query_one("#keys", OneLine).say(key_pieces(told, self.size.width))
        self._say(self._said)
        self._draw()

    def _draw(self) -> None:
        if self._stats is not None:
            drawn = pictures(self._stats, self.size.width - 2, ascii=GLYPHS.only_ascii)
            lines = [
                [Span(f" {line}", "title" if line.startswith(_TITLES) else "")] for line in drawn
            ]
            self._text.show(StyledLines([[], *lines]))

    def action_days(self) -> None:
        """Counts another number of days."""
        self._days = DAYS[(DAYS.index(self._days) + 1) % len(DAYS)]
        self._count()
