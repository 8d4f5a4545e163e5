"""What is taken away can be brought back for as long as a program is open: it is held in memory,
sealed values still sealed, and never on disk."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.errors import Damaged, NotFound
from simtui.store import secrets as rows

if TYPE_CHECKING:
    from simtui.library import Library
    from simtui.model.asset import Asset
    from simtui.store.secrets import SealedSecret

MAX_HELD_BYTES = 64 << 20
"""More than this is not held: it goes for good, and that is said before."""


@dataclass(frozen=True, slots=True)
class HeldSecrets:
    """Secrets as they were; None stands for a name that was not set."""

    _library: Library
    _rows: dict[str, SealedSecret | None]

    def only(self, names: Sequence[str]) -> HeldSecrets:
        """These alone; one that was not looked at was not set."""
        return HeldSecrets(self._library, {name: self._rows.get(name) for name in names})

    async def bring_back(self) -> None:
        """Each is again as it was. Needs no key."""
        vault = self._library.vault
        for name, row in self._rows.items():
            if row is not None:
                await vault.put_back(row)
            elif await self._library.store.read(rows.get, name) is not None:
                await vault.delete(name)


async def hold_secrets(library: Library, names: Sequence[str]) -> HeldSecrets:
    """What these names have now, before it is changed."""
    return HeldSecrets(library, {name: await library.store.read(rows.get, name) for name in names})


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file of a workflow, with its bytes."""

    _library: Library
    _asset: Asset
    _content: bytes

    async def bring_back(self) -> None:
        """The workflow has it again. Raises as `AssetShelf.add` does."""
        asset, stream = self._asset, io.BytesIO(self._content)
        await self._library.assets.add(asset.workflow_id, asset.name, stream, replace=True)


async def hold_file(library: Library, workflow_id: str, name: str) -> HeldFile | None:
    """A file before it is removed or replaced; None where there is none, it is damaged or
    too large to be held."""
    try:
        asset = await library.assets.get(workflow_id, name)
    except NotFound:
        return None
    if asset.size_bytes > MAX_HELD_BYTES:
        return None
    try:
        content = b"".join([piece async for piece in library.assets.pieces(asset)])
    except Damaged:
        return None
    return HeldFile(library, asset, content)
