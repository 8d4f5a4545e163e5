"""A backup looked into without restoring it: what it holds, how that differs from now, and one
workflow taken out of it. Neither the file nor the library changes by that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from simtui.backup import looking
from simtui.errors import NotFound, shown
from simtui.library.content import content_of, document_of
from simtui.library.restoring import AskWay, keys_of
from simtui.library.workflows import now_ms
from simtui.model.workflow import Version, Workflow
from simtui.store import assets, comparing, migrations, snapshots, taking_in, workflows
from simtui.store.comparing import Held as Held  # for the faces, which know no store

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.backup.manifest import Manifest
    from simtui.library import Library
    from simtui.store.workflows import Content

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a restore would do, workflow by workflow: `added` are in the backup and not here,
    `removed` here and not in it, `changed` (as it is here, as it is there) in both and not alike.
    Runs: how many there are here and there."""

    added: tuple[Held, ...]
    changed: tuple[tuple[Held, Held], ...]
    removed: tuple[Held, ...]
    unchanged: int
    runs_now: int
    runs_then: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a workflow that was taken over: imported, updated, restored (from the trash)
    or unchanged."""

    id: str
    name: str
    outcome: str


class OpenedBackup:
    """A backup that is unpacked in a private place."""

    def __init__(self, file: Path, manifest: Manifest, copy: Path, key: bytearray | None) -> None:
        self.file = file
        self.manifest = manifest
        self._copy = copy
        self._key = key

    async def _read(self, job: Callable[[Connection], Result]) -> Result:
        def work() -> Result:
            with snapshots.opened_copy(self._copy, self._key) as connection:
                return job(connection)

        return await asyncio.to_thread(work)

    async def workflows(self) -> list[Held]:
        """All of them, those in the trash among them, by folder and name."""
        return list((await self._read(comparing.workflows_in)).values())

    async def find(self, reference: str) -> Workflow:
        """The one that is meant, in the trash or not. Raises `NotFound`."""

        def find(connection: Connection) -> Workflow:
            try:
                return workflows.find(connection, reference)
            except NotFound:
                with contextlib.suppress(NotFound):
                    return workflows.find(connection, reference, trash=True)
                raise

        return await self._read(find)

    async def versions(self, workflow_id: str) -> list[Version]:
        """Its earlier documents, newest first."""
        return await self._read(lambda connection: workflows.versions(connection, workflow_id))

    async def document(self, workflow_id: str, number: int | None = None) -> bytes:
        """A document, current or earlier, exactly. Raises `NotFound`, `Damaged`."""
        frame, digest = await self._read(lambda raw: _frame(raw, workflow_id, number))
        what = f"workflow {shown(workflow_id)} in {self.file.name}"
        return await asyncio.to_thread(document_of, frame, digest, what)

    async def difference(self, library: Library) -> Difference:
        """What a restore would change."""
        then = await self._read(comparing.workflows_in)
        now = await library.store.read(comparing.workflows_in)
        changed = tuple(
            (now[ident], each)
            for ident, each in then.items()
            if ident in now and _content(now[ident]) != _content(each)
        )
        both = now.keys() & then.keys()
        return Difference(
            added=tuple(each for ident, each in then.items() if ident not in now),
            changed=changed,
            removed=tuple(each for ident, each in now.items() if ident not in then),
            unchanged=len(both) - len(changed),
            runs_now=sum(each.runs for each in now.values()),
            runs_then=sum(each.runs for each in then.values()),
        )

    async def take(self, library: Library, workflow_id: str, number: int | None = None) -> Taken:
        """Puts one workflow, or one of its versions, into the library: under its id, and what is
        there under it becomes a version. One that is not there comes with its versions and files.
        Raises `NotFound`, `Damaged`."""
        then = await self._read(lambda raw: workflows.get(raw, workflow_id))
        if then is None:
            raise NotFound(f"{self.file.name} has no workflow {shown(workflow_id)}.")
        content = await asyncio.to_thread(content_of, await self.document(workflow_id, number))
        versions = []
        for version in reversed(await self.versions(workflow_id)) if number is None else ():
            document = await self.document(workflow_id, version.number)
            versions.append((version, await asyncio.to_thread(content_of, document)))
        outcome = await library.store.write(_put, then, content, versions)
        if outcome == "imported":
            await self._take_assets(library, workflow_id)
        return Taken(then.id, then.name, outcome)

    async def _take_assets(self, library: Library, workflow_id: str) -> None:
        """Piece by piece, as files come in: no other writer waits for a large one."""
        for asset in await self._read(lambda raw: assets.of_workflow(raw, workflow_id)):
            ident, after = await library.store.write(assets.begin, now_ms()), -1
            while frames := await self._read(
                lambda raw, digest=asset.digest, number=after: assets.pieces(  # type: ignore[misc]  # bound at once
                    raw, digest, number, assets.PIECES_AT_ONCE
                )
            ):
                first = after + 1
                await library.store.write(assets.put_pieces, ident, first, frames, now_ms())
                after += len(frames)
            staged = assets.Staged(ident, asset.digest, asset.size_bytes)
            await library.store.write(_refer, staged, workflow_id, asset.name, asset.added_at)


@contextlib.asynccontextmanager
async def opened_backup(
    library: Library, file: Path, *, ask: AskWay | None = None
) -> AsyncIterator[OpenedBackup]:
    """Unpacks a backup in the home, sure of its bytes and its kind; gone afterwards. `ask`: for a
    way into it, where it is encrypted by another key. Raises `BadInput`, `Locked`,
    `NotWritable`."""
    async with keys_of(library, file, ask) as (_, key):
        with looking.room_for(file, library.backups.folder) as place:
            copy = place / "look.db"
            manifest = await looking.unpacked(file, copy, key)
            if manifest.schema < migrations.SCHEMA_VERSION:
                await asyncio.to_thread(taking_in.migrate_copy, copy, key)
            yield OpenedBackup(file, manifest, copy, key)


def _content(held: Held) -> tuple[object, ...]:
    return held.name, held.folder, held.digest, held.is_deleted


def _frame(connection: Connection, workflow_id: str, number: int | None) -> tuple[bytes, str]:
    if number is None:
        found = workflows.frame_of(connection, workflow_id)
    else:
        found = workflows.version_frame_of(connection, workflow_id, number)
    if found is None:
        what = f"workflow {shown(workflow_id)}"
        raise NotFound(
            f"There is no {what} in it."
            if number is None
            else f"The {what} has no version {number} in it."
        )
    return found


def _put(
    connection: Connection,
    then: Workflow,
    content: Content,
    versions: list[tuple[Version, Content]],
) -> str:
    present = workflows.present(connection, then.id)
    if present is None:
        workflows.insert(connection, then, content)
        workflows.restore(connection, [then.id])
        for version, earlier in versions:
            if earlier.digest != content.digest:
                workflows.insert_version(
                    connection, then.id, version.name, version.saved_at, earlier
                )
        return "imported"
    back = workflows.restore(connection, [then.id]) > 0
    if present.digest == content.digest:
        return "restored" if back else "unchanged"
    workflows.replace(
        connection,
        then.id,
        content,
        name=then.name,
        description=then.description,
        now_ms=now_ms(),
    )
    return "updated"


def _refer(
    connection: Connection, staged: assets.Staged, workflow_id: str, name: str, added_at: int
) -> None:
    assets.settle(connection, staged)
    assets.refer(connection, workflow_id, name, staged.digest, added_at)
