"""The app: opens the library, holds the areas, and owns what is running and what can be undone."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import BindingType

from simtui.errors import SimtuiError, shown
from simtui.library import Library
from simtui.model import settings, wording
from simtui.paths import Home
from simtui.tui.screens.frame import Frame
from simtui.tui.screens.workflows import Workflows
from simtui.tui.theme import THEMES, theme_named

if TYPE_CHECKING:
    from simtui.tui.screens.report import Tally

POLL_SECONDS = 1.0


class SimtuiApp(App[None], inherit_bindings=False):
    """`working` is what runs, in words, and `said` the last thing to tell, with its colour."""

    TITLE = "simtui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = []
    library: Library

    def __init__(self, home: Home) -> None:
        # only then does Textual leave out every colour (its own NO_COLOR leaves greys)
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.animation_level = "none"
        self.home = home
        self.samples = False
        self.absolute_times = False
        self.working = ""
        self.said: tuple[str, str] | None = None
        self.farewell = ""
        self._task: asyncio.Task[object] | None = None
        self._undo: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        self._seen = 0
        self._areas: dict[int, Frame] = {}
        self._own: tuple[Home, Library] | None = None
        self._samples_folder: tempfile.TemporaryDirectory[str] | None = None

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave, 128 + number)
        try:
            self.library = await Library.open(self.home)
        except SimtuiError as error:
            self.farewell = error.message
            self.exit(return_code=error.exit_code)
            return
        stored = await self.library.settings.all()
        for theme in THEMES:
            self.register_theme(theme)
        chosen = settings.resolve(settings.find("display.theme"), stored, os.environ).value
        self.theme = theme_named(chosen)
        times = settings.resolve(settings.find("display.times"), stored, os.environ).value
        self.absolute_times = times == "absolute"
        self._seen = await self.library.data_version()
        await self.push_screen(self._area(1))
        for notice in self.library.notices:
            self.tell(notice, "warning")
        self.set_interval(POLL_SECONDS, self._follow)

    async def on_unmount(self) -> None:
        if hasattr(self, "library"):
            await self.library.close()
        if self._own is not None:
            await self._own[1].close()
        if self._samples_folder is not None:
            self._samples_folder.cleanup()

    def leave(self, return_code: int = 0) -> None:
        """Ends the program, with its database closed, also when a signal asks for it."""
        self.cancel_work()
        self.exit(return_code=return_code)

    # -- areas

    def _area(self, number: int) -> Frame:
        if number not in self._areas:
            if number == 1:
                self._areas[number] = Workflows()
            else:
                from simtui.tui.screens.area import Area

                self._areas[number] = Area(number)
        return self._areas[number]

    def show_area(self, number: int) -> None:
        if self.screen is not self._area(number):
            self.switch_screen(self._area(number))

    @property
    def workflows(self) -> Workflows:
        area = self._area(1)
        assert isinstance(area, Workflows)
        return area

    async def _follow(self) -> None:
        """Shows what another process changed, without a key."""
        version = await self.library.data_version()
        if version != self._seen:
            self._seen = version
            if not self.working and self.workflows.is_attached:
                await self.workflows.reload()

    # -- what is said

    def tell(self, text: str, colour: str = "") -> None:
        """Shows one line in the status, until something else is to be said."""
        line = shown(" ".join(text.split()), 400)
        self.said = (line, colour) if line else None
        self._say()

    def _say(self) -> None:
        if isinstance(self.screen, Frame) and self.screen.is_mounted:
            self.screen.say_status()

    def can_undo(self, words: str, inverse: Callable[[], Awaitable[object]]) -> None:
        """Remembers how the last change is undone; `words` say what is true then."""
        self._undo.append((words, inverse))

    async def undo(self) -> str:
        """Undoes the last change. What is true now, or "" where there was none."""
        if not self._undo:
            return ""
        words, inverse = self._undo.pop()
        await inverse()
        return words

    # -- work that takes a while

    async def _run(self, words: str, work: Awaitable[None]) -> bool:
        """Runs work that a person can follow and cancel. False where it was cancelled."""
        if self.working:
            self.tell("One thing at a time: esc ends what is running.", "warning")
            if asyncio.iscoroutine(work):
                work.close()
            return False
        self.working = words
        self._say()
        self._task = asyncio.ensure_future(work)
        try:
            await self._task
        except asyncio.CancelledError:
            self.tell("Ended. What was done before stays.", "warning")
            return False
        finally:
            self.working, self._task = "", None
            self._say()
        return True

    def cancel_work(self) -> bool:
        """Ends what is running. False where nothing is."""
        if self._task is None:
            return False
        self._task.cancel()
        return True

    def _at(self, words: str, done: int, total: int) -> None:
        self.working = f"{words} {done:,}/{total:,}"
        self._say()

    async def import_path(self, path: Path) -> Tally | None:
        """Imports and counts. None where it did not run."""
        from simtui.importing import import_paths
        from simtui.tui.screens.report import Tally

        tally = Tally()
        words = f"importing {shown(path.name, 40)}"
        stored = await self.library.settings.all()
        policy = settings.resolve(settings.find("import.on_conflict"), stored, os.environ).value

        async def work() -> None:
            items = import_paths(
                self.library,
                [path],
                on_conflict=policy,
                on_progress=lambda at: self._at(words, at.done, at.total),
            )
            async with aclosing(items):
                async for item in items:
                    tally.add(item)

        started = not self.working
        await self._run(words, work())
        return tally if started else None

    async def export(self, ids: list[str] | None, form: str, *, allow_secrets: bool) -> None:
        from simtui.exporting import export_to

        async def work() -> None:
            done = await export_to(
                self.library, ids, form, allow_secrets=allow_secrets,
                on_progress=partial(self._at, "exporting"),
            )  # fmt: skip
            what = wording.plural(done.workflows, "workflow")
            size = f", {wording.size(done.size_bytes)}" if done.size_bytes else ""
            self.tell(f"{what} in {done.path}{size}", "success")

        await self._run("exporting", work())

    # -- samples

    async def open_samples(self) -> None:
        """Opens a throw-away home with sample workflows; leaving it leads back to the own one."""
        if self.samples:
            return
        from simtui.samples import fill

        self._samples_folder = tempfile.TemporaryDirectory(prefix="simtui-samples-")
        home = Home(Path(self._samples_folder.name))
        library = await Library.open(home)
        await fill(library)
        self._own = (self.home, self.library)
        self.home, self.library, self.samples = home, library, True
        await self._changed_home("Samples. esc leads back to your own home; nothing here is kept.")

    async def leave_samples(self) -> None:
        assert self._own is not None
        sample = self.library
        (self.home, self.library), self._own, self.samples = self._own, None, False
        await self._changed_home("Back in your own home.")
        await sample.close()
        if self._samples_folder is not None:
            self._samples_folder.cleanup()
            self._samples_folder = None

    async def _changed_home(self, words: str) -> None:
        self._undo.clear()
        self._seen = await self.library.data_version()
        self.workflows.say_areas()
        await self.workflows.show_list()
        self.tell(words)
