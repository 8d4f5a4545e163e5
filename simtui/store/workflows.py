"""Workflows, their versions and their folders, as rows. Every function runs inside one transaction
that `Store` opened; what belongs together (row, version, search index) changes together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.errors import NotFound, shown
from simtui.model.workflow import PLACEHOLDER, Version, Workflow
from simtui.store import needs, search

if TYPE_CHECKING:
    from sqlite3 import Connection

Key = tuple[int, str]
"""Where a row stands in a list, newest change first: (`updated_at`, `id`)."""

KIND = "workflow"

"""The `source` of a workflow that is not here: runs of it came, and say its name or its id."""


@dataclass(frozen=True, slots=True)
class Content:
    """A document, ready to be stored: `frame` is its payload, `text` what the index gets of it,
    `needs` the secrets that it names."""

    digest: str
    frame: bytes
    document_bytes: int
    block_count: int
    edge_count: int
    text: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as SQL: an expression over `w`, the workflow."""

    sql: str = "1"
    parameters: tuple[object, ...] = ()


EVERYTHING = Condition()

_LAST_OF_RUNS = "FROM runs WHERE workflow_id = w.id ORDER BY place DESC LIMIT 1"
LAST_STATUS = f"coalesce((SELECT status {_LAST_OF_RUNS}), 'never')"
"""The last run's status, or `never`: read from the index alone."""

_LAST_RUN = f"""
LEFT JOIN runs AS r ON r.id = (SELECT id {_LAST_OF_RUNS})"""
_ROW = (
    """
SELECT w.id, w.name, w.folder, w.description, w.created_at, w.updated_at, w.digest,
       w.document_bytes, w.block_count, w.edge_count, w.source, w.deleted_at,
       {runs}, r.status, r.started_at, r.duration_ms
  FROM workflows AS w"""
    + _LAST_RUN
)
_NO_COUNT = _ROW.format(runs="0")
_WITH_COUNT = _ROW.format(runs="(SELECT count(*) FROM runs WHERE workflow_id = w.id)")


_INDEX = {False: "workflows_updated", True: "workflows_deleted"}


def _place(trash: bool) -> str:
    return "w.deleted_at IS NOT NULL" if trash else "w.deleted_at IS NULL"


def page(
    connection: Connection,
    condition: Condition = EVERYTHING,
    *,
    after: Key | None = None,
    before: Key | None = None,
    from_end: bool = False,
    limit: int = 100,
    trash: bool = False,
    count_runs: bool = False,
) -> list[Workflow]:
    """Up to `limit` rows, newest change first: behind `after`, ahead of `before`, or the last."""
    where = [_place(trash), f"({condition.sql})"]
    parameters = list(condition.parameters)
    if after is not None:
        where.append("(w.updated_at, w.id) < (?, ?)")
        parameters += after
    if before is not None:
        where.append("(w.updated_at, w.id) > (?, ?)")
        parameters += before
    backwards = from_end or before is not None
    order = "ASC" if backwards else "DESC"
    sql = (
        f"{_WITH_COUNT if count_runs else _NO_COUNT} WHERE {' AND '.join(where)}"
        f" ORDER BY w.updated_at {order}, w.id {order} LIMIT ?"
    )
    rows = connection.execute(sql, (*parameters, limit)).fetchall()
    if backwards:
        rows.reverse()
    return [Workflow(*row) for row in rows]


def count(connection: Connection, condition: Condition = EVERYTHING, *, trash: bool = False) -> int:
    """How many rows the condition selects."""
    # left to itself the engine reads every row, since the index does not hold `deleted_at`
    index = f"INDEXED BY {_INDEX[trash]}" if condition == EVERYTHING else ""
    sql = f"SELECT count(*) FROM workflows AS w {index} WHERE {_place(trash)} AND ({condition.sql})"
    return int(connection.execute(sql, condition.parameters).fetchone()[0])


def get(connection: Connection, workflow_id: str) -> Workflow | None:
    """The workflow with this id, in the trash or not."""
    row = connection.execute(f"{_WITH_COUNT} WHERE w.id = ?", (workflow_id,)).fetchone()
    return Workflow(*row) if row else None


