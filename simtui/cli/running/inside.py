"""The program in a terminal of its own, a pseudo-terminal: what it prints there comes to us, and
what is typed into ours is typed into it. So it can do all that it does with a terminal, `/dev/tty`
included, and cannot print past us.

Our terminal's keys are for it as long as we hold the terminal, raw. Where its input is something
else, a pipe most often, others in the pipeline may want them: it gets them once it asks, as a pager
does, and until then keys mean to us what they mean to all.
"""

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
    """Where output goes to a terminal: somebody sits there."""

    def __init__(self, masker: Callable[[], Masker]) -> None:
        super().__init__(masker)
        self._reports, self._reporting = socket.socketpair()
        self._minder = 0
        self._keys = 0
        self._is_asked = True  # whether the program wants the keys
        self._is_gone = False  # whether there are none, or none any more
        self._typed = b""
        self._saved: list[Any] | None = None  # how our terminal was before we took it

    def _begin(self, command: Sequence[str], environment: Environment) -> None:
        screen, terminal = pseudo_terminal.like(1)
        self._screen = Flow(screen, 1, self._masker())
        self._screen.is_cooked_twice = True
        self._flows.append(self._screen)
        streams = [terminal] * 3
        if not os.isatty(0):
            keys, streams[0] = pseudo_terminal.controlling(), 0
            self._keys, self._is_asked, self._is_gone = keys or 0, False, keys is None
        if not os.isatty(2):
            source, streams[2] = os.pipe()
            self._flows.append(Flow(source, 2, self._masker()))
        ours = [self._reports.fileno(), *(flow.source for flow in self._flows)]
        reporting = self._reporting.fileno()
        self._take_terminal()
        self._minder = minder.fork(command, environment, streams, reporting, ours)
        self._reporting.close()
        for each in set(streams) - {0}:
            os.close(each)
        self._hear()

    def _handlers(self) -> dict[int, Handler]:
        return {
            signal.SIGINT: self._pass_on_to_all,
            signal.SIGQUIT: self._pass_on_to_all,
            signal.SIGTSTP: self._pass_on_to_all,
            signal.SIGCONT: lambda _number: self._resume(),
            signal.SIGWINCH: lambda _number: pseudo_terminal.copy_size(1, self._screen.source),
            signal.SIGCHLD: lambda _number: None,
        }

    def _leave(self) -> None:
        self._give_terminal()
        super()._leave()
        if self._keys:
            os.close(self._keys)
        self._reports.close()  # then the minder ends too, and with it the program's session
        if self._minder and self._code is not None:
            os.waitpid(self._minder, 0)

    def _patience(self) -> float | None:
        if not self._saved:
            self._take_terminal()
        is_set = self._saved or self._is_gone or not self._is_asked
        return None if is_set else _LOOK_S

    def _wanted(self) -> tuple[list[Any], list[Any]]:
        if self._code is not None or self._screen.is_over:
            return [self._reports] if self._code is None else [], []
        if self._typed:
            return [self._reports], [self._screen]
        return [self._reports, self._keys] if self._saved and not self._is_gone else [
            self._reports
        ], []

    def _attend(self, ready: set[object]) -> None:
        if self._keys in ready:
            self._read_keys()
        if self._typed and not self._screen.is_over:
            with contextlib.suppress(OSError):  # it can take no more, or has gone
                self._typed = self._typed[os.write(self._screen.source, self._typed) :]
        if self._reports in ready:
            self._hear()

    def _read_keys(self) -> None:
        try:
            self._typed = os.read(self._keys, _TYPED_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._typed = b""
        if not self._typed:
            self._is_gone = True
            self._pass_on(signal.SIGHUP)

    def _hear(self) -> None:
        kind, value = minder.heard(self._reports.fileno())
        if kind == minder.NOT_STARTED:
            self._code = 0
            raise NotStarted(value, os.strerror(value))
        if kind == minder.STARTED:
            self._pid = value
        elif kind == minder.STOPPED:
            self._is_asked = self._is_asked or value in minder.ASKS
            self._take_terminal()
            if value in minder.ASKS and (self._saved or self._is_gone):
                self._pass_on_to_all(signal.SIGCONT)
            else:
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
        if not self._pid:
            self._pass_on(number)
        elif self._code is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, number)

    def _take_terminal(self) -> None:
        """Makes our terminal raw, if it is ours: each key goes to the program as it is."""
        pseudo_terminal.copy_size(1, self._screen.source)
        if not self._is_asked or self._is_gone or not pseudo_terminal.may_be_taken(self._keys):
            self._saved = None  # whoever has it set it as they like
        else:
            with contextlib.suppress(termios.error):
                self._saved = self._saved or termios.tcgetattr(self._keys)
                tty.setraw(self._keys, termios.TCSADRAIN)
        self._screen.is_cooked_twice = not self._saved

    def _give_terminal(self) -> None:
        if self._saved:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._keys, termios.TCSADRAIN, self._saved)
        self._saved = None
        self._screen.is_cooked_twice = True
