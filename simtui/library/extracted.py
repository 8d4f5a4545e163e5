"""What comes from a database of Sim, settled against what is here: the rule for one that is not
chosen by hand, file by file.

Where the document here is still the one that came last, the one from there takes its place. Where
it was changed here, it stays the current one, and the one from there becomes a version. What was
thrown away here stays thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simtui.errors import Damaged, Locked, NotFound
from simtui.library.secrets import forget
from simtui.library.workflows import now_ms
from simtui.model.secret_names import is_name
from simtui.model.workflow import PLACEHOLDER, Workflow
from simtui.store import extractions, folders, workflows
from simtui.store.extractions import (
    DEPLOYMENT,
    RUNS,
    SECRET,
    SNAPSHOT,
    WORKFLOW,
    Extracted,
    Extraction,
)
from simtui.store.folders import NamedFolder, path_of
from simtui.store.workflows import Content

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.library import Library

__all__ = [
    "DEPLOYMENT",
    "RUNS",
    "SNAPSHOT",
    "WORKFLOW",
    "Extracted",
    "ExtractedFolder",
    "ExtractedVersion",
    "ExtractedWorkflow",
    "Extraction",
    "Extractions",
    "Settled",
    "Thing",
]  # fmt: skip

SOURCE = "postgres"

_RESUMED_WITHIN_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class ExtractedFolder:
    """A folder, by its real segments."""

    path: tuple[str, ...]
    id: str | None
    sort_order: int | None


@dataclass(frozen=True, slots=True)
class ExtractedWorkflow:
    """A workflow as it is there. `archived_at`: when it was thrown away there."""

    id: str
    name: str
    folder: tuple[str, ...]
    description: str
    created_at: int
    updated_at: int
    archived_at: int | None
    content: Content
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtractedVersion:
    """An earlier document of a workflow that came before it. `kind` and `id`: what it is there."""

    kind: str
    id: str
    workflow_id: str
    name: str
    saved_at: int
    content: Content
    about: str | None = None


Thing = ExtractedFolder | ExtractedWorkflow | ExtractedVersion | Extracted


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a thing: imported, updated, unchanged, or kept (beside what was changed here);
    `reason` where it is not plain."""

    outcome: str
    reason: str = ""


@dataclass(slots=True)
class _Batch:
    """What is settled in one transaction, or in none."""

    connection: Connection
    writes: bool
    now_ms: int
    remembered: list[Extracted] = field(default_factory=list)