def find(connection: Connection, reference: str, *, trash: bool = False) -> Workflow:
    """The one workflow that `reference` means: its id, a start of an id that fits one only, or a
    name that only one has (as written first, then without regard to case). Raises `NotFound`."""
    place = _place(trash)
    escaped = reference.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    for clause, parameter in (
        ("w.id = ?", reference),
        ("w.name = ?", reference),
        ("w.name = ? COLLATE NOCASE", reference),
        ("w.id LIKE ? ESCAPE '\\'", f"{escaped}%" if len(reference) >= 4 else ""),
    ):
        rows = connection.execute(
            f"{_WITH_COUNT} WHERE {place} AND {clause} ORDER BY w.updated_at DESC LIMIT 6",
            (parameter,),
        ).fetchall()
        if len(rows) == 1:
            return Workflow(*rows[0])
        if rows:
            fits = ", ".join(f"{row[0]} ({shown(row[1], 40)})" for row in rows[:5])
            more = " and more" if len(rows) > 5 else ""
            raise NotFound(
                f'"{shown(reference)}" fits more than one workflow: {fits}{more}. Use an id.'
            )
    where = "in the trash" if trash else "here"
    elsewhere = connection.execute(
        f"SELECT count(*) FROM workflows AS w WHERE {_place(not trash)} AND ? IN (w.id, w.name)",
        (reference,),
    ).fetchone()[0]
    hint = ""
    if elsewhere:
        hint = " It is not in the trash." if trash else " It is in the trash."
    raise NotFound(f'No workflow {where} is called "{shown(reference)}".{hint}')


def frame_of(connection: Connection, workflow_id: str) -> tuple[bytes, str] | None:
    """The stored payload of the current document, and its digest."""
    row = connection.execute(
        "SELECT data, digest FROM workflows WHERE id = ?", (workflow_id,)
    ).fetchone()
    return (row[0], row[1]) if row else None


def version_frame_of(
    connection: Connection, workflow_id: str, number: int
) -> tuple[bytes, str] | None:
    """The stored payload of an earlier document, and its digest."""
    row = connection.execute(
        "SELECT data, digest FROM workflow_versions WHERE workflow_id = ? AND number = ?",
        (workflow_id, number),
    ).fetchone()
    return (row[0], row[1]) if row else None


