"""A command on a terminal of its own, as a person runs it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import subprocess
import sys
import termios

from simtui.paths import Home


def on_a_terminal(
    home: Home, *words: object, prompt: str = "", typed: str = "", **environment: str
) -> tuple[int, str]:
    """Runs the command with a terminal for all three streams, and types when the prompt is there
    (again where nothing comes of it: an interrupt just before a read begins is not heard). The exit
    code, and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "simtui", "--home", str(home.root), *map(str, words)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **environment},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
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
