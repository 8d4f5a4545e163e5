"""The engine under the store: how a connection is made, what it must promise, how it fails.

The engine is sqlcipher3 (SQLite 3.53 on every platform), unkeyed unless a connector says otherwise.
Its exceptions are its own, not `sqlite3`'s; they leave this room only as `simtui.errors`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from sqlcipher3 import dbapi2 as engine

from simtui.errors import BadInput, Busy, Damaged, NotWritable, shown

if TYPE_CHECKING:  # the types are the standard library's; the module itself is never loaded by us
    from sqlite3 import Connection

    class KeyedConnection(Protocol):
        """What sqlcipher3's connections have beyond the standard library's."""

        def set_key(self, key: bytearray) -> None: ...


SQLITE_VERSION: str = engine.sqlite_version
DatabaseError: type[Exception] = engine.DatabaseError

APPLICATION_ID = 0x53494D54  # "SIMT"
REPLACED_ID = 0x53494D58  # "SIMX", of a file whose place another one has taken
BUSY_TIMEOUT_MS = 5000

# what every connection must answer once it is set up; the journal mode is checked by itself
_PRAGMAS = (
    ("busy_timeout", BUSY_TIMEOUT_MS),
    ("foreign_keys", 1),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
    ("secure_delete", 1),
    ("temp_store", 2),
    ("mmap_size", 0),
    ("synchronous", 2),
)


class Reader(engine.Connection):  # type: ignore[misc]  # the engine's classes have no types
    """A connection that only reads. `found` is true of the database's `version`
    (store/remembering.py)."""

    version = -1
    found: dict[Hashable, object]


VOCABULARIES = ("run_search", "log_search")
"""The indexes whose words each connection can look up, as `temp.…_terms` (store/run_search.py)."""

# The binding asks each value that is no number and no text how it wants to be kept, by lookups that
# fail one after another: 2.2 µs for a NULL or a payload, where a number takes 0.1. Told beforehand
# it is 0.3; an import of runs binds five NULLs a span.
engine.register_adapter(type(None), lambda nothing: nothing)
engine.register_adapter(bytes, bytes)

_HEX = b"0123456789abcdef"

# primary result codes of SQLite (sqlite.org/rescode.html)
_BUSY = {5, 6}
_NOT_WRITABLE = {8, 14, 3}
_DAMAGED = {11, 26}
_FAILED = 10
# the engine's copy of a whole database tells its errors by their words alone
_BY_WORDS = {
    "disk I/O error": _FAILED,
    "database or disk is full": 13,
    "database disk image is malformed": 11,
    "file is not a database": 26,
    "unable to open database file": 14,
    "attempt to write a readonly database": 8,
}


def connect(
    path: Path,
    *,
    key: bytes | bytearray | None = None,
    read_only: bool = False,
    network: bool = False,
) -> Connection:
    """A connection to the existing database at `path` with every pragma set and read back.

    `key`: 32 bytes, of an encrypted library; it stays the caller's.
    `network`: the home lies on a network file system, where WAL is unsafe; the journal is then a
    rollback journal and the lock is held from the first access to the last.
    Raises `Damaged`, `Busy`, `NotWritable`, or `BadInput` for another program's database.
    """
    with translated(path):
        connection: Connection = engine.connect(
            str(path),
            isolation_level=None,
            check_same_thread=False,
            factory=Reader if read_only else engine.Connection,
        )
        try:
            # it would tell of a page that it cannot read on the terminal, behind our back
            connection.execute("PRAGMA cipher_log = off").fetchall()
            if key is not None:
                give_key(connection, key)
            if network:
                _one(connection, "PRAGMA locking_mode = EXCLUSIVE")
            for name, wanted in _PRAGMAS:
                connection.execute(f"PRAGMA {name} = {wanted}").fetchall()
                answer = _one(connection, f"PRAGMA {name}")
                # an engine without memory mapping answers nothing at all
                if answer != wanted and not (name == "mmap_size" and answer is None):
                    raise Damaged(
                        f"{path}: the database did not take {name}={wanted}, it is {answer}."
                    )
            for index in VOCABULARIES:  # a table in memory that reads the words of an index
                connection.execute(
                    f"CREATE VIRTUAL TABLE temp.{index}_terms"
                    f" USING fts5vocab(main, {index}, instance)"
                )
            connection.create_function("folded", 1, str.casefold, deterministic=True)
            _check_owner(connection, path)
            _set_journal(connection, path, "truncate" if network else "wal")
            if isinstance(connection, Reader):
                connection.found = {}
                connection.execute("PRAGMA query_only = 1")
        except BaseException:
            connection.close()
            raise
    return connection


def give_key(connection: Connection, key: bytes | bytearray) -> None:
    """Hands the key of an encrypted database to a connection that has read nothing yet: raw, since
    a passphrase would be derived again for each connection; never in the text of a statement."""
    with raw_key(key) as raw:
        cast("KeyedConnection", connection).set_key(raw)


@contextlib.contextmanager
def raw_key(key: bytes | bytearray | None) -> Iterator[bytearray]:
    """A key as the engine takes it, wiped afterwards; nothing for a database without one."""
    raw = bytearray()
    if key is not None:
        raw += b"x'"
        for byte in key:  # `hex` would leave the key in a text, which cannot be wiped
            raw += bytes((_HEX[byte >> 4], _HEX[byte & 15]))
        raw += b"'"
    try:
        yield raw
    finally:
        raw[:] = bytes(len(raw))


def open_plainly(path: Path, *, key: bytes | bytearray | None = None) -> Connection:
    """A connection to a copy that nobody else has open, with nothing set and nothing checked."""
    connection: Connection = engine.connect(
        str(path), isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA cipher_log = off").fetchall()
    if key is not None:
        give_key(connection, key)
    return connection


def in_memory() -> Connection:
    """An empty database in memory, for whoever closes it; any thread may use it, one at a time."""
    connection: Connection = engine.connect(
        ":memory:", isolation_level=None, check_same_thread=False
    )
    return connection


def _check_owner(connection: Connection, path: Path) -> None:
    found = _one(connection, "PRAGMA application_id")
    if found == APPLICATION_ID:
        return
    if found == REPLACED_ID:
        raise Busy(
            f"{path} was written anew by another simtui at this very moment. Nothing was changed "
            "here; try again."
        )
    empty = found == 0 and _one(connection, "SELECT count(*) FROM sqlite_master") == 0
    if not empty:
        raise BadInput(
            f"{path} is a database of another program. It is left as it is; "
            "choose another home with --home."
        )


def _set_journal(connection: Connection, path: Path, wanted: str) -> None:
    if _one(connection, "PRAGMA page_count") == 0:
        # only before the first page is written, and setting the journal writes it
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while (answer := _one(connection, "PRAGMA journal_mode")) != wanted:
        # the change needs the file for itself, and does not wait for it as a statement does
        with contextlib.suppress(engine.OperationalError):
            answer = _one(connection, f"PRAGMA journal_mode = {wanted}")
        if answer == wanted or time.monotonic() > deadline:
            break
        time.sleep(0.02)
    if answer != wanted:
        raise NotWritable(
            f"{path}: the journal could not be set to {wanted}, it is {answer}. "
            "Nothing was changed."
        )


def _one(connection: Connection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def identity_of(path: Path) -> tuple[int, int] | None:
    """What tells the file that a path leads to from any other; None where it leads nowhere."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def create_file(path: Path) -> bool:
    """Make an empty 0600 file for a new database, so that its journal files get that mode too
    (storage facts, finding 20). False where there is one already."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise NotWritable(f"{path} cannot be made: {error.strerror}.") from error
    return True


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns the engine's errors into ours, each with what is still safe."""
    try:
        yield
    except engine.Error as error:
        raise error_of(error, path) from error
    except UnicodeEncodeError as error:
        # only a shell that hands over bytes of another encoding can say such a thing
        raise BadInput(f'"{shown(str(error.object))}" is not in UTF-8.') from error


