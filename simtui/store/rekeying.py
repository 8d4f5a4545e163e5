"""A whole database written anew, under a key or without one, in the place of the one before.

The engine cannot copy between plain and keyed files in place, and a log that was left beside a file
of the other kind destroys it. So one connection has the file for itself from before the copy until
after the rename, and its log is gone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Busy, Damaged
from simtui.store import checks, engine, snapshots
from simtui.store.filesystem import sync_folder

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.store.snapshots import Key

PATIENCE_SECONDS = 2.0
_BATCH = 200
_BESIDE = ("-wal", "-shm", "-journal")


@contextlib.contextmanager
def alone(path: Path, key: Key, *, network: bool = False) -> Iterator[Connection]:
    """The database, which nobody else can open or has open until the end. Raises `Busy` where
    somebody has."""
    connection = engine.connect(path, key=key, network=network)
    try:
        with engine.translated(path):
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            connection.execute("PRAGMA busy_timeout = 0").fetchall()
            _leave_the_log(connection, path)
            yield connection
    finally:
        connection.close()


def _leave_the_log(connection: Connection, path: Path) -> None:
    """Everything is in the file itself then, and no other file of it is left."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_without_log(connection):
        if time.monotonic() > deadline:
            raise Busy(
                f"Another simtui has {path} open: a screen, or a command that still runs. End it "
                "and try again; nothing was changed."
            )
        time.sleep(0.05)
    # an exclusive lock keeps the journal's file, which would lie beside the new database
    connection.execute("PRAGMA journal_mode = MEMORY").fetchall()
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


def _is_without_log(connection: Connection) -> bool:
    try:
        answer = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except engine.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (5, 6):
            raise
        return False
    return bool(answer == "delete")


def write_anew(connection: Connection, target: Path, key: Key) -> None:
    """Writes all of it into a new file, which is on the disk when this returns. Raises what the
    engine raises, and leaves the file to the caller."""
    marks = snapshots.marks_of(connection)
    engine.create_file(target)
    with engine.raw_key(key) as raw:
        connection.execute("ATTACH ? AS anew KEY ?", (str(target), raw))
    try:
        # nobody needs half of it, so it needs no journal; it is synced as a whole below
        connection.execute("PRAGMA anew.journal_mode = OFF").fetchall()
        connection.execute("PRAGMA anew.synchronous = OFF").fetchall()
        connection.execute(f"PRAGMA anew.auto_vacuum = {marks.auto_vacuum}").fetchall()
        connection.execute("SELECT sqlcipher_export('anew')").fetchall()
        connection.execute(f"PRAGMA anew.application_id = {marks.application_id}").fetchall()
        connection.execute(f"PRAGMA anew.user_version = {marks.schema}").fetchall()
    finally:
        connection.execute("DETACH anew")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def check_same(connection: Connection, target: Path, key: Key) -> None:
    """Holds every row of the new file against the one before, and looks at its pages, its index and
    its links. Raises `Damaged`."""
    with snapshots.opened_copy(target, key) as anew:
        if snapshots.marks_of(anew) != snapshots.marks_of(connection):
            raise _differs("its head is another one")
        schema = snapshots.schema_in(anew)
        if schema != snapshots.schema_in(connection):
            raise _differs("its tables are others")
        for table in _tables(connection):
            if not _same_rows(connection, anew, table):
                raise _differs(f"the rows of {table} are others")
        if said := snapshots.broken_pages(anew) or snapshots.broken_index(anew, schema):
            raise _differs(said)
        if checks.broken_links(anew):
            raise _differs("rows that belong together do not")


def _differs(why: str) -> Damaged:
    return Damaged(
        f"The library did not come out as it went in: {why}. The new file was thrown away, and the "
        "library is as it was."
    )


def _tables(connection: Connection) -> list[str]:
    """All that hold rows, also those of the index."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name"
    )
    return [name for (name,) in found]


def _same_rows(one: Connection, other: Connection, table: str) -> bool:
    """Both were written in the same order."""
    mine, theirs = (each.execute(f'SELECT * FROM "{table}"') for each in (one, other))
    while rows := mine.fetchmany(_BATCH):
        if rows != theirs.fetchmany(_BATCH):
            return False
    return theirs.fetchone() is None


def put_in_place(connection: Connection, path: Path, target: Path) -> None:
    """Gives the new file its name; the one before, which `connection` has alone, is gone. Whoever
    opened it a moment ago, and waits for it, finds it marked as replaced."""
    for beside in _BESIDE:
        for file in (path, target):
            if file.with_name(file.name + beside).exists():
                raise Damaged(
                    f"{file.name}{beside} lies there, which nobody should have written now. "
                    "Nothing was changed."
                )
    target.rename(path)
    sync_folder(path.parent)
    with contextlib.suppress(engine.DatabaseError):  # the new one has its name already
        connection.execute(f"PRAGMA application_id = {engine.REPLACED_ID}").fetchall()
