"""The terminal that the screen is drawn on, which may go away at any moment.

A dropped connection is told by SIGHUP, but only where the terminal controls the program, and a
write or a read may fail before it comes. Textual's own threads would end by that, and the program
wait for them for good, or they would read nothing again and again.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, cast

from textual.drivers.linux_driver import LinuxDriver

from simtui.tui.glyphs import GLYPHS, ascii_of

if TYPE_CHECKING:
    import asyncio

    from simtui.tui.app import SimtuiApp

HUNG_UP = 129
_LOOK_SECONDS = 1.0


class Terminal(LinuxDriver):
    """Textual's driver; the app's `leave` is called once when the terminal is gone."""

    def __init__(self, app: SimtuiApp, **words: Any) -> None:
        super().__init__(app, **words)
        self._gone = threading.Event()
        self._looking: asyncio.TimerHandle | None = None
        self._is_ours = False
        # the few calls that Textual makes of a file
        self._file = cast("Any", _Output(cast("IO[str]", self._file), self._lost))

    def start_application_mode(self) -> None:
        """Takes the terminal."""
        self._is_ours = True
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own
        if self._looking is not None:  # it comes back from being suspended
            self._looking.cancel()
        self._look()

    def stop_application_mode(self) -> None:
        """Gives it back."""
        super().stop_application_mode()
        self._is_ours = False

    def write(self, data: str) -> None:
        """Sends what is drawn; nothing while somebody else has the terminal."""
        if self._is_ours:
            super().write(data)

    def use_mouse(self, wanted: bool) -> None:
        """Without it, the terminal selects by mouse as it does elsewhere."""
        if wanted and not self._mouse:
            self._mouse = True
            self._enable_mouse_support()
        elif self._mouse and not wanted:
            self._disable_mouse_support()
            self._mouse = False

    def _look(self) -> None:
        """Whether anybody is at the other end: some terminals only read as empty then."""
        poll = select.poll()
        poll.register(self.fileno, 0)
        if any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0)):
            self._lost()
        else:
            self._looking = self._loop.call_later(_LOOK_SECONDS, self._look)

    def run_input_thread(self) -> None:
        """Reads keys until the end, or until there is nothing to read from."""
        try:
            super().run_input_thread()
        except OSError:
            self._lost()

    def _lost(self) -> None:
        if not self._gone.is_set():
            self._gone.set()
            app = cast("SimtuiApp", self._app)
            self._loop.call_soon_threadsafe(app.leave, HUNG_UP)


class _Output:
    """A file that takes what nobody will see."""

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost

    def write(self, text: str) -> None:
        try:
            self._file.write(ascii_of(text) if GLYPHS.only_ascii else text)
        except OSError:
            self._lost()

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError:
            self._lost()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
