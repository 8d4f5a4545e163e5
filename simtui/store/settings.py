"""Settings as rows: text by key. What a key means, and which there are, is the registry's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


ASIDE = "aside."
"""What begins so is no setting (see aside.py)."""


def all_of(connection: Connection) -> dict[str, str]:
    """What was set, by key."""
    rows = connection.execute(
        "SELECT key, value FROM settings WHERE key NOT GLOB ? ORDER BY key", (f"{ASIDE}*",)
    )
    return dict(rows.fetchall())


def put(connection: Connection, key: str, value: str) -> None:
    """Sets a value, instead of the one before."""
    connection.execute(
        "INSERT INTO settings (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def remove(connection: Connection, key: str) -> bool:
    """Back to the default. False where nothing was set."""
    return connection.execute("DELETE FROM settings WHERE key = ?", (key,)).rowcount > 0
