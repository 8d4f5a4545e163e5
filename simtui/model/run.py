"""One run of a workflow, its spans and its log lines, as rows; and how what comes in is bounded.

Times are Unix milliseconds, UTC. What nobody said is None: an unknown cost is never 0, and an
amount in another unit than dollars is never in `cost_usd`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

RUNNING = "running"
INTERRUPTED = "interrupted"

PLACE_BITS = 16
"""A run's place is its start, shifted by so many bits, and a count within that millisecond."""

MAX_WORD = 300
MAX_MESSAGE = 256 << 10
MAX_PAYLOAD_BYTES = 1 << 20
_KEPT_CHARACTERS = 256 << 10
CUT = "__cut"


@dataclass(frozen=True, slots=True)
class Run:
    """One row of the list. `place` is its key there. `cost_other` and `cost_unit`: a cost in
    something else than dollars (`credits`). `duration_is_reckoned`: from its two times.
    `is_placeholder`: its workflow is not in the library, only what the run said of it."""

    id: str
    number: int
    place: int
    workflow_id: str
    workflow_name: str
    status: str
    started_at: int
    duration_ms: int | None = None
    ended_at: int | None = None
    trigger: str | None = None
    level: str | None = None
    cost_usd: float | None = None
    tokens: int | None = None
    error: str | None = None
    error_block_id: str | None = None
    error_block_name: str | None = None
    cost_other: float | None = None
    cost_unit: str | None = None
    version_digest: str | None = None
    source: str | None = None
    pinned: bool = False
    has_end: bool = False
    duration_is_reckoned: bool = False
    is_placeholder: bool = False
    in_trash: bool = False
    kept_bytes: int = 0


class Span(NamedTuple):
    """One step of a run. `payload` is its `input`, `output` and what else was said of it; None in a
    tree, which does not read them. A tuple, since a tree has thousands."""

    id: str
    seq: int
    parent_id: str | None
    name: str
    type: str | None
    status: str | None
    started_at: int
    duration_ms: int | None
    block_id: str | None
    error: str | None
    model: str | None
    tokens: int | None
    cost_usd: float | None
    payload: dict[str, Any] | None = None


class LogLine(NamedTuple):
    """One line of a run's log. `more` is what else was said of it (`data`)."""

    seq: int
    at: int
    level: str
    block_id: str | None
    block_name: str | None
    message: str
    more: dict[str, Any] | None = None


class Payloads(NamedTuple):
    """What is large of a run. `more`: keys of its events that nobody here knows, kept as they are:
    of `run` and of `end`."""

    input: Any = None
    output: Any = None
    more: dict[str, Any] | None = None


def place_from(at_ms: int) -> int:
    """The first place of a moment: what starts then stands at it or past it."""
    return at_ms << PLACE_BITS


def word(value: Any) -> str | None:
    """A short text as it is kept: bounded, None where there is none."""
    if value is None or not isinstance(value, str) or not value:
        return None
    return value if len(value) <= MAX_WORD else value[: MAX_WORD - 1] + "…"


def message(value: str) -> str:
    """A long text as it is kept: where it is past the limit, cut, and saying so."""
    if len(value) <= MAX_MESSAGE:
        return value
    return f"{value[: MAX_MESSAGE - 80]}… [cut here: {len(value):,} characters came]"


def bounded(value: Any) -> Any:
    """A payload as it is kept: where its JSON is past the limit, the beginning of it, and how much
    there was. What was cut once is not cut again."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str) and len(value) < _KEPT_CHARACTERS:
        return value
    text = orjson.dumps(value)
    if len(text) <= MAX_PAYLOAD_BYTES:
        return value
    kept = text[:_KEPT_CHARACTERS].decode("utf-8", "ignore")
    return {CUT: {"bytes": len(text), "kept": len(kept.encode())}, "text": kept}


def json_of(value: Any) -> bytes:
    """JSON that is held for a while: orjson's own takes 4 kB each, however short, and to get them
    from the system takes ten times as long as to write it."""
    return b"%b" % orjson.dumps(value)


def payload_json(said: dict[str, Any]) -> bytes | None:
    """The payloads of a line or a span as one piece of JSON, each bounded; None where there are
    none."""
    if not said:
        return None
    text = json_of(said)
    if len(text) <= MAX_PAYLOAD_BYTES:  # and so is each of them
        return text
    return json_of({key: bounded(value) for key, value in said.items()})


def was_cut(value: Any) -> int | None:
    """How many bytes a payload had before it was cut; None where it is whole."""
    mark = value.get(CUT) if isinstance(value, dict) else None
    size = mark.get("bytes") if isinstance(mark, dict) else None
    return size if isinstance(size, int) else None


def whole(value: Any) -> int | None:
    """A count or a duration: a number from 0 on that SQLite can hold, rounded."""
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(value) if 0 <= value < 1 << 62 else None


def amount(value: Any) -> float | None:
    """A cost: a number from 0 on."""
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e15 else None
