"""Secrets as rows: a name, what is sealed, and when. What is in it, only the vault can tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """One row. Times are Unix milliseconds."""

    name: str
    sealed: bytes
    created_at: int
    updated_at: int


# as bytes, whatever they are: one bit turns a BLOB into a TEXT, and one that is not UTF-8 would
# keep every other row from being read
_ROWS = """
    SELECT CAST(provider AS BLOB), CAST(encrypted_value AS BLOB), created_at, updated_at
      FROM secrets"""


def all_of(connection: Connection) -> list[SealedSecret]:
    """Every secret, by name."""
    return [_read(row) for row in connection.execute(f"{_ROWS} ORDER BY provider").fetchall()]


def get(connection: Connection, name: str) -> SealedSecret | None:
    """The secret of this name."""
    row = connection.execute(f"{_ROWS} WHERE provider = ?", (name,)).fetchone()
    return _read(row) if row else None


def _read(row: tuple[bytes, bytes, int, int]) -> SealedSecret:
    return SealedSecret(row[0].decode(errors="replace"), *row[1:])


def put(connection: Connection, name: str, sealed: bytes, now_ms: int) -> None:
    """Sets a secret, instead of the one before."""
    connection.execute(
        "INSERT INTO secrets (provider, encrypted_value, created_at, updated_at)"
        " VALUES (?, ?, ?, ?) ON CONFLICT (provider) DO UPDATE"
        " SET encrypted_value = excluded.encrypted_value, updated_at = excluded.updated_at",
        (name, sealed, now_ms, now_ms),
    )


def put_back(connection: Connection, row: SealedSecret) -> None:
    """A row as it was, instead of the one that is there by now."""
    connection.execute("DELETE FROM secrets WHERE provider = ?", (row.name,))
    connection.execute(
        "INSERT INTO secrets (provider, encrypted_value, created_at, updated_at)"
        " VALUES (?, ?, ?, ?)",
        (row.name, row.sealed, row.created_at, row.updated_at),
    )


def reseal(connection: Connection, name: str, before: bytes, after: bytes) -> bool:
    """The same value under another key. False where the row changed meanwhile."""
    return (
        connection.execute(
            "UPDATE secrets SET encrypted_value = ? WHERE provider = ? AND encrypted_value = ?",
            (after, name, before),
        ).rowcount
        > 0
    )


def delete(connection: Connection, name: str) -> bool:
    """False where there is none of this name."""
    return connection.execute("DELETE FROM secrets WHERE provider = ?", (name,)).rowcount > 0


def count(connection: Connection) -> int:
    """How many there are."""
    number: int = connection.execute("SELECT count(*) FROM secrets").fetchone()[0]
    return number
