"""The minder: a second process of ours, which leads a session in a terminal of its own, starts the
program there, and reports what becomes of it.

Only who has a parent in its own session can be stopped by ctrl+z, and only the leader of a session
can have its terminal; so neither we nor the program can be that leader. When our end of the
terminal closes, whatever became of us, the minder is ended by the hang-up, and the program with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Sequence
from typing import NoReturn

from simtui.cli.running.following import PASSED_ON, Environment, NotStarted, start

STARTED, NOT_STARTED, STOPPED, ENDED = range(4)
"""What is reported, with one number: the program's id, the error's, the signal's, the exit code
(below zero: the signal's)."""

ASKS = (signal.SIGTTIN, signal.SIGTTOU)
"""What stops a program that wants a terminal's keys, or to set it, and is not in front."""

_REPORT = struct.Struct("=Bi")


def fork(
    command: Sequence[str],
    environment: Environment,
    streams: Sequence[int],
    reports: int,
    ours: Sequence[int],
) -> int:
    """Starts the minder. `streams`: the program's three, of which the second is its terminal. Where
    the first is too, the program has the keys from the start; otherwise once it asks for them.
    `ours` are closed there."""
    # a signal that came before the new process has its own handlers would be lost
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    try:
        minder = os.fork()
        if not minder:
            _mind(command, environment, streams, reports, ours, unblocked)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    return minder


def heard(reports: int) -> tuple[int, int]:
    """The next report. Where the minder is lost, its program has lost its terminal: it is said to
    have ended by a hang-up."""
    report = os.read(reports, _REPORT.size)
    kind, value = _REPORT.unpack(report) if report else (ENDED, -signal.SIGHUP)
    return kind, value


def _mind(
    command: Sequence[str],
    environment: Environment,
    streams: Sequence[int],
    reports: int,
    ours: Sequence[int],
    unblocked: set[int | signal.Signals],
) -> NoReturn:
    terminal = streams[1]

    def report(kind: int, value: int) -> None:
        os.write(reports, _REPORT.pack(kind, value))

    with contextlib.suppress(BaseException):
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        for each in ours:
            os.close(each)
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # for the program, until it is in front
        try:
            at_first = _come_to_front if streams[0] == terminal else _stay_behind
            program = start(command, environment, streams, process_group=0, preexec_fn=at_first)
        except NotStarted as error:
            report(NOT_STARTED, error.errno or 0)
            raise
        report(STARTED, program.pid)
        for each in {0, 1, 2, *streams} - {terminal}:
            os.close(each)
        while os.WIFSTOPPED(status := os.waitpid(program.pid, os.WUNTRACED)[1]):
            if os.WSTOPSIG(status) in ASKS:
                os.tcsetpgrp(terminal, program.pid)
            report(STOPPED, os.WSTOPSIG(status))
        report(ENDED, os.waitstatus_to_exitcode(status))
        os.close(terminal)  # held until now: without anybody in it, it would seem at its end
        # the end of a session takes along what its terminal still holds: not before all is read
        os.read(reports, 1)
    os._exit(0)


def _come_to_front() -> None:
    os.tcsetpgrp(1, os.getpgrp())
    _stay_behind()


def _stay_behind() -> None:
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
