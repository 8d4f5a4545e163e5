"""Sample workflows of our own making, to look around in and to draw the pictures from."""

from __future__ import annotations

from simtui.library import Library


async def fill(library: Library) -> None:
    """Puts the samples into an empty library."""
