"""Back to where somebody was: the area, the filter and the row, as they were left."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from simtui.errors import SimtuiError
from simtui.library import whereabouts
from simtui.library.whereabouts import Whereabouts

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp

_SECONDS = 0.5
"""A library that is busy keeps nobody from leaving."""


class Return:
    """Reads at the start, and keeps at the end where somebody was. `area` is the last one shown."""

    def __init__(self, app: SimtuiApp) -> None:
        self._app = app
        self._kept = Whereabouts()
        self.area = 1

    async def read(self) -> None:
        """What was kept. Raises what the library does."""
        if not self._app.samples:
            self._kept = await whereabouts.read(self._app.library)

    @property
    def filter(self) -> str:
        """What the list was filtered by."""
        return self._kept.filter

    @property
    def run_filter(self) -> str:
        """What the runs were filtered by."""
        return self._kept.run_filter

    @property
    def run(self) -> str:
        """The id of the run under the cursor."""
        return self._kept.run

    async def go(self) -> None:
        """To the row and the area."""
        app, kept = self._app, self._kept
        table = app.areas.workflows.table
        if kept.workflow and not table.cursor:
            await table.go_to(kept.workflow)
        if kept.area != 1 and app.screen is app.areas.workflows:
            await app.areas.show(kept.area)

    async def keep(self) -> None:
        """Where somebody is now, if that is elsewhere."""
        app = self._app
        if app.samples or not app.areas.has_workflows:
            return
        screen = app.areas.workflows
        row = screen.table.row
        run, run_filter = self.run, self.run_filter
        if app.areas.has_runs:
            runs = app.areas.runs
            run = runs.table.row.id if runs.table.row and runs.table.cursor else ""
            run_filter = runs.filter.text
        now = Whereabouts(
            self.area,
            row.id if row and not screen.trash and screen.table.cursor else "",
            "" if screen.trash else screen.filter.text,
            run,
            run_filter,
        )
        if now != self._kept:
            with contextlib.suppress(SimtuiError, TimeoutError):
                async with asyncio.timeout(_SECONDS):
                    await whereabouts.keep(app.library, now)
