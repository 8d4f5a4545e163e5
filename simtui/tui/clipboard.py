"""Copying: by the desktop's own tool where there is one, else by tmux, else by asking the terminal
(OSC 52), which says nothing about what became of it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp

MAX_SEQUENCE = 74_994
"""Characters of base64 that terminals take (reference/terminal.md finding 7)."""

_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Way:
    """A program that takes the text on its standard input, and the words that empty it."""

    name: str
    words: tuple[str, ...]
    clear: tuple[str, ...] = ()


_TMUX = Way("tmux", ("load-buffer", "-b", "simtui", "-w", "-"), ("delete-buffer", "-b", "simtui"))


def ways(environment: Mapping[str, str], platform: str = sys.platform) -> list[Way]:
    """What to try, the best first; the terminal itself comes after all of them."""
    found = []
    # over SSH a desktop's clipboard is that of the other machine
    if not environment.get("SSH_CONNECTION") and not environment.get("SSH_TTY"):
        if environment.get("WAYLAND_DISPLAY"):
            found.append(Way("wl-copy", (), ("--clear",)))
        if environment.get("DISPLAY"):
            found.append(Way("xclip", ("-selection", "clipboard")))
            found.append(Way("xsel", ("--clipboard", "--input"), ("--clipboard", "--clear")))
        if platform == "darwin":
            found.append(Way("pbcopy", ()))
    if environment.get("TMUX"):
        found.append(_TMUX)
    return [way for way in found if shutil.which(way.name)]


async def copy(app: SimtuiApp, text: str) -> str:
    """Copies a text. Where it went, in words; "" where it was too much for the only way there is,
    and nothing was sent."""
    for way in ways(os.environ):
        if await _run(way.name, way.words, text.encode("utf-8", "replace")):
            return "copied to tmux" if way is _TMUX else f"copied with {way.name}"
    return "sent to the terminal's clipboard (it tells nothing back)" if _ask(app, text) else ""


async def clear(app: SimtuiApp) -> None:
    """Empties what `copy` filled, as far as there is a way."""
    for way in ways(os.environ):
        if await _run(way.name, way.clear or way.words, b""):
            if way is not _TMUX:
                return
            break
    _ask(app, "")


def too_much(text: str) -> str:
    """What is said of a text that no way takes."""
    size = len(text.encode("utf-8", "replace"))
    return (
        f"Not copied: {size / 1000:,.0f} kB, and terminals take {MAX_SEQUENCE * 3 // 4 // 1000} kB."
    )


def _ask(app: SimtuiApp, text: str) -> bool:
    sequence = base64.b64encode(text.encode("utf-8", "replace")).decode()
    if len(sequence) > MAX_SEQUENCE:
        return False
    app.send(f"\x1b]52;c;{sequence}\a")
    return True


async def _run(name: str, words: tuple[str, ...], text: bytes) -> bool:
    try:
        process = await asyncio.create_subprocess_exec(
            name,
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        async with asyncio.timeout(_SECONDS):
            await process.communicate(text)
    except (TimeoutError, OSError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return False
    return process.returncode == 0
