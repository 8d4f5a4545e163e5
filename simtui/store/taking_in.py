"""A copy of another database made ready for this library, and taken in whole.

The copy is brought to the schema, the layout and the key of the library while nobody else has it
open; then SQLite copies it over in one transaction. Killed at any moment that leaves the old or the
new (reference: thirty kills). Left to itself the engine would wait for ever on a lock of another
process (storage facts, finding 4): our own deadline ends it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Busy
from simtui.store import backups, engine, migrations, rekeying, secrets, snapshots, vault
from simtui.store.snapshots import Key

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.store.backups import Attempt
    from simtui.store.vault import VaultRows

_SLEEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Ready:
    """A copy that was made ready, and its own key."""

    path: Path
    key: Key


class _Overdue(Exception):
    pass


# -- the copy made ready


def migrate_copy(path: Path, key: Key = None) -> None:
    """Brings an older copy to our schema."""
    with snapshots.opened_copy(path, key) as connection:
        migrations.migrate(connection, path)


def relaid_copy(path: Path, page_size: int, into: Path) -> Path:
    """The copy with pages of this size, which the library has: the same file where it has them."""
    with snapshots.opened_copy(path) as connection:
        if snapshots.marks_of(connection).page_size == page_size:
            return path
        connection.execute(f"PRAGMA page_size = {int(page_size)}")
        snapshots.write_copy(connection, into)
    return into


def keyed_copy(path: Path, key: bytes | bytearray, into: Path) -> Path:
    """The same rows under a key, in a new file."""
    with snapshots.opened_copy(path) as connection:
        rekeying.write_anew(connection, into, key)
    return into


def make_present(
    path: Path,
    key: Key,
    *,
    ways: VaultRows | None,
    generation: int,
    attempts: Sequence[Attempt],
    now_ms: int,
) -> None:
    """Puts what a restore never takes back into the copy: the present ways into the vault, and what
    is known of backups. What only the copy knows of those stays. `ways` None: its own stay."""
    with snapshots.opened_copy(path, key) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if ways is not None:
            vault.forget(connection)
            vault.put_all(connection, ways, now_ms)
            vault.set_generation(connection, generation)
        present = {each.name for each in attempts if each.name}
        older = [each for each in backups.all_of(connection) if each.name not in present]
        backups.put_all(connection, [*(each for each in older if each.name), *attempts])
        connection.execute("COMMIT")


def reseal_in_copy(path: Path, key: Key, sealed: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Puts (name, before, after): the same values under another key."""
    with snapshots.opened_copy(path, key) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for name, before, after in sealed:
            secrets.reseal(connection, name, before, after)
        connection.execute("COMMIT")


# -- taken in


def take_in(target: Connection, database: Path, ready: Ready, patience_seconds: float) -> None:
    """Puts the copy in the place of everything in `database`, which `target` has open, in one
    transaction. Raises `Busy` where another process writes for longer than that, and
    `NotWritable`; nothing is changed then."""
    deadline = time.monotonic() + patience_seconds

    def in_time(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise _Overdue

    with snapshots.opened_copy(ready.path, ready.key) as copy:
        target.execute("PRAGMA busy_timeout = 0")
        try:
            copy.backup(target, pages=-1, progress=in_time, sleep=_SLEEP_SECONDS)
        except _Overdue:
            raise Busy(
                f"Another process writes to the library for longer than {patience_seconds:g} s. "
                "Nothing was changed; try again when it is done."
            ) from None
        except engine.DatabaseError as error:
            raise engine.error_of(error, database) from error
        finally:
            target.execute(f"PRAGMA busy_timeout = {engine.BUSY_TIMEOUT_MS}")


def take_in_beside(
    _writer: Connection, database: Path, key: Key, ready: Ready, patience_seconds: float
) -> None:
    """The same through a connection of its own, while the library's writer stands still: what that
    one has in memory of the search index is renewed when another one wrote, and only then."""
    target = engine.connect(database, key=key)
    try:
        take_in(target, database, ready, patience_seconds)
    finally:
        target.close()
