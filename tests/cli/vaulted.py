"""A home with a vault for the commands: its code in a file, and a conversation on a terminal."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from simtui.library import Library
from simtui.paths import Home
from tests import starting
from tests.vault.vaults import make_vault

Typed = str | Callable[[str], str]
"""What is typed, or what makes it from all that the terminal was sent so far."""

_PATIENCE_S = 60


def vault_in(home: Home, password: str | None = None, **values: bytes) -> str:
    """Makes a vault that holds these secrets. Its recovery code, which costs no time to try."""
    if home.root.exists():
        return _make_vault(home, password, values)
    made, code = _made(password, tuple(values.items()))
    shutil.copytree(made, home.root)
    return code


@cache
def _made(password: str | None, values: tuple[tuple[str, bytes], ...]) -> tuple[Path, str]:
    """A home to copy: a password costs half a second each time."""
    place = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, place)
    home = Home(place / "SimAI")
    return home.root, _make_vault(home, password, dict(values))


def _make_vault(home: Home, password: str | None, values: Mapping[str, bytes]) -> str:
    async def make() -> str:
        async with await Library.open(home) as library:
            code = await make_vault(library.vault, password)
            for name, value in values.items():
                await library.vault.set(name, value)
            return code

    return asyncio.run(make())


def private_file(path: Path, content: str | bytes) -> Path:
    """Which only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def run_alone(
    home: Home,
    *words: object,
    input: bytes = b"",
    pass_fds: tuple[int, ...] = (),
) -> subprocess.CompletedProcess[bytes]:
    """The command in a session of its own: there is no terminal, wherever the tests run."""
    words = ("--home", home.root, *words)
    return starting.run(
        words, input=input, timeout=_PATIENCE_S, new_session=True, pass_fds=pass_fds
    )


def converse(
    home: Home,
    words: tuple[object, ...],
    *turns: tuple[str, Typed],
    stdout: int | None = None,
    environment: Mapping[str, str] | None = None,
    at_end: Callable[[int], None] | None = None,
) -> tuple[int, str]:
    """Runs the command on a terminal and answers each prompt when it is there. The exit code, and
    all that the terminal was sent. `stdout`: where that goes, instead of to the terminal. `at_end`:
    looks at the terminal when it is left."""
    ours, theirs = pty.openpty()
    process = starting.Process(
        ["--home", home.root, *words],
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**os.environ, "TERM": "dumb", **(environment or {})},
        new_session=True,
        terminal=True,
    )
    os.close(theirs)
    sent = ""
    try:
        for prompt, typed in turns:
            start = len(sent)
            while prompt not in sent[start:]:
                sent += _piece(ours, f"{prompt!r} was never asked; sent: {sent}")
            answer = typed(sent) if callable(typed) else typed
            os.write(ours, answer.encode())
        with contextlib.suppress(EOFError):
            while True:
                sent += _piece(ours, f"it never ended; sent: {sent}")
        code = process.wait(_PATIENCE_S)
        if at_end is not None:
            at_end(ours)
        return code, sent
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _piece(terminal: int, complaint: str) -> str:
    assert select.select([terminal], [], [], _PATIENCE_S)[0], complaint
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # what a terminal says when nobody holds it any more
        raise EOFError(complaint) from None
    if not piece:
        raise EOFError(complaint)
    return piece.decode("utf-8", "replace").replace("\r\n", "\n")


def code_in(sent: str) -> str:
    """The recovery code that was shown last."""
    codes: list[str] = re.findall(r"(?:[0-9A-Z]{4}-){8}[0-9A-Z]{4}", sent)
    return codes[-1]
