"""A pretended library in memory: what a dry run decides on, and may change without a trace.

It has the tables of the real one and the rows' keys, names and digests, but no documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.store import migrations
from simtui.store.engine import in_memory

if TYPE_CHECKING:
    from sqlite3 import Connection

_COPIED = {
    "workflows": (
        "id, name, updated_at, created_at, description, folder, digest, document_bytes,"
        " block_count, edge_count, source, deleted_at"
    ),
    "workflow_versions": (
        "workflow_id, number, digest, name, saved_at, document_bytes, block_count, edge_count"
    ),
    "settings": "key, value",
    "assets": "workflow_id, name, digest, added_at",
}


def empty() -> Connection:
    """A pretended library with nothing in it. The caller closes it."""
    pretended = in_memory()
    # a file's name is told without its bytes, and a run's workflow may not be there
    pretended.execute("PRAGMA foreign_keys = 0")
    for number in range(1, migrations.SCHEMA_VERSION + 1):
        for statement in migrations.statements_of(number):
            pretended.execute(statement)
    return pretended


def of(connection: Connection) -> Connection:
    """A shadow of the database that `connection` reads. The caller closes it."""
    pretended = empty()
    for table, columns in _COPIED.items():
        payload = ", x''" if "document_bytes" in columns else ""
        into = f"{columns}, data" if payload else columns
        marks = ", ".join("?" * (columns.count(",") + 1))
        pretended.executemany(
            f"INSERT INTO {table} ({into}) VALUES ({marks}{payload})",
            connection.execute(f"SELECT {columns} FROM {table}"),
        )
    return pretended
