"""What every area has: the line of areas above, the status and the keys below."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from simtui.errors import shown
from simtui.tui.clock import now_ms
from simtui.tui.keys import GO_TO, bindings, in_place, works
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.widgets.frame_lines import OneLine, StatusLines, area_pieces, key_pieces
from simtui.tui.work import in_background

if TYPE_CHECKING:
    from simtui.tui.screens.jump import Target


class Frame(Rebinding[None]):
    """`number`: which area this is. `place`: where it is in the table of keys. `free`: nobody is in
    the middle of typing something."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss"]  # type: ignore[assignment]  # Textual says less
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(*(action.id for action in GO_TO)),
        *bindings(
            "back", "backup", "undo", "tour", "search", "suspend", "jump", "palette", "help", "quit"
        ),
        Binding("ctrl+c", "how_to_quit", show=False),
    ]
    number = 1
    place = ""
    free = True

    def __init__(self) -> None:
        super().__init__()
        # held rather than asked for by name: what still runs as the screen closes finds them too
        self._areas_line = OneLine(id="areas")
        self._status_line = StatusLines(id="status")
        self._keys_line = OneLine(id="keys")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.simtui.tell_error(event.worker.error)

    def start(self, act: Callable[[], Awaitable[None]]) -> None:
        """Runs an act that waits for something, an answer for one. The next key meets what the act
        brings about, unless that takes long."""
        done = self.simtui.typed.hold()

        async def act_on_screen() -> None:
            try:
                await act()
            finally:
                done.set()

        in_background(self, act_on_screen)

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
        self.say_all()

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
        kept = app.backing_up.words(now_ms(), self.size.width)
        if kept[0] and (not told or app.backing_up.work.words):
            told.append(kept)
        self._status_line.tell(told)

    def say_keys(self) -> None:
        left_out = set() if self.simtui.undo else {"undo"}
        if self.place != "empty":
            left_out.add("samples")
        keys = self.simtui.keys
        told = [
            (keys.first(action.id), action.footer)
            for action in in_place(self.place)
            if action.footer and action.id not in left_out
        ]
        self._keys_line.say(key_pieces(told, self.size.width))

    @abstractmethod
    async def reload(self) -> None:
        """Reads again what is shown; the cursor stays where it is."""

    async def action_area(self, number: int) -> None:
        await self.simtui.areas.show(number)

    async def action_back(self) -> None:
        """Ends work that is running, else leads back from where one is."""
        if not self.simtui.work.cancel():
            await self.back()

    async def back(self) -> None:
        await self.simtui.areas.show(1)

    def action_backup(self) -> None:
        """Makes a backup now."""
        app = self.simtui
        if app.samples:
            app.tell("Samples are thrown away; there is nothing to back up.")
        elif app.backing_up.work.words:
            app.tell("A backup is being made already.")
        else:
            in_background(self, partial(app.backing_up.make, "manual"))

    def action_undo(self) -> None:
        self.start(self._undo)

    async def _undo(self) -> None:
        """Takes the last change back, wherever it was made."""
        said = await self.simtui.undo.last()
        if said:
            await self.simtui.areas.reload()
        self.simtui.tell(f"Undone: {said}." if said else "Nothing to undo.", "success" * bool(said))

    def action_how_to_quit(self) -> None:
        self.simtui.tell(f"{self.simtui.keys.first('quit')} quits.")

    def targets(self) -> list[Target]:
        """Where a jump can go: the areas, and in each area what else there is."""
        from simtui.tui.screens.jump import Target

        found, x = [], 0
        for n, (text, _) in enumerate(area_pieces(self.number, self.size.width)):
            if n and n != self.number:
                found.append(Target(x, 0, f"area({n})"))
            x += len(text)
        return found

    def action_jump(self) -> None:
        """Shows a letter on each of these, and goes to the one that is typed."""
        from simtui.tui.screens.jump import Jump

        async def jump() -> None:
            call = await self.simtui.ask(Jump(self.targets()))
            if call is not None:
                await self.run_action(call)

        self.start(jump)

    async def action_tour(self) -> None:
        from simtui.tui.screens.tour import Tour

        await self.app.push_screen(Tour(shown(str(self.simtui.home)), self.simtui.keys))

    def action_search_everywhere(self) -> None:
        """Asks for words, and goes to what holds them."""
        from simtui.tui.screens.searching import Searching

        async def search() -> None:
            hit = await self.simtui.ask(Searching(self.simtui.searched))
            if hit is not None:
                await self.simtui.areas.go_to_hit(hit)

        self.start(search)

    async def action_help(self) -> None:
        from simtui.tui.screens.help import Help

        await self.app.push_screen(Help(self.place, self.simtui.keys))

    def action_quit(self) -> None:
        self.simtui.leave()
