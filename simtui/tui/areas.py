"""The areas by their number: each is loaded when it is first shown, and stays as it is while
another one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui import circles
from simtui.tui.screens.frame import Frame
from simtui.tui.screens.rows import quoted
from simtui.tui.screens.workflows import Workflows

if TYPE_CHECKING:
    from simtui.library.searching import Hit
    from simtui.tui.app import SimtuiApp
    from simtui.tui.screens.runs import Runs


class Areas:
    """`workflows` is the first of them."""

    def __init__(self, app: SimtuiApp) -> None:
        self._app = app
        self._made: dict[int, Frame] = {}

    def at(self, number: int) -> Frame:
        """The screen of an area."""
        if number not in self._made:
            self._made[number] = _made(number)
            # an installed screen is kept when another one takes its place
            self._app.install_screen(self._made[number], f"area-{number}")
        return self._made[number]

    async def show(self, number: int) -> None:
        self._app.returning.area = number
        is_new = number not in self._made
        if self._app.screen is not self.at(number):
            await self._app.switch_screen(self.at(number))
        if is_new:
            self._app.call_after_refresh(circles.of_what_comes)

    @property
    def has_workflows(self) -> bool:
        """Whether that area is made."""
        return 1 in self._made

    @property
    def has_runs(self) -> bool:
        """Whether that one is."""
        return 2 in self._made

    @property
    def workflows(self) -> Workflows:
        area = self.at(1)
        assert isinstance(area, Workflows)
        return area

    @property
    def runs(self) -> Runs:
        from simtui.tui.screens.runs import Runs

        area = self.at(2)
        assert isinstance(area, Runs)
        return area

    async def reload(self) -> None:
        """Reads again what another process, or a step back, may have changed."""
        shown = self._app.screen
        if isinstance(shown, Frame) and shown is not self.workflows:
            self.workflows.is_behind = True
            await shown.reload()
        else:
            await self.workflows.reload()

    async def show_anew(self) -> None:
        """Shows another library from its top."""
        await self.workflows.show_list()
        if self.has_runs:
            self.runs.forget()
            await self.runs.show_list()

    async def changed_backups(self) -> None:
        """Shows what there is now, where the backups are on the screen."""
        from simtui.tui.screens.backups import Backups

        if isinstance(self._app.screen, Backups):
            await self._app.screen.reload()

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is."""
        await self.show(1)
        await self.workflows.go_to(workflow_id)

    async def go_to_run(self, run_id: str, seq: int | None = None) -> None:
        """Shows one run; `seq`: at that line of its log."""
        await self.show(2)
        await self.runs.go_to(run_id, seq)

    async def runs_of(self, name: str) -> None:
        """Shows the runs of the workflows that are called so."""
        await self.show(2)
        self.runs.leave_detail()
        await self.runs.use_filter(f"workflow:{quoted(name)}")

    async def go_to_hit(self, hit: Hit) -> None:
        """Shows what a search found."""
        if hit.kind in ("run", "log"):
            await self.go_to_run(hit.id, hit.seq)
        else:
            await self.go_to(hit.workflow_id)


def _made(number: int) -> Frame:
    if number == 1:
        return Workflows()
    if number == 2:
        from simtui.tui.screens.runs import Runs

        return Runs()
    if number == 3:
        from simtui.tui.screens.secrets import Secrets

        return Secrets()
    if number == 4:
        from simtui.tui.screens.backups import Backups

        return Backups()
    from simtui.tui.screens.settings import Settings

    return Settings()
