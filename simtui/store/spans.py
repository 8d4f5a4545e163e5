"""Spans as rows, by their run and their id. A tree is read without what is large of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from simtui.errors import shown
from simtui.model.run import Run, Span
from simtui.store import inserting
from simtui.store.runs import unpacked

if TYPE_CHECKING:
    from sqlite3 import Connection

Row = tuple[Any, ...]
"""id, seq, parent_id, name, type, status, started_at, duration_ms, block_id, error, model, tokens,
cost_usd, payload (packed)."""

_SMALL = (
    "id, seq, parent_id, name, type, status, started_at, duration_ms, block_id, error, model,"
    " tokens, cost_usd"
)
MAX_IN_A_TREE = 50_000


def tree_rows(
    connection: Connection, run_number: int, limit: int = MAX_IN_A_TREE
) -> tuple[list[Span], int]:
    """The spans of a run, in the order they came, at most `limit`; and how many there are."""
    rows = connection.execute(
        f"SELECT {_SMALL} FROM spans WHERE run_number = ? ORDER BY seq, id LIMIT ?",
        (run_number, limit),
    ).fetchall()
    total = len(rows)
    if total == limit:
        total = count(connection, run_number)
    return [Span(*row) for row in rows], total


def count(connection: Connection, run_number: int) -> int:
    """How many spans a run has."""
    return int(
        connection.execute(
            "SELECT count(*) FROM spans WHERE run_number = ?", (run_number,)
        ).fetchone()[0]
    )


def get(connection: Connection, run: Run, span_id: str) -> Span | None:
    """One span, with its payload. Raises `Damaged`."""
    row = row_of(connection, run.number, span_id)
    return _whole(row, run) if row else None


def each(connection: Connection, run: Run) -> Iterator[Span]:
    """All spans of a run with their payloads, in the order they came."""
    order = connection.execute(
        "SELECT id FROM spans WHERE run_number = ? ORDER BY seq, id", (run.number,)
    ).fetchall()
    for (ident,) in order:
        row = row_of(connection, run.number, ident)
        if row is not None:
            yield _whole(row, run)


def _whole(row: Row, run: Run) -> Span:
    what = f"span {shown(row[0])} of run {shown(run.id)}"
    return Span._make((*row[:13], unpacked(row[13], what)))


def row_of(connection: Connection, run_number: int, span_id: str) -> Row | None:
    """One span as it lies there."""
    row: Row | None = connection.execute(
        f"SELECT {_SMALL}, payload FROM spans WHERE run_number = ? AND id = ?",
        (run_number, span_id),
    ).fetchone()
    return row


def last_seq(connection: Connection, run_number: int) -> int:
    """The highest number among a run's spans; 0 where it has none."""
    return int(
        connection.execute(
            "SELECT coalesce(max(seq), 0) FROM spans WHERE run_number = ?", (run_number,)
        ).fetchone()[0]
    )


_COLUMNS = ("run_number", *_SMALL.split(", "), "payload")
_OR_REPLACE = (
    "ON CONFLICT (run_number, id) DO UPDATE SET seq = excluded.seq,"
    " parent_id = excluded.parent_id, name = excluded.name, type = excluded.type,"
    " status = excluded.status, started_at = excluded.started_at,"
    " duration_ms = excluded.duration_ms, block_id = excluded.block_id,"
    " error = excluded.error, model = excluded.model, tokens = excluded.tokens,"
    " cost_usd = excluded.cost_usd, payload = excluded.payload"
)


def insert(connection: Connection, rows: Sequence[Row]) -> None:
    """Spans that are not there yet, as (run's number, *row): without a word of what to do where
    they are, which costs a third as much again; and of columns that none of them has anything in,
    since to say so of each costs the engine's binding as much as a value."""
    said = [
        n
        for n, values in enumerate(zip(*rows, strict=True))
        if values[0] is not None or values.count(None) < len(rows)
    ]
    if said:
        columns = [_COLUMNS[n] for n in said]
        inserting.insert(connection, "spans", columns, list(map(itemgetter(*said), rows)))


def replace(connection: Connection, rows: Sequence[Row]) -> None:
    """The same, instead of those with the same id."""
    inserting.insert(connection, "spans", _COLUMNS, rows, _OR_REPLACE)
