"""The terminal handed to another program (an editor, a pager), and taken back when that ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simtui.errors import NotFound, shown

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


class HandedOver:
    """`now`: another program has the terminal."""

    def __init__(self, app: SimtuiApp) -> None:
        self._app = app
        self.now = False

    async def to(self, words: Sequence[str], text: bytes | None = None) -> int:
        """Runs a program on the terminal, with a text on its standard input, if there is one. Its
        exit code. Raises `NotFound` where there is no such program."""
        driver = self._app._driver
        if driver is None or not driver.can_suspend:
            raise NotFound(f"This terminal cannot be handed to {shown(words[0], 80)}.")
        self.now = True
        code, refused = 0, ""
        try:
            with self._app.suspend():
                try:
                    code = await _run(words, text)
                except OSError as error:  # Textual would not take the terminal back
                    refused = error.strerror or str(error)
        finally:
            self.now = False
            self._app.vault.touched()
        self._app.draw_anew()
        if refused:
            raise NotFound(f"{shown(words[0], 80)} cannot be run: {refused}.")
        return code


async def _run(words: Sequence[str], text: bytes | None) -> int:
    process = await asyncio.create_subprocess_exec(
        *words, stdin=None if text is None else asyncio.subprocess.PIPE
    )
    try:
        if text is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                await process.communicate(text)
        return await process.wait()
    except asyncio.CancelledError:
        # simtui ends: the program must not be left behind on a terminal that nobody has
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        raise
