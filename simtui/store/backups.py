"""What is known of each backup that was made here, and of those that could not be made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

_KEPT_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row. `name` is None where no backup came of it, and `words` say why; those of a good one
    say what was not looked at. Times are Unix milliseconds."""

    name: str | None
    reason: str
    created_at: int
    is_good: bool
    words: str = ""
    size_bytes: int | None = None
    workflows: int | None = None
    runs: int | None = None
    duration_ms: int | None = None
    proven_at: int | None = None
    proof_ms: int | None = None


_COLUMNS = (
    "name, reason, created_at, is_good, words, size_bytes, workflows, runs, duration_ms,"
    " proven_at, proof_ms"
)
_INSERT = f"INSERT INTO backups_made ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def add(connection: Connection, attempt: Attempt) -> None:
    """Puts an attempt down; one of the same name before it is forgotten, as are old failures."""
    if attempt.name is not None:
        forget(connection, [attempt.name])
    connection.execute(_INSERT, astuple(attempt))
    connection.execute(
        "DELETE FROM backups_made WHERE name IS NULL AND number <= (SELECT number FROM"
        " (SELECT number, row_number() OVER (ORDER BY number DESC) AS n FROM backups_made"
        "  WHERE name IS NULL) WHERE n = ?)",
        (_KEPT_FAILURES + 1,),
    )


def forget(connection: Connection, names: Iterable[str]) -> None:
    """Takes away what is known of these backups."""
    connection.executemany("DELETE FROM backups_made WHERE name = ?", [(name,) for name in names])


def keep(connection: Connection, attempt: Attempt) -> None:
    """Puts down what another proof of a backup found: in its old place, since it is no new attempt,
    and before all others where nothing was known of it."""
    connection.execute(
        f"INSERT INTO backups_made (number, {_COLUMNS}) VALUES ("
        " coalesce((SELECT number FROM backups_made WHERE name = ?1),"
        "  (SELECT min(number) - 1 FROM backups_made), 1), ?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET is_good = excluded.is_good, words = excluded.words,"
        " size_bytes = excluded.size_bytes, workflows = excluded.workflows, runs = excluded.runs,"
        " created_at = excluded.created_at, reason = excluded.reason,"
        " duration_ms = excluded.duration_ms, proven_at = excluded.proven_at,"
        " proof_ms = excluded.proof_ms",
        astuple(attempt),
    )


def all_of(connection: Connection) -> list[Attempt]:
    """Every attempt, in the order they were made."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM backups_made ORDER BY number").fetchall()
    return [Attempt(name, why, at, bool(good), *rest) for name, why, at, good, *rest in rows]


def put_all(connection: Connection, attempts: Iterable[Attempt]) -> None:
    """Puts these in the place of all that are there."""
    connection.execute("DELETE FROM backups_made")
    connection.executemany(_INSERT, [astuple(attempt) for attempt in attempts])


def is_empty(connection: Connection) -> bool:
    """Whether there is nothing in the library yet that a backup would keep."""
    tables = ("workflows", "runs", "secrets", "vault_slots")
    any_row = " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in tables)
    return not connection.execute(f"SELECT {any_row}").fetchone()[0]
