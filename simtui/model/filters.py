"""The filter grammar: what stands behind `/` on the screen and `--filter` on the command line.

    status:failed folder:"Ops / Intake" blocks:>5 updated:7d -source:F1 lead enr

A term is `field:value`; `-` before it excludes; a comma means "any of"; `>`, `<`, `>=` and `<=`
compare where the field has an order; the rest is free text. Every list has its own fields; this
module knows their kinds, and the store how to ask for them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from simtui.errors import UsageError, shown


class Kind(Enum):
    TEXT = "text"  # a part of it, without regard to case
    WORD = "word"  # the whole of it
    NUMBER = "number"
    DURATION = "duration"  # 500ms, 5s, 2m, 1h; compared in milliseconds
    TIME = "time"  # today, yesterday, 7d, 2026-11-03


WORKFLOW_FIELDS: Mapping[str, Kind] = {
    "name": Kind.TEXT,
    "folder": Kind.TEXT,
    "status": Kind.WORD,
    "blocks": Kind.NUMBER,
    "edges": Kind.NUMBER,
    "size": Kind.NUMBER,
    "updated": Kind.TIME,
    "created": Kind.TIME,
    "source": Kind.WORD,
    "id": Kind.WORD,
}
"""`status` is the last run's, or `never`; `size` is the document's, in bytes."""


class FilterError(UsageError):
    """A filter that cannot be meant. `position` is where in the text, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position

    def __reduce__(self) -> tuple[type[FilterError], tuple[str, int]]:
        return FilterError, (str(self), self.position)


@dataclass(frozen=True, slots=True)
class Bound:
    """One value of a term. Numbers are floats; a time is the span of milliseconds [from, to) that a
    day means; a duration is in milliseconds."""

    text: str = ""
    number: float = 0
    span: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Term:
    """`operator` is one of `=`, `>`, `<`, `>=`, `<=`; `bounds` are alternatives."""

    field: str
    kind: Kind
    operator: str
    bounds: tuple[Bound, ...]
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`words`: free text, each with whether it excludes. `text`: as it was typed."""

    terms: tuple[Term, ...] = ()
    words: tuple[tuple[str, bool], ...] = ()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.terms or self.words)


EMPTY = Filter()

_TOKEN = re.compile(r'(-?)(?:([A-Za-z_]+):(>=|<=|>|<|=)?)?("(?:[^"\\]|\\.)*"?|\S*)')
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?$")
_UNIT_MS = {"ms": 1, "s": 1000, None: 1000, "m": 60_000, "h": 3_600_000}
_DAYS = re.compile(r"(\d{1,5})([hdw])$")


def parse(text: str, fields: Mapping[str, Kind], now: datetime) -> Filter:
    """Reads a filter. `now` is the local time with its zone; days are its days.

    Raises `FilterError` with the place and the nearest right word.
    """
    terms: list[Term] = []
    words: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        assert match is not None  # the last part of it matches anything
        minus, field, operator, value = match.groups()
        if field is None or not (value or operator):
            bare = _unquoted(value) if field is None else f"{field}:"
            if field is not None and field.lower() in fields:
                raise FilterError(f'"{field}:" needs a value.', match.end())
            if bare:
                words.append((bare, minus == "-"))
            elif minus:
                words.append((minus, False))
        else:
            terms.append(_term(field, operator or "=", value, minus == "-", match, fields, now))
        at = max(match.end(), at + 1)
    return Filter(tuple(terms), tuple(words), text.strip())


def _term(
    field: str,
    operator: str,
    value: str,
    excluded: bool,
    match: re.Match[str],
    fields: Mapping[str, Kind],
    now: datetime,
) -> Term:
    name = field.lower()
    kind = fields.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
        hint = f'Did you mean "{near[0]}:"?' if near else f"There are: {', '.join(fields)}."
        raise FilterError(f'There is no "{shown(field, 30)}:" here. {hint}', match.start(2))
    if operator != "=" and kind in (Kind.TEXT, Kind.WORD):
        raise FilterError(f'"{name}:" has no order, so no "{operator}".', match.start(3))
    quoted = value.startswith('"')
    values = [_unquoted(value)] if quoted else value.split(",")
    bounds = tuple(
        _bound(name, kind, item, match.start(4), now) for item in values if item or quoted
    )
    if not bounds:
        raise FilterError(f'"{name}:" needs a value.', match.end())
    return Term(name, kind, operator, bounds, excluded)


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    closed = len(value) > 1 and value.endswith('"') and not value.endswith('\\"')
    return re.sub(r"\\(.)", r"\1", value[1 : -1 if closed else None])


def _bound(field: str, kind: Kind, text: str, place: int, now: datetime) -> Bound:
    if kind in (Kind.TEXT, Kind.WORD):
        return Bound(text=text)
    wrong = FilterError("", place)
    if kind is Kind.NUMBER:
        try:
            return Bound(text=text, number=float(text))
        except ValueError:
            wrong = FilterError(f'"{field}:" takes a number, not "{shown(text, 30)}".', place)
    elif kind is Kind.DURATION:
        if match := _DURATION.match(text):
            return Bound(text=text, number=float(match[1]) * _UNIT_MS[match[2]])
        wrong = FilterError(
            f'"{field}:" takes a time such as 500ms, 5s, 2m or 1h, not "{shown(text, 30)}".', place
        )
    else:
        span = _span(text.lower(), now)
        if span is not None:
            return Bound(text=text, span=span)
        wrong = FilterError(
            f'"{field}:" takes today, yesterday, 7d, 24h or 2026-11-03, not "{shown(text, 30)}".',
            place,
        )
    raise wrong


def _span(text: str, now: datetime) -> tuple[int, int] | None:
    """The milliseconds that a word for a time means, from its first to past its last."""
    today = now.date()
    far = 1 << 52
    if text == "today":
        return _day(today, now)
    if text == "yesterday":
        return _day(today - timedelta(days=1), now)
    if match := _DAYS.match(text):
        hours = int(match[1]) * {"h": 1, "d": 24, "w": 168}[match[2]]
        return _ms(now) - hours * 3_600_000, far
    try:
        return _day(date.fromisoformat(text), now)
    except ValueError:
        return None


def _day(day: date, now: datetime) -> tuple[int, int]:
    start = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
    return _ms(start), _ms(start + timedelta(days=1))


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def matches(filter: Filter, row: Mapping[str, object], words: Sequence[str] = ()) -> bool:
    """Whether a row is meant: the plain meaning of the grammar. `row` has the fields' values (times
    and durations in milliseconds, None where there is none); `words` are the texts that free text
    is looked for in."""
    for term in filter.terms:
        if any(_holds(term, bound, row.get(term.field)) for bound in term.bounds) == term.excluded:
            return False
    texts = [text.casefold() for text in words]
    return all(
        any(word.casefold() in text for text in texts) != excluded
        for word, excluded in filter.words
    )


def _holds(term: Term, bound: Bound, value: object) -> bool:
    if term.kind is Kind.TEXT:
        return isinstance(value, str) and bound.text.casefold() in value.casefold()
    if term.kind is Kind.WORD:
        return isinstance(value, str) and bound.text.casefold() == value.casefold()
    if not isinstance(value, (int, float)):
        return False
    low, high = bound.span if term.kind is Kind.TIME else (bound.number, bound.number)
    match term.operator:
        case ">":
            return value >= high if term.kind is Kind.TIME else value > high
        case "<":
            return value < low
        case ">=":
            return value >= low
        case "<=":
            return value < high if term.kind is Kind.TIME else value <= high
    return low <= value < high if term.kind is Kind.TIME else value == low
