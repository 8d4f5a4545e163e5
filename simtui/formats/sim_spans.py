"""Sim's trace spans, a tree of objects, as span events. The tree is open: what is not known here is
kept under `sim`. Tokens and costs were written in several shapes over the years."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simtui.formats.run_events import checked_id, error_text
from simtui.formats.sim_json import ms_of
from simtui.model.run import amount, bounded, json_of, whole, word
from simtui.model.run_said import SpanSaid

_KNOWN = frozenset((
    "id", "name", "type", "duration", "durationMs", "startTime", "endTime",
    "relativeStartMs", "status", "children", "blockId", "input", "output", "tokens",
    "cost", "error", "errorMessage", "model", "toolCalls",
))  # fmt: skip


def spans_in(run_id: str, started_at: int, trace: Any) -> Iterator[SpanSaid]:
    """The spans of a trace, each before its children. An id that comes twice (an iteration of a
    loop) is told apart by a number."""
    pending: list[tuple[Any, str | None]] = [(trace, None)]
    seen: set[str] = set()
    seq = 0
    while pending:
        spans, parent = pending.pop()
        if not isinstance(spans, list):
            continue
        below: list[tuple[Any, str | None]] = []
        for span in spans:
            if not isinstance(span, dict):
                continue
            seq += 1
            ident = wanted = checked_id(span.get("id")) or f"span-{seq}"
            again = 2
            while ident in seen:
                ident, again = f"{wanted[:180]}#{again}", again + 1
            seen.add(ident)
            yield _span(run_id, started_at, span, ident, parent, seq)
            children = span.get("children")
            tools = span.get("toolCalls")
            if isinstance(tools, list) and not _has_tools(children):
                below.append((_as_spans(tools), ident))
            below.append((children, ident))
        pending += reversed(below)


def tokens_of(value: Any) -> int | None:
    """How many tokens, from any of the shapes that Sim wrote."""
    if not isinstance(value, dict):
        return whole(value)
    if (total := whole(value.get("total"))) is not None:
        return total
    parts = [whole(value.get(key)) for key in ("input", "output", "prompt", "completion")]
    found = [part for part in parts if part is not None]
    return sum(found) if found else None


def _span(
    run_id: str, run_at: int, span: dict[str, Any], ident: str, parent: str | None, seq: int
) -> SpanSaid:
    started_at = ms_of(span.get("startTime"))
    if started_at is None:
        started_at = run_at + (whole(span.get("relativeStartMs")) or 0)
    duration_ms = whole(span.get("duration", span.get("durationMs")))
    ended_at = ms_of(span.get("endTime"))
    if duration_ms is None and ended_at is not None:
        duration_ms = max(0, ended_at - started_at)
    status = word(span.get("status"))
    output, cost = span.get("output"), span.get("cost")
    error = span.get("errorMessage") or span.get("error")
    if not error and status == "error" and isinstance(output, dict):
        error = output.get("error")
    others = {key: item for key, item in span.items() if key not in _KNOWN and item is not None}
    payload = {
        "input": bounded(span.get("input")),
        "output": bounded(output),
        "sim": bounded(others) if others else None,
    }
    said = {key: item for key, item in payload.items() if item is not None}
    return SpanSaid(
        run_id,
        ident,
        seq,
        parent,
        word(span.get("name")) or word(span.get("type")) or ident,
        word(span.get("type")),
        status,
        started_at,
        duration_ms,
        word(span.get("blockId")),
        error_text(error),
        word(span.get("model")),
        tokens_of(span.get("tokens")),
        amount(cost.get("total") if isinstance(cost, dict) else cost),
        json_of(said) if said else None,
    )


def _has_tools(children: Any) -> bool:
    return isinstance(children, list) and any(
        isinstance(child, dict) and child.get("type") == "tool" for child in children
    )


def _as_spans(calls: list[Any]) -> list[dict[str, Any]]:
    """Tool calls as they were written before they were spans of their own."""
    return [{"type": "tool", **call} for call in calls if isinstance(call, dict)]
