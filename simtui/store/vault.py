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
    """`retired`: each key before the one in force, by its id, sealed by that."""

    store_id: str
    key_id: bytes
    created_at: int
    slots: tuple[PackedSlot, ...]
    retired: tuple[tuple[bytes, bytes], ...]


def read(connection: Connection) -> VaultRows | None:
    """The vault; None where there is none yet."""
    row = connection.execute("SELECT store_id, key_id, created_at FROM vault").fetchone()
    if row is None:
        return None
    slots = connection.execute("SELECT number, packed FROM vault_slots ORDER BY number").fetchall()
    retired = connection.execute("SELECT key_id, sealed FROM vault_retired_keys").fetchall()
    store_id, key_id, created_at = row
    return VaultRows(store_id, key_id, created_at, tuple(slots), tuple(retired))


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
    key_id: bytes,
    retired: Iterable[tuple[bytes, bytes]],
    gone: Sequence[int],
    now_ms: int,
) -> None:
    """Puts another data key in force. `retired`: all keys before it, sealed by it; `gone`: the
    numbers of the slots that led to the one before."""
    connection.execute("UPDATE vault SET key_id = ?", (key_id,))
    connection.execute("DELETE FROM vault_retired_keys")
    connection.executemany(
        "INSERT INTO vault_retired_keys (key_id, sealed, retired_at) VALUES (?, ?, ?)",
        [(ident, sealed, now_ms) for ident, sealed in retired],
    )
    remove_slots(connection, gone)
