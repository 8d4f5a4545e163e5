"""The library with samples, on a throw-away home, and the own one that waits while it is shown."""

from __future__ import annotations

import tempfile
from pathlib import Path

from simtui.library import Library
from simtui.paths import Home
from simtui.tui.clock import now_ms


class Aside:
    """`own` is the library that waits, where there is one; `opening`: samples are being made."""

    def __init__(self) -> None:
        self.own: Library | None = None
        self.opening = False
        self._samples: Library | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def samples_made(self) -> Library:
        """Raises as `Library.open` does."""
        from simtui.samples import fill

        self.opening = True
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="simtui-samples-")
            self._samples = await Library.open(Home(Path(self._folder.name)))
            await fill(self._samples, now_ms())
        finally:
            self.opening = False
        return self._samples

    async def close(self) -> None:
        """Ends both, and takes the samples away."""
        for library in (self._samples, self.own):
            if library is not None:
                await library.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._samples = self.own = self._folder = None
