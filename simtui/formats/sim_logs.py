"""Sim's own accounts of runs, read into our events: the v1 and v2 log answers (lists and details),
v2 run answers, what Sim's command prints of them, and Sim's CSV.

The rules of Sim that this stands on: a run's id is `runId` or `executionId`; v1 has no `status`, so
`level` tells it; the cost of a log is in dollars, that of a v2 *run* in credits.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from simtui.errors import BadInput
from simtui.formats.json_reader import read_json
from simtui.formats.naming import checked_id as workflow_id_of
from simtui.formats.run_events import checked_id, error_text
from simtui.formats.sim_json import ms_of
from simtui.formats.sim_spans import spans_in, tokens_of
from simtui.model.run import amount, bounded, whole, word
from simtui.model.run_said import BadLine, EndSaid, RunSaid, Said

CSV_HEAD = ("startedAt", "executionId")
MAX_FIELD_CHARACTERS = 16 << 20

_ENDED = frozenset(("completed", "failed", "cancelled"))
_KNOWN = frozenset((
    "runId", "executionId", "workflowId", "workflowName", "status", "level", "trigger",
    "startedAt", "endedAt", "durationMs", "totalDurationMs", "cost", "error", "output",
    "finalOutput", "traceSpans", "executionMetadata",
))  # fmt: skip
_KNOWN_DATA = frozenset((
    "traceSpans", "finalOutput", "workflowInput", "error", "tokens",
))  # fmt: skip


def events_in_json(content: bytes, what: str) -> Iterator[Said | BadLine]:
    """The runs of a JSON answer; a thing in it that is none is a `BadLine` with its place from 1.
    Raises `BadInput` where it is no answer about runs at all."""
    value, _content = read_json(content, what)
    if isinstance(value, dict) and isinstance(value.get("data"), (list, dict)):
        value = value["data"]
    records = value if isinstance(value, list) else [value]
    if not isinstance(value, (list, dict)) or (isinstance(value, dict) and not is_record(value)):
        raise BadInput(
            f"{what}: no runs in it. `runs import` takes run events, Sim's log answers and its CSV."
        )
    for number, record in enumerate(records, 1):
        yield from events_of(record, number)


def is_record(value: Any) -> bool:
    """Whether an object is Sim's account of one run."""
    return isinstance(value, dict) and ("runId" in value or "executionId" in value)


def events_of(record: Any, number: int) -> Iterator[Said | BadLine]:
    """One run as events: itself, its spans, its end where it has ended."""
    if not is_record(record):
        yield BadLine(number, "no run of Sim's: it has neither runId nor executionId.")
        return
    try:
        yield from list(_events(record))
    except BadInput as error:
        yield BadLine(number, error.message)


def _events(record: dict[str, Any]) -> Iterator[Said]:
    inner = record.get("executionData")
    details: dict[str, Any] = inner if isinstance(inner, dict) else {}
    meta = record.get("executionMetadata")
    if isinstance(meta, dict):  # v1's answer about one execution
        record = {**record, **meta}
    run_id = checked_id(record.get("runId") or record.get("executionId"))
    if run_id is None:
        raise BadInput("its run id is none.")
    duration_ms = whole(record.get("totalDurationMs", record.get("durationMs")))
    ended_at = ms_of(record.get("endedAt"))
    started_at = ms_of(record.get("startedAt")) or ms_of(record.get("createdAt"))
    if started_at is None:
        if ended_at is None:
            raise BadInput("it does not say when it started.")
        started_at = max(0, ended_at - (duration_ms or 0))
    status = _status(record, ended_at, duration_ms)
    # the resource of a v2 run counts in credits, and is told by its `durationMs`
    is_run = "durationMs" in record and "level" not in record
    total = _total(record.get("cost"))
    workflow_id, name = _workflow(record)
    yield RunSaid(
        id=run_id,
        started_at=started_at,
        workflow_id=workflow_id,
        workflow_name=name,
        trigger=word(record.get("trigger")) or word(_get(details.get("trigger"), "type")),
        status=None if status in _ENDED else status,
        level=word(record.get("level")),
        input=bounded(details.get("workflowInput", record.get("workflowInput"))),
        source="Sim run" if is_run else "Sim log",
        cost_other=total if is_run else None,
        cost_unit="credits" if is_run and total is not None else None,
        still_running=status not in _ENDED,
        more=_more(record, details),
    )
    yield from spans_in(run_id, started_at, record.get("traceSpans") or details.get("traceSpans"))
    if status in _ENDED:
        yield _end(
            run_id, status, record, details, ended_at, duration_ms, None if is_run else total
        )


