"""Workflows that stand for ones which are not here, and the workflow that a run means by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.model.workflow import PLACEHOLDER
from simtui.store import search
from simtui.store.workflows import KIND, Content

if TYPE_CHECKING:
    from sqlite3 import Connection


def named(connection: Connection, name: str) -> list[str]:
    """The ids of the workflows with this name, the one meant first: none that is a placeholder or
    in the trash before one that is not; then the newest."""
    rows = connection.execute(
        "SELECT id, deleted_at IS NOT NULL, source = ? FROM workflows WHERE name = ?"
        " ORDER BY 2, 3, updated_at DESC, id",
        (PLACEHOLDER, name),
    ).fetchall()
    return [row[0] for row in rows if row[1:] == rows[0][1:]]


def rename(connection: Connection, workflow_id: str, content: Content, name: str) -> None:
    """Another name for a placeholder, now that more is known of it."""
    connection.execute(
        "UPDATE workflows SET name = ?, digest = ?, document_bytes = ?, data = ? WHERE id = ?",
        (name, content.digest, content.document_bytes, content.frame, workflow_id),
    )
    search.put(connection, KIND, workflow_id, name, content.text)


def remove_unused(connection: Connection, workflow_id: str) -> None:
    """Takes a placeholder away that no run stands for any more."""
    row = connection.execute(
        "DELETE FROM workflows WHERE id = ? AND source = ?"
        " AND NOT EXISTS (SELECT 1 FROM runs WHERE workflow_id = workflows.id) RETURNING id",
        (workflow_id, PLACEHOLDER),
    ).fetchone()
    if row is not None:
        search.remove(connection, KIND, workflow_id)
