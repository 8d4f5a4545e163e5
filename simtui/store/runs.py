"""Runs as rows: what a list shows, what is large of them apart from it, and how a run goes.

`number` is a run's own key, `place` where it stands in the list (model/run.py). Spans, log lines
and payloads hang on the number and go with the run; the search indexes are told by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from simtui.errors import NotFound, shown
from simtui.model.run import PLACE_BITS, Payloads, Run, json_of, place_from
from simtui.model.workflow import PLACEHOLDER
from simtui.store import inserting, payload, run_search

if TYPE_CHECKING:
    from sqlite3 import Connection

ENDED = 1
ENDED_WITHOUT_DURATION = 2
"""What `has_end` says once an `end` came: one that told the duration, or one from whose time it is
reckoned."""

_SHORT_BYTES = 256
_ZSTD = b"\x28\xb5\x2f\xfd"

_LISTED = """
SELECT r.id, r.number, r.place, r.workflow_id, w.name, r.status, r.started_at, r.duration_ms,
       r.ended_at, r.trigger, r.level, r.cost_usd, r.tokens, r.error, r.summary_json,
       r.version_digest, r.source, r.pinned, r.has_end, w.source, w.deleted_at, r.kept_bytes
  FROM runs AS r JOIN workflows AS w ON w.id = r.workflow_id"""


def packed(value: Any) -> bytes | None:
    """JSON as it is kept: as it is where it is short, else one zstd frame. None for nothing."""
    return None if value is None else packed_json(json_of(value))


def packed_json(text: bytes) -> bytes:
    """The same of a value that is written as JSON already."""
    return text if len(text) < _SHORT_BYTES else payload.encode(text)


def unpacked(kept: bytes | None, what: str) -> Any:
    """The value of what `packed` made. Raises `Damaged`."""
    if kept is None:
        return None
    content = bytes(kept)
    return orjson.loads(payload.decode(content, what) if content[:4] == _ZSTD else content)


def run_of(row: Sequence[Any]) -> Run:
    """A listed row as a run."""
    about = orjson.loads(row[14]) if row[14] else {}
    return Run(
        id=row[0],
        number=row[1],
        place=row[2],
        workflow_id=row[3],
        workflow_name=row[4],
        status=row[5],
        started_at=row[6],
        duration_ms=row[7],
        ended_at=row[8],
        trigger=row[9],
        level=row[10],
        cost_usd=row[11],
        tokens=row[12],
        error=row[13],
        error_block_id=about.get("block_id"),
        error_block_name=about.get("block_name"),
        cost_other=about.get("cost"),
        cost_unit=about.get("unit"),
        version_digest=row[15],
        source=row[16],
        pinned=bool(row[17]),
        has_end=bool(row[18]),
        duration_is_reckoned=row[18] == ENDED_WITHOUT_DURATION,
        is_placeholder=row[19] == PLACEHOLDER,
        in_trash=row[20] is not None,
        kept_bytes=row[21],
    )


def summary_of(
    block_id: str | None, block_name: str | None, cost: float | None, unit: str | None
) -> str | None:
    """What a row says beside its columns: the block that failed, a cost that is not in dollars."""
    about = {"block_id": block_id, "block_name": block_name, "cost": cost, "unit": unit}
    said = {key: value for key, value in about.items() if value is not None}
    return orjson.dumps(said).decode() if said else None


def at_places(connection: Connection, places: Sequence[int]) -> list[Run]:
    """The runs that stand at these places, in their order."""
    found = {}
    for start in range(0, len(places), 500):
        some = places[start : start + 500]
        marks = ",".join("?" * len(some))
        for row in connection.execute(f"{_LISTED} WHERE r.place IN ({marks})", some):
            found[row[2]] = run_of(row)
    return [found[place] for place in places if place in found]


def get(connection: Connection, run_id: str) -> Run | None:
    """The run with this id."""
    row = connection.execute(f"{_LISTED} WHERE r.id = ?", (run_id,)).fetchone()
    return run_of(row) if row else None


def by_number(connection: Connection, number: int) -> Run | None:
    """The run with this number."""
    row = connection.execute(f"{_LISTED} WHERE r.number = ?", (number,)).fetchone()
    return run_of(row) if row else None


def output_of(connection: Connection, number: int) -> bytes | None:
    """What a run gave, packed."""
    row = connection.execute(
        "SELECT output FROM run_payloads WHERE run_number = ?", (number,)
    ).fetchone()
    return row[0] if row else None


def find(connection: Connection, reference: str) -> Run:
    """The run that an id means, or the start of one, from four characters on, that fits one only.
    Raises `NotFound`."""
    exact = get(connection, reference)
    if exact is not None:
        return exact
    rows: list[Any] = []
    if len(reference) >= 4:
        rows = connection.execute(
            f"{_LISTED} WHERE r.id >= ? AND r.id < ? LIMIT 6",
            (reference, reference + "\U0010ffff"),
        ).fetchall()
    if len(rows) == 1:
        return run_of(rows[0])
    if rows:
        fits = ", ".join(shown(row[0], 60) for row in rows[:5])
        raise NotFound(f'"{shown(reference)}" begins more than one run: {fits}. Say more of it.')
    raise NotFound(
        f'There is no run "{shown(reference)}". `simtui runs list` has the ids of the newest.'
    )


def payloads(connection: Connection, run: Run) -> Payloads:
    """What is large of a run. Raises `Damaged`."""
    row = connection.execute(
        "SELECT input, output, more FROM run_payloads WHERE run_number = ?", (run.number,)
    ).fetchone()
    what = f"run {shown(run.id)}"
    return Payloads(*(unpacked(kept, what) for kept in row)) if row else Payloads()


# -- writing


@dataclass(slots=True)
class Kept:
    """A run's row while it is being changed. `run_payloads` lie in the three last, packed."""

    id: str
    number: int
    place: int
    workflow_id: str
    status: str
    started_at: int
    duration_ms: int | None = None
    ended_at: int | None = None
    trigger: str | None = None
    level: str | None = None
    cost_usd: float | None = None
    tokens: int | None = None
    error: str | None = None
    summary_json: str | None = None
    version_digest: str | None = None
    source: str | None = None
    pinned: int = 0
    has_end: int = 0
    kept_bytes: int = 0
    input: bytes | None = None
    output: bytes | None = None
    more: bytes | None = None


