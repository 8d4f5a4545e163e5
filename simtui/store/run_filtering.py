"""A filter as ways through the indexes of `runs`: every index ends in `place`, so each value of a
column is a stream of places in the order of the list, and a page is the first of them merged.

What is excluded is rewritten as the known values that remain; a range is the bands that it meets;
days are ranges of places. Where a filter has several terms, the one that leaves least is walked,
and the others are looked at in each row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import orjson

from simtui.model.filters import Bound, Filter, Kind, Term
from simtui.model.run import place_from
from simtui.store import run_search, search

if TYPE_CHECKING:
    from sqlite3 import Connection

MAX_WORKFLOWS = 3000
"""More workflows than this hold so many runs that a walk through all of them meets theirs soon."""

LAST = (1 << 63) - 1
_MAX_VALUES = 200

_COST_EDGES = (0, 0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, float("inf"))
_DURATION_EDGES = (
    0, 100, 300, 1000, 3000, 10_000, 20_000, 30_000, 60_000, 180_000, 600_000, 3_600_000,
    float("inf"),
)  # fmt: skip
Range = tuple[int, int]
"""Places from the first on, to before the second."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of SQL over `r`, the run, with what is bound in it."""

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Places in order: rows of `runs` by an index, or what the index of words finds (`match`), or
    the runs of workflows (`ids`), which stand in order for each of them. `narrow`: the same rows by
    another index, (piece, index), which has them together but in no order: for where they are
    few."""

    where: Piece
    index: str = "runs_place"
    match: str | None = None
    ids: tuple[str, ...] | None = None
    narrow: tuple[Piece, str] | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One term: what must hold of a row, and where its rows stand, each once (None: anywhere).
    `overlapping`: the streams may name a place twice. `within` and `without`: the workflows that
    are meant, or those that are not, where the term says no more than that."""

    expression: Piece
    streams: tuple[Stream, ...] | None = None
    overlapping: bool = False
    within: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None


@dataclass(slots=True)
class Plan:
    """`ranges`: where a place may stand; `unwanted`: queries of words that must not find it."""

    clauses: list[Clause] = field(default_factory=list)
    ranges: list[Range] = field(default_factory=lambda: [(0, LAST)])
    unwanted: list[str] = field(default_factory=list)


def plan_of(connection: Connection, filter: Filter) -> Plan:
    """How to find what a filter of runs means, in the library as it is now."""
    plan = Plan()
    for term in filter.terms:
        if term.kind is Kind.TIME:
            plan.ranges = _both(plan.ranges, _spans(term))
        else:
            plan.clauses.append(_CLAUSES[term.field](connection, term))
    words = [word for word, excluded in filter.words if not excluded]
    plan.clauses += _wanted(connection, words)
    for word, excluded in filter.words:
        if excluded:
            _leave_out(connection, word, plan)
    return plan


# -- words of a small vocabulary: status, trigger, level


def known_values(connection: Connection, column: str) -> list[str | None]:
    """The values that a column has, each found by one step in its index."""
    rows = connection.execute(
        f"WITH RECURSIVE known (value) AS (SELECT min({column}) FROM runs"
        f" UNION ALL SELECT (SELECT min({column}) FROM runs WHERE {column} > known.value)"
        " FROM known WHERE value IS NOT NULL)"
        " SELECT value FROM known WHERE value IS NOT NULL LIMIT ?",
        (_MAX_VALUES + 1,),
    ).fetchall()
    return [value for (value,) in rows]


def _in_words(connection: Connection, term: Term) -> Clause:
    column = term.field
    known = known_values(connection, column)
    if len(known) > _MAX_VALUES:  # no vocabulary any more
        folded = [bound.text.casefold() for bound in term.bounds]
        marks = ", ".join("?" * len(folded))
        inside = f"coalesce(folded(r.{column}) IN ({marks}), 0)"
        return Clause(Piece(f"{'NOT ' if term.excluded else ''}{inside}", tuple(folded)))
    values: list[str | None] = [
        value for value in known if value is not None and _is_meant(term, value) != term.excluded
    ]
    if term.excluded:
        values.append(None)
    return _of_values(column, f"runs_{column}", values)


def _is_meant(term: Term, value: str) -> bool:
    return any(bound.text.casefold() == value.casefold() for bound in term.bounds)


def _of_values(column: str, index: str, values: Sequence[object]) -> Clause:
    given = tuple(value for value in values if value is not None)
    pieces = [f"r.{column} IN ({', '.join('?' * len(given))})"] if given else []
    if len(given) < len(values):
        pieces.append(f"r.{column} IS NULL")
    streams = tuple(Stream(Piece(f"r.{column} IS ?", (value,)), index) for value in values)
    return Clause(Piece(f"({' OR '.join(pieces) or '0'})", given), streams)


