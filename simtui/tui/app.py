"""The app: opens the library, holds the areas, and knows what is running and what can be undone."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.screen import ModalScreen, Screen

from simtui import faults
from simtui.errors import SimtuiError, shown
from simtui.library import Library
from simtui.model import settings
from simtui.paths import Home
from simtui.tui.screens.frame import Frame
from simtui.tui.screens.workflows import Workflows
from simtui.tui.theme import THEMES, theme_named
from simtui.tui.typed import Typed
from simtui.tui.work import Work

Answer = TypeVar("Answer")

POLL_SECONDS = 1.0


def _palette() -> type[Provider]:
    from simtui.tui.palette import Palette  # loaded when it is first asked for

    return Palette


def _fault_words(error: BaseException) -> str:
    what = f"{type(error).__name__}: {shown(str(error), 120)}"
    return f"a fault in simtui ({what}). What was done before stays. Report: {faults.report(error)}"


class SimtuiApp(App[None], inherit_bindings=False):
    """`said` is the last thing to tell, with its colour. `samples` says that the library is a
    throw-away one; `farewell` is told on stderr when the screen is gone."""

    TITLE = "simtui"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = []
    library: Library

    def __init__(self, home: Home, *, samples: bool = False) -> None:
        # only then does Textual leave out every colour (its own NO_COLOR leaves greys)
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        self.animation_level = "none"
        self.home = home
        self.samples = samples
        self.absolute_times = False
        self.work = Work(self._say)
        self.typed = Typed(lambda: self.screen.focused or self.screen)
        self.said: tuple[str, str] | None = None
        self.farewell = ""
        self._undo: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        self._seen = 0
        self._feeding: asyncio.Task[None] | None = None
        self._areas: dict[int, Frame] = {}
        self._own: Library | None = None
        self._samples_folder: tempfile.TemporaryDirectory[str] | None = None

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave, 128 + number)
        try:
            self.library = await (self._sample_library() if self.samples else self._own_library())
        except SimtuiError as error:
            self.farewell = error.message
            self.exit(return_code=error.exit_code)
            return
        await self._take_settings()
        self._seen = await self.library.data_version()
        await self.push_screen(self._area(1))
        for notice in self.library.notices:
            self.tell(notice, "warning")
        self.set_interval(POLL_SECONDS, self._follow)
        self._feeding = asyncio.create_task(self.typed.feed())

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.typed.put(partial(super().on_event, event))
        else:
            await super().on_event(event)

    async def ask(self, dialog: ModalScreen[Answer] | Screen[Answer]) -> Answer | None:
        """Shows a screen and waits for its answer; the next key meets it, however fast it comes."""
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        await self.push_screen(dialog, answered.set_result)
        self.typed.release()
        return await answered

    async def _own_library(self) -> Library:
        return await Library.open(self.home)

    async def _take_settings(self) -> None:
        stored = await self.library.settings.all()
        for theme in THEMES:
            self.register_theme(theme)
        chosen = settings.resolve(settings.find("display.theme"), stored, os.environ).value
        self.theme = theme_named(chosen)
        times = settings.resolve(settings.find("display.times"), stored, os.environ).value
        self.absolute_times = times == "absolute"

    async def on_unmount(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        for library in (getattr(self, "library", None), self._own):
            if library is not None:
                await library.close()
        if self._samples_folder is not None:
            self._samples_folder.cleanup()

    def leave(self, return_code: int = 0) -> None:
        """Ends the program, with its database closed, also when a signal asks for it."""
        self.work.cancel()
        self.exit(return_code=return_code)

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of variables in it
        if self._exception is not None:
            self.farewell = _fault_words(self._exception)
        self._close_messages_no_wait()

    def tell_fault(self, error: BaseException) -> None:
        """Says that something of ours went wrong, and goes on."""
        self.tell(_fault_words(error), "error")

    # -- areas

    def _area(self, number: int) -> Frame:
        if number not in self._areas:
            if number == 1:
                self._areas[number] = Workflows()
            else:
                from simtui.tui.screens.area import Area

                self._areas[number] = Area(number)
            # an installed screen stays as it is while another one is shown
            self.install_screen(self._areas[number], f"area-{number}")
        return self._areas[number]

    async def show_area(self, number: int) -> None:
        if self.screen is not self._area(number):
            await self.switch_screen(self._area(number))

    @property
    def workflows(self) -> Workflows:
        area = self._area(1)
        assert isinstance(area, Workflows)
        return area

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is."""
        await self.show_area(1)
        await self.workflows.go_to(workflow_id)

    async def _follow(self) -> None:
        """Shows what another process changed, without a key."""
        version = await self.library.data_version()
        if version != self._seen:
            self._seen = version
            if not self.work.words and self.workflows.is_attached:
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

    # -- what can be undone

    def can_undo(self, words: str, inverse: Callable[[], Awaitable[object]]) -> None:
        """Remembers how the last change is undone; `words` say what is true then."""
        self._undo.append((words, inverse))

    @property
    def undoable(self) -> bool:
        return bool(self._undo)

    async def undo(self) -> str:
        """Undoes the last change. What is true now, or "" where there was none."""
        if not self._undo:
            return ""
        words, inverse = self._undo.pop()
        await inverse()
        return words

    # -- samples

    async def _sample_library(self) -> Library:
        from simtui.samples import fill

        self._samples_folder = tempfile.TemporaryDirectory(prefix="simtui-samples-")
        library = await Library.open(Home(Path(self._samples_folder.name)))
        await fill(library, time.time_ns() // 1_000_000)
        return library

    async def open_samples(self) -> None:
        """Opens a throw-away library with samples; esc leads back to the own one."""
        if not self.samples:
            own = self.library
            self.library = await self._sample_library()
            self.samples, self._own = True, own
            await self._other_library("Samples: nothing here is kept. esc leads back.")

    async def leave_samples(self) -> None:
        """Back to the own library, where there is one."""
        if self._own is None or self._samples_folder is None:
            return
        sample, folder = self.library, self._samples_folder
        self.library, self._own = self._own, None
        self.samples, self._samples_folder = False, None
        await self._other_library("Back in your own home.")
        await sample.close()
        folder.cleanup()

    async def _other_library(self, words: str) -> None:
        self._undo.clear()
        self._seen = await self.library.data_version()
        self.workflows.say_areas()
        await self.workflows.show_list()
        self.tell(words)
