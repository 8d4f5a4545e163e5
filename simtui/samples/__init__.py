"""Samples of our own making, to look around in and to draw the pictures from. They come in as
files and as run events, by the same ways as everybody's."""

from __future__ import annotations

from simtui.library import Library
from simtui.samples.runs import fill_runs
from simtui.samples.workflows import fill_workflows

__all__ = ["fill", "fill_workflows"]


async def fill(library: Library, now_ms: int) -> None:
    """Brings sample workflows and their runs of two weeks into a library."""
    await fill_workflows(library, now_ms)
    await fill_runs(library, now_ms)
