"""What every test of recording does: bring a stream in, and look at all there is."""

from __future__ import annotations

import io
from typing import Any

from simtui.library import Library
from simtui.recording import RunItem, import_runs
from tests.making import as_lines


async def take(library: Library, *streams: bytes | list[dict[str, Any]]) -> list[RunItem]:
    """Brings each stream in, one after another."""
    items = []
    for stream in streams:
        content = stream if isinstance(stream, bytes) else as_lines(stream)
        items += [item async for item in import_runs(library, ["-"], stdin=io.BytesIO(content))]
    return items


async def everything(library: Library) -> bytes:
    """All runs as they leave."""
    return b"".join([lines async for lines in library.runs.events()])
