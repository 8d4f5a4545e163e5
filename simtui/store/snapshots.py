"""A copy of a whole database, and what can be asked of one: what a backup is made of and proven by.

A copy lies in a private place and nobody else has it open, so it needs no log and no syncing. What
is in it is not trusted: its schema is compared before anything else is asked of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Damaged, shown
from simtui.store import engine, migrations

if TYPE_CHECKING:
    from sqlite3 import Connection

Key = bytes | bytearray | None

Schema = frozenset[tuple[str, str, str, str | None]]
"""(type, name, table, SQL) of everything that a database declares."""

# what `PRAGMA optimize` leaves: numbers for the planner, in tables that the engine declares itself
_OF_THE_PLANNER = frozenset(
    {
        ("table", "sqlite_stat1", "sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"),
        (
            "table", "sqlite_stat4", "sqlite_stat4",
            "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
        ),
    }
)  # fmt: skip
_CACHE_KIB = 65_536


def used_bytes(connection: Connection) -> int:
    """How large a copy without the free pages will be."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])  # under a key a size is a text
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def write_copy(connection: Connection, target: Path) -> None:
    """Writes the database of `connection`, which is in no transaction, into a new file: whole as of
    this moment, without deleted pages, under the same key. The caller removes what is left where
    it fails."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    connection.execute("VACUUM INTO ?", (str(target),))


def copy_of(database: Path, target: Path, key: Key = None) -> None:
    """The same of a database that others may have open. Raises as `engine.connect` does."""
    connection = engine.connect(database, key=key)
    try:
        write_copy(connection, target)
    except engine.DatabaseError as error:
        # what cannot be read is where it is read from
        path = database if engine.is_damage(error) else target
        raise engine.error_of(error, path) from error
    finally:
        connection.close()


@contextmanager
def opened_copy(path: Path, key: Key = None) -> Iterator[Connection]:
    """A connection to a copy in a private place. Raises `Damaged`, also where a key is needed."""
    with engine.translated(path), _told_of_a_copy():
        connection = engine.open_plainly(path, key=key)
        try:
            for name, value in (
                ("trusted_schema", 0),
                ("cell_size_check", 1),
                ("temp_store", 2),
                ("foreign_keys", 1),
                ("journal_mode", "memory"),
                ("synchronous", 0),
                ("cache_size", -_CACHE_KIB),
            ):
                connection.execute(f"PRAGMA {name} = {value}").fetchall()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield connection
        finally:
            connection.close()


@contextmanager
def _told_of_a_copy() -> Iterator[None]:
    """Nobody can do anything about a file that is gone when it is read of: no name, and no way
    out."""
    try:
        yield
    except engine.DatabaseError as error:
        if engine.is_damage(error):
            raise Damaged(f"its database cannot be read ({shown(str(error))})") from error
        raise


# -- what it says of itself


@dataclass(frozen=True, slots=True)
class Marks:
    """The numbers in a database's head."""

    application_id: int
    schema: int
    page_size: int
    auto_vacuum: int


def marks_of(connection: Connection) -> Marks:
    """Reads the head alone."""
    return Marks(
        *(
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("application_id", "user_version", "page_size", "auto_vacuum")
        )
    )


def schema_in(connection: Connection) -> Schema:
    """Everything the database declares, but what the planner keeps."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return frozenset(map(tuple, rows)) - _OF_THE_PLANNER


def schema_of(number: int) -> Schema:
    """What a fresh database of this schema declares."""
    connection = engine.in_memory()
    try:
        for step in range(1, number + 1):
            for statement in migrations.statements_of(step):
                connection.execute(statement)
        return schema_in(connection)
    finally:
        connection.close()


def tables_of(schema: Schema) -> list[str]:
    """The tables that hold rows of ours, by name; the index's own are not among them."""
    indexes = _full_text(schema)
    return sorted(
        name
        for kind, name, _, sql in schema
        if kind == "table" and sql and name not in indexes and not _is_shadow(name, indexes)
    )


def _full_text(schema: Schema) -> list[str]:
    return [name for _, name, _, sql in schema if sql and sql.startswith("CREATE VIRTUAL TABLE")]


def _is_shadow(name: str, indexes: list[str]) -> bool:
    endings = ("data", "idx", "content", "docsize", "config")
    return any(name == f"{index}_{ending}" for index in indexes for ending in endings)


def has_table(connection: Connection, name: str) -> bool:
    """Whether there is a table of this name."""
    return bool(connection.execute(f"PRAGMA table_info({name})").fetchall())


def row_counts(connection: Connection, tables: list[str]) -> dict[str, int]:
    """How many rows each of these tables has."""
    return {
        table: int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
        for table in tables
    }


def told_counts(connection: Connection) -> tuple[int, int]:
    """(workflows that are not in the trash, runs)"""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM workflows WHERE deleted_at IS NULL),"
        " (SELECT count(*) FROM runs)"
    ).fetchone()
    return int(row[0]), int(row[1])


# -- whether it is sound


def broken_pages(connection: Connection) -> str:
    """What is wrong with pages, indexes and rows against each other; "" where nothing is."""
    rows = connection.execute("PRAGMA integrity_check(5)").fetchall()
    said = "; ".join(str(row[0]) for row in rows)
    return "" if said == "ok" else said


def broken_index(connection: Connection, schema: Schema) -> str:
    """Which search index does not agree with itself; "" where all do."""
    for name in _full_text(schema):
        try:
            connection.execute(f'INSERT INTO "{name}" ("{name}") VALUES (\'integrity-check\')')
        except engine.DatabaseError as error:
            return f"{name}: {error}"
    return ""