def is_damage(error: Exception) -> bool:
    """Whether the engine read something that is no database of its own, or could not read it: a
    disk that fails is told as a malformed one."""
    return _primary_code(error) in _DAMAGED


def _primary_code(error: Exception) -> int | None:
    code = getattr(error, "sqlite_errorcode", None) or _BY_WORDS.get(str(error))
    return code & 0xFF if isinstance(code, int) else None


def error_of(error: Exception, path: Path) -> Exception:
    """Our error for one of the engine's; a mistake in our own SQL stays what it is."""
    primary = _primary_code(error)
    said = shown(str(error))
    if primary in _BUSY:
        return Busy(
            f"{path} is in use by another process for longer than {BUSY_TIMEOUT_MS // 1000} s. "
            "Nothing was changed; try again when it is done."
        )
    if primary == 13:
        return NotWritable(
            f"{path}: the disk is full. What was saved before is unchanged; free some space and "
            "try again."
        )
    if primary == _FAILED:
        return NotWritable(
            f"{path} cannot be read or written: {said}. What was saved before is unchanged. Try "
            "again; where it fails again, copy the home to another disk."
        )
    if primary in _NOT_WRITABLE:
        return NotWritable(f"{path} cannot be written: {said}. What was saved before is unchanged.")
    if primary in _DAMAGED:
        return Damaged(
            f"{path} cannot be read as a database: {said}. It is left as it is. `simtui backups "
            "list` shows what there is to restore from, and `simtui backups restore latest` does."
        )
    return error
