"""The real program in a real pseudo-terminal: what it sends, and how it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


class PtyScreen:
    """`seen` is everything that was sent to the terminal so far."""

    def __init__(
        self,
        *words: str,
        columns: int = 80,
        rows: int = 24,
        env: dict[str, str] | None = None,
        program: Sequence[str] = ("-m", "simtui"),
        controlling: bool = True,
    ) -> None:
        self.seen = b""
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= env or {}
        self.pid, self._fd = pty.fork() if controlling else _fork_uncontrolled()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, *program, *words], environment)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def terminal(self) -> int:
        """Our end of it."""
        return self._fd

    def send(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def send_what_fits(self, keys: str) -> int:
        """As many keys as the kernel holds for somebody who does not read them. How many."""
        left = keys.encode()
        os.set_blocking(self._fd, False)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except BlockingIOError:
            pass
        finally:
            os.set_blocking(self._fd, True)
        return len(keys) - len(left)

    def read_until(self, wanted: bytes, seconds: float = 20) -> bytes:
        """What came from now on until `wanted` was in it."""
        start, deadline = len(self.seen), time.monotonic() + seconds
        while wanted not in self.seen[start:]:
            assert time.monotonic() < deadline, f"{wanted!r} never came: {self.seen[-2000:]!r}"
            self._read(0.1)
        return self.seen[start:]

    def read_until_quiet(self, seconds: float = 0.4) -> bytes:
        """What came until nothing came for a while."""
        start = len(self.seen)
        while self._read(seconds):
            pass
        return self.seen[start:]

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self._fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += piece
        return bool(piece)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Closes the terminal, as a connection that drops does."""
        os.close(self._fd)
        self._fd = -1

    def exit_code(self, seconds: float = 20) -> int:
        """Waits for the end. The exit code, or the negative number of the signal that ended it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._fd >= 0:
                self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if self._fd < 0:
                time.sleep(0.05)
        raise AssertionError(f"still there after {seconds} s")

    def close(self) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._fd >= 0:
            os.close(self._fd)


def _fork_uncontrolled() -> tuple[int, int]:
    """As `pty.fork`, but the terminal sends the child no signals."""
    ours, theirs = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for descriptor in (0, 1, 2):
            os.dup2(theirs, descriptor)
        os.closerange(3, 256)
    else:
        os.close(theirs)
    return pid, ours


@contextlib.contextmanager
def screen_on(
    home: Path,
    *,
    columns: int = 80,
    rows: int = 24,
    env: dict[str, str] | None = None,
    controlling: bool = True,
) -> Iterator[PtyScreen]:
    """The screen on a home, from its first content to whatever becomes of it."""
    screen = PtyScreen(
        "--home", str(home), columns=columns, rows=rows, env=env, controlling=controlling
    )
    try:
        screen.read_until(b"quit")
        screen.read_until_quiet()
        yield screen
    finally:
        screen.close()
