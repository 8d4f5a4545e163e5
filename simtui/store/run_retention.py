"""Which runs may go: those that are too old, too many or too much, and not pinned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.model.run import place_from
from simtui.store import runs

if TYPE_CHECKING:
    from sqlite3 import Connection

_ROW_BYTES = 200
RUNS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Going:
    """What a pruning would take: how many runs, about how many bytes, from when to when; how many
    pinned ones stay that would have gone. `number`s are the runs'."""

    numbers: tuple[int, ...] = ()
    size_bytes: int = 0
    oldest_at: int | None = None
    newest_at: int | None = None
    pinned: int = 0


def going(
    connection: Connection, *, before_ms: int | None, newest: int | None, size_bytes: int | None
) -> Going:
    """The runs that started before a moment, those behind the newest so many, and those behind the
    newest that take so many bytes together; None: no such limit."""
    if before_ms is None and newest is None and size_bytes is None:
        return Going()
    numbers, freed, pinned, times = [], 0, 0, []
    limit = None if before_ms is None else place_from(before_ms)
    count = held = 0
    rows = connection.execute(
        "SELECT number, place, kept_bytes, pinned FROM runs WHERE place IS NOT NULL"
        " ORDER BY place DESC"
    )
    for number, place, kept, is_pinned in rows:
        count += 1
        held += kept + _ROW_BYTES
        if not (
            (limit is not None and place < limit)
            or (newest is not None and count > newest)
            or (size_bytes is not None and held > size_bytes)
        ):
            continue
        if is_pinned:
            pinned += 1
            continue
        numbers.append(number)
        freed += kept + _ROW_BYTES
        times.append(runs.moment_of(place))
    return Going(tuple(numbers), freed, min(times, default=None), max(times, default=None), pinned)


def remove(connection: Connection, numbers: tuple[int, ...]) -> int:
    """Removes runs that are not pinned by now. How many."""
    marks = ",".join("?" * len(numbers))
    rows = connection.execute(
        f"SELECT number FROM runs WHERE pinned = 0 AND number IN ({marks})", numbers
    ).fetchall()
    return runs.delete(connection, [number for (number,) in rows])
