"""A throw-away home with sample workflows, gone when it is closed."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from simtui.library import Library
from simtui.paths import Home


class SampleHome:
    """Made by `SampleHome.made`; `library` is closed, and its folder removed, by `close`."""

    def __init__(self, library: Library, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.library = library
        self._folder = folder

    @classmethod
    async def made(cls) -> SampleHome:
        """Raises as `Library.open` does."""
        from simtui.samples import fill

        folder = tempfile.TemporaryDirectory(prefix="simtui-samples-")
        library = await Library.open(Home(Path(folder.name)))
        await fill(library, time.time_ns() // 1_000_000)
        return cls(library, folder)

    async def close(self) -> None:
        await self.library.close()
        self._folder.cleanup()
