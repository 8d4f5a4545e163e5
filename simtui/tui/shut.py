"""An encrypted library on the screen: nothing of it is shown before it is open, and when its vault
locks, the library is closed and nothing is shown until it is open again."""

from __future__ import annotations

import asyncio
import signal
from functools import partial
from typing import TYPE_CHECKING

from simtui.errors import Locked, SimtuiError
from simtui.library import KeyedHome, Library

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


class Shut:
    """`now`: the library is closed, or not open yet."""

    def __init__(self, app: SimtuiApp) -> None:
        self._app = app
        self.now = False
        self.password: bytearray | None = None
        """What was handed over at the start."""
        self._opening: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    async def opened(self) -> Library:
        """The library, once somebody has opened it. Raises `Locked` where nobody does."""
        self.now = True
        library = await Library.open(self._app.home, unlocking=partial(self._ask, words=None))
        self.now = False
        self._close_before_stopping()
        return library

    def close(self, words: str, *, work_too: bool = True) -> bool:
        """Closes it, and asks for what opens it. `work_too`: also where something is running; else
        that is waited for. Whether anything is done."""
        running = self._app.work.words or self._app.backing_up.work.words
        if self.now or (running and not work_too):
            return False
        self.now = True
        self._closed.clear()
        self._opening = asyncio.create_task(self._open_again(words))
        return True

    def _close_before_stopping(self) -> None:
        """A process that is stopped keeps its memory: the keys go first."""
        stop = signal.getsignal(signal.SIGTSTP)
        if not callable(stop):
            return

        async def closed_first() -> None:
            if self.close("Locked at suspend."):
                await self._closed.wait()
            stop(signal.SIGTSTP, None)

        def stopped() -> None:
            self._stopping = asyncio.create_task(closed_first())

        asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, stopped)

    async def end(self) -> None:
        """Gives up what opens it again, for a program that ends."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])

    async def _open_again(self, words: str) -> None:
        from simtui.tui.screens.masked import Cover  # few libraries are encrypted

        app = self._app
        app.work.cancel()
        # between a password and what it opens, too, nothing of the old one is to be seen
        await app.push_screen(Cover(f"Opening {app.home} …"))
        try:
            library = await Library.open(app.home, unlocking=partial(self._ask, words=words))
        except SimtuiError as error:
            app.farewell = error.message
            app.exit(return_code=error.exit_code)
            return
        finally:
            self._closed.set()
        self.now = False
        await app.use(library, False, "Open again.")
        await app.pop_screen()
        app.say_status()
        app.backing_up.start()

    async def _ask(self, keyed: KeyedHome, words: str | None) -> None:
        """`words`: why it was closed; None at the start. Then the keyring opens it without a key
        pressed."""
        from simtui.library import secrets
        from simtui.tui.screens.masked import UnlockScreen

        app, said = self._app, words or ""
        secrets.keep_private()
        ways = (await keyed.vault.status()).ways
        if words is None:
            if self.password is not None:
                typed, self.password = self.password, None
                if (tried := await secrets.unlock(keyed, typed)).way:
                    return
                raise Locked(f"{tried.said} {await keyed.refusal()}")
            if (tried := await secrets.open_by_keyring(keyed)).way:
                return
            said = tried.said
        by_keyring = secrets.KEYRING in ways
        while True:
            asking = asyncio.ensure_future(app.ask(UnlockScreen(f"Unlock {app.home}", said)))
            await self._close_library()
            typed_now = await asking
            if typed_now is None:
                raise Locked(await keyed.refusal())
            if not typed_now and by_keyring:
                tried = await secrets.open_by_keyring(keyed)
            else:
                tried = await secrets.unlock(keyed, typed_now)
            if tried.way:
                return
            said = tried.said

    async def _close_library(self) -> None:
        app = self._app
        if not self._closed.is_set() and hasattr(app, "library"):
            await asyncio.sleep(0)  # the screen that hides it comes first
            await app.backing_up.stop()
            await app.library.close()
        self._closed.set()
