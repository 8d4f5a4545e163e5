"""Log lines as rows, by their run and their number in it: pages of them, by level, by word."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from simtui.errors import shown
from simtui.model.run import LogLine, Run
from simtui.store import inserting, run_search
from simtui.store.runs import unpacked

if TYPE_CHECKING:
    from sqlite3 import Connection

Row = tuple[Any, ...]
"""seq, at, level, block_id, block_name, message, more (packed)."""

_COLUMNS = "seq, at, level, block_id, block_name, message, more"
ERROR_LEVELS = ("error", "fatal", "critical")


def page(
    connection: Connection,
    run: Run,
    *,
    after: int | None = None,
    before: int | None = None,
    from_end: bool = False,
    limit: int = 200,
    levels: Sequence[str] | None = None,
    match: str | None = None,
) -> list[LogLine]:
    """Up to `limit` lines in their order: behind number `after`, ahead of `before`, or the last.
    `levels`: these alone; `match`: those that a query of the index finds."""
    backwards = from_end or before is not None
    if match is None and levels is None:
        streams = [_stream(connection, run.number, "", (), after, before, backwards)]
    elif match is None:
        streams = [
            _stream(connection, run.number, " AND level = ?", (level,), after, before, backwards)
            for level in levels or ()
        ]
    else:
        streams = [run_search.lines_of(connection, run.number, match, after, before, backwards)]
    numbers = heapq.merge(*streams, reverse=backwards)
    found: list[LogLine] = []
    while len(found) < limit:
        some = list(islice(numbers, limit))
        if not some:
            break
        rows = at_numbers(connection, run, some)
        if match is not None and levels is not None:
            rows = [row for row in rows if row.level in levels]
        found += rows[: limit - len(found)]
    return sorted(found)


def _stream(
    connection: Connection,
    run_number: int,
    only: str,
    parameters: tuple[object, ...],
    after: int | None,
    before: int | None,
    backwards: bool,
) -> Iterator[int]:
    order = "DESC" if backwards else "ASC"
    rows = connection.execute(
        f"SELECT seq FROM log_lines WHERE run_number = ?{only} AND seq > ? AND seq < ?"
        f" ORDER BY seq {order}",
        (
            run_number,
            *parameters,
            -1 if after is None else after,
            1 << 32 if before is None else before,
        ),
    )
    return (seq for (seq,) in rows)


def at_numbers(connection: Connection, run: Run, numbers: Sequence[int]) -> list[LogLine]:
    """The lines with these numbers, in their order."""
    found = []
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        marks = ",".join("?" * len(some))
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM log_lines WHERE run_number = ? AND seq IN ({marks})",
            (run.number, *some),
        )
        found += [_line(row, run) for row in rows]
    by_number = {line.seq: line for line in found}
    return [by_number[seq] for seq in numbers if seq in by_number]


def _line(row: Row, run: Run) -> LogLine:
    more = row[6]
    if more is not None:
        more = unpacked(more, f"log line {row[0]} of run {shown(run.id)}")
    return LogLine._make((*row[:6], more))


def count(connection: Connection, run_number: int, levels: Sequence[str] | None = None) -> int:
    """How many lines a run has, of these levels."""
    if levels is None:
        counts = [
            connection.execute(
                "SELECT count(*) FROM log_lines WHERE run_number = ?", (run_number,)
            ).fetchone()[0]
        ]
    else:
        counts = [
            connection.execute(
                "SELECT count(*) FROM log_lines WHERE run_number = ? AND level = ?",
                (run_number, level),
            ).fetchone()[0]
            for level in levels
        ]
    return sum(counts)


def levels_of(connection: Connection, run_number: int) -> list[str]:
    """The levels that a run's lines have, each found by a step in the index."""
    rows = connection.execute(
        "WITH RECURSIVE known (level) AS ("
        " SELECT min(level) FROM log_lines WHERE run_number = :run"
        " UNION ALL SELECT (SELECT min(level) FROM log_lines"
        "  WHERE run_number = :run AND level > known.level) FROM known WHERE level IS NOT NULL)"
        " SELECT level FROM known WHERE level IS NOT NULL LIMIT 1000",
        {"run": run_number},
    ).fetchall()
    return [level for (level,) in rows]


def next_error(
    connection: Connection, run_number: int, seq: int, *, backwards: bool = False
) -> int | None:
    """The number of the next line of an error behind this one, or of the last ahead of it."""
    sign, order, pick = ("<", "DESC", max) if backwards else (">", "ASC", min)
    found = []
    for level in ERROR_LEVELS:
        row = connection.execute(
            f"SELECT seq FROM log_lines WHERE run_number = ? AND level = ? AND seq {sign} ?"
            f" ORDER BY seq {order} LIMIT 1",
            (run_number, level, seq),
        ).fetchone()
        if row:
            found.append(int(row[0]))
    return pick(found) if found else None


def holding(
    connection: Connection, run: Run, part: str, after: int, limit: int
) -> tuple[list[LogLine], int | None]:
    """Lines behind a number that hold a text anywhere, without regard to case, among the next
    `limit`; and where to go on, None at the end. A step at a time, so that it can be given up."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM log_lines WHERE run_number = ? AND seq > ? ORDER BY seq LIMIT ?",
        (run.number, after, limit),
    ).fetchall()
    wanted = part.casefold()
    found = [_line(row, run) for row in rows if wanted in row[5].casefold()]
    return found, rows[-1][0] if len(rows) == limit else None


def each(connection: Connection, run: Run) -> Iterator[LogLine]:
    """All lines of a run, by number."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM log_lines WHERE run_number = ? ORDER BY seq", (run.number,)
    )
    return (_line(row, run) for row in rows)


# -- writing


def last_seq(connection: Connection, run_number: int) -> int:
    """The highest number of a run's lines; -1 where it has none."""
    return int(
        connection.execute(
            "SELECT coalesce(max(seq), -1) FROM log_lines WHERE run_number = ?", (run_number,)
        ).fetchone()[0]
    )


def row_of(connection: Connection, run_number: int, seq: int) -> Row | None:
    """One line as it lies there."""
    row: Row | None = connection.execute(
        f"SELECT {_COLUMNS} FROM log_lines WHERE run_number = ? AND seq = ?", (run_number, seq)
    ).fetchone()
    return row


def same_as(connection: Connection, run_number: int, row: Row, after: int) -> int | None:
    """The number of a line behind `after` that says the same; None where there is none."""
    found = connection.execute(
        "SELECT seq FROM log_lines WHERE run_number = ? AND seq > ? AND at = ? AND level = ?"
        " AND message = ? AND block_id IS ? AND block_name IS ? AND more IS ? LIMIT 1",
        (run_number, after, row[1], row[2], row[5], row[3], row[4], row[6]),
    ).fetchone()
    return int(found[0]) if found else None


_INSERTED = ("run_number", *_COLUMNS.split(", "))
_OR_REPLACE = (
    "ON CONFLICT (run_number, seq) DO UPDATE SET at = excluded.at, level = excluded.level,"
    " block_id = excluded.block_id, block_name = excluded.block_name,"
    " message = excluded.message, more = excluded.more"
)


def insert(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Lines that are not there yet, as (run's number, *row)."""
    inserting.insert(connection, "log_lines", _INSERTED, rows)


def replace(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same, instead of those with the same number."""
    inserting.insert(connection, "log_lines", _INSERTED, rows, _OR_REPLACE)