def versions(connection: Connection, workflow_id: str) -> list[Version]:
    """The earlier documents of a workflow, newest first."""
    rows = connection.execute(
        "SELECT workflow_id, number, digest, name, saved_at, document_bytes, block_count,"
        " edge_count FROM workflow_versions WHERE workflow_id = ? ORDER BY number DESC",
        (workflow_id,),
    ).fetchall()
    return [Version(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Present:
    """What an import needs to know of a workflow that is there."""

    name: str
    description: str
    digest: str
    deleted_at: int | None


def present(connection: Connection, workflow_id: str) -> Present | None:
    """What is there under this id, in the trash or not."""
    row = connection.execute(
        "SELECT name, description, digest, deleted_at FROM workflows WHERE id = ?", (workflow_id,)
    ).fetchone()
    return Present(*row) if row else None


def frame_with_digest(connection: Connection, workflow_id: str, digest: str) -> bytes | None:
    """The payload of the document of a workflow, current or earlier, that has this digest."""
    row = connection.execute(
        "SELECT data FROM workflow_versions WHERE workflow_id = :id AND digest = :digest"
        " UNION ALL SELECT data FROM workflows WHERE id = :id AND digest = :digest LIMIT 1",
        {"id": workflow_id, "digest": digest},
    ).fetchone()
    return bytes(row[0]) if row else None


def digests(connection: Connection, workflow_id: str) -> set[str]:
    """The digests of the current document and of every version that is kept."""
    rows = connection.execute(
        "SELECT digest FROM workflows WHERE id = :id"
        " UNION ALL SELECT digest FROM workflow_versions WHERE workflow_id = :id",
        {"id": workflow_id},
    ).fetchall()
    return {row[0] for row in rows}


def placed(connection: Connection, name: str, folder: str) -> list[tuple[str, str, int | None]]:
    """(id, digest, deleted_at) of the workflows with this name in this folder, oldest first."""
    return connection.execute(
        "SELECT id, digest, deleted_at FROM workflows WHERE folder = ? AND name = ?"
        " ORDER BY created_at, id",
        (folder, name),
    ).fetchall()


def insert(connection: Connection, workflow: Workflow, content: Content) -> None:
    """A new workflow and its entry in the index. `workflow`'s run columns are not stored."""
    connection.execute(
        "INSERT INTO workflows (id, name, updated_at, created_at, description, folder, digest,"
        " document_bytes, block_count, edge_count, source, deleted_at, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            workflow.id,
            workflow.name,
            workflow.updated_at,
            workflow.created_at,
            workflow.description,
            workflow.folder,
            content.digest,
            content.document_bytes,
            content.block_count,
            content.edge_count,
            workflow.source,
            workflow.deleted_at,
            content.frame,
        ),
    )
    search.put(connection, KIND, workflow.id, workflow.name, content.text)
    needs.put(connection, workflow.id, content.needs)


def keep_version(
    connection: Connection, workflow_id: str, now_ms: int, *, at_least: int = 1
) -> int | None:
    """Copies the current document among the versions. Its number, which is `at_least` so; None
    where it is there."""
    number = connection.execute(
        "SELECT max(coalesce(max(number), 0) + 1, ?) FROM workflow_versions WHERE workflow_id = ?",
        (at_least, workflow_id),
    ).fetchone()[0]
    kept = connection.execute(
        "INSERT INTO workflow_versions (workflow_id, number, digest, name, saved_at,"
        " document_bytes, block_count, edge_count, data)"
        " SELECT id, ?, digest, name, ?, document_bytes, block_count, edge_count, data"
        " FROM workflows WHERE id = ? AND source <> ?"
        " ON CONFLICT (workflow_id, digest) DO NOTHING",
        (number, now_ms, workflow_id, PLACEHOLDER),
    ).rowcount
    return int(number) if kept else None


def insert_version(
    connection: Connection,
    workflow_id: str,
    name: str,
    saved_at: int,
    content: Content,
    *,
    at_least: int = 1,
) -> bool:
    """An earlier document that came from outside; its number is `at_least` so. False where its
    digest is kept already."""
    if content.digest in digests(connection, workflow_id):
        return False
    connection.execute(
        "INSERT INTO workflow_versions (workflow_id, number, digest, name, saved_at,"
        " document_bytes, block_count, edge_count, data) VALUES (?,"
        " (SELECT max(coalesce(max(number), 0) + 1, ?) FROM workflow_versions"
        " WHERE workflow_id = ?), ?, ?, ?, ?, ?, ?, ?)",
        (
            workflow_id,
            at_least,
            workflow_id,
            content.digest,
            name,
            saved_at,
            content.document_bytes,
            content.block_count,
            content.edge_count,
            content.frame,
        ),
    )
    return True


def replace(
    connection: Connection,
    workflow_id: str,
    content: Content,
    *,
    name: str,
    description: str,
    now_ms: int,
) -> int | None:
    """Makes `content` the current document and keeps the old one as a version (its number; None
    where that document was among the versions already). A placeholder's is not worth keeping."""
    number = keep_version(connection, workflow_id, now_ms)
    connection.execute(
        "UPDATE workflows SET name = ?, description = ?, updated_at = ?, digest = ?,"
        " document_bytes = ?, block_count = ?, edge_count = ?, data = ?,"
        f" source = CASE source WHEN '{PLACEHOLDER}' THEN '' ELSE source END WHERE id = ?",
        (
            name,
            description,
            now_ms,
            content.digest,
            content.document_bytes,
            content.block_count,
            content.edge_count,
            content.frame,
            workflow_id,
        ),
    )
    search.put(connection, KIND, workflow_id, name, content.text)
    needs.put(connection, workflow_id, content.needs)
    return number


def move(connection: Connection, ids: Sequence[str], folder: str, now_ms: int) -> int:
    """Puts workflows into a folder. How many were elsewhere."""
    return _update(connection, ids, "folder = ?, updated_at = ?", (folder, now_ms), "folder <> ?1")


def delete(connection: Connection, ids: Sequence[str], now_ms: int) -> int:
    """Moves workflows to the trash. How many were not there yet."""
    return _update(connection, ids, "deleted_at = ?", (now_ms,), "deleted_at IS NULL")


def restore(connection: Connection, ids: Sequence[str]) -> int:
    """Takes workflows out of the trash. How many were there."""
    return _update(connection, ids, "deleted_at = NULL", (), "deleted_at IS NOT NULL")


def _update(
    connection: Connection,
    ids: Iterable[str],
    change: str,
    parameters: tuple[object, ...],
    only: str,
) -> int:
    changed = 0
    for workflow_id in ids:
        changed += connection.execute(
            f"UPDATE workflows SET {change} WHERE {only} AND id = ?", (*parameters, workflow_id)
        ).rowcount
    return changed


def ids(connection: Connection, *, trash: bool | None = False) -> list[str]:
    """Every id in a stable order (by folder and name); `trash` None means both."""
    place = "1" if trash is None else _place(trash)
    rows = connection.execute(
        f"SELECT w.id FROM workflows AS w WHERE {place} ORDER BY w.folder, w.name, w.id"
    )
    return [row[0] for row in rows]
