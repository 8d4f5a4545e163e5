"""The vault's own rows: which data key is in force, the slots, and the retired keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


PackedSlot = tuple[int, bytes]
"""A slot's number, and the slot as it is stored."""


@dataclass(frozen=True, slots=True)
class VaultRows:
    """`store_id` and `key_id` say which slots count; they have no checksum of their own. `retired`:
    each key before the one in force, by its id, sealed by that."""

    store_id: str
    key_id: bytes
    slots: tuple[PackedSlot, ...]
    retired: tuple[tuple[bytes, bytes], ...]

    @property
    def mark(self) -> tuple[str, bytes]:
        """Another one where another key was put in force."""
        return self.store_id, self.key_id


def read(connection: Connection) -> VaultRows | None:
    """The vault; None where there is none yet. Slots without the row beside them are one."""
    # as bytes, whatever they are: what rotted is told by its checksum, not by the engine
    row = connection.execute(
        "SELECT CAST(store_id AS BLOB), CAST(key_id AS BLOB) FROM vault"
    ).fetchone()
    slots = connection.execute(
        "SELECT number, CAST(packed AS BLOB) FROM vault_slots ORDER BY number"
    ).fetchall()
    retired = connection.execute(
        "SELECT CAST(key_id AS BLOB), CAST(sealed AS BLOB) FROM vault_retired_keys ORDER BY key_id"
    ).fetchall()
    if row is None and not slots and not retired:
        return None
    store_id, key_id = row or (b"", b"")
    return VaultRows(store_id.decode(errors="replace"), key_id, tuple(slots), tuple(retired))


def generation(connection: Connection) -> int:
    """How often the ways in were changed; simai.keys carries the same number."""
    row = connection.execute("SELECT generation FROM vault").fetchone()
    return row[0] if row and isinstance(row[0], int) else 0


def set_generation(connection: Connection, number: int) -> None:
    """Keeps it."""
    connection.execute("UPDATE vault SET generation = ?", (number,))


def put_all(connection: Connection, found: VaultRows, now_ms: int) -> None:
    """Makes these the ways in. A retired key that is not among them stays."""
    numbers = connection.execute("SELECT number FROM vault_slots").fetchall()
    gone = [number for (number,) in numbers]
    put_in_force(connection, found.store_id, found.key_id, found.retired, gone, now_ms)
    add_slots(connection, found.slots)


def create(
    connection: Connection, store_id: str, key_id: bytes, slots: Iterable[PackedSlot], now_ms: int
) -> None:
    """Makes the vault's one row and its slots. Fails where there is a vault."""
    connection.execute(
        "INSERT INTO vault (only, store_id, key_id, created_at) VALUES (1, ?, ?, ?)",
        (store_id, key_id, now_ms),
    )
    add_slots(connection, slots)


def add_slots(connection: Connection, slots: Iterable[PackedSlot]) -> None:
    """Adds slots by their numbers. Fails where a number is taken."""
    connection.executemany("INSERT INTO vault_slots (number, packed) VALUES (?, ?)", slots)


def remove_slots(connection: Connection, numbers: Sequence[int]) -> None:
    """Takes slots away. Whether that may be, the vault has said."""
    connection.executemany("DELETE FROM vault_slots WHERE number = ?", [(n,) for n in numbers])


def put_in_force(
    connection: Connection,
    store_id: str,
    key_id: bytes,
    retired: Iterable[tuple[bytes, bytes]],
    gone: Sequence[int],
    now_ms: int,
) -> None:
    """Puts another data key in force. `retired`: the keys before it, sealed by it; one that is not
    among them stays as it is. `gone`: the numbers of the slots that led to the one before."""
    connection.execute(
        "INSERT INTO vault (only, store_id, key_id, created_at) VALUES (1, ?, ?, ?)"
        " ON CONFLICT (only) DO UPDATE"
        " SET store_id = excluded.store_id, key_id = excluded.key_id",
        (store_id, key_id, now_ms),
    )
    connection.executemany(
        "INSERT INTO vault_retired_keys (key_id, sealed, retired_at) VALUES (?, ?, ?)"
        " ON CONFLICT (key_id) DO UPDATE SET sealed = excluded.sealed",
        [(ident, sealed, now_ms) for ident, sealed in retired],
    )
    remove_slots(connection, gone)


def forget(connection: Connection) -> None:
    """Takes the ways in and the retired keys away: in a copy, where others take their place."""
    connection.execute("DELETE FROM vault_retired_keys")
    take_away(connection)


def take_away(connection: Connection) -> None:
    """Takes the vault away. Only for one that seals nothing."""
    connection.execute("DELETE FROM vault_slots")
    connection.execute("DELETE FROM vault")
