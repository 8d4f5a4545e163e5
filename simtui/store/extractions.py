"""What came from a database of Sim, as it was there when it was taken last, and how far each
extraction got. By this an extraction that was broken off goes on, and what was changed at home
since is told from what was changed there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

WORKFLOW, DEPLOYMENT, SNAPSHOT, RUNS, SECRET = (
    "workflow", "deployment", "snapshot", "runs", "secret"
)  # fmt: skip
"""Kinds of things. `RUNS` is how far the runs of a workflow were read; `SECRET` the name of one
whose value did not come."""

_SOME = 500


@dataclass(frozen=True, slots=True)
class Extraction:
    """One of them. Times are Unix milliseconds; `ended_at` is None where it was broken off."""

    number: int
    source: str
    selection: str
    started_at: int
    ended_at: int | None
    place: str
    report: str


@dataclass(frozen=True, slots=True)
class Extracted:
    """One thing that came. `about` is JSON."""

    kind: str
    id: str
    digest: str
    workflow_id: str | None = None
    about: str | None = None


_COLUMNS = "number, source, selection, started_at, ended_at, place, report"


def latest(connection: Connection, selection: str | None = None) -> Extraction | None:
    """The last one that was begun; of this selection, where one is named."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM extractions WHERE ?1 IS NULL OR selection = ?1"
        " ORDER BY number DESC LIMIT 1",
        (selection,),
    ).fetchone()
    return Extraction(*row) if row else None


def begin(connection: Connection, source: str, selection: str, at_ms: int, report: str) -> int:
    """Its number."""
    number = connection.execute(
        "INSERT INTO extractions (source, selection, started_at, report) VALUES (?, ?, ?, ?)"
        " RETURNING number",
        (source, selection, at_ms, report),
    ).fetchone()[0]
    return int(number)


def go_on(
    connection: Connection, number: int, place: str, report: str, ended_at: int | None = None
) -> None:
    """How far it got by now."""
    connection.execute(
        "UPDATE extractions SET place = ?, report = ?, ended_at = ? WHERE number = ?",
        (place, report, ended_at, number),
    )


def put(connection: Connection, things: Iterable[Extracted]) -> None:
    """Remembers what was taken, in place of what was known of the same."""
    connection.executemany(
        "INSERT INTO extracted (kind, id, workflow_id, digest, about) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, id) DO UPDATE SET workflow_id = excluded.workflow_id,"
        " digest = excluded.digest, about = excluded.about",
        [(thing.kind, thing.id, thing.workflow_id, thing.digest, thing.about) for thing in things],
    )


def remove(connection: Connection, kind: str, ident: str) -> None:
    """Forgets one thing."""
    connection.execute("DELETE FROM extracted WHERE kind = ? AND id = ?", (kind, ident))


def by_id(connection: Connection, kind: str, ids: Sequence[str]) -> dict[str, Extracted]:
    """What is known of these, by id."""
    return _found(connection, kind, "id", ids)


def of_workflows(
    connection: Connection, kind: str, workflow_ids: Sequence[str]
) -> dict[str, Extracted]:
    """What is known of these workflows, by its own id."""
    return _found(connection, kind, "workflow_id", workflow_ids)


def _found(
    connection: Connection, kind: str, column: str, values: Sequence[str]
) -> dict[str, Extracted]:
    found = {}
    for start in range(0, len(values), _SOME):
        some = values[start : start + _SOME]
        marks = ",".join("?" * len(some))
        for row in connection.execute(
            "SELECT kind, id, digest, workflow_id, about FROM extracted"
            f" WHERE {column} IN ({marks}) AND kind = ?",
            (*some, kind),
        ):
            found[row[1]] = Extracted(*row)
    return found


def others(connection: Connection) -> list[Extracted]:
    """What came and has no other place in the library, by kind and id."""
    rows = connection.execute(
        "SELECT kind, id, digest, workflow_id, about FROM extracted"
        " WHERE about IS NOT NULL AND kind NOT IN (?, ?, ?) ORDER BY kind, id",
        (WORKFLOW, RUNS, SECRET),
    )
    return [Extracted(*row) for row in rows]


def wanted(connection: Connection) -> list[str]:
    """The names of secrets whose values did not come."""
    rows = connection.execute("SELECT id FROM extracted WHERE kind = ? ORDER BY id", (SECRET,))
    return [row[0] for row in rows]


# -- runs that are here


def ended_among(connection: Connection, run_ids: Sequence[str]) -> set[str]:
    """Those of these runs that are here with their end."""
    found: set[str] = set()
    for start in range(0, len(run_ids), _SOME):
        some = run_ids[start : start + _SOME]
        marks = ",".join("?" * len(some))
        rows = connection.execute(
            f"SELECT id FROM runs WHERE id IN ({marks}) AND has_end = 1", some
        )
        found.update(row[0] for row in rows)
    return found


def open_of_workflows(connection: Connection, workflow_ids: Sequence[str]) -> list[str]:
    """The runs of these workflows that are here without their end."""
    found: list[str] = []
    for ident in workflow_ids:
        rows = connection.execute(
            "SELECT id FROM runs WHERE workflow_id = ? AND has_end = 0", (ident,)
        )
        found += (row[0] for row in rows)
    return found
