"""Pages of runs and counts of them, newest first, by a plan (run_filtering): streams of places are
merged as far as a page needs, and only the rows of that page are read."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from simtui.model.filters import EMPTY, Filter
from simtui.model.run import Run
from simtui.store import run_search, runs
from simtui.store.remembering import remembered
from simtui.store.run_filtering import (
    LAST,
    Clause,
    Piece,
    Plan,
    Range,
    Stream,
    as_json,
    but_these,
    of_ids,
    plan_of,
)

if TYPE_CHECKING:
    from sqlite3 import Connection

_ALL = (Stream(Piece("1")),)
_ENOUGH = 5000
_FEW = 1000
_CHUNK = 8


def page(
    connection: Connection,
    filter: Filter = EMPTY,
    *,
    after: int | None = None,
    before: int | None = None,
    from_end: bool = False,
    limit: int = 100,
) -> list[Run]:
    """Up to `limit` runs, newest first: behind the place `after`, ahead of `before`, or the
    oldest."""
    backwards = from_end or before is not None
    found = list(
        islice(
            places(
                connection,
                filter,
                low=-1 if before is None else before,
                high=LAST if after is None else after,
                oldest_first=backwards,
            ),
            limit,
        )
    )
    if backwards:
        found.reverse()
    return runs.at_places(connection, found)


def places(
    connection: Connection,
    filter: Filter,
    *,
    low: int = -1,
    high: int = LAST,
    oldest_first: bool = False,
) -> Iterator[int]:
    """The places that a filter means, past `low` and before `high`, in order; found as they are
    asked for, within one read."""
    plan, driver, residual = remembered(connection, filter, partial(_prepared, connection, filter))
    ranges = [(max(low + 1, a), min(high, b)) for a, b in plan.ranges]
    streams = [
        _walked(connection, stream, residual, part, oldest_first)
        for part in ranges
        if part[0] < part[1]
        for stream in driver
    ]
    merged: Iterator[int] = streams[0] if len(streams) == 1 else iter(())
    if len(streams) > 1:
        merged = _once(heapq.merge(*streams, reverse=not oldest_first))
    for match in plan.unwanted:
        gone = run_search.runs_matching(connection, match, low, high, not oldest_first)
        merged = _without(merged, gone, oldest_first)
    return merged


def count(connection: Connection, filter: Filter = EMPTY) -> int:
    """How many runs a filter means."""
    if not filter.terms and len(filter.words) == 1 and filter.words[0][1]:
        # what is left out is less than what is left
        word = Filter(words=((filter.words[0][0], False),))
        return _all(connection) - count(connection, word)
    plan = plan_of(connection, filter)
    is_whole = plan.ranges == [(0, LAST)] and not plan.unwanted
    if is_whole and not plan.clauses:
        return _all(connection)
    if is_whole and len(plan.clauses) == 1:
        (only,) = plan.clauses
        if only.within is not None:
            return _of_workflows(connection, only.within)
        if only.without is not None:
            return _all(connection) - _of_workflows(connection, only.without)
    driver, residual = _driven(connection, plan)
    for match in plan.unwanted:
        residual = _and(
            residual,
            Piece(
                "r.place NOT IN (SELECT s.rowid FROM run_search AS s WHERE s.run_search MATCH ?)",
                (match,),
            ),
        )
    selects = [
        (_column(stream), *_select(stream, residual, part))
        for part in plan.ranges
        for stream in driver
    ]
    if len(selects) > 1 and any(clause.overlapping for clause in plan.clauses):
        both = " UNION ".join(f"SELECT {column} {sql}" for column, sql, _ in selects)
        bound = [value for _, _, values in selects for value in values]
        return int(connection.execute(f"SELECT count(*) FROM ({both})", bound).fetchone()[0])
    total = 0
    for _, sql, parameters in selects:
        total += connection.execute(f"SELECT count(*) {sql}", parameters).fetchone()[0]
    return int(total)


def _all(connection: Connection) -> int:
    # a count of a whole table looks at no row, which halves it
    sql = "SELECT (SELECT count(*) FROM runs) - (SELECT count(*) FROM runs WHERE place IS NULL)"
    return int(connection.execute(sql).fetchone()[0])


def _of_workflows(connection: Connection, ids: Sequence[str]) -> int:
    total = connection.execute("SELECT count(*) FROM workflows").fetchone()[0]
    if 2 * len(ids) > total:
        return _all(connection) - _in_these(connection, but_these(connection, ids))
    return _in_these(connection, ids)


def _in_these(connection: Connection, ids: Sequence[str]) -> int:
    piece = of_ids(ids)
    return int(
        connection.execute(
            f"SELECT count(*) FROM runs AS r INDEXED BY runs_workflow WHERE {piece.sql}",
            piece.parameters,
        ).fetchone()[0]
    )


def _prepared(connection: Connection, filter: Filter) -> tuple[Plan, Sequence[Stream], Piece]:
    plan = plan_of(connection, filter)
    return plan, *_driven(connection, plan)


def _driven(connection: Connection, plan: Plan) -> tuple[Sequence[Stream], Piece]:
    """The streams to walk, and what else must hold of each row."""
    able = [clause for clause in plan.clauses if clause.streams is not None]
    driver: Clause | None = None
    if len(able) == 1:
        driver = able[0]
    elif able:
        driver = min(able, key=lambda clause: _size(connection, clause))
    residual = Piece("1")
    for clause in plan.clauses:
        if clause is not driver:
            residual = _and(residual, clause.expression)
    streams = driver.streams if driver is not None else None
    return (_ALL if streams is None else streams), residual


def _size(connection: Connection, clause: Clause) -> int:
    """How many rows a clause leaves, as far as that matters."""
    total = 0
    for stream in clause.streams or ():
        sql, parameters = _select(stream, Piece("1"), (0, LAST))
        row = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 {sql} LIMIT ?)", (*parameters, _ENOUGH - total)
        ).fetchone()
        total += row[0]
        if total >= _ENOUGH:
            break
    return total


def _and(one: Piece, other: Piece) -> Piece:
    if one.sql == "1":
        return other
    return Piece(f"{one.sql} AND {other.sql}", one.parameters + other.parameters)


def _select(stream: Stream, residual: Piece, part: Range) -> tuple[str, tuple[object, ...]]:
    """What stands behind SELECT for a stream within a range of places."""
    if stream.match is None:
        from_ = f"FROM runs AS r INDEXED BY {stream.index} WHERE {stream.where.sql}"
        bound = stream.where.parameters
        column = "r.place"
    else:
        joined = "" if residual.sql == "1" else " JOIN runs AS r ON r.place = s.rowid"
        from_ = f"FROM run_search AS s{joined} WHERE s.run_search MATCH ?"
        bound = (stream.match,)
        column = "s.rowid"
    sql = f"{from_} AND {column} >= ? AND {column} < ?"
    if residual.sql != "1":
        sql += f" AND {residual.sql}"
    return sql, (*bound, *part, *residual.parameters)


def _column(stream: Stream) -> str:
    return "r.place" if stream.match is None else "s.rowid"


def _walked(
    connection: Connection, stream: Stream, residual: Piece, part: Range, oldest_first: bool
) -> Iterator[int]:
    if stream.ids is not None:
        return _of_each(connection, stream.ids, residual, part, oldest_first)
    if stream.narrow is not None:
        piece, index = stream.narrow
        sql, parameters = _select(Stream(piece, index), residual, part)
        few = connection.execute(f"SELECT r.place {sql} LIMIT ?", (*parameters, _FEW)).fetchall()
        if len(few) < _FEW:
            return iter(sorted((place for (place,) in few), reverse=not oldest_first))
    sql, parameters = _select(stream, residual, part)
    column = _column(stream)
    order = "ASC" if oldest_first else "DESC"
    rows = connection.execute(f"SELECT {column} {sql} ORDER BY {column} {order}", parameters)
    return (place for (place,) in rows)


def _of_each(
    connection: Connection,
    ids: Sequence[str],
    residual: Piece,
    part: Range,
    oldest_first: bool,
) -> Iterator[int]:
    """The runs of many workflows in order: of each only its first is looked up, and more of those
    alone whose turn comes. A statement for each of them would take longer than the page."""
    sign, pick, order = (1, "min", "ASC") if oldest_first else (-1, "max", "DESC")
    heads = connection.execute(
        f"SELECT (SELECT {pick}(place) FROM runs WHERE workflow_id = j.value AND place >= ?"
        " AND place < ?), j.value FROM json_each(?) AS j",
        (*part, as_json(ids)),
    )
    # (where it stands, in order; whose; the rows that follow it, None before they are looked up)
    heap: list[tuple[int, str, list[int] | None]] = [
        (sign * place, ident, None) for place, ident in heads if place is not None
    ]
    heapq.heapify(heap)
    while heap:
        at, ident, rows = heap[0]
        if rows:
            yield sign * at
            if len(rows) > 1:
                heapq.heapreplace(heap, (sign * rows[1], ident, rows[1:]))
                continue
            at += 1
        low, high = (sign * at, part[1]) if oldest_first else (part[0], sign * at + 1)
        found = connection.execute(
            "SELECT r.place FROM runs AS r INDEXED BY runs_workflow WHERE r.workflow_id = ?"
            f" AND r.place >= ? AND r.place < ? AND {residual.sql} ORDER BY r.place {order}"
            f" LIMIT {_CHUNK}",
            (ident, low, high, *residual.parameters),
        ).fetchall()
        if found:
            places = [place for (place,) in found]
            heapq.heapreplace(heap, (sign * places[0], ident, places))
        else:
            heapq.heappop(heap)


def _once(places: Iterable[int]) -> Iterator[int]:
    """Places in order, each once."""
    last = None
    for place in places:
        if place != last:
            yield place
            last = place


def _without(places: Iterator[int], gone: Iterator[int], oldest_first: bool) -> Iterator[int]:
    """Places in order but for those of the other stream, which has the same order."""
    sign = 1 if oldest_first else -1
    unwanted = next(gone, None)
    for place in places:
        while unwanted is not None and sign * unwanted < sign * place:
            unwanted = next(gone, None)
        if place != unwanted:
            yield place
