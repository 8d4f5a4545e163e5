"""Runs into the library, as they happen or from what Sim kept of them.

Streams are read and parsed a batch at a time, and each batch is written in one transaction while
the next is read. What is told as done is there. The same
thing again changes nothing. A run that was told of as going on, and whose stream ends without its
end, is left interrupted.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from simtui.errors import Busy
from simtui.library import Library
from simtui.model.run_said import BadLine, Said
from simtui.recording.applying import Batch
from simtui.recording.heard import Heard
from simtui.recording.placing import Places
from simtui.recording.reading import pieces_of
from simtui.recording.streams import Piece
from simtui.store.store import to_its_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from sqlite3 import Connection

    from simtui.recording.masking import Mask

Result = TypeVar("Result")

_REMEMBERED = 1000
"""So many runs that have ended are still known by heart; one that says more is read again."""

_PATIENCE = 12  # times the engine's own five seconds


class RunItem(NamedTuple):
    """What became of one run, or of one line that could not be read (`line`). `outcome` is
    imported, updated, unchanged or refused."""

    source: str
    format: str | None
    outcome: str
    run_id: str | None = None
    workflow_id: str | None = None
    status: str | None = None
    events: int = 0
    line: int | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


async def import_runs(
    library: Library,
    paths: Sequence[str | Path],
    *,
    stdin: BinaryIO | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> AsyncGenerator[RunItem, None]:
    """Takes runs in from files, pipes and `-` (`stdin`); yields an item a run once it has ended or
    the stream has, and one for each line that is refused. `on_progress` is told how many events
    are written.

    Closing the iterator, or cancelling the task, ends it between two batches: what was written
    stays, and what was still going on is interrupted.
    """
    async with recording(library) as recorder:
        unwanted = Event()
        pieces = pieces_of(paths, stdin, unwanted)
        upcoming = _in_a_thread(pieces)
        try:
            # shielded, since a thread cannot be cancelled: it ends its piece, and is waited for
            while (piece := await asyncio.shield(upcoming)) is not None:
                upcoming = _in_a_thread(pieces)  # it is read while this one is written
                for item in await recorder.take(piece):
                    yield item
                if on_progress:
                    on_progress(recorder.events)
                if piece.is_last:
                    for item in await recorder.end(piece.source, piece.format):
                        yield item
        finally:
            unwanted.set()
            await asyncio.wait([upcoming])
            if not upcoming.cancelled():
                upcoming.exception()  # looked at: nobody else will
            pieces.close()  # type: ignore[attr-defined]  # it is a generator


def _in_a_thread(pieces: Iterator[Piece]) -> asyncio.Task[Piece | None]:
    return asyncio.create_task(asyncio.to_thread(next, pieces, None))


@asynccontextmanager
async def recording(library: Library) -> AsyncIterator[Recorder]:
    """A recorder for what one program says; at its end, whatever the reason, what is still open is
    interrupted."""
    recorder = Recorder(library, await _mask_of(library))
    try:
        yield recorder
    finally:
        await asyncio.shield(asyncio.ensure_future(recorder.close()))


async def _mask_of(library: Library) -> Mask | None:
    """What takes out the values of the secrets, while the vault is open."""
    if not library.vault_is_open:
        return None
    from simtui.library import secrets
    from simtui.recording.masking import Mask

    names = [name for name, _, _ in await library.vault.names()]
    values = await secrets.values(library, names)
    try:
        return Mask(values.values())
    finally:
        secrets.forget(*values.values())


class Recorder:
    """Writes what is said of runs, a batch a transaction. `events`: how many are written."""

    def __init__(self, library: Library, mask: Mask | None = None) -> None:
        self._store = library.store
        self._mask = mask
        self._places = Places()
        self._open: dict[str, Heard] = {}
        self._ended: OrderedDict[str, Heard] = OrderedDict()
        self.events = 0

    async def take(self, piece: Piece) -> list[RunItem]:
        """Writes a piece of a stream. What can be told by now: the lines that are refused, and runs
        that ended a while ago."""
        said = [one for one in piece.said if not isinstance(one, BadLine)]
        if self._mask is not None:
            said = [self._mask.said(one) for one in said]
        items = [
            RunItem(piece.source, piece.format, "refused", line=one.number, reason=one.reason)
            for one in (piece.said if len(said) < len(piece.said) else ())
            if isinstance(one, BadLine)
        ]
        if piece.trouble is not None:
            items.append(RunItem(piece.source, piece.format, "refused", reason=piece.trouble))
        if said:
            await self._write(_apply, said)
            self.events += len(said)
        while len(self._ended) > _REMEMBERED:
            _, heard = self._ended.popitem(last=False)
            items.append(_item_of(heard, piece.source, piece.format))
        return items

    async def end(self, source: str, format: str | None) -> list[RunItem]:
        """The stream has ended: what is open is interrupted, and every run is told."""
        await self.close()
        items = [_item_of(heard, source, format) for heard in self._ended.values()]
        self._ended.clear()
        return items

    async def close(self) -> None:
        """Interrupts what is open."""
        if self._open:
            broken = [ident for ident, heard in self._open.items() if heard.is_open]
            if broken:
                await self._write(_interrupt, broken)
            self._ended.update(self._open)
            self._open.clear()

    async def _write(
        self, job: Callable[[Batch, Sequence[Result]], None], what: Sequence[Result]
    ) -> None:
        for turn in range(_PATIENCE):
            try:
                # what is cancelled meanwhile is written all the same, and must be known of
                await to_its_end(asyncio.create_task(self._try_to_write(job, what)))
                return
            except Busy:  # many write at once; the batch is whole, and can wait
                if turn == _PATIENCE - 1:
                    raise

    async def _try_to_write(
        self, job: Callable[[Batch, Sequence[Result]], None], what: Sequence[Result]
    ) -> None:
        known = {**self._ended, **self._open}
        try:
            heard = await self._store.write(_in_batch, known, self._places, job, what)
        except BaseException:
            self._places.forget()
            raise
        for ident, one in heard.items():
            self._open.pop(ident, None)
            self._ended.pop(ident, None)
            (self._open if one.is_open else self._ended)[ident] = one


def _in_batch(
    connection: Connection,
    known: Mapping[str, Heard],
    places: Places,
    job: Callable[[Batch, Sequence[Result]], None],
    what: Sequence[Result],
) -> dict[str, Heard]:
    batch = Batch(connection, known, places)
    job(batch, what)
    return batch.heard


def _apply(batch: Batch, said: Sequence[Said]) -> None:
    batch.apply(said)


def _interrupt(batch: Batch, run_ids: Sequence[str]) -> None:
    batch.interrupt(run_ids)


def _item_of(heard: Heard, source: str, format: str | None) -> RunItem:
    return RunItem(
        source,
        format,
        heard.outcome,
        heard.run_id,
        heard.workflow_id,
        heard.status,
        heard.events,
        notes=heard.notes,
    )
