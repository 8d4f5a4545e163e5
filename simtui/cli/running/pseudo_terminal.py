"""Pseudo-terminals: a program holds one end for a terminal, we read and type at the other."""

from __future__ import annotations

import contextlib
import os
import termios


def like(real: int) -> tuple[int, int]:
    """Our end and the program's of a new one, which is set as the terminal `real` is."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    termios.tcsetattr(theirs, termios.TCSANOW, termios.tcgetattr(real))
    copy_size(real, ours)
    return ours, theirs


def for_output(real: int) -> tuple[int, int]:
    """The same, that changes nothing of what is printed: `real` will."""
    ours, theirs = like(real)
    mode = termios.tcgetattr(theirs)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    return ours, theirs


def copy_size(real: int, ours: int) -> None:
    """Gives it the size of `real`; what runs in front in it is told by SIGWINCH."""
    with contextlib.suppress(OSError, termios.error):
        termios.tcsetwinsize(ours, termios.tcgetwinsize(real))


def controlling() -> int | None:
    """The terminal that controls us, to be closed; None where there is none."""
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def is_ours() -> bool:
    """Whether a terminal controls us whose keys are for our process group."""
    terminal = controlling()
    if terminal is None:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # it has hung up
        return False
    finally:
        os.close(terminal)


def may_be_taken(terminal: int) -> bool:
    """Whether its keys are for us: it controls us and our group is in front, or nobody keeps jobs
    on it (it does not control us)."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True
