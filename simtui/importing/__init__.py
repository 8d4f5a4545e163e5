"""Bringing workflows in: files are read and prepared in batches, off the loop, while the batch
before is written in one transaction.

So one bad file never stops the rest, a kill leaves whole workflows only, and memory does not grow
with the folder. `sources` finds and opens, `preparing` turns bytes into rows (`documents` does it
for one document, `bundling` for a bundle), `staging` brings in the bytes of workflows' files, and
`deciding` settles what to do with a workflow that is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, BinaryIO

from simtui.errors import UsageError
from simtui.importing.deciding import Decision, blocks_changed, decide
from simtui.importing.preparing import prepared_from
from simtui.importing.sources import StandardInput, count_of, is_large, sources_in
from simtui.importing.staging import staged
from simtui.importing.things import Prepared, PreparedBundle, PreparedRuns, Refusal, Thing
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.model.wording import plural
from simtui.store import shadow, workflows
from simtui.store.assets import ContentGone

if TYPE_CHECKING:
    from sqlite3 import Connection

TakeRuns = Callable[[Iterator[bytes]], Awaitable[None]]
"""Called with the lines of runs, in pieces of any length."""

POLICIES = ("copy", "skip", "replace")

_PATIENCE_SECONDS = 60
_BATCH_ITEMS = 128
_BATCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class ImportItem:
    """What became of one thing in one source. `outcome` is imported, updated, unchanged, refused or
    skipped; `reason` says why where it is not plain; `problems` are those of a workflow that came
    in unsound; `key_count` is how many of its values look like keys."""

    source: str
    entry: str | None
    format: str | None
    outcome: str
    workflow_id: str | None = None
    name: str | None = None
    reason: str | None = None
    problems: tuple[str, ...] = ()
    key_count: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """The problems, and a line about values that look like keys, where there are any."""
        if not self.key_count:
            return self.problems
        one = self.key_count == 1
        looks = (
            "looks like a key; it stays as it is"
            if one
            else ("look like keys; they stay as they are")
        )
        return (*self.problems, f"{plural(self.key_count, 'value')} {looks}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How many files are done, of how many, and which is being read."""

    done: int
    total: int
    source: str