_COLUMNS = (
    "id, number, place, workflow_id, status, started_at, duration_ms, ended_at, trigger, level,"
    " cost_usd, tokens, error, summary_json, version_digest, source, pinned, has_end, kept_bytes"
)


def row_values(kept: Kept) -> tuple[object, ...]:
    """The columns of `runs`, in the order of `_COLUMNS`."""
    return (
        kept.id, kept.number, kept.place, kept.workflow_id, kept.status, kept.started_at,
        kept.duration_ms, kept.ended_at, kept.trigger, kept.level, kept.cost_usd, kept.tokens,
        kept.error, kept.summary_json, kept.version_digest, kept.source, kept.pinned,
        kept.has_end, kept.kept_bytes,
    )  # fmt: skip


def kept(connection: Connection, run_ids: Iterable[str]) -> dict[str, Kept]:
    """The rows with these ids and their payloads, to be changed; those that are there."""
    wanted = list(run_ids)
    found: dict[str, Kept] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = connection.execute(
            f"SELECT {_COLUMNS}, p.input, p.output, p.more FROM runs"
            " LEFT JOIN run_payloads AS p ON p.run_number = runs.number"
            f" WHERE id IN ({','.join('?' * len(some))})",
            some,
        )
        found.update((row[0], Kept(*row)) for row in rows)
    return found


def next_number(connection: Connection) -> int:
    """The first number that no run has had since the newest that is there."""
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()[0]) + 1


_LAST_PLACE = (1 << 63) - 1


