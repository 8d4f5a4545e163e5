"""The program in a terminal of its own, a pseudo-terminal: what it prints there comes to us, and
what is typed into ours is typed into it. So it can do all that it does with a terminal, `/dev/tty`
included, and cannot print past us."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import termios
import tty
from collections.abc import Callable, Sequence
from typing import Any

from simtui.cli.running import minder, pseudo_terminal
from simtui.cli.running.following import (
    IDLE_S,
    SILENCE_S,
    Environment,
    Flow,
    Handler,
    NotStarted,
    Run,
    handling,
)
from simtui.model.masking import Masker

_TYPED_BYTES = 1 << 12
_LOOK_S = 0.5  # how often a job in the background looks whether it has come to the front


class Inside(Run):
    """Where input and output are a terminal: somebody sits there."""

    def __init__(self, masker: Callable[[], Masker]) -> None:
        super().__init__(masker)
        self._reports, self._reporting = socket.socketpair()
        self._minder = 0
        self._typed = b""
        self._saved: list[Any] | None = None  # how our terminal was before we took it
        self._is_gone = False  # our terminal, that is

    def _begin(self, command: Sequence[str], environment: Environment) -> None:
        screen, terminal = pseudo_terminal.like(0)
        self._screen = Flow(screen, 1, self._masker())
        self._flows.append(self._screen)
        theirs = [terminal, self._reporting.detach()]
        if not os.isatty(2):
            source, out = os.pipe()
            self._flows.append(Flow(source, 2, self._masker()))
            theirs.append(out)
        ours = [self._reports.fileno(), *(flow.source for flow in self._flows)]
        self._minder = minder.fork(command, environment, theirs, ours)
        self._hear()
        self._take_terminal()

    def _handlers(self) -> dict[int, Handler]:
        return {
            signal.SIGTSTP: self._pass_on_to_all,
            signal.SIGCONT: lambda _number: self._resume(),
            signal.SIGWINCH: lambda _number: pseudo_terminal.copy_size(0, self._screen.source),
            signal.SIGCHLD: lambda _number: None,
        }

    def _leave(self) -> None:
        self._give_terminal()
        super()._leave()
        self._reports.close()  # then the minder ends too, and with it the program's session
        if self._minder and self._code is not None:
            os.waitpid(self._minder, 0)

    def _patience(self) -> float | None:
        if not self._saved:
            self._take_terminal()
        return None if self._saved or self._is_gone else _LOOK_S

    def _wanted(self) -> tuple[list[Any], list[Any]]:
        if self._code is not None or self._screen.is_over:
            return [self._reports] if self._code is None else [], []
        if self._typed:
            return [self._reports], [self._screen]
        return [self._reports, 0] if self._saved else [self._reports], []

    def _attend(self, ready: set[object]) -> None:
        if 0 in ready:
            self._read_keys()
        if self._typed and not self._screen.is_over:
            with contextlib.suppress(OSError):  # it can take no more, or has gone
                self._typed = self._typed[os.write(self._screen.source, self._typed) :]
        if self._reports in ready:
            self._hear()

    def _read_keys(self) -> None:
        try:
            self._typed = os.read(0, _TYPED_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._typed = b""
        if not self._typed:
            self._saved, self._is_gone = None, True
            self._pass_on(signal.SIGHUP)

    def _hear(self) -> None:
        kind, value = minder.heard(self._reports.fileno())
        if kind == minder.NOT_STARTED:
            self._code = 0
            raise NotStarted(value, os.strerror(value))
        if kind == minder.STARTED:
            self._pid = value
        elif kind == minder.STOPPED:
            self._suspend()
        else:
            self._code = value

    def _suspend(self) -> None:
        """The program stopped: so do we, and all of our group, until a shell lets us go on."""
        self._read_rest(IDLE_S, SILENCE_S)
        self._give_terminal()
        if self._code is None:
            with handling({signal.SIGTSTP: signal.SIG_DFL, signal.SIGCONT: signal.SIG_DFL}):
                os.kill(0, signal.SIGTSTP)  # nothing happens where no shell could let us go on
            self._resume()

    def _resume(self) -> None:
        self._take_terminal()
        self._pass_on_to_all(signal.SIGCONT)

    def _pass_on_to_all(self, number: int) -> None:
        if self._pid and self._code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, number)

    def _take_terminal(self) -> None:
        """Makes our terminal raw, if it is ours: each key goes to the program as it is."""
        if self._is_gone or not pseudo_terminal.may_be_taken(0):
            self._saved = None  # and whoever has it has set it as they like
            return
        with contextlib.suppress(termios.error):
            self._saved = self._saved or termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        pseudo_terminal.copy_size(0, self._screen.source)

    def _give_terminal(self) -> None:
        if self._saved:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, self._saved)
            self._saved = None
