"""What every area has: the line of areas above, the status and the keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from simtui.errors import shown
from simtui.tui.keys import AREA_BINDINGS, bindings, in_place, works
from simtui.tui.widgets.frame_lines import OneLine, StatusLines, area_pieces, key_pieces

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


class Frame(Screen[None]):
    """`number`: which area this is. `place`: where it is in the table of keys. `free`: nobody is in
    the middle of typing something."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss"]  # type: ignore[assignment]  # Textual says less
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *AREA_BINDINGS,
        *bindings("back", "palette", "help", "quit"),
        Binding("ctrl+c", "how_to_quit", show=False),
    ]
    number = 1
    place = "area"
    free = True

    def __init__(self) -> None:
        super().__init__()
        # held rather than asked for by name: what still runs as the screen closes finds them too
        self._areas_line = OneLine(id="areas")
        self._status_line = StatusLines(id="status")
        self._keys_line = OneLine(id="keys")

    @property
    def simtui(self) -> SimtuiApp:
        from simtui.tui.app import SimtuiApp

        assert isinstance(self.app, SimtuiApp)
        return self.app

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.simtui.tell_error(event.worker.error)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key works where the table of keys says so, and nowhere else."""
        called = f"{action}({', '.join(map(repr, parameters))})" if parameters else action
        return works(called, self.place)

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
        width = self.size.width
        if self.simtui.samples:
            kept = "samples: nothing is kept "
            left = area_pieces(self.number, width - len(kept))
            self._areas_line.say(left, [(kept, "warning")])
            return
        # the areas stay; what stands right of them gives way
        left = area_pieces(self.number, width)
        room = width - sum(len(text) for text, _ in left) - 1
        home = shown(str(self.simtui.home))
        vault = self.simtui.vault.words(self.simtui.library)
        colour = "warning" if self.simtui.library.vault_is_open else "dim"
        right = [(f"{home} · ", "dim"), (f"{vault} ", colour)]
        if sum(cell_len(text) for text, _ in right) > room:
            # a vault's state is told before the home is
            told = vault if self.simtui.vault.exists else home
            told = told if cell_len(told) < room else f"…{told[-room + 2 :]}"
            right = [(f"{told} ", colour)] if room > 8 else []
        self._areas_line.say(left, right)

    def say_status(self) -> None:
        """What is running, or else what is true of the home."""
        app = self.simtui
        told = [(f"{app.work.words} (esc cancels)", "key")] if app.work.words else []
        if app.said:
            told.append(app.said)
        if not told:
            more = " · backups come with the next version" if self.size.width >= 52 else ""
            told.append((f"no backup yet{more}", "dim"))
        self._status_line.tell(told)

    def say_keys(self) -> None:
        left_out = set() if self.simtui.undo else {"undo"}
        if self.place != "empty":
            left_out.add("samples")
        actions = [action for action in in_place(self.place) if action.id not in left_out]
        self._keys_line.say(key_pieces(actions, self.size.width))

    async def action_area(self, number: int) -> None:
        await self.simtui.areas.show(number)

    async def action_back(self) -> None:
        """Ends work that is running, else leads back from where one is."""
        if not self.simtui.work.cancel():
            await self.back()

    async def back(self) -> None:
        await self.simtui.areas.show(1)

    def action_how_to_quit(self) -> None:
        self.simtui.tell("q quits.")

    async def action_help(self) -> None:
        from simtui.tui.screens.help import Help

        await self.app.push_screen(Help(self.place))

    def action_quit(self) -> None:
        self.simtui.leave()
