"""The lines of a log that are in memory: a window, which reads on at both ends, or elsewhere. It
knows the lines before and behind it by their numbers, and how many there are by nothing."""

from __future__ import annotations

import asyncio

from simtui.library.runs import RunShelf
from simtui.model.run import RUNNING, LogLine, Run

PAGE = 200
WINDOW = 3000


class LogWindow:
    """`lines` are those in memory; `begins` and `ends`: there are none before, or behind them.
    What reads returns how many places the lines that were there have moved."""

    def __init__(self, shelf: RunShelf, run: Run) -> None:
        self.run = run
        self.levels: tuple[str, ...] | None = None
        self.lines: list[LogLine] = []
        self.begins = self.ends = True
        self._shelf = shelf
        self._reading = asyncio.Lock()

    async def count(self) -> int:
        """How many lines there are, of these levels."""
        return await self._shelf.log_count(self.run, self.levels)

    async def _page(
        self, *, after: int | None = None, before: int | None = None, from_end: bool = False
    ) -> list[LogLine]:
        return await self._shelf.log(
            self.run,
            after=after,
            before=before,
            from_end=from_end,
            limit=PAGE,
            levels=self.levels,
        )

    def goes_on(self, way: int) -> bool:
        """Whether there are lines behind the window (1), or ahead of it (-1)."""
        return not (self.ends if way > 0 else self.begins)

    async def read_end(self) -> None:
        """The last lines."""
        async with self._reading:
            self.lines = await self._page(from_end=True)
            self.begins, self.ends = len(self.lines) < PAGE, True

    async def read_beginning(self) -> None:
        """The first lines."""
        async with self._reading:
            self.lines = await self._page(after=-1)
            self.begins, self.ends = True, len(self.lines) < PAGE

    async def read_around(self, seq: int) -> int:
        """The lines around a number. Where in the window it stands, or would."""
        async with self._reading:
            above, below = await self._page(before=seq), await self._page(after=seq - 1)
            self.lines = above + below
            self.begins, self.ends = len(above) < PAGE, len(below) < PAGE
            return len(above)

    def place(self, seq: int) -> int | None:
        """Where in the window a number stands."""
        return next((n for n, line in enumerate(self.lines) if line.seq == seq), None)

    async def read_more(self, way: int) -> int:
        """Reads on behind the window (1), or ahead of it (-1)."""
        async with self._reading:
            if way > 0 and not self.ends:
                return await self._read_behind()
            if way < 0 and not self.begins and self.lines:
                more = await self._page(before=self.lines[0].seq)
                self.begins = len(more) < PAGE
                self.lines = more + self.lines
                if len(self.lines) > WINDOW:
                    del self.lines[WINDOW:]
                    self.ends = False
                return len(more)
            return 0

    async def catch_up(self, *, whole: bool) -> tuple[int | None, int]:
        """Takes in what came since at the end; of more than a page only the end, unless it is to
        be `whole`. How many lines came, None where that is not known, and how far the lines have
        moved."""
        async with self._reading:
            if self.goes_on(1):
                return None if self.run.status == RUNNING else 0, 0
            before = len(self.lines)
            moved = await self._read_behind()
            came = len(self.lines) - moved - before
        if not self.goes_on(1):
            return came, moved
        if not whole:
            await self.read_end()
        return None, moved

    async def _read_behind(self) -> int:
        more = await self._page(after=self.lines[-1].seq if self.lines else -1)
        self.ends = len(more) < PAGE
        self.lines += more
        surplus = max(0, len(self.lines) - WINDOW)
        if surplus:
            del self.lines[:surplus]
            self.begins = False
        return -surplus
