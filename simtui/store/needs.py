"""Which secrets each workflow names, kept in the transaction that writes its document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simtui.model.secret_names import is_name

if TYPE_CHECKING:
    from sqlite3 import Connection


def put(connection: Connection, workflow_id: str, names: Iterable[str]) -> None:
    """Keeps what a document names, instead of what the one before did."""
    connection.execute("DELETE FROM workflow_needs WHERE workflow_id = ?", (workflow_id,))
    connection.executemany(
        "INSERT INTO workflow_needs (workflow_id, name) VALUES (?, ?)",
        [(workflow_id, name) for name in names],
    )


def of(connection: Connection, workflow_id: str) -> list[str]:
    """The secrets that a workflow's document names, by name; what no secret can be called, as in
    `{{start.input}}`, is what a block before it says."""
    rows = connection.execute(
        "SELECT name FROM workflow_needs WHERE workflow_id = ? ORDER BY name", (workflow_id,)
    )
    return [name for (name,) in rows if is_name(name)]


def users(connection: Connection) -> list[tuple[str, str, str]]:
    """(secret's name, workflow's id, workflow's name), by these names; none from the trash, and
    nothing that no secret can be called."""
    rows = connection.execute(
        "SELECT n.name, w.id, w.name FROM workflow_needs AS n"
        " JOIN workflows AS w ON w.id = n.workflow_id AND w.deleted_at IS NULL"
        " ORDER BY n.name, w.name, w.id"
    )
    return [row for row in rows if is_name(row[0])]
