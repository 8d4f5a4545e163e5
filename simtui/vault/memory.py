"""What is done so that a key stays in this process: no core dump, no reading by others, and zeroes
where it lay. It is the best that a Python program can do, and no promise: copies that the
interpreter or the terminal made are out of reach."""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def close_this_process() -> None:
    """No core dumps, and on Linux no reading of our memory and environment by other processes of
    the same user. Before the first key is there; a new program (exec) must ask again."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def wipe(*buffers: bytearray) -> None:
    """Overwrites with zeroes, in place."""
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))