class Extractions:
    """The extractions of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._store = library.store

    async def begin(self, source: str, selection: str, report: str) -> Extraction:
        """A new one; or the one of the same selection that was broken off within the last day."""
        return await self._store.write(_begun, source, selection, report, now_ms())

    async def last(self) -> Extraction | None:
        """The one that was begun last."""
        return await self._store.read(extractions.latest)

    async def others(self) -> list[Extracted]:
        """What came and is neither a workflow nor a run nor a secret."""
        return await self._store.read(extractions.others)

    async def settle(
        self,
        things: Sequence[Thing],
        number: int,
        progress: Callable[[list[Settled]], tuple[str, str]],
    ) -> list[Settled]:
        """Takes in all of them, in one transaction. `progress`: the place that is reached then, and
        the report."""

        def job(connection: Connection) -> list[Settled]:
            settled = _all_settled(_Batch(connection, True, now_ms()), things)
            extractions.go_on(connection, number, *progress(settled))
            return settled

        return await self._store.write(job)

    async def pretend(self, things: Sequence[Thing]) -> list[Settled]:
        """What would become of them. Writes nothing."""
        return await self._store.read(
            lambda connection: _all_settled(_Batch(connection, False, now_ms()), things)
        )

    async def go_on(self, number: int, place: str, report: str, *, ended: bool = False) -> None:
        """How far it got, where nothing else is written."""
        at = now_ms() if ended else None
        await self._store.write(extractions.go_on, number, place, report, at)

    async def remember(self, things: Sequence[Extracted]) -> None:
        """Notes what came."""
        await self._store.write(extractions.put, things)

    async def known(self, kind: str, workflow_ids: Sequence[str]) -> dict[str, Extracted]:
        """What of these workflows came before, by its own id."""
        return await self._store.read(extractions.of_workflows, kind, workflow_ids)

    async def by_id(self, kind: str, ids: Sequence[str]) -> dict[str, Extracted]:
        """What is known of these."""
        return await self._store.read(extractions.by_id, kind, ids)

    async def ended_runs(self, run_ids: Sequence[str]) -> set[str]:
        """Those of these runs that are here with their end."""
        return await self._store.read(extractions.ended_among, run_ids)

    async def open_runs(self, workflow_ids: Sequence[str]) -> list[str]:
        """The runs of these workflows that are here without their end."""
        return await self._store.read(extractions.open_of_workflows, workflow_ids)

    # -- secrets

    async def keep_secret(self, name: str, value: bytearray) -> Settled:
        """Sets a secret in the open vault, and wipes `value`; one that has another value here stays
        as it is."""
        vault = self._library.vault
        try:
            there = await vault.get(name)
        except NotFound:
            await vault.set(name, value)
            settled = Settled("imported")
        except (Damaged, Locked):
            settled = Settled("kept", "it is here, and cannot be opened")
        else:
            same = there == value
            forget(there)
            settled = Settled("unchanged") if same else Settled("kept", "another value is set here")
        forget(value)
        await self._store.write(extractions.remove, SECRET, name)
        return settled

    async def set_secrets(self) -> set[str]:
        """The names that have a value here."""
        return {name for name, _, _ in await self._library.vault.names()}

    async def want_secrets(self, names: Sequence[str], *, writes: bool) -> set[str]:
        """Lists names whose values did not come, beside those that workflows refer to. Those of
        them that are new."""
        known = await self.by_id(SECRET, names)
        things = [Extracted(SECRET, name, "") for name in names if is_name(name)]
        if things and writes:
            await self._store.write(extractions.put, things)
        return {thing.id for thing in things} - known.keys()


def _begun(
    connection: Connection, source: str, selection: str, report: str, now: int
) -> Extraction:
    before = extractions.latest(connection, selection)
    soon = before is not None and now - before.started_at < _RESUMED_WITHIN_MS
    if before is not None and before.ended_at is None and soon:
        return before
    number = extractions.begin(connection, source, selection, now, report)
    return Extraction(number, source, selection, now, None, "", report)


# -- settled


def _all_settled(batch: _Batch, things: Sequence[Thing]) -> list[Settled]:
    ids = [thing.id for thing in things if isinstance(thing, ExtractedWorkflow)]
    last = extractions.by_id(batch.connection, WORKFLOW, ids)
    settled = []
    for thing in things:
        match thing:
            case ExtractedWorkflow():
                before = last.get(thing.id)
                settled.append(_workflow(batch, thing, before.digest if before else None))
            case ExtractedVersion():
                settled.append(_version(batch, thing))
            case ExtractedFolder():
                settled.append(_folder(batch, thing))
            case Extracted():
                settled.append(_other(batch, thing))
    if batch.writes:
        extractions.put(batch.connection, batch.remembered)
    return settled


def _workflow(batch: _Batch, thing: ExtractedWorkflow, last: str | None) -> Settled:
    digest = thing.content.digest
    batch.remembered.append(Extracted(WORKFLOW, thing.id, digest, thing.id))
    present = workflows.get(batch.connection, thing.id)
    if present is None:
        if last == digest:
            return Settled("unchanged", "it was deleted here for good, and stays away")
        _insert(batch, thing)
        reason = "it is archived there, and in the trash here" if thing.archived_at else ""
        return Settled("imported", reason)
    if present.source == PLACEHOLDER:
        if batch.writes:
            _replace(batch, thing)
            folder = path_of(thing.folder)
            workflows.move(batch.connection, [thing.id], folder, thing.updated_at)
            if thing.archived_at:
                workflows.delete(batch.connection, [thing.id], thing.archived_at)
        return Settled("imported", "runs of it were here before")
    reason = _place_told(thing, present)
    if digest in (present.digest, last):
        return Settled("unchanged", reason)
    if last == present.digest:
        number = _replace(batch, thing) if batch.writes else None
        kept = f"version {number} is kept" if number else "the one before it is kept"
        return Settled("updated", "; ".join(filter(None, (kept, reason))))
    new = digest not in workflows.digests(batch.connection, thing.id)
    if not new:
        return Settled("unchanged", reason)
    if batch.writes:
        workflows.insert_version(
            batch.connection, thing.id, thing.name, thing.updated_at, thing.content
        )
    why = "was changed here" if last else "was here before"
    return Settled("kept", f"it {why} and stays as it is; the one from there is a version")


def _place_told(thing: ExtractedWorkflow, present: Workflow) -> str:
    if present.deleted_at is not None and not thing.archived_at:
        return "it is in the trash here, and stays there"
    if present.deleted_at is None and thing.archived_at:
        return "it is archived there; it stays here"
    return ""


def _insert(batch: _Batch, thing: ExtractedWorkflow) -> None:
    if not batch.writes:
        return
    for depth, segment in enumerate(thing.folder, 1):
        if "/" in segment:  # the path alone could not tell it from two folders
            folders.put(batch.connection, NamedFolder(thing.folder[:depth]))
    content = thing.content
    workflows.insert(
        batch.connection,
        Workflow(
            id=thing.id,
            name=thing.name,
            folder=path_of(thing.folder),
            description=thing.description,
            created_at=thing.created_at,
            updated_at=thing.updated_at,
            digest=content.digest,
            document_bytes=content.document_bytes,
            block_count=content.block_count,
            edge_count=content.edge_count,
            source=SOURCE,
            deleted_at=thing.archived_at,
        ),
        content,
    )


def _replace(batch: _Batch, thing: ExtractedWorkflow) -> int | None:
    return workflows.replace(
        batch.connection,
        thing.id,
        thing.content,
        name=thing.name,
        description=thing.description,
        now_ms=thing.updated_at,
    )


def _version(batch: _Batch, thing: ExtractedVersion) -> Settled:
    batch.remembered.append(
        Extracted(thing.kind, thing.id, thing.content.digest, thing.workflow_id, thing.about)
    )
    if not batch.writes:
        known = thing.content.digest in workflows.digests(batch.connection, thing.workflow_id)
        return Settled("unchanged" if known else "imported")
    if workflows.present(batch.connection, thing.workflow_id) is None:
        return Settled("unchanged", "its workflow is not here")
    new = workflows.insert_version(
        batch.connection, thing.workflow_id, thing.name, thing.saved_at, thing.content
    )
    return Settled("imported" if new else "unchanged")


def _folder(batch: _Batch, thing: ExtractedFolder) -> Settled:
    there = folders.named(batch.connection)
    known = path_of(thing.path) in there
    if not known and thing.id in {each.id for each in there.values()}:
        return Settled("unchanged")  # it lies elsewhere here, and an empty twin helps nobody
    if batch.writes:
        folders.put(batch.connection, NamedFolder(thing.path, thing.id, thing.sort_order))
    return Settled("unchanged" if known else "imported")


def _other(batch: _Batch, thing: Extracted) -> Settled:
    known = extractions.by_id(batch.connection, thing.kind, [thing.id]).get(thing.id)
    batch.remembered.append(thing)
    if known is None:
        return Settled("imported")
    return Settled("unchanged" if known.digest == thing.digest else "updated")
