"""Runs into a stream: as run events, which come in again without loss, or as CSV and Markdown for
people, in which what looks like a key is masked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import BinaryIO

from simtui.errors import shown
from simtui.exporting.surveying import keys_for
from simtui.exporting.walking import to_its_end
from simtui.formats import run_reports
from simtui.library import Library
from simtui.model.run import Run

Choosing = Callable[[], AsyncIterator[Run]]
"""Gives the runs that are to go out, oldest first. It is asked twice: they are looked through
before anything is written."""


async def export_runs(
    library: Library,
    chosen: Choosing,
    form: str,
    stream: BinaryIO,
    *,
    allow_secrets: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Writes runs in one of the `run_reports.FORMS`. How many. Run events hold all that was kept:
    where values in them look like keys, `BadInput` says where and nothing is written, unless
    `allow_secrets`."""
    if form == "ndjson" and not allow_secrets:
        await _check_for_keys(library, chosen)
    if form == "csv":
        stream.write(run_reports.csv_head())
    count = 0
    async for run in chosen():
        if form == "csv":
            stream.write(run_reports.csv_row(run))
        elif form == "ndjson":
            async for lines in library.runs.events_of(run.id):
                await to_its_end(stream.write, lines)
        else:
            await _write_markdown(library, run, stream)
        count += 1
        if on_progress:
            on_progress(count)
    return count


async def _check_for_keys(library: Library, chosen: Choosing) -> None:
    keys = await keys_for(library)
    async for run in chosen():
        place = f"run {shown(run.id, 12)} of {shown(run.workflow_name, 40)}"
        async for lines in library.runs.events_of(run.id):
            await keys.look_in_text(place, "run events", lines)
    keys.check()


async def _write_markdown(library: Library, run: Run, stream: BinaryIO) -> None:
    detail = await library.runs.get(run.id)
    nodes, _ = await library.runs.tree(run)
    log = await library.runs.log(run, from_end=True)
    for line in run_reports.markdown(run, detail.payloads, nodes, log):
        stream.write(line)
