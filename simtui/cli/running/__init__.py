"""Runs a program with secrets in its environment, and masks them in what it prints (`exec`).

But for the masks the program is to see and do what it would without us: its input, its exit code,
its signals, and whether its streams are terminals. Where its output goes to a terminal it gets a
terminal of its own (`inside.py`); otherwise it stays beside us (`beside.py`). `following.py` has
what both have in common, `minder.py` the second process that a terminal of one's own needs.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Mapping, Sequence

from simtui.cli.running.beside import Beside
from simtui.cli.running.following import Environment, NotStarted
from simtui.cli.running.inside import Inside
from simtui.console.output import talk
from simtui.errors import UsageError, shown
from simtui.model.masking import LEAST_BYTES, Masker, can_be_masked


def run_masked(command: Sequence[str], secrets: Mapping[str, bytes | bytearray]) -> int:
    """Runs `command` to its end. Its exit code, or 128 and the number of the signal that ended it;
    127 where it was not found, 126 where it cannot be run. Raises `UsageError` for a secret that no
    environment can hold.

    A value is handed over in the program's environment and nowhere else, and is never made a `str`.
    Call this from the main thread, with no other one left (it forks), and with the process not
    dumpable."""
    environment = _environment(secrets)
    short = [shown(name) for name, value in secrets.items() if value and not can_be_masked(value)]
    if short:
        talk(f"simtui: too short to be masked (under {LEAST_BYTES} bytes): {', '.join(short)}.")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    way = Inside if os.isatty(1) else Beside
    run = way(lambda: Masker(secrets.values()))
    try:
        code = run.follow(command, environment)
    except NotStarted as error:
        talk(f"simtui: {_why_not(command[0], error)}")
        return 127 if error.errno == errno.ENOENT and not _is_there(command[0]) else 126
    for reason in run.unwritten:
        talk(f"simtui: not all that it printed could be written: {reason}.")
    return code or (8 if run.unwritten else 0)


def _environment(secrets: Mapping[str, bytes | bytearray]) -> Environment:
    environment = {
        name: value
        for name, value in os.environb.items()
        if not (name.startswith(b"SIMTUI_") and b"PASSWORD" in name)
    }
    for name, value in secrets.items():
        if not name or "=" in name or "\0" in name:
            raise UsageError(f'"{shown(name)}" cannot name a variable: leave that secret out.')
        if 0 in value:
            raise UsageError(f"{shown(name)} holds a zero byte; no variable can: leave it out.")
        environment[os.fsencode(name)] = bytes(value)
    return environment


def _is_there(program: str) -> bool:
    return shutil.which(program, os.F_OK) is not None


def _why_not(program: str, error: NotStarted) -> str:
    name = shown(program)
    if error.errno == errno.ENOENT and not _is_there(program):
        where = "there is no such file" if "/" in program else "it is in no folder of PATH"
        return f"{name} was not found: {where}. See how it is spelled, and that it is installed."
    reason = {
        errno.ENOENT: "what its first line names is not there. Name the interpreter yourself.",
        errno.E2BIG: "its words and its environment are too long. Name fewer secrets.",
        errno.ENOEXEC: f"it is no program. If it is a shell script, say `sh {name}`.",
        errno.EACCES: f"it is a folder, or you may not run it. See `ls -ld {name}`.",
    }.get(error.errno or 0, f"{error.strerror}.")
    return f"{name} cannot be run: {reason}"
