"""The filter grammar: what stands behind `/` on the screen and `--filter` on the command line.

    status:failed folder:"Ops / Intake" blocks:>5 updated:7d -source:F1 lead enr

A term is `field:value`; `-` before it excludes; a comma means "any of"; `>`, `<`, `>=` and `<=`
compare where the field has an order; the rest is free text. Quotes hold a value with spaces or
commas together; in them, `\\` before a character means that character. Every list has its own
fields; this module knows their kinds, and the store how to ask for them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from simtui.errors import UsageError, shown


class Kind(Enum):
    """What a field's values are, and so what may be asked of it."""

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

RUN_FIELDS: Mapping[str, Kind] = {
    "status": Kind.WORD,
    "workflow": Kind.TEXT,
    "folder": Kind.TEXT,
    "trigger": Kind.WORD,
    "cost": Kind.NUMBER,
    "duration": Kind.DURATION,
    "date": Kind.TIME,
    "level": Kind.WORD,
    "id": Kind.WORD,
    "pinned": Kind.WORD,
}
"""`workflow` and `folder` are its workflow's; `cost` is in dollars; `date` is when it started;
`pinned` is `yes` or `no`."""


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

MAX_PARTS = 500
"""More values and words than this are refused: SQLite takes expressions 1,000 deep at most."""

_FIELD = re.compile(r"(-?)([A-Za-z_]+):(>=|<=|>|<|=)?")
_QUOTED = r'"((?:[^"\\]|\\.|\\\Z)*)"?'  # the last quote may be missing: it is still being typed
_ITEM = re.compile(rf"{_QUOTED}|[^\s,]*", re.DOTALL)
_WORD = re.compile(rf"(-?)(?:{_QUOTED}|\S*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_UNIT_MS = {"ms": 1, "s": 1000, None: 1000, "m": 60_000, "h": 3_600_000}
_PERIOD = re.compile(r"(\d{1,5})([hdw])")


def parse(text: str, fields: Mapping[str, Kind], now: datetime) -> Filter:
    """Reads a filter. `now` is the local time, whose days are meant: with a zone, that zone's;
    without one, this machine's.

    Raises `FilterError` with the place and the nearest right word.
    """
    terms: list[Term] = []
    words: list[tuple[str, bool]] = []
    at = parts = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start = at
        match = _FIELD.match(text, at)
        if match is not None and _means_a_term(match, text, fields):
            term, at = _term(match, text, fields, now)
            terms.append(term)
            parts += len(term.bounds)
        else:
            match = _WORD.match(text, at)
            assert match is not None  # it matches anything
            at = match.end()
            minus, quoted = match.groups()
            word = match.group()[len(minus) :] if quoted is None else _plain(quoted)
            if word or match.group() == "-":
                words.append((word, minus == "-") if word else (minus, False))
                parts += 1
        if parts > MAX_PARTS:
            raise FilterError(f"That is more than {MAX_PARTS} values and words.", start)
    return Filter(tuple(terms), tuple(words), text.strip())


def _means_a_term(match: re.Match[str], text: str, fields: Mapping[str, Kind]) -> bool:
    """A field that nobody knows, with nothing behind it, is a word that ends in a colon."""
    nothing = match[3] is None and (match.end() == len(text) or text[match.end()].isspace())
    return not nothing or match[2].lower() in fields


def _term(
    match: re.Match[str], text: str, fields: Mapping[str, Kind], now: datetime
) -> tuple[Term, int]:
    """The term that starts with a field, and where it ends."""
    minus, field, operator = match.groups()
    name, operator = field.lower(), operator or "="
    kind = fields.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
        hint = f'Did you mean "{near[0]}:"?' if near else f"There are: {', '.join(fields)}."
        raise FilterError(f'There is no "{shown(field, 30)}:" here. {hint}', match.start(2))
    if operator != "=" and kind in (Kind.TEXT, Kind.WORD):
        raise FilterError(f'"{name}:" has no order, so no "{operator}".', match.start(3))
    bounds: list[Bound] = []
    at = match.end()
    while True:
        item = _ITEM.match(text, at)
        assert item is not None  # it matches anything
        quoted = item[1]
        if quoted is not None or item.group():
            value = item.group() if quoted is None else _plain(quoted)
            bounds.append(_bound(name, kind, operator, value, at, now))
        at = item.end()
        if text[at : at + 1] != ",":
            break
        at += 1
    if not bounds:
        raise FilterError(f'"{name}:" needs a value.', at)
    return Term(name, kind, operator, tuple(bounds), minus == "-"), at


def _plain(quoted: str) -> str:
    return _ESCAPED.sub(r"\1", quoted)


def _bound(field: str, kind: Kind, operator: str, text: str, place: int, now: datetime) -> Bound:
    if kind in (Kind.TEXT, Kind.WORD):
        return Bound(text=text)
    if kind is Kind.NUMBER:
        number = _number(text)
        if number is not None:
            return Bound(text=text, number=number)
        wanted = "a number"
    elif kind is Kind.DURATION:
        match = _DURATION.fullmatch(text)
        number = _number(match[1]) if match else None
        if match and number is not None:
            return Bound(text=text, number=number * _UNIT_MS[match[2]])
        wanted = "a time such as 500ms, 5s, 2m or 1h"
    else:
        span = _span(text.lower(), operator, now)
        if span is not None:
            return Bound(text=text, span=span)
        wanted = "today, yesterday, 7d, 24h or 2026-11-03"
    raise FilterError(f'"{field}:" takes {wanted}, not "{shown(text, 30)}".', place)


def _number(text: str) -> float | None:
    """None where it is no number that can be compared: `nan` and `inf` among them."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _span(text: str, operator: str, now: datetime) -> tuple[int, int] | None:
    """The milliseconds that a word for a time means, from its first to past its last."""
    today = now.date()
    if match := _PERIOD.fullmatch(text):
        since = _ms(now) - int(match[1]) * {"h": 1, "d": 24, "w": 168}[match[2]] * 3_600_000
        # by itself it is all since then; compared, it is that moment
        return since, (1 << 52 if operator == "=" else since)
    try:
        if text == "today":
            return _day(today, now)
        if text == "yesterday":
            return _day(today - timedelta(days=1), now)
        return _day(date.fromisoformat(text), now)
    except (ValueError, OverflowError):  # no date, or past the last year that there is
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
