"""The app: opens the library, holds the areas, and knows what is running and what can be undone."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual._compositor import CompositorUpdate
from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import BindingType
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen

from simtui import circles
from simtui.errors import SimtuiError, shown
from simtui.library import Library, themes
from simtui.library.keyed import is_keyed
from simtui.model import settings
from simtui.paths import Home
from simtui.tui.areas import Areas
from simtui.tui.backing_up import BackingUp
from simtui.tui.handing_over import HandedOver
from simtui.tui.keys import Keys
from simtui.tui.sample_home import Aside
from simtui.tui.screens.frame import Frame
from simtui.tui.shut import Shut
from simtui.tui.sparing import Shown
from simtui.tui.telling import farewell_for, words_for
from simtui.tui.terminal import Terminal
from simtui.tui.theme import THEMES, name_for, own_theme
from simtui.tui.typed import Typed
from simtui.tui.undo import Undo
from simtui.tui.vault_watch import VaultWatch
from simtui.tui.watch import Watch
from simtui.tui.whereabouts import Return
from simtui.tui.work import Work, in_background

if TYPE_CHECKING:
    from simtui.tui.screens.tally import Tally

Answer = TypeVar("Answer")

POLL_SECONDS = 1.0


class SimtuiApp(App[None], inherit_bindings=False):
    """`said` is the last thing to tell, with its colour. `samples` says that the library is a
    throw-away one; `farewell` is told on stderr when the screen is gone."""

    TITLE = "simtui"
    BINDINGS: ClassVar[list[BindingType]] = []
    library: Library
    _watch: Watch

    def __init__(self, home: Home, *, samples: bool = False) -> None:
        # only then does Textual leave out every colour (its own NO_COLOR leaves greys)
        super().__init__(
            ansi_color=True if os.environ.get("NO_COLOR") else None, driver_class=Terminal
        )
        self.animation_level = "none"
        self.home = home
        self.samples = samples
        self.absolute_times = False
        self.keys = Keys()
        self.handed_over = HandedOver(self)
        self.mouse_wanted: bool | None = None
        self.work = Work(self.say_status)
        self.backing_up = BackingUp(self)
        self.typed = Typed(lambda: self.screen.focused or self.screen, self.tell_error)
        self.said: tuple[str, str] | None = None
        self.farewell = ""
        self.searched = ""
        self.vault = VaultWatch()
        self.undo = Undo()
        self.last_report: Tally | None = None
        self._feeding: asyncio.Task[None] | None = None
        self._beginning: asyncio.Task[None] | None = None
        self.shut = Shut(self)
        self.areas = Areas(self)
        self.returning = Return(self)
        self._aside = Aside()
        self.shown = Shown()

    async def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.leave, 128 + number)
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        if not self.samples and is_keyed(self.home):
            # a screen that asks gets its keys through this app, which must not wait for it here
            self._feeding = asyncio.create_task(self.typed.feed())
            self._beginning = asyncio.create_task(self._begin())
        else:
            await self._begin()

    async def _begin(self) -> None:
        try:
            if self.samples:
                self.library = await self._aside.samples_made()
            elif self._beginning is not None:
                self.library = await self.shut.opened()
            else:
                self.library = await Library.open(self.home)
            await self.take_settings()
            await self.returning.read()
            self._watch = await Watch.on(self.library)
            await self.vault.look(self.library)
        except SimtuiError as error:
            self.farewell = error.message
            self.exit(return_code=error.exit_code)
            return
        await self.push_screen(self.areas.at(1))
        self.call_after_refresh(circles.of_what_comes)
        in_background(self, self.returning.go)
        for notice in self.library.notices:
            self.tell(notice, "warning")
        self.set_interval(POLL_SECONDS, self._follow)
        self.app_suspend_signal.subscribe(self, lambda _: self._hidden())
        self.app_resume_signal.subscribe(self, lambda _: self.draw_anew())
        if self._feeding is None:
            self._feeding = asyncio.create_task(self.typed.feed())
        self.backing_up.start()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.vault.touched()
            self.typed.put(partial(super().on_event, event))
        else:
            if isinstance(event, events.Resize):
                self.shown.forget()  # a terminal cuts off what has no room, also for a moment
            await super().on_event(event)

    async def ask(self, dialog: ModalScreen[Answer] | Screen[Answer]) -> Answer | None:
        """Shows a screen and waits for its answer; the next key meets it, however fast it comes."""
        answered: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        await self.push_screen(
            dialog, lambda answer: None if answered.done() else answered.set_result(answer)
        )
        self.typed.release()
        return await answered

    async def take_settings(self) -> None:
        """Reads the settings that the screen goes by."""
        stored = await self.library.settings.all()

        def value(key: str) -> str:
            return settings.resolve(settings.find(key), stored, os.environ).value

        for theme in THEMES:
            self.register_theme(theme)
        self._use_theme(value("display.theme"))
        self._use_mouse(value("display.mouse") == "on")
        self.absolute_times = value("display.times") == "absolute"
        if said := self.keys.take(stored):
            self.tell(said, "warning")
        after = value("vault.lock_after")
        self.vault.lock_after_s = None if after == "never" else int(after.split()[0]) * 60

    async def on_unmount(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait([self._beginning])
        await self.shut.end()
        await self.backing_up.stop()
        if hasattr(self, "library"):
            await self.returning.keep()
            await self.library.close()
        await self._aside.close()

    def leave(self, return_code: int = 0) -> None:
        """Ends the program, with its database closed, also when a signal asks for it."""
        self.work.cancel()
        self.exit(return_code=return_code)

    def _interrupted(self) -> None:
        if not self.handed_over.now:  # else it is meant for the program that has the terminal
            self.leave(128 + signal.SIGINT)

    def send(self, sequence: str) -> None:
        """Sends the terminal something that is not to be seen."""
        if self._driver is not None:
            self._driver.write(sequence)

    def _use_theme(self, wanted: str) -> None:
        if wanted.startswith(themes.PREFIX):
            try:
                self.register_theme(own_theme(wanted, themes.read(self.home, wanted)))
                self.theme = wanted
                return
            except SimtuiError as error:
                self.tell(f"{error.message} The usual colours are used.", "warning")
                wanted = THEMES[0].name
        # without a terminal every colour can be had
        colours = "truecolor" if self.is_headless else self.console.color_system
        self.theme = name_for(wanted, colours)

    def _use_mouse(self, wanted: bool) -> None:
        if isinstance(self._driver, Terminal):
            self._driver.use_mouse(wanted if self.mouse_wanted is None else self.mouse_wanted)

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            renderable = self.shown.sparing(renderable, self.size)
        # the terminal's own cursor, unseen, is where the focus is: programs that read aloud ask it
        place = getattr(screen.focused, "cursor_screen_offset", None)
        if place is not None:
            self.cursor_position = place
        super()._display(screen, renderable)

    def _hidden(self) -> None:
        if not self.handed_over.now:
            self.lock_vault("Locked at suspend.")

    def draw_anew(self) -> None:
        """Sends the whole screen, whatever the terminal shows."""
        self.shown.forget()
        self.screen.refresh()

    def _fatal_error(self) -> None:
        # Textual would print a traceback with the values of variables in it
        if self._exception is not None:
            self.farewell = farewell_for(self._exception)
        self._close_messages_no_wait()

    def tell_error(self, error: BaseException) -> None:
        """Says what was refused, or that something of ours went wrong; the screen goes on."""
        self.tell(words_for(error), "error")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        if isinstance(default_namespace, Frame):
            self.tell("")  # what was said gives way to the next act
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:
            self.tell_error(error)
            return True

    def action_command_palette(self) -> None:
        if isinstance(self.screen, Frame):
            from simtui.tui.palette import CalmPalette, Palette  # when it is first asked for

            self.push_screen(CalmPalette(providers=[Palette], id="--command-palette"))

    async def _follow(self) -> None:
        """Shows what another process changed, without a key."""
        watch = self._watch
        if self.shut.now:
            return
        if self.handed_over.now:
            self.vault.touched()  # somebody is at work, elsewhere
        if reason := self.vault.overdue(self.library):
            self.lock_vault(reason, work_too=False)
        try:
            # while work is running its own writes are seen at its end
            if not self.work.words and await watch.changed():
                await self.areas.reload()
        except Exception as error:
            if watch.library is self.library:  # else it was closed for another one
                self.tell_error(error)

    # -- what is said

    def tell(self, text: str, colour: str = "") -> None:
        """Shows one line in the status, until something else is to be said."""
        line = shown(" ".join(text.split()), 400)
        self.said = (line, colour) if line else None
        self.say_status()

    async def library_replaced(self) -> None:
        """After a restore: nothing that was shown or could be undone is true any more."""
        self.undo.forget()
        self.last_report = None
        await self.vault.look(self.library)
        await self.take_settings()
        await self.areas.show_anew()

    def busy(self) -> bool:
        """Whether something is running; says so."""
        if self.work.words:
            self.tell("One thing at a time: esc ends what is running.", "warning")
        return bool(self.work.words)

    def say_status(self) -> None:
        """Shows what is true now in the line below."""
        if not self.screen_stack:
            return  # the end came while something still ran
        if isinstance(self.screen, Frame) and self.screen.is_mounted:
            self.screen.say_status()

    # -- the vault

    def lock_vault(self, words: str, *, work_too: bool = True) -> None:
        """Wipes the keys, where there are any, and says so. An encrypted library is closed, once
        what is running is done, or now: `work_too`."""
        if self.library.is_encrypted:
            self.shut.close(words, work_too=work_too)
        elif self.library.vault_is_open:
            self.library.vault.lock()
            self.tell(words)
            if isinstance(self.screen, Frame):
                self.screen.say_areas()

    # -- samples

    async def open_samples(self) -> None:
        """Opens a throw-away library with samples; esc leads back to the own one."""
        if self.samples or self._aside.opening or self.busy():
            return
        if self.library.is_encrypted:
            self.tell("This library is encrypted, and would stay open: `simtui --samples`.")
            return
        samples = await self._aside.samples_made()
        self._aside.own = self.library
        await self.use(samples, True, "Samples: nothing here is kept. esc leads back.")

    async def leave_samples(self) -> None:
        """Back to the own library, where there is one."""
        if self._aside.own is not None:
            own, self._aside.own = self._aside.own, None
            await self.use(own, False, "Back in your own home.")
            await self._aside.close()

    async def use(self, library: Library, samples: bool, words: str) -> None:
        """Shows this one from now on."""
        self.library, self.samples = library, samples
        self.undo.forget()
        self.last_report = None
        self._watch = await Watch.on(library)
        self.areas.workflows.say_areas()
        await self.areas.show_anew()
        self.tell(words)
