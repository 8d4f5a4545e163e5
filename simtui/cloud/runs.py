"""Runs, a hundred workflows in a snapshot, as the events that every source of runs is read into.

A row becomes what Sim's own log answer would say of it, which `formats.sim_logs` reads. What lies
in object storage is not in the database: those runs come without their spans, and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from psycopg import sql

from simtui.cloud.details import LINES, Details, with_details
from simtui.cloud.reading import Snapshot
from simtui.cloud.rebuilding import bounded_value_of, number_of
from simtui.cloud.report import Item
from simtui.cloud.schema import Schema
from simtui.cloud.tables import LineRow, RunRow, rows_of
from simtui.errors import BadInput
from simtui.formats.naming import checked_id
from simtui.formats.sim_json import iso, ms_of
from simtui.formats.sim_logs import events_of
from simtui.library.extracted import SOURCE
from simtui.model.run import message, payload_json, word
from simtui.model.run_said import BadLine, LogSaid, RunSaid, Said

LOGS = "workflow_execution_logs"


@dataclass(frozen=True, slots=True)
class ReadRun:
    """A run as it was read. `rows`: how many of `table` it was made of, and `others` of other
    tables; `bad_rows`: what of those was not taken; `trace_elsewhere`: its spans lie in object
    storage; `snapshot_id`: the document that ran."""

    table: str
    id: str
    said: tuple[Said, ...] = ()
    rows: int = 1
    reason: str = ""
    trace_elsewhere: bool = False
    snapshot_id: str | None = None
    started_at: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    bad_rows: Sequence[Item] = ()


def runs_where(
    snapshot: Snapshot, schema: Schema, where: sql.Composable, parameters: Sequence[object]
) -> Iterator[ReadRun]:
    """The runs that are meant, the oldest of each workflow first, or nearly."""
    order = ("workflow_id", "started_at", "id")
    rows = rows_of(snapshot, schema, LOGS, RunRow, where, parameters, order)
    for row, more in with_details(snapshot, schema, rows):
        try:
            yield _run(row, more)
        except (BadInput, RecursionError) as error:
            reason = error.message if isinstance(error, BadInput) else "too deeply nested"
            yield ReadRun(
                LOGS,
                row.execution_id or row.id,
                reason=reason.removeprefix("it: "),
                others=more.rows,
                bad_rows=more.refused,
            )


def runs_of_lines(
    snapshot: Snapshot, schema: Schema, where: sql.Composable, parameters: Sequence[object]
) -> Iterator[ReadRun]:
    """The runs of before July 2025, of which there are log lines alone."""
    if schema.has(LOGS, "execution_id"):
        where = sql.SQL(
            "{} AND NOT EXISTS (SELECT 1 FROM {} AS l WHERE l.execution_id = t.execution_id)"
        ).format(where, schema.table(LOGS))
    order = ("workflow_id", "execution_id", "created_at", "id")
    rows = rows_of(snapshot, schema, LINES, LineRow, where, parameters, order)
    for (_workflow, run_id), found in groupby(rows, lambda row: row[0:3:2]):
        lines = list(found)
        try:
            yield _run_of_lines(run_id, lines)
        except RecursionError:
            yield ReadRun(LINES, run_id or lines[0].id, rows=len(lines), reason="too deeply nested")


def _run(row: RunRow, more: Details) -> ReadRun:
    details = bounded_value_of(row.execution_data)
    details = details if isinstance(details, dict) else {}
    environment = details.get("environment")
    if isinstance(environment, dict):
        environment.pop("variables", None)  # secrets, sealed or not
    bad_rows = list(more.refused)
    trace_elsewhere = isinstance(details.get("traceStoreRef"), dict)
    if not details.get("traceSpans") and not trace_elsewhere:
        details["traceSpans"] = more.spans or _said_in(more.lines, bad_rows).get("traceSpans")
    record: dict[str, Any] = {
        "executionId": row.execution_id,
        "workflowId": row.workflow_id,
        "status": row.status,
        "level": row.level,
        "trigger": row.trigger,
        "startedAt": row.started_at,
        "endedAt": row.ended_at,
        "totalDurationMs": number_of(row.total_duration_ms),
        "cost": _cost(row),
        "executionData": details,
        "deploymentVersionId": row.deployment_version_id,
        "modelsUsed": row.models_used,
        "files": bounded_value_of(row.files),
        "message": row.message,
    }
    record = {key: item for key, item in record.items() if item is not None}
    said: list[Said] = []
    for one in events_of(record, 1):
        if isinstance(one, BadLine):
            raise BadInput(one.reason)
        said.append(one._replace(source=SOURCE) if isinstance(one, RunSaid) else one)
    first = said[0]
    started = first.started_at if isinstance(first, RunSaid) else 0
    said[1:1] = _lines(more.lines, first.id if isinstance(first, RunSaid) else "", started)
    return ReadRun(
        LOGS,
        row.execution_id or row.id,
        tuple(said),
        trace_elsewhere=trace_elsewhere,
        snapshot_id=row.state_snapshot_id,
        started_at=started,
        others=more.rows,
        bad_rows=bad_rows,
    )


def _cost(row: RunRow) -> dict[str, Any] | None:
    """In dollars: its own column, else what the JSON says, else what it was called at first."""
    cost = bounded_value_of(row.cost)
    found: dict[str, Any] = dict(cost) if isinstance(cost, dict) else {}
    total = number_of(row.cost_total)
    if total is None and not isinstance(found.get("total"), (int, float)):
        total = number_of(row.total_cost)
    if total is not None:
        found["total"] = total
    if row.total_tokens is not None:
        found.setdefault("tokens", {"total": row.total_tokens})
    return found or None


def _run_of_lines(run_id: str | None, lines: list[LineRow]) -> ReadRun:
    ident = checked_id(run_id)
    if ident is None:
        return ReadRun(LINES, lines[0].id, rows=len(lines), reason="its run id is none.")
    bad_rows: list[Item] = []
    failed = ""
    at = [ms for line in lines if (ms := ms_of(line.created_at)) is not None]
    if not at:
        return ReadRun(LINES, ident, rows=len(lines), reason="it does not say when it started.")
    for line in lines:
        if (line.level or "").lower() == "error":
            failed = line.message or "failed"
    first, last = lines[0], lines[-1]
    duration = _milliseconds(last.duration)
    started = min(at)
    if duration is not None and len(lines) == 1:
        started = max(0, started - duration)
    record = {
        "executionId": ident,
        "workflowId": first.workflow_id,
        "status": "failed" if failed else "completed",
        "level": "error" if failed else "info",
        "trigger": first.trigger,
        "startedAt": iso(started),
        "endedAt": iso(max(at)),
        "totalDurationMs": max(at) - started if duration is None else duration,
        "error": failed or None,
        **_said_in(lines, bad_rows),
    }
    said: list[Said] = []
    for one in events_of({key: item for key, item in record.items() if item is not None}, 1):
        if isinstance(one, BadLine):
            return ReadRun(LINES, ident, rows=len(lines), reason=one.reason)
        said.append(one._replace(source=SOURCE) if isinstance(one, RunSaid) else one)
    said[1:1] = _lines(lines, ident, started)
    return ReadRun(
        LINES, ident, tuple(said), rows=len(lines), started_at=started, bad_rows=bad_rows
    )


def _said_in(lines: Sequence[LineRow], bad_rows: list[Item]) -> dict[str, Any]:
    """The trace and the cost of a run, which one of its lines bears."""
    found: dict[str, Any] = {}
    for line in lines:
        try:
            about = bounded_value_of(line.metadata)
        except BadInput as error:
            reason = f"its metadata cannot be read: {error.message.removeprefix('it: ')}"
            bad_rows.append(Item(LINES, line.id, "", "imported", reason))
            continue
        if isinstance(about, dict):
            found |= {key: about[key] for key in ("traceSpans", "cost") if key in about}
    return found


def _lines(lines: Sequence[LineRow], run_id: str, started_at: int) -> Iterator[LogSaid]:
    for number, line in enumerate(lines, 1):
        yield LogSaid(
            run_id,
            ms_of(line.created_at) or started_at,
            message(line.message or ""),
            number,
            word((line.level or "info").lower()) or "info",
            more=payload_json({"duration": line.duration}) if line.duration else None,
        )


def _milliseconds(text: str | None) -> int | None:
    """`1234ms`, `1.2s`; None for anything else (`NA`)."""
    for unit, factor in (("ms", 1), ("s", 1000)):
        if text and text.endswith(unit):
            number = number_of(text.removesuffix(unit).strip())
            return None if number is None else round(number * factor)
    return None
