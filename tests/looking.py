"""What a test compares: every row of a library, and every file of a folder."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection
from typing import Any

from sqlcipher3 import dbapi2 as engine

from simtui.library import Library
from simtui.paths import Home

Tables = dict[str, list[tuple[Any, ...]]]


def tables(connection: Connection) -> Tables:
    """Every row of every table, the search index's own tables among them."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    return {
        name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
        for (name,) in names
    }


async def tables_of(library: Library) -> Tables:
    return await library.store.read(tables)


def tables_in(home: Home) -> Tables:
    """The same of a home that nobody has open."""
    connection = engine.connect(str(home.database))
    try:
        return tables(connection)
    finally:
        connection.close()


def tree(folder: Path, *, without: Path | None = None) -> dict[str, tuple[int, int]]:
    """Mode and size of everything below a folder, by path; `without` leaves one folder out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if without is None or not path.is_relative_to(without):
            about = path.lstat()
            found[str(path.relative_to(folder))] = (about.st_mode, about.st_size)
    return found
