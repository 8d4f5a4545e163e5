"""Rows that go for good: earlier versions, and workflows that were in the trash for long.

Each function runs inside a transaction of its own and removes a little, so that no other writer
waits, and what the write-ahead log takes meanwhile fits into the reserve of a full disk. What was
planned is checked again: somebody may have taken a workflow out of the trash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.store import assets, runs, search
from simtui.store.workflows import KIND

if TYPE_CHECKING:
    from sqlite3 import Connection

RUNS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class OldVersion:
    """An earlier document that may go; `stored_bytes` as it is kept, packed."""

    workflow_id: str
    number: int
    stored_bytes: int


def old_versions(connection: Connection, keep: int) -> list[OldVersion]:
    """Those behind the newest `keep` of each workflow, the smallest first."""
    rows = connection.execute(
        "SELECT workflow_id, number, stored FROM (SELECT workflow_id, number,"
        " octet_length(data) AS stored,"
        " row_number() OVER (PARTITION BY workflow_id ORDER BY number DESC) AS place"
        " FROM workflow_versions) WHERE place > ? ORDER BY stored, workflow_id, number",
        (keep,),
    )
    return [OldVersion(*row) for row in rows]


# what a person pinned stays, and with it the workflow that it is of
_TRASHED = (
    "deleted_at IS NOT NULL AND deleted_at <= ?"
    " AND id NOT IN (SELECT workflow_id FROM runs WHERE pinned = 1)"
)


def trashed(connection: Connection, by_ms: int) -> list[str]:
    """The workflows that were in the trash by then already, but for those with a pinned run."""
    rows = connection.execute(
        f"SELECT id FROM workflows INDEXED BY workflows_deleted WHERE {_TRASHED}"
        " ORDER BY deleted_at, id",
        (by_ms,),
    )
    return [row[0] for row in rows]


def versions_of(connection: Connection, workflow_id: str) -> list[OldVersion]:
    """All earlier documents of a workflow, the smallest first."""
    rows = connection.execute(
        "SELECT workflow_id, number, octet_length(data) AS stored FROM workflow_versions"
        " WHERE workflow_id = ? ORDER BY stored, number",
        (workflow_id,),
    )
    return [OldVersion(*row) for row in rows]


def remove_versions(
    connection: Connection, versions: Sequence[OldVersion], trashed_by: int | None = None
) -> int:
    """How many were still there. `trashed_by`: only those of workflows that were in the trash by
    then."""
    return sum(
        connection.execute(
            "DELETE FROM workflow_versions WHERE workflow_id = ? AND number = ?",
            (each.workflow_id, each.number),
        ).rowcount
        for each in versions
        if trashed_by is None or _is_trashed(connection, each.workflow_id, trashed_by)
    )


def remove_runs(connection: Connection, workflow_id: str, trashed_by: int) -> int:
    """The next few runs of a workflow that was in the trash by then; how many."""
    if not _is_trashed(connection, workflow_id, trashed_by):
        return 0
    rows = connection.execute(
        "SELECT number FROM runs WHERE workflow_id = ? LIMIT ?", (workflow_id, RUNS_AT_ONCE)
    ).fetchall()
    return runs.delete(connection, [row[0] for row in rows])


def remove_workflow(connection: Connection, workflow_id: str, trashed_by: int) -> bool:
    """A workflow with what is left of it. False where it was not in the trash by then."""
    if not _is_trashed(connection, workflow_id, trashed_by):
        return False
    # one that was recorded since the last look would refer to nothing
    while remove_runs(connection, workflow_id, trashed_by):
        pass
    assets.forget_workflow(connection, workflow_id)
    search.remove(connection, KIND, workflow_id)
    connection.execute("DELETE FROM workflows WHERE id = ?", (workflow_id,))
    return True


def _is_trashed(connection: Connection, workflow_id: str, by_ms: int) -> bool:
    row = connection.execute(
        f"SELECT 1 FROM workflows WHERE {_TRASHED} AND id = ?", (by_ms, workflow_id)
    ).fetchone()
    return row is not None
