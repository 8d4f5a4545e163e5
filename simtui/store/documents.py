"""Documents where they lie, whichever they are: current, earlier, of a workflow in the trash. For
whoever must change each of them, since something in them was not to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.store.workflows import Content

if TYPE_CHECKING:
    from sqlite3 import Connection


def owners(connection: Connection) -> dict[str, tuple[str, bool]]:
    """(name, whether it is in the trash) of every workflow, by id."""
    rows = connection.execute("SELECT id, name, deleted_at IS NOT NULL FROM workflows").fetchall()
    return {ident: (name, bool(deleted)) for ident, name, deleted in rows}


def digest_of_version(connection: Connection, workflow_id: str, number: int) -> str | None:
    """The digest of an earlier document; None where there is no such version."""
    row = connection.execute(
        "SELECT digest FROM workflow_versions WHERE workflow_id = ? AND number = ?",
        (workflow_id, number),
    ).fetchone()
    return row[0] if row else None


def rewrite_version(
    connection: Connection, workflow_id: str, number: int, name: str, content: Content
) -> bool:
    """Puts another document in the place of an earlier one. False where that is the current one, or
    another version, already: then there is one version less."""
    same = connection.execute(
        "SELECT 1 FROM workflows WHERE id = :id AND digest = :digest"
        " UNION ALL SELECT 1 FROM workflow_versions"
        "  WHERE workflow_id = :id AND digest = :digest AND number <> :number",
        {"id": workflow_id, "digest": content.digest, "number": number},
    ).fetchone()
    if same:
        connection.execute(
            "DELETE FROM workflow_versions WHERE workflow_id = ? AND number = ?",
            (workflow_id, number),
        )
        return False
    connection.execute(
        "UPDATE workflow_versions SET name = ?, digest = ?, document_bytes = ?, block_count = ?,"
        " edge_count = ?, data = ? WHERE workflow_id = ? AND number = ?",
        (
            name,
            content.digest,
            content.document_bytes,
            content.block_count,
            content.edge_count,
            content.frame,
            workflow_id,
            number,
        ),
    )
    return True