class FreePlaces:
    """Gives each run of one transaction a place; where a moment is full, the next one has room.
    What was looked up is remembered: runs of a stream mostly come in order, to where none are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._taken: dict[int, int] = {}
        self._empty_from, self._empty_to = 0, -1  # no run was at any place from here to there

    def at(self, at_ms: int) -> int:
        """A place for a run that starts at this moment, or as soon after it as there is one."""
        while True:
            first, last = place_from(at_ms), place_from(at_ms + 1) - 1
            taken = self._taken.get(at_ms)
            if taken is None:
                taken = self._taken_in(first, last)
            place = first if taken is None else taken + 1
            if place <= last:
                self._taken[at_ms] = place
                return place
            at_ms += 1

    def _taken_in(self, first: int, last: int) -> int | None:
        """The last place that is taken between these two."""
        if self._empty_from <= first and last <= self._empty_to:
            return None
        before, taken, behind = self._connection.execute(
            "SELECT (SELECT coalesce(max(place), -1) FROM runs WHERE place < :first),"
            " (SELECT max(place) FROM runs WHERE place BETWEEN :first AND :last),"
            " (SELECT coalesce(min(place), :most) FROM runs WHERE place > :last)",
            {"first": first, "last": last, "most": _LAST_PLACE},
        ).fetchone()
        if taken is None:
            self._empty_from, self._empty_to = before + 1, behind - 1
        return None if taken is None else int(taken)


_SET = ", ".join(f"{name.strip()} = ?" for name in _COLUMNS.split(",")[2:])


def insert(connection: Connection, rows: Iterable[Kept]) -> None:
    """New runs. Their payloads are `put_payloads`'."""
    inserting.insert(connection, "runs", _COLUMNS.split(", "), list(map(row_values, rows)))


def update(connection: Connection, rows: Iterable[Kept]) -> None:
    """Runs that are there, as they are now."""
    connection.executemany(
        f"UPDATE runs SET {_SET} WHERE number = ?",
        [(*row_values(row)[2:], row.number) for row in rows],
    )


def put_payloads(connection: Connection, rows: Iterable[Kept]) -> None:
    """The payloads of runs, instead of those before; none where there are none."""
    inserting.insert(
        connection,
        "run_payloads",
        ("run_number", "input", "output", "more"),
        [
            (row.number, row.input, row.output, row.more)
            for row in rows
            if row.input is not None or row.output is not None or row.more is not None
        ],
        "ON CONFLICT (run_number) DO UPDATE SET input = excluded.input, output = excluded.output,"
        " more = excluded.more",
    )


def delete(connection: Connection, numbers: Sequence[int]) -> int:
    """Takes runs away with all that hangs on them, and out of the search. How many there were."""
    gone = 0
    for number in numbers:
        row = connection.execute("SELECT place FROM runs WHERE number = ?", (number,)).fetchone()
        if row is None:
            continue
        run_search.remove_run(connection, row[0])
        run_search.remove_lines(connection, number)
        connection.execute("DELETE FROM runs WHERE number = ?", (number,))
        gone += 1
    return gone


def pin(connection: Connection, numbers: Sequence[int], pinned: bool) -> int:
    """Keeps runs from every pruning, or no longer. How many were otherwise."""
    changed = 0
    for number in numbers:
        changed += connection.execute(
            "UPDATE runs SET pinned = ? WHERE number = ? AND pinned <> ?",
            (int(pinned), number, int(pinned)),
        ).rowcount
    return changed


def count_of_workflows(connection: Connection, workflow_ids: Sequence[str]) -> int:
    """How many runs these workflows have."""
    return sum(
        connection.execute("SELECT count(*) FROM runs WHERE workflow_id = ?", (ident,)).fetchone()[
            0
        ]
        for ident in workflow_ids
    )


def numbers_of_workflows(
    connection: Connection, workflow_ids: Sequence[str] | None, after: int, limit: int
) -> list[tuple[int, str]]:
    """(place, id) of the runs of these workflows (None: of all) behind a place, oldest first."""
    if workflow_ids is None:
        return connection.execute(
            "SELECT place, id FROM runs WHERE place > ? ORDER BY place LIMIT ?", (after, limit)
        ).fetchall()
    found: list[tuple[int, str]] = []
    for ident in workflow_ids:
        found += connection.execute(
            "SELECT place, id FROM runs WHERE workflow_id = ? AND place > ? ORDER BY place LIMIT ?",
            (ident, after, limit),
        ).fetchall()
    return sorted(found)[:limit]


def latest_place(connection: Connection) -> int:
    """The newest place there is; 0 where there is no run."""
    return int(connection.execute("SELECT coalesce(max(place), 0) FROM runs").fetchone()[0])


def moment_of(place: int) -> int:
    """The millisecond that a place stands for."""
    return place >> PLACE_BITS