def _end(
    run_id: str,
    status: str,
    record: dict[str, Any],
    details: dict[str, Any],
    ended_at: int | None,
    duration_ms: int | None,
    cost_usd: float | None,
) -> EndSaid:
    output = record.get("finalOutput", record.get("output", details.get("finalOutput")))
    error: Any = record.get("error") or details.get("error")
    about = details.get("errorDetails")
    block = error if isinstance(error, dict) else about if isinstance(about, dict) else {}
    if not error:
        error = _get(about, "error")
    if not error and status == "failed":
        error = _get(output, "error")
    return EndSaid(
        run_id,
        status,
        ended_at,
        duration_ms,
        bounded(output),
        error_text(error),
        word(block.get("blockId")),
        word(block.get("blockName")),
        tokens_of(details.get("tokens") or _get(record.get("cost"), "tokens")),
        cost_usd,
    )


def _status(record: dict[str, Any], ended_at: int | None, duration_ms: int | None) -> str:
    said = word(record.get("status"))
    if said is not None:
        return said
    if record.get("level") == "error":
        return "failed"
    return "running" if ended_at is None and duration_ms is None else "completed"


def _total(cost: Any) -> float | None:
    return amount(cost.get("total") if isinstance(cost, dict) else cost)


def _workflow(record: dict[str, Any]) -> tuple[str | None, str | None]:
    about = record.get("workflow")
    name = word(about) or word(_get(about, "name")) or word(record.get("workflowName"))
    ident = workflow_id_of(record.get("workflowId")) or workflow_id_of(_get(about, "id"))
    if ident is None and name is None:
        name = "(deleted workflow)"  # Sim keeps the runs of one, and says no id
    return ident, name


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _more(record: dict[str, Any], details: dict[str, Any]) -> dict[str, Any] | None:
    """What else Sim said, under one key."""
    found = {
        key: bounded(item)
        for key, item in record.items()
        if key not in _KNOWN and key != "executionData" and item is not None
    }
    found |= {
        key: bounded(item)
        for key, item in details.items()
        if key not in _KNOWN_DATA and item is not None
    }
    return {"sim": bounded(found)} if found else None


# -- CSV


def is_csv(head: bytes) -> bool:
    """Whether a file begins as Sim's CSV does."""
    names = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return all(name in names for name in CSV_HEAD)


def events_in_csv(stream: BinaryIO) -> Iterator[Said | BadLine]:
    """The runs of Sim's CSV, read as it comes; a row that cannot be read is a `BadLine`."""
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    rows = csv.DictReader(text, restkey="", restval="")
    try:
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(rows.line_num, f"no row of CSV: {error}.")
                continue
            yield from events_of(_record(row), rows.line_num)
    finally:
        with contextlib.suppress(ValueError):  # closed already
            text.detach()


def _record(row: dict[str, str]) -> dict[str, Any]:
    """A row as the log answer would have it."""
    record: dict[str, Any] = {
        "executionId": row.get("executionId"),
        "workflowId": row.get("workflowId") or None,
        "workflow": row.get("workflow") or None,
        "level": row.get("level") or None,
        "trigger": row.get("trigger") or None,
        "startedAt": row.get("startedAt"),
        "totalDurationMs": _number(row.get("durationMs")),
        "cost": {"total": _number(row.get("costTotal"))},
        "traceSpans": _json(row.get("traceSpans")),
    }
    said = row.get("message") or None
    value = _json(said)
    if record["level"] == "error" and not isinstance(value, dict):
        record["error"] = said
    else:
        record["finalOutput"] = said if value is None else value
    return record


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _json(text: str | None) -> Any:
    if not text or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
