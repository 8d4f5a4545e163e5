"""What two databases have of each workflow, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class Held:
    """What a database holds of one workflow."""

    id: str
    name: str
    folder: str
    digest: str
    is_deleted: bool
    updated_at: int
    versions: int
    runs: int


def workflows_in(connection: Connection) -> dict[str, Held]:
    """Every workflow by its id, by folder and name; those in the trash among them."""
    rows = connection.execute(
        "SELECT w.id, w.name, w.folder, w.digest, w.deleted_at IS NOT NULL, w.updated_at,"
        " (SELECT count(*) FROM workflow_versions WHERE workflow_id = w.id),"
        " coalesce(r.n, 0) FROM workflows AS w LEFT JOIN"
        " (SELECT workflow_id, count(*) AS n FROM runs GROUP BY workflow_id) AS r"
        " ON r.workflow_id = w.id ORDER BY w.folder, w.name, w.id"
    )
    return {
        ident: Held(ident, name, folder, digest, bool(is_deleted), updated_at, versions, runs)
        for ident, name, folder, digest, is_deleted, updated_at, versions, runs in rows
    }
