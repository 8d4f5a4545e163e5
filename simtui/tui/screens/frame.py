"""What every area has: the line of areas above, the status and the keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from simtui.errors import shown
from simtui.tui.keys import AREA_BINDINGS, bindings, in_place
from simtui.tui.widgets.frame_lines import OneLine, area_pieces, key_pieces

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


class Frame(Screen[None]):
    """`number`: which area this is. `place`: where it is in the table of keys."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss"]  # type: ignore[assignment]  # Textual says less
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *AREA_BINDINGS,
        *bindings("palette", "help", "quit"),
    ]
    number = 1
    place = "area"

    def __init__(self) -> None:
        super().__init__()
        # held rather than asked for by name: what still runs as the screen closes finds them too
        self._areas_line = OneLine(id="areas")
        self._status_line = OneLine(id="status")
        self._keys_line = OneLine(id="keys")

    @property
    def simtui(self) -> SimtuiApp:
        from simtui.tui.app import SimtuiApp

        assert isinstance(self.app, SimtuiApp)
        return self.app

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.simtui.tell_fault(event.worker.error)

    def compose_top(self) -> ComposeResult:
        yield self._areas_line

    def compose_bottom(self) -> ComposeResult:
        yield self._status_line
        yield self._keys_line

    def say_all(self) -> None:
        self.say_areas()
        self.say_status()
        self.say_keys()

    def on_screen_resume(self) -> None:
        self.say_areas()
        self.say_status()

    def say_areas(self) -> None:
        home, room = shown(str(self.simtui.home)), max(16, self.size.width // 3)
        if len(home) > room:
            home = f"…{home[-room + 1 :]}"
        right = [(f"{home} ", "dim"), ("· no vault yet ", "dim")]
        if self.simtui.samples:
            right = [("samples: nothing is kept ", "warning")]
        self._areas_line.say(area_pieces(self.number, self.size.width), right)

    def say_status(self) -> None:
        """What is running, or else what is true of the home."""
        app = self.simtui
        if app.work.words:
            left = [(f" {app.work.words} (esc cancels)", "key")]
        elif app.said:
            left = [(f" {app.said[0]}", app.said[1])]
        else:
            left = [(" no backup yet · backups come with the next version", "dim")]
        self._status_line.say(left, self.status_right())

    def status_right(self) -> list[tuple[str, str]]:
        return []

    def say_keys(self) -> None:
        left_out = set() if self.simtui.undoable else {"undo"}
        if self.place != "empty":
            left_out.add("samples")
        actions = [action for action in in_place(self.place) if action.id not in left_out]
        self._keys_line.say(key_pieces(actions, self.size.width))

    async def action_area(self, number: int) -> None:
        await self.simtui.show_area(number)

    async def action_help(self) -> None:
        from simtui.tui.screens.help import Help

        await self.app.push_screen(Help(self.place))

    def action_quit(self) -> None:
        self.simtui.leave()
