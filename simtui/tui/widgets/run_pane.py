"""One run, beside the list or in its place: overview, spans, log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from simtui.errors import shown
from simtui.library.runs import RunDetail, RunShelf
from simtui.model import wording
from simtui.model.run import RUNNING, Run
from simtui.tui.clock import now_ms
from simtui.tui.keys import Keys
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView
from simtui.tui.widgets.log_view import LogView
from simtui.tui.widgets.run_lines import Part, overview
from simtui.tui.widgets.run_words import cost_of, status_of, took
from simtui.tui.widgets.waterfall import SpanLines

VIEWS = {"run_overview": "Overview", "run_spans": "Spans", "run_log": "Log"}
"""The views by the action that shows them."""

_LAST_ERRORS = 3
_ERRORS = ("error", "fatal", "critical")


class RunPane(Vertical):
    """Shows one run in one of its views, and keeps to that view from run to run. `parts` are the
    lines of the overview, `detail` what it was made of."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.open_run: Run | None = None
        self.detail: RunDetail | None = None
        self.parts: Sequence[Part] = ()
        self.lines: SpanLines | None = None
        self.keys = Keys()
        self.view = "Overview"
        self.text_width = 76
        self.text = LinesView(id="text")
        self.log_view = LogView(id="log")
        self._name_line, self._facts_line, self._views_line = OneLine(), OneLine(), OneLine()
        self._head_line = OneLine(id="head")
        self._shown_for: tuple[str, str] = ("", "")

    def compose(self) -> ComposeResult:
        yield from (self._name_line, self._facts_line, self._views_line, self._head_line)
        yield from (self.text, self.log_view)

    def on_mount(self) -> None:
        self.log_view.display = False

    @property
    def inner(self) -> Widget:
        """What has the focus while the run is open."""
        return self.log_view if self.view == "Log" else self.text

    async def show(self, shelf: RunShelf, run: Run, view: str = "") -> None:
        """Shows a run. The cursor stays where it is in what was shown before. Raises what the
        library does."""
        view = view or self.view
        same = self._shown_for == (run.id, view)
        cursor = self.text.cursor if same else 0
        if view == "Log":
            if not same:
                await self.log_view.show(shelf, run, follow=run.status == RUNNING)
            else:
                await self.log_view.catch_up(run)
            self._shown(run, view)
        elif view == "Spans":
            nodes, total = await shelf.tree(run)
            self.lines = SpanLines(run, nodes, self.text_width)
            self._shown(run, view)
            self._head_line.say([(self.lines.head(), "dim")])
            self.text.show(self.lines, cursor if same else self.lines.last_problem())
            if not nodes:
                self._head_line.say([])
                self.text.show(StyledLines([[Span("No spans came with this run.", "dim")]]))
            elif total > len(nodes):
                told = f"{len(nodes):,} of {total:,} spans · "
                self._head_line.say([(told, "warning"), (self.lines.head(), "dim")])
        else:
            detail = await shelf.get(run.id)
            errors = []
            if detail.errors:
                errors = await shelf.log(run, from_end=True, limit=_LAST_ERRORS, levels=_ERRORS)
            self.detail = detail
            self.parts = await asyncio.to_thread(overview, detail, errors, self.text_width)
            self._shown(detail.run, view)
            self._head_line.say([])
            self.text.show(StyledLines([part.spans for part in self.parts]), cursor)
        self._shown_for = (run.id, view)

    def make_room(self, view: str) -> Widget:
        """Shows the place of a view, before what fills it. What will have the focus."""
        is_log = (view or self.view) == "Log"
        self.log_view.display, self.text.display = is_log, not is_log
        return self.log_view if is_log else self.text

    def say_head(self) -> None:
        """What stands above the log."""
        if self.view == "Log":
            self._head_line.say(self.log_view.told())

    def show_trouble(self, run: Run, view: str, why: str) -> None:
        """Shows why a run cannot be shown."""
        self._shown(run, "Overview" if view == "Log" else view or self.view)
        self._shown_for = ("", "")
        self._head_line.say([])
        self.parts, self.lines = (), None
        self.text.show(StyledLines([[Span(why, "error")]]))

    def _shown(self, run: Run, view: str) -> None:
        self.open_run, self.view = run, view
        self.log_view.display, self.text.display = view == "Log", view != "Log"
        self.say_name(run)
        pieces: list[tuple[str, str]] = []
        for ident, name in VIEWS.items():
            active = "active" if name == view else "dim"
            pieces += [(self.keys.first(ident), "key"), (f" {name}", active), ("   ", "")]
        self._views_line.say(pieces)
        self.say_head()

    def say_name(self, run: Run) -> None:
        """What stands above every view."""
        self._name_line.say([(run.workflow_name, "active")], [(f" run {shown(run.id, 12)}", "dim")])
        status, colour = status_of(run)
        facts = [took(run)] if took(run) != "–" else []
        facts += [shown(run.trigger, 30)] if run.trigger else []
        cost = cost_of(run)
        facts += [wording.ago(run.started_at, now_ms()), cost if cost != "–" else "cost –"]
        if run.tokens is not None:
            facts.append(wording.plural(run.tokens, "token"))
        self._facts_line.say([(shown(status, 30), colour), (f" · {' · '.join(facts)}", "dim")])

    def view_places(self) -> list[tuple[int, int, str]]:
        """Where the name of each view stands on the screen: column and line."""
        x, y = self._views_line.region.offset
        found = []
        for ident, name in VIEWS.items():
            found.append((x, y, name))
            x += len(f"{self.keys.first(ident)} {name}   ")
        return found

    def clear(self) -> None:
        self.open_run = self.detail = self.lines = None
        self.parts, self._shown_for = (), ("", "")
        for line in (self._name_line, self._facts_line, self._views_line, self._head_line):
            line.say([])
        self.log_view.display, self.text.display = False, True
        self.text.show(StyledLines([]))
