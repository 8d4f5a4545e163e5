"""The areas by their number: each is loaded when it is first shown, and stays as it is while
another one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.tui.screens.frame import Frame
from simtui.tui.screens.workflows import Workflows

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


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
        if self._app.screen is not self.at(number):
            await self._app.switch_screen(self.at(number))

    @property
    def workflows(self) -> Workflows:
        area = self.at(1)
        assert isinstance(area, Workflows)
        return area

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is."""
        await self.show(1)
        await self.workflows.go_to(workflow_id)


def _made(number: int) -> Frame:
    if number == 1:
        return Workflows()
    if number == 3:
        from simtui.tui.screens.secrets import Secrets

        return Secrets()
    from simtui.tui.screens.area import Area

    return Area(number)