def _in_pins(connection: Connection, term: Term) -> Clause:
    values = [
        number
        for number, word in enumerate(("no", "yes"))
        if _is_meant(term, word) != term.excluded
    ]
    return _of_values("pinned", "runs_pinned", values)


# -- ranges of a number


def _in_cost(connection: Connection, term: Term) -> Clause:
    return _of_bands("cost_usd", "cost_band", "runs_cost", _COST_EDGES, term)


def _in_duration(connection: Connection, term: Term) -> Clause:
    return _of_bands("duration_ms", "duration_band", "runs_duration", _DURATION_EDGES, term)


def _of_bands(column: str, band: str, index: str, edges: Sequence[float], term: Term) -> Clause:
    tests = " OR ".join(f"r.{column} {term.operator} ?" for _ in term.bounds)
    numbers = tuple(bound.number for bound in term.bounds)
    expression = Piece(f"coalesce({tests}, 0)", numbers)
    if term.excluded:
        expression = Piece(f"NOT coalesce({tests}, 0)", numbers)
    streams = []
    for number, (low, high) in enumerate(pairwise(edges)):
        some = any(_meets(term.operator, bound, low, high) for bound in term.bounds)
        every = any(_fills(term.operator, bound, low, high) for bound in term.bounds)
        if every if term.excluded else not some:
            continue
        surely = every != term.excluded and (every or not some)
        where, narrow = Piece(f"r.{band} = {number}"), None
        if not surely:
            where = Piece(f"{where.sql} AND {expression.sql}", numbers)
            narrow = _narrow(column, term, low, high)
        streams.append(Stream(where, index, narrow=narrow))
    if term.excluded:
        streams.append(Stream(Piece(f"r.{band} IS NULL"), index))
    return Clause(expression, tuple(streams))


_INVERSE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}


def _narrow(column: str, term: Term, low: float, high: float) -> tuple[Piece, str] | None:
    """One range of a column within a band; None where it would be more than one."""
    operator = _INVERSE.get(term.operator) if term.excluded else term.operator
    if operator is None or len(term.bounds) > 1:
        return None
    limits: list[tuple[str, float]] = [(operator, term.bounds[0].number)]
    if low > 0:  # the lowest bands hold all that is below
        limits.append((">=", low))
    if high == 0:
        limits.append(("<=", high))
    elif high != float("inf"):
        limits.append(("<", high))
    sql = " AND ".join(f"r.{column} {sign} ?" for sign, _ in limits)
    return Piece(sql, tuple(number for _, number in limits)), f"runs_{column}"


def _meets(operator: str, bound: Bound, low: float, high: float) -> bool:
    """Whether a value from `low` to before `high` may be meant; a band of one value has both."""
    value = bound.number
    if operator in (">", ">="):
        return high > value or (low == high and low >= value)
    if operator in ("<", "<="):
        return low <= value
    return low <= value <= high


def _fills(operator: str, bound: Bound, low: float, high: float) -> bool:
    """Whether every such value is meant. Costs are never below 0, and the lowest band is 0."""
    value = bound.number
    if operator in (">", ">="):
        return low > value
    if operator in ("<", "<="):
        return high < value or (high == value and low < high)
    return False


# -- workflows, ids


def _in_workflow(connection: Connection, term: Term) -> Clause:
    column = {"workflow": "name", "folder": "folder"}[term.field]
    ids = _holding(connection, column, [bound.text.casefold() for bound in term.bounds])
    return _but_of(connection, ids) if term.excluded else _of_workflows(connection, ids)


def _holding(connection: Connection, column: str, parts: Sequence[str]) -> tuple[str, ...]:
    """The ids of the workflows whose name or folder holds one of these parts."""
    values = _texts(connection, f"SELECT DISTINCT {column} FROM workflows")
    if len(parts) == 1:
        part = parts[0]
        held = [value for value in values if part in value.casefold()]
    else:
        held = [value for value in values if any(part in value.casefold() for part in parts)]
    if not held:
        return ()
    sql = f"SELECT id FROM workflows WHERE {column} IN (SELECT value FROM json_each(?))"
    return _texts(connection, sql, (as_json(held),))


