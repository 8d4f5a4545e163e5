"""What a program lays aside for the next one, beside the settings: where somebody was, and what
they wrote that did not become a version yet. It is no setting, and no export holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.store import settings

if TYPE_CHECKING:
    from sqlite3 import Connection

_PREFIX = settings.ASIDE


def get(connection: Connection, key: str) -> str | None:
    """What lies there."""
    row = connection.execute(
        "SELECT value FROM settings WHERE key = ?", (f"{_PREFIX}{key}",)
    ).fetchone()
    return None if row is None else str(row[0])


def put(connection: Connection, key: str, value: str) -> None:
    """Instead of what lay there before."""
    settings.put(connection, f"{_PREFIX}{key}", value)


def remove(connection: Connection, key: str) -> bool:
    """False where nothing was."""
    return settings.remove(connection, f"{_PREFIX}{key}")
