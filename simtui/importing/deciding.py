"""What to do with a thing that may be in the library already. Runs inside one transaction, so what
is decided is still true when it is written.

Under one id: the digest of the current document, or of any version that is kept, is `unchanged`;
another document becomes the current one. Without an id: the same digest in the same folder under
the same name is `unchanged`; otherwise the same folder and name is a conflict.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import orjson

from simtui.importing.things import (
    Prepared,
    PreparedAsset,
    PreparedBundle,
    PreparedFolder,
    PreparedRuns,
    PreparedSetting,
    PreparedVersion,
    Thing,
)
from simtui.model.asset import other_name
from simtui.model.wording import plural
from simtui.model.workflow import Workflow, blocks_of, state_of
from simtui.store import assets, folders, payload, settings, workflows
from simtui.store.folders import NamedFolder, path_of

if TYPE_CHECKING:
    from sqlite3 import Connection

_PAST_NUMBER = 1 << 31


@dataclass(frozen=True, slots=True)
class Decision:
    """`replaced`: the digest of the document that this one took the place of."""

    outcome: str
    workflow_id: str = ""
    reason: str | None = None
    replaced: str | None = None


def decide(
    connection: Connection, things: Sequence[Thing], on_conflict: str, now_ms: int
) -> list[Decision | None]:
    """Settles and writes each thing, in order. None for what is no workflow (a folder's name)."""
    return [_settle(connection, thing, on_conflict, now_ms) for thing in things]


def _settle(connection: Connection, thing: Thing, on_conflict: str, now_ms: int) -> Decision | None:
    match thing:
        case Prepared():
            if thing.id is not None:
                return _settle_known(connection, thing, thing.id, now_ms)
            return _settle_by_place(connection, thing, on_conflict, now_ms)
        case PreparedVersion():
            _keep_version(connection, thing)
            return None
        case PreparedBundle():
            return _settle_bundle(connection, thing, now_ms)
        case PreparedAsset():
            if workflows.present(connection, thing.workflow_id) is not None:
                _give(connection, thing)
            return None
        case PreparedRuns():
            return None
        case PreparedFolder():
            folders.put(connection, NamedFolder(thing.path, thing.id, thing.sort_order))
            return None
        case PreparedSetting():
            if thing.key not in settings.all_of(connection):
                settings.put(connection, thing.key, thing.value)
            return None
    return Decision("refused")


def _keep_version(connection: Connection, thing: PreparedVersion) -> bool:
    """False where it is kept already, or its workflow did not come in."""
    ident = thing.workflow_id
    present = workflows.present(connection, ident)
    if present is None:
        return False
    at_least = thing.number if 0 < thing.number < _PAST_NUMBER else 1
    if present.digest == thing.content.digest:  # someone went back to it, and it stayed
        number = workflows.keep_version(connection, ident, thing.saved_at, at_least=at_least)
        return number is not None
    return workflows.insert_version(
        connection, ident, thing.name, thing.saved_at, thing.content, at_least=at_least
    )


def _settle_bundle(connection: Connection, thing: PreparedBundle, now_ms: int) -> Decision:
    """A workflow with its versions and files: all of it, or none."""
    assert thing.workflow.id is not None
    decision = _settle_known(connection, thing.workflow, thing.workflow.id, now_ms)
    kept = sum(
        _keep_version(connection, replace(version, content=replace(version.content, frame=frame())))
        for version, frame in thing.versions
    )
    given = [name for asset in thing.assets if (name := _give(connection, asset)) is not None]
    renamed = [name for name in given if name not in {asset.name for asset in thing.assets}]
    reasons = [decision.reason] if decision.reason else []
    if decision.outcome != "imported" and (kept or given):
        parts = [plural(kept, "earlier version")] * bool(kept)
        parts += [plural(len(given), "file")] * bool(given)
        reasons.append(f"{' and '.join(parts)} added")
        decision = replace(decision, outcome="updated")
    if renamed:
        reasons.append(f"beside files of the same name: {', '.join(renamed[:5])}")
    return replace(decision, reason="; ".join(reasons) or None)


def _give(connection: Connection, thing: PreparedAsset) -> str | None:
    """Gives a workflow a file, and never in the place of another. What it is called then; None
    where the workflow has it."""
    present = assets.names(connection, thing.workflow_id)
    name = thing.name
    if name in present:
        if thing.digest in present.values():
            return None
        name = other_name(name, set(present))
    if thing.staged is not None:
        assets.settle(connection, thing.staged)
    assets.refer(connection, thing.workflow_id, name, thing.digest, thing.added_at)
    return name


def _settle_known(
    connection: Connection, thing: Prepared, workflow_id: str, now_ms: int
) -> Decision:
    present = workflows.present(connection, workflow_id)
    if present is None:
        return _insert(connection, thing, workflow_id, now_ms)
    in_trash = present.deleted_at is not None
    if thing.content.digest == present.digest:
        reason = "it is in the trash, and stays there" if in_trash else None
        return Decision("unchanged", workflow_id, reason)
    if thing.content.digest in workflows.digests(connection, workflow_id):
        reason = "it is an earlier version of what is here"
        if in_trash:
            reason += ", which is in the trash"
        return Decision("unchanged", workflow_id, reason)
    return _replace(connection, thing, workflow_id, present, now_ms)


def _settle_by_place(
    connection: Connection, thing: Prepared, on_conflict: str, now_ms: int
) -> Decision:
    rows = workflows.placed(connection, thing.name, path_of(thing.folder or ()))
    rows.sort(key=lambda row: row[2] is not None)  # what is in the trash comes last
    for workflow_id, digest, deleted_at in rows:
        if digest == thing.content.digest:
            reason = "it is in the trash, and stays there" if deleted_at is not None else None
            return Decision("unchanged", workflow_id, reason)
    there = [workflow_id for workflow_id, _digest, deleted_at in rows if deleted_at is None]
    if there and on_conflict == "skip":
        return Decision("skipped", there[0], "another workflow of this name is in the same folder")
    if there and on_conflict == "replace":
        present = workflows.present(connection, there[0])
        assert present is not None
        return _replace(connection, thing, there[0], present, now_ms)
    decision = _insert(connection, thing, str(uuid.uuid4()), now_ms)
    if there:
        reason = "a second workflow of this name in the same folder"
        decision = replace(decision, reason=reason)
    return decision


def _insert(connection: Connection, thing: Prepared, workflow_id: str, now_ms: int) -> Decision:
    folder = thing.folder or ()
    for depth, segment in enumerate(folder, 1):
        if "/" in segment:
            # the path alone could not tell it from two folders
            folders.put(connection, NamedFolder(folder[:depth]))
    workflows.insert(
        connection,
        Workflow(
            id=workflow_id,
            name=thing.name,
            folder=path_of(folder),
            description=thing.description,
            created_at=now_ms if thing.created_at is None else thing.created_at,
            updated_at=now_ms if thing.updated_at is None else thing.updated_at,
            digest=thing.content.digest,
            document_bytes=thing.content.document_bytes,
            block_count=thing.content.block_count,
            edge_count=thing.content.edge_count,
            source=thing.format,
            deleted_at=thing.deleted_at,
        ),
        thing.content,
    )
    return Decision("imported", workflow_id)


def _replace(
    connection: Connection,
    thing: Prepared,
    workflow_id: str,
    present: workflows.Present,
    now_ms: int,
) -> Decision:
    """The folder stays: where a workflow lies at home is its owner's choice. So does the name,
    unless the document bears one."""
    number = workflows.replace(
        connection,
        workflow_id,
        thing.content,
        name=thing.own_name or present.name,
        description=thing.description or present.description,
        now_ms=now_ms,
    )
    reason = "the one before it is kept" if number is None else f"version {number} is kept"
    if present.deleted_at is not None and thing.deleted_at is None:
        workflows.restore(connection, [workflow_id])
        reason += "; it was in the trash and is back"
    return Decision("updated", workflow_id, reason, replaced=present.digest)


def blocks_changed(old_frame: bytes, new_frame: bytes) -> str:
    """How many blocks differ between two stored documents, in words."""
    old, new = (
        blocks_of(state_of(orjson.loads(payload.decode(frame, "a version"))))
        for frame in (old_frame, new_frame)
    )
    n = sum(1 for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    if not n:
        return "its blocks are the same"
    return f"{n} block{'' if n == 1 else 's'} changed"
