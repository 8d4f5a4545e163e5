"""The files of workflows, as both faces use them: listed, added, read and removed, in pieces, so
that a file of any size takes little memory.

Bytes come in first, over many short transactions that hold nobody up, and are referred to in one
last transaction; whatever ends it before that, nobody sees them, and they are cleared away.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from simtui.errors import BadInput, Damaged, NotFound, SimtuiError, UsageError, shown
from simtui.library.workflows import now_ms
from simtui.model.asset import MAX_ASSET_BYTES, MAX_NAME_BYTES, Asset, is_asset_name
from simtui.store import assets, workflows
from simtui.store.assets import PIECE_BYTES, PIECES_AT_ONCE, Checking, ContentGone, Frame, Staged
from simtui.store.store import Store, to_its_end

if TYPE_CHECKING:
    from sqlite3 import Connection

Result = TypeVar("Result")

Progress = Callable[[int], None]
"""Called with how many bytes are done."""


class AssetShelf:
    """The files of the workflows of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, workflow_id: str) -> list[Asset]:
        """The files of a workflow, by name."""
        return await self._store.read(assets.of_workflow, workflow_id)

    async def get(self, workflow_id: str, name: str) -> Asset:
        """One of them. Raises `NotFound`."""
        found = await self._store.read(assets.get, workflow_id, name)
        if found is None:
            raise NotFound(f'It has no file "{shown(name, 80)}". `simtui assets list` lists them.')
        return found

    async def add(
        self,
        workflow_id: str,
        name: str,
        stream: BinaryIO,
        *,
        replace: bool = False,
        on_progress: Progress | None = None,
    ) -> tuple[Asset, bool]:
        """Gives a workflow a file, read from `stream` to its end; False where it had it already.

        Raises `UsageError` for a name that cannot be one, or one that is taken by other bytes
        unless `replace`; `NotFound`, `BadInput`, `NotWritable`. Then all is as it was.
        """
        wanted = checked_asset_name(name)
        if await self._store.read(workflows.present, workflow_id) is None:
            raise NotFound(f"There is no workflow {shown(workflow_id)}.")
        staged = await self.stage(chunks_of(stream), on_progress=on_progress)
        try:
            return await self._store.write(_add, workflow_id, wanted, staged, replace, now_ms())
        finally:
            await self.drop(staged)

    def pieces(self, asset: Asset) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces. Raises `Damaged` at the latest behind the last one, where
        they are not what was stored: nothing of them is to be kept before."""
        what = f"File {shown(asset.name, 80)} of workflow {shown(asset.workflow_id)}"
        return self._pieces(Checking(asset.digest, asset.size_bytes, what), asset.digest)

    async def _pieces(self, checking: Checking, digest: str) -> AsyncIterator[bytes]:
        number = -1
        while True:
            frames = await self._store.read(assets.pieces, digest, number, PIECES_AT_ONCE)
            for frame in frames:
                yield await asyncio.to_thread(checking.piece, frame)
            if len(frames) < PIECES_AT_ONCE:
                break
            number += len(frames)
        checking.end()

    async def check(self, asset: Asset) -> None:
        """Reads a file to its end. Raises `Damaged`."""
        async for _piece in self.pieces(asset):
            pass

    async def remove(self, workflow_id: str, name: str) -> None:
        """Takes a file from a workflow; its bytes go when no other workflow has them. Raises
        `NotFound`."""
        await self.get(workflow_id, name)
        await self._store.write(assets.remove, workflow_id, name)
        await self.tidy()

    async def tidy(self) -> None:
        """Clears away bytes that nobody has any more, or that were left half way."""
        while await self._store.write(assets.sweep, now_ms()):
            pass

    # -- for whoever brings in more than one thing at once

    async def stage(
        self,
        chunks: Iterator[bytes],
        digest: str | None = None,
        *,
        on_progress: Progress | None = None,
    ) -> Staged:
        """Brings bytes in that nothing refers to yet: `assets.settle` does, or `drop` lets them go.
        `digest`: what they must be, else `BadInput`; they are not read where they are here."""
        if digest is not None and await self._store.read(assets.has_content, digest):
            return Staged(None, digest, 0)
        ident = await self._store.write(assets.begin, now_ms())
        try:
            hashing, size, number = hashlib.sha256(), 0, 0
            while True:
                batch = await _to_its_end(_next_frames, chunks, hashing)
                if not batch:
                    break
                size += sum(length for length, _ in batch)
                if size > MAX_ASSET_BYTES:
                    raise BadInput(f"more than {MAX_ASSET_BYTES >> 40} TB; no file may be larger")
                frames = [frame for _, frame in batch]
                await self._store.write(assets.put_pieces, ident, number, frames, now_ms())
                number += len(frames)
                if on_progress:
                    on_progress(size)
            found = hashing.hexdigest()
            if digest is not None and found != digest:
                raise BadInput("it changed while it was read")
        except BaseException:
            await self.drop(Staged(ident, "", 0))
            raise
        return Staged(ident, found, size)

    async def drop(self, staged: Staged) -> None:
        """Lets bytes go that came in and that nothing refers to; those that something does stay.
        Where that fails, on a full disk perhaps, they go an hour later."""
        if staged.id is None:
            return

        async def work() -> None:
            with suppress(SimtuiError):
                await self._store.write(assets.drop, ident)
                await self.tidy()

        ident = staged.id
        await to_its_end(asyncio.create_task(work()))


def checked_asset_name(name: str) -> str:
    """A name for a file. Raises `UsageError`."""
    if not is_asset_name(name):
        raise UsageError(
            f'"{shown(name, 80)}" cannot be a file\'s name here: 1 to {MAX_NAME_BYTES} bytes, '
            'without "/", "\\" and control characters. Give another with --name.'
        )
    return name


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """What a stream holds, in pieces as they are stored."""
    while piece := stream.read(PIECE_BYTES):
        yield piece


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Chunks of any size put together to pieces as they are stored."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    if held:
        yield bytes(held)


def _next_frames(chunks: Iterator[bytes], hashing: hashlib._Hash) -> list[tuple[int, Frame]]:
    """The next pieces, each with its length; read, digested and packed away from the loop."""
    batch = []
    for piece in islice(chunks, PIECES_AT_ONCE):
        hashing.update(piece)
        batch.append((len(piece), assets.packed(piece)))
    return batch


async def _to_its_end(function: Callable[..., Result], *args: object) -> Result:
    """Runs `function` in a thread; a caller that is cancelled waits for it, since it holds a stream
    that is about to be closed."""
    return await to_its_end(asyncio.create_task(asyncio.to_thread(function, *args)))


def _add(
    connection: Connection,
    workflow_id: str,
    name: str,
    staged: Staged,
    replace: bool,
    now_ms: int,
) -> tuple[Asset, bool]:
    before = assets.get(connection, workflow_id, name)
    if before is not None and before.digest == staged.digest:
        return before, False
    if before is not None and not replace:
        raise UsageError(f'It has a file "{shown(name, 80)}" already, which is another one.')
    if workflows.present(connection, workflow_id) is None:
        raise NotFound(f"The workflow {shown(workflow_id)} is gone. Nothing was added.")
    assets.settle(connection, staged)
    assets.refer(connection, workflow_id, name, staged.digest, now_ms)
    return Asset(workflow_id, name, staged.digest, staged.size_bytes, now_ms), True


__all__ = [
    "Asset",
    "AssetShelf",
    "ContentGone",
    "Damaged",
    "Staged",
    "checked_asset_name",
    "chunks_of",
    "in_pieces",
]
