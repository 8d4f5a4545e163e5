"""The bytes of files that come in, brought into the library before the transaction that refers to
them, so that a large one holds nobody up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from simtui.errors import BadInput
from simtui.importing.things import PreparedAsset, PreparedBundle, Refusal, Thing
from simtui.library import Library
from simtui.library.assets import Staged, in_pieces


@asynccontextmanager
async def staged(library: Library, batch: list[Thing]) -> AsyncIterator[list[Thing]]:
    """The batch with the bytes of its files at hand, for one transaction; those that nothing refers
    to afterwards go. What cannot be read again is refused."""
    held: list[Staged] = []
    try:
        yield [await _staged(library, thing, held) for thing in batch]
    finally:
        for each in held:
            await library.assets.drop(each)


async def _staged(library: Library, thing: Thing, held: list[Staged]) -> Thing:
    try:
        if isinstance(thing, PreparedAsset):
            return await _with_bytes(library, thing, held)
        if isinstance(thing, PreparedBundle):
            assets = [await _with_bytes(library, asset, held) for asset in thing.assets]
            return replace(thing, assets=tuple(assets))
    except BadInput as error:
        return Refusal(
            source=thing.source,
            entry=thing.entry,
            files_done=thing.files_done,
            reason=error.message,
        )
    return thing


async def _with_bytes(library: Library, asset: PreparedAsset, held: list[Staged]) -> PreparedAsset:
    found = await library.assets.stage(in_pieces(asset.pieces()), asset.digest)
    held.append(found)
    return replace(asset, staged=found)
