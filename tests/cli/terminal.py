"""A command on a terminal of its own, as a person runs it."""

from __future__ import annotations

import contextlib
import os
import pty
import select

from simtui.paths import Home
from tests import starting


def on_a_terminal(
    home: Home, *words: object, prompt: str = "", typed: str = "", **environment: str
) -> tuple[int, str]:
    """Runs the command with a terminal for all three streams, and types when the prompt is there
    (again where nothing comes of it: an interrupt just before a read begins is not heard). The exit
    code, and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    process = starting.Process(
        ["--home", home.root, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **environment},
        new_session=True,
        terminal=True,
    )
    os.close(theirs)
    sent = b""
    with contextlib.suppress(
        OSError, EOFError
    ):  # what a terminal says when nobody holds it any more
        while True:
            if typed and prompt.encode() in sent:
                os.write(ours, typed.encode())
            while select.select([ours], [], [], 1)[0]:
                piece = os.read(ours, 65536)
                if not piece:
                    raise EOFError
                sent += piece
    os.close(ours)
    return process.wait(60), sent.decode().replace("\r\n", "\n")