def but_these(connection: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """The ids of all other workflows."""
    sql = "SELECT id FROM workflows WHERE id NOT IN (SELECT value FROM json_each(?))"
    return _texts(connection, sql, (as_json(ids),))


def _texts(connection: Connection, sql: str, parameters: Sequence[object] = ()) -> tuple[str, ...]:
    """The only column of a query; ten thousand rows cost more than one text that holds them."""
    (answer,) = connection.execute(
        f"WITH asked (value) AS ({sql}) SELECT json_group_array(value) FROM asked", parameters
    ).fetchone()
    return tuple(orjson.loads(answer))


def as_json(texts: Sequence[str]) -> str:
    """Many values, bound as one."""
    return orjson.dumps(texts).decode()


def of_ids(ids: Sequence[str]) -> Piece:
    """The runs of these workflows."""
    return Piece("r.workflow_id IN (SELECT value FROM json_each(?))", (as_json(ids),))


def _of_workflows(connection: Connection, ids: tuple[str, ...]) -> Clause:
    """The runs of these workflows."""
    if len(ids) > MAX_WORKFLOWS:
        others = but_these(connection, ids)
        if len(others) < len(ids):
            return Clause(_but(others), without=others)
        return Clause(of_ids(ids), within=ids)
    return Clause(of_ids(ids), (Stream(of_ids(ids), "runs_workflow", ids=ids),), within=ids)


def _but_of(connection: Connection, ids: tuple[str, ...]) -> Clause:
    """The runs of all workflows but these."""
    total = connection.execute("SELECT count(*) FROM workflows").fetchone()[0]
    if total - len(ids) <= MAX_WORKFLOWS and len(ids) > total // 2:
        return _of_workflows(connection, but_these(connection, ids))
    return Clause(_but(ids), without=ids)


def _but(ids: Sequence[str]) -> Piece:
    return Piece("r.workflow_id NOT IN (SELECT value FROM json_each(?))", (as_json(ids),))


def _in_ids(connection: Connection, term: Term) -> Clause:
    """As it was typed, or in small or capital letters: ids have one case."""
    forms = sorted({form for b in term.bounds for form in (b.text, b.text.lower(), b.text.upper())})
    marks = ", ".join("?" * len(forms))
    if term.excluded:
        return Clause(Piece(f"r.id NOT IN ({marks})", tuple(forms)))
    rows = connection.execute(
        f"SELECT place FROM runs WHERE id IN ({marks}) AND place IS NOT NULL", forms
    )
    places = sorted(place for (place,) in rows)
    streams = tuple(Stream(Piece("r.place = ?", (place,))) for place in places)
    return Clause(Piece(f"r.id IN ({marks})", tuple(forms)), streams)


_CLAUSES: dict[str, Callable[[Connection, Term], Clause]] = {
    "status": _in_words,
    "trigger": _in_words,
    "level": _in_words,
    "pinned": _in_pins,
    "cost": _in_cost,
    "duration": _in_duration,
    "workflow": _in_workflow,
    "folder": _in_workflow,
    "id": _in_ids,
}


# -- days


def _spans(term: Term) -> list[Range]:
    spans = []
    for bound in term.bounds:
        low, high = (max(0, place_from(at)) for at in bound.span)
        spans.append(
            {
                ">": (high, LAST),
                ">=": (low, LAST),
                "<": (0, low),
                "<=": (0, high),
                "=": (low, high),
            }[term.operator]
        )
    merged: list[Range] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        elif low < high:
            merged.append((low, high))
    if not term.excluded:
        return merged
    edges = [0, *(edge for span in merged for edge in span), LAST]
    return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low < high]


def _both(ones: list[Range], others: list[Range]) -> list[Range]:
    pairs = ((max(a, c), min(b, d)) for a, b in ones for c, d in others)
    return sorted((low, high) for low, high in pairs if low < high)


# -- free text: the beginnings of words in errors and outputs, or a part of the workflow's name


def _wanted(connection: Connection, words: list[str]) -> list[Clause]:
    named = [_holding(connection, "name", [word.casefold()]) for word in words]
    matches = [search.match_of(word) for word in words]
    if words and all(matches) and not any(named):
        whole = " ".join(match for match in matches if match)
        whole = run_search.lazily(connection, "run_search", whole)
        return [Clause(_found_by(whole), (Stream(Piece("1"), match=whole),))]
    clauses = []
    for match, ids in zip(matches, named, strict=True):
        of_names = _of_workflows(connection, ids)
        if match is None:
            clauses.append(of_names)
            continue
        match = run_search.lazily(connection, "run_search", match)
        found = _found_by(match)
        either = Piece(
            f"({found.sql} OR {of_names.expression.sql})",
            found.parameters + of_names.expression.parameters,
        )
        streams = None
        if of_names.streams is not None:
            streams = (Stream(Piece("1"), match=match), *of_names.streams)
        clauses.append(Clause(either, streams, overlapping=True))
    return clauses


def _leave_out(connection: Connection, word: str, plan: Plan) -> None:
    ids = _holding(connection, "name", [word.casefold()])
    if ids:
        plan.clauses.append(_but_of(connection, ids))
    if match := search.match_of(word):
        plan.unwanted.append(match)


def _found_by(match: str) -> Piece:
    return Piece(
        "r.place IN (SELECT s.rowid FROM run_search AS s WHERE s.run_search MATCH ?)", (match,)
    )
