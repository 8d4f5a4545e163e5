"""Follows a program to its end: hands on what it prints, masked, and the signals that we get.

Writing to our own streams may block, and may do so for long (a pager that waits for a key). So what
must not wait for it is done by the signals' handlers, which run in the midst of a write.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from simtui.model.masking import Masker

IDLE_S = 0.02
"""A terminal where nothing came for so long is shown what `Masker.idle` lets out."""

SILENCE_S = 0.5
"""What a program leaves running may keep its streams open. After its end they are read until they
are silent for so long."""

LAST_S = 5.0
"""And for so long at most, as far as all that the program itself wrote is read by then."""

_PIECE_BYTES = 1 << 16
_WAITING_BYTES = 1 << 20  # more than a pipe holds

PASSED_ON = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

Environment = dict[bytes, bytes]
Handler = Callable[[int], object]


class NotStarted(OSError):
    """The program could not be started."""


def start(
    command: Sequence[str], environment: Environment, streams: Sequence[int | None], **how: Any
) -> subprocess.Popen[bytes]:
    """Starts the program with its three streams. Raises `NotStarted`."""
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(  # noqa: S603  # the person's own command, and no shell reads it
            command, env=environment, stdin=stdin, stdout=stdout, stderr=stderr, **how
        )
    except OSError as error:
        raise NotStarted(error.errno, error.strerror) from None


class Flow:
    """One stream of the program: from `source`, masked, to `target`, a stream of our own."""

    def __init__(self, source: int, target: int, masker: Masker) -> None:
        self.source, self.target = source, target
        self.is_terminal = os.isatty(source)
        self.is_over = False
        self.unwritten = ""
        self.is_cooked_twice = False
        """Whether `target` will put a CR before each LF, where `source` has done so already."""
        self._masker = masker
        self._came = 0.0
        self._is_settled = True
        self._is_lost = False

    def fileno(self) -> int:
        """What to wait for."""
        return self.source

    def move(self) -> int:
        """Hands a piece on. How many bytes it had."""
        try:
            piece = os.read(self.source, _PIECE_BYTES)
        except BlockingIOError:
            return 0
        except OSError:  # what a terminal says when nobody holds its other end any more
            piece = b""
        self._write(self._masker.feed(piece))
        self._came, self._is_settled = time.monotonic(), False
        # a pipe that nobody reads is closed, so that the program is told as it would be without us
        self.is_over = not piece or (self._is_lost and not self.is_terminal)
        return len(piece)

    @property
    def is_waiting(self) -> bool:
        """Whether a terminal is still to be shown what is held, should nothing more come."""
        return self.is_terminal and not self._is_settled and self._masker.is_holding

    def settle(self) -> None:
        """Shows it, if nothing came for long enough."""
        if self.is_waiting and time.monotonic() - self._came >= IDLE_S:
            self._write(self._masker.idle())
            self._is_settled = True

    def close(self) -> None:
        """Writes the rest."""
        self._write(self._masker.end())
        os.close(self.source)

    def _write(self, piece: bytes) -> None:
        rest = memoryview(piece.replace(b"\r\n", b"\n") if self.is_cooked_twice else piece)
        while rest and not self._is_lost:
            try:
                rest = rest[os.write(self.target, rest) :]
            except BlockingIOError:  # somebody who shares our stream made it so
                select.select([], [self.target], [])
            except OSError as error:
                self._is_lost = True
                if error.errno not in (errno.EPIPE, errno.EIO):
                    self.unwritten = error.strerror or type(error).__name__


class Run:
    """One run of a program; `Beside` and `Inside` say how it is started and looked after."""

    def __init__(self, masker: Callable[[], Masker]) -> None:
        self.unwritten: list[str] = []
        """Why some of what the program printed was not written, a reason a stream."""
        self._masker = masker
        self._flows: list[Flow] = []
        self._pid = 0
        self._code: int | None = None
        self._early: list[int] = []
        self._woken = -1

    def follow(self, command: Sequence[str], environment: Environment) -> int:
        """Starts the program and follows it to its end; `environment` is emptied. Its exit code.
        Raises `NotStarted`."""
        with contextlib.ExitStack() as stack:
            self._woken = stack.enter_context(_woken_by_signals())
            stack.enter_context(handling(dict.fromkeys(PASSED_ON, self._pass_on)))
            stack.enter_context(handling(self._handlers()))
            stack.callback(self._leave)
            self._begin(command, environment)
            environment.clear()
            for number in self._early:
                self._pass_on(number)
            while self._code is None:
                self._turn(self._patience())
            self._read_rest(SILENCE_S, LAST_S)
        return self._code if self._code >= 0 else 128 - self._code

    def _begin(self, command: Sequence[str], environment: Environment) -> None:
        raise NotImplementedError

    def _attend(self, ready: set[object]) -> None:
        """Looks after all but the flows, and for the program's end."""
        raise NotImplementedError

    def _handlers(self) -> dict[int, Handler]:
        raise NotImplementedError

    def _leave(self) -> None:
        for flow in list(self._flows):
            self._close(flow)

    def _patience(self) -> float | None:
        return None

    def _wanted(self) -> tuple[list[Any], list[Any]]:
        """What to wait for besides the flows: until it can be read, and until it can be written."""
        return [], []

    def _pass_on(self, number: int) -> None:
        if not self._pid:
            self._early.append(number)
        elif self._code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._pid, number)

    def _turn(self, patience_s: float | None) -> int:
        """Waits until something comes, and hands it on. How many bytes of it the program wrote."""
        if any(flow.is_waiting for flow in self._flows):
            patience_s = IDLE_S if patience_s is None else min(patience_s, IDLE_S)
        readers, writers = self._wanted()
        readable, writable, _ = select.select(
            [self._woken, *self._flows, *readers], writers, [], patience_s
        )
        ready = {*readable, *writable}
        moved = 0
        for flow in list(self._flows):
            if flow in ready:
                moved += flow.move()
            flow.settle()
            if flow.is_over:
                self._close(flow)
        if self._woken in ready:
            os.read(self._woken, _PIECE_BYTES)
        self._attend(ready)
        return moved

    def _read_rest(self, silence_s: float, last_s: float) -> None:
        """Reads until nothing came for `silence_s`; or, where it never ends, for `last_s` and then
        as much as may have been waiting."""
        quiet = time.monotonic()
        last, late_bytes = quiet + last_s, 0
        while self._flows and late_bytes < _WAITING_BYTES:
            now = time.monotonic()
            moved = self._turn(0 if now >= last else max(0, quiet + silence_s - now))
            if moved:
                quiet = time.monotonic()
                late_bytes += moved if now >= last else 0
            elif time.monotonic() >= min(last, quiet + silence_s):
                return

    def _close(self, flow: Flow) -> None:
        self._flows.remove(flow)
        flow.close()
        if flow.unwritten:
            self.unwritten.append(flow.unwritten)


@contextlib.contextmanager
def handling(handlers: Mapping[int, Handler | signal.Handlers]) -> Iterator[None]:
    """Handles signals so, meanwhile. What is ignored (`nohup`, a job in the background) stays so,
    or the program would not inherit it; but for its end, which we must hear of."""
    before = {}
    for number, handler in handlers.items():
        before[number] = signal.getsignal(number) or signal.SIG_DFL
        if before[number] is signal.SIG_IGN and number != signal.SIGCHLD:
            continue
        signal.signal(number, handler if isinstance(handler, signal.Handlers) else _calls(handler))
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _calls(handler: Handler) -> Callable[[int, object], None]:
    def called(number: int, _frame: object) -> None:
        handler(number)

    return called


@contextlib.contextmanager
def _woken_by_signals() -> Iterator[int]:
    """What can be read once a signal came."""
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        yield woken
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(waker)