async def import_paths(
    library: Library | None,
    paths: Sequence[str | Path],
    *,
    dry_run: bool = False,
    on_conflict: str = "copy",
    stdin: BinaryIO | None = None,
    take_runs: TakeRuns | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> AsyncGenerator[ImportItem, None]:
    """Imports files, folders and zips, and `-` (`stdin`); yields an item as each is settled.

    `take_runs` takes the runs that came along, when their workflows are here; it may be given the
    same runs again. Closing the iterator, or cancelling the task, ends it between two batches: what
    was yielded stays. `dry_run` settles everything the same way and writes nothing; it needs no
    `library` where there is none yet.
    """
    if on_conflict not in POLICIES:
        raise UsageError(f"--on-conflict is one of {', '.join(POLICIES)}.")
    total = await asyncio.to_thread(count_of, paths) if on_progress else 0
    large = not dry_run and await asyncio.to_thread(is_large, paths)
    unwanted = Event()
    given = StandardInput(stdin, library.home.root if library else None, unwanted)
    things = prepared_from(sources_in(paths), given, now_ms())
    pretended = await _pretended(library) if dry_run or library is None else None
    upcoming = asyncio.create_task(asyncio.to_thread(_next_batch, things, unwanted))
    try:
        # shielded, since a thread cannot be cancelled: it ends its batch, and is waited for
        while batch := await asyncio.shield(upcoming):
            if large and library is not None and not all(isinstance(t, Refusal) for t in batch):
                await _back_up(library)
                large = False
            # what is read once more while it is settled: the next source is not opened yet
            held = isinstance(batch[-1], PreparedBundle | PreparedRuns)
            if not held:
                upcoming = asyncio.create_task(asyncio.to_thread(_next_batch, things, unwanted))
            batch, decisions = await _decided(library, pretended, batch, on_conflict)
            if held:
                await _take_runs(batch[-1], None if dry_run else take_runs)
                upcoming = asyncio.create_task(asyncio.to_thread(_next_batch, things, unwanted))
            for thing, decision in zip(batch, decisions, strict=True):
                if decision is not None:
                    yield await _item_of(library, pretended, thing, decision)
            if on_progress:
                on_progress(Progress(batch[-1].files_done, total, batch[-1].source))
    finally:
        unwanted.set()
        await asyncio.wait([upcoming])
        if not upcoming.cancelled():  # else the loop itself is ending, and the thread still reads
            upcoming.exception()  # looked at: nobody else will
            things.close()
        if pretended is not None:
            pretended.close()


async def _take_runs(thing: Thing, take_runs: TakeRuns | None) -> None:
    # one that was refused meanwhile is no bundle any more
    runs = thing.runs if isinstance(thing, PreparedBundle | PreparedRuns) else None
    if runs is not None and take_runs is not None:
        await take_runs(runs())


async def _back_up(library: Library) -> None:
    """Before much comes in at once. There is nothing to lose in a library that is empty."""
    if await library.workflows.count() or await library.workflows.count(trash=True):
        await library.backups.make("before-import", patience_seconds=_PATIENCE_SECONDS)


def _next_batch(things: Iterator[Thing], unwanted: Event) -> list[Thing]:
    batch: list[Thing] = []
    size = 0
    for thing in things:
        batch.append(thing)
        size += thing.size_bytes
        if len(batch) >= _BATCH_ITEMS or size >= _BATCH_BYTES or unwanted.is_set():
            break
        if isinstance(thing, PreparedBundle | PreparedRuns):
            break
    return batch


async def _pretended(library: Library | None) -> Connection:
    """What a dry run decides on; an empty one where there is no library."""
    if library is not None:
        return await library.store.read(shadow.of)
    return shadow.empty()


async def _decided(
    library: Library | None, pretended: Connection | None, batch: list[Thing], on_conflict: str
) -> tuple[list[Thing], list[Decision | None]]:
    if pretended is None:
        assert library is not None
        while True:
            async with staged(library, batch) as ready:
                with suppress(ContentGone):  # bytes that were here went meanwhile: bring them in
                    return ready, await library.store.write(decide, ready, on_conflict, now_ms())
    # nobody searches in what is pretended
    batch = [_without_text(thing) for thing in batch]
    return batch, await asyncio.to_thread(decide, pretended, batch, on_conflict, now_ms())


def _without_text(thing: Thing) -> Thing:
    if isinstance(thing, PreparedBundle):
        workflow = thing.workflow
        bare = replace(workflow, content=replace(workflow.content, text=""))
        return replace(thing, workflow=bare)
    if isinstance(thing, Prepared):
        return replace(thing, content=replace(thing.content, text=""))
    return thing


async def _item_of(
    library: Library | None, pretended: Connection | None, thing: Thing, decision: Decision
) -> ImportItem:
    if isinstance(thing, Refusal):
        return ImportItem(thing.source, thing.entry, thing.format, "refused", reason=thing.reason)
    if isinstance(thing, PreparedBundle):
        thing = replace(thing.workflow, entry=thing.entry)
    assert isinstance(thing, Prepared)
    reason = decision.reason
    if decision.outcome == "updated" and decision.replaced:
        old = await _frame(library, pretended, decision.workflow_id, decision.replaced)
        if old:
            changed = await asyncio.to_thread(blocks_changed, old, thing.content.frame)
            reason = f"{reason} ({changed})" if reason else changed
    return ImportItem(
        source=thing.source,
        entry=thing.entry,
        format=thing.format,
        outcome=decision.outcome,
        workflow_id=decision.workflow_id,
        name=thing.name,
        reason=reason,
        problems=thing.problems,
        key_count=thing.key_count,
    )


async def _frame(
    library: Library | None, pretended: Connection | None, workflow_id: str, digest: str
) -> bytes | None:
    """The payload of a document that was replaced. What is pretended holds only what came in by
    itself, an empty payload for all else."""
    frame = None
    if pretended is not None:
        frame = workflows.frame_with_digest(pretended, workflow_id, digest)
    if not frame and library is not None:
        frame = await library.store.read(workflows.frame_with_digest, workflow_id, digest)
    return frame
