"""The schema's history: one numbered SQL file a step, each run once, in order, in one transaction.

A step is never edited once released; the next one follows it. `PRAGMA user_version` is the number
of the last step that ran, and it moves in the same transaction as the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Damaged, NewerLibrary
from simtui.store.engine import APPLICATION_ID

if TYPE_CHECKING:
    from sqlite3 import Connection

SCHEMA_VERSION = 3


def version_of(connection: Connection, path: Path) -> int:
    """The schema number of the database. Raises `NewerLibrary` where it is past ours."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if number > SCHEMA_VERSION:
        raise NewerLibrary(
            f"{path} was written by a newer simtui (schema {number}; this one knows "
            f"{SCHEMA_VERSION}). It is unharmed; update simtui to open it."
        )
    return number


def migrate(
    connection: Connection, path: Path, steps: Callable[[int], list[str]] | None = None
) -> int:
    """Brings the database to `SCHEMA_VERSION`, all or nothing. The number it had before.

    Two processes may start together: the number is read again inside the write transaction, so
    only one of them runs the steps. `steps`: the statements of a step, by its number.
    """
    if version_of(connection, path) == SCHEMA_VERSION:
        return SCHEMA_VERSION
    # a rebuilt table would delete its children otherwise; inside a transaction this is a no-op
    connection.execute("PRAGMA foreign_keys = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            before = version_of(connection, path)
            for number in range(before + 1, SCHEMA_VERSION + 1):
                for statement in (steps or statements_of)(number):
                    connection.execute(statement)
            if connection.execute("PRAGMA foreign_key_check").fetchone():
                raise Damaged(f"{path}: rows that belong together do not; it stays as it was.")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        connection.execute("PRAGMA foreign_keys = 1")
    return before


def statements_of(number: int) -> list[str]:
    """The statements of one step. A step holds no trigger, so a semicolon ends a statement."""
    (step,) = (
        item
        for item in resources.files(__name__).iterdir()
        if item.name.startswith(f"{number:04d}_") and item.name.endswith(".sql")
    )
    text = re.sub(r"--[^\n]*", "", step.read_text(encoding="utf-8"))
    return [statement.strip() for statement in text.split(";") if statement.strip()]
