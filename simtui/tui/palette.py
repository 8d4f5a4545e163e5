"""The palette behind `:`: every action that works here by its name, workflows by theirs, and runs
by their workflow's or by the start of their id."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from simtui.errors import NotFound, shown
from simtui.model.filters import RUN_FIELDS, WORKFLOW_FIELDS, parse
from simtui.model.run import Run
from simtui.model.workflow import Workflow
from simtui.tui.clock import now
from simtui.tui.keys import GO_TO, in_place
from simtui.tui.screens.frame import Frame
from simtui.tui.screens.rows import quoted
from simtui.tui.widgets.run_words import started, status_of

MAX_WORKFLOWS = 20
MAX_RUNS = 8


class CalmPalette(CommandPalette):
    """Textual's, without a cursor that blinks."""

    def on_mount(self) -> None:
        self.query_one(Input).cursor_blink = False

    def _action_command_list(self, action: str) -> None:
        # Textual pages through a list that is empty, or not laid out yet, and fails
        with suppress(KeyError):
            super()._action_command_list(action)


class Palette(Provider):
    """Offers what the screen below it can do."""

    @property
    def _frame(self) -> Frame:
        assert isinstance(self.screen, Frame)
        return self.screen

    def _actions(self) -> list[tuple[str, str, str]]:
        """Name, key and what is called."""
        keys = self._frame.simtui.keys
        here = [
            (action.help, keys.first(action.id), action.called)
            for action in in_place(self._frame.place)
            if action.id not in ("palette", "back")
        ]
        return here + [(each.help, keys.first(each.id), each.called) for each in GO_TO]

    async def discover(self) -> Hits:
        for name, key, call in self._actions():
            label = f"{key:<5} {name}"
            yield DiscoveryHit(Content(label), partial(self._frame.run_action, call), text=name)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, key, call in self._actions():
            if (score := matcher.match(name)) > 0:
                label = Content(f"{key:<5} ") + matcher.highlight(name)
                yield Hit(score + 1, label, partial(self._frame.run_action, call), text=name)
        for found in await self._named(query):
            place = f"  in {found.folder}" if found.folder else ""
            # what a workflow is called is text, never markup
            label = Content(f"⏎     {shown(found.name, 80)}{shown(place, 80)}")
            go = partial(self._frame.simtui.areas.go_to, found.id)
            yield Hit(1, label, go, text=shown(found.name, 80))
        for run in await self._runs(query):
            status = status_of(run)[0]
            told = f"{shown(run.workflow_name, 40)}  {shown(status, 20)}  {started(run, True)}"
            go_to_run = partial(self._frame.simtui.areas.go_to_run, run.id)
            yield Hit(0.5, Content(f"⏎     run of {told}"), go_to_run, text=told)

    async def _named(self, query: str) -> list[Workflow]:
        named = parse(f"name:{quoted(query)}", WORKFLOW_FIELDS, now())
        return await self._frame.simtui.library.workflows.page(named, limit=MAX_WORKFLOWS)

    async def _runs(self, query: str) -> list[Run]:
        """The one of this id, then the newest of workflows that are called so."""
        shelf = self._frame.simtui.library.runs
        of_workflows = parse(f"workflow:{quoted(query)}", RUN_FIELDS, now())
        found = await shelf.page(of_workflows, limit=MAX_RUNS)
        with suppress(NotFound):
            one = await shelf.find(query)
            found = [one, *(run for run in found if run.id != one.id)]
        return found
