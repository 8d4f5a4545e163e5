"""The standard streams, at whose other end nobody may be any more."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TextIO


def let_go_of(stream: TextIO) -> None:
    """What is left in its buffer leads nowhere, and does not fail again."""
    with contextlib.suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def leave() -> None:
    """Before the end: Python flushes both as it ends, and makes another exit code of one that
    cannot be written (120)."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:  # it was closed when we began
            continue
        try:
            stream.flush()
        except OSError:
            let_go_of(stream)
