"""Runs that are deleted can be brought back for as long as a program is open: what they were is
held in memory as the run events that they leave as, packed, and never on disk."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from simtui.library import Library
from simtui.library.bringing_back import MAX_HELD_BYTES
from simtui.model.run import Run
from simtui.recording import import_runs


@dataclass(frozen=True, slots=True)
class HeldRuns:
    """Runs with their spans and log lines."""

    _library: Library
    _packed: tuple[bytes, ...]

    async def bring_back(self) -> int:
        """They are again as they were. How many."""
        count = 0
        for packed in self._packed:
            events = await asyncio.to_thread(zstandard.ZstdDecompressor().decompress, packed)
            async for item in import_runs(self._library, ["-"], stdin=io.BytesIO(events)):
                count += item.outcome == "imported"
        return count


async def hold_runs(library: Library, runs: Sequence[Run]) -> HeldRuns | None:
    """What these runs are now, before they are deleted; None where that is too much to be held."""
    packed, size = [], 0
    # the oldest first, since they get their places in the order they come in
    for run in sorted(runs, key=lambda run: run.place):
        events = b"".join([lines async for lines in library.runs.events_of(run.id)])
        packed.append(await asyncio.to_thread(zstandard.ZstdCompressor().compress, events))
        size += len(packed[-1])
        if size > MAX_HELD_BYTES:
            return None
    return HeldRuns(library, tuple(packed))
