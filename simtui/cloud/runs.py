"""Runs, a hundred workflows in a snapshot, as the events that every source of runs is read into.

A row becomes what Sim's own log answer would say of it, which `formats.sim_logs` reads. What lies
in object storage is not in the database: those runs come without their spans, and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import sql

from simtui.cloud.reading import Snapshot
from simtui.cloud.rebuilding import number_of, value_of
from simtui.cloud.schema import Schema
from simtui.cloud.tables import LineRow, RunRow, rows_of
from simtui.errors import BadInput
from simtui.formats.naming import checked_id
from simtui.formats.sim_json import iso, ms_of
from simtui.formats.sim_logs import events_of
from simtui.library.extracted import SOURCE
from simtui.model.run import bounded, message, word
from simtui.model.run_said import BadLine, LogSaid, RunSaid, Said

LOGS, LINES = "workflow_execution_logs", "workflow_logs"


@dataclass(frozen=True, slots=True)
class ReadRun:
    """A run as it was read. `rows`: how many of `table` it was made of; `trace_elsewhere`: its
    spans lie in object storage; `snapshot_id`: the document that ran."""

    table: str
    id: str
    said: tuple[Said, ...] = ()
    rows: int = 1
    reason: str = ""
    trace_elsewhere: bool = False
    snapshot_id: str | None = None
    started_at: int = 0


def runs_where(
    snapshot: Snapshot, schema: Schema, where: sql.Composable, parameters: Sequence[object]
) -> Iterator[ReadRun]:
    """The runs that are meant, the oldest of each workflow first."""
    order = ("workflow_id", "started_at", "id")
    for row in rows_of(snapshot, schema, LOGS, RunRow, where, parameters, order):
        try:
            yield _run(row)
        except (BadInput, RecursionError) as error:
            reason = error.message if isinstance(error, BadInput) else "too deeply nested"
            yield ReadRun(LOGS, row.execution_id or row.id, reason=reason.removeprefix("it: "))


def runs_of_lines(
    snapshot: Snapshot, schema: Schema, where: sql.Composable, parameters: Sequence[object]
) -> Iterator[ReadRun]:
    """The runs of before July 2025, of which there are log lines alone."""
    order = ("workflow_id", "execution_id", "created_at", "id")
    rows = rows_of(snapshot, schema, LINES, LineRow, where, parameters, order)
    for (_workflow, run_id), lines in groupby(rows, lambda row: row[0:3:2]):
        yield _run_of_lines(run_id, list(lines))


def _run(row: RunRow) -> ReadRun:
    details = value_of(row.execution_data)
    details = details if isinstance(details, dict) else {}
    environment = details.get("environment")
    if isinstance(environment, dict):
        environment.pop("variables", None)  # secrets, sealed or not
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
        "files": value_of(row.files),
        "message": row.message,
    }
    record = {key: item for key, item in record.items() if item is not None}
    said: list[Said] = []
    for one in events_of(record, 1):
        if isinstance(one, BadLine):
            raise BadInput(one.reason)
        said.append(one._replace(source=SOURCE) if isinstance(one, RunSaid) else one)
    first = said[0]
    return ReadRun(
        LOGS,
        row.execution_id or row.id,
        tuple(said),
        trace_elsewhere=isinstance(details.get("traceStoreRef"), dict),
        snapshot_id=row.state_snapshot_id,
        started_at=first.started_at if isinstance(first, RunSaid) else 0,
    )


def _cost(row: RunRow) -> dict[str, Any] | None:
    """In dollars: its own column, else what the JSON says, else what it was called at first."""
    cost = value_of(row.cost)
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
    trace: dict[str, Any] = {}
    failed = ""
    at = [ms for line in lines if (ms := ms_of(line.created_at)) is not None]
    if not at:
        return ReadRun(LINES, ident, rows=len(lines), reason="it does not say when it started.")
    for line in lines:
        try:
            about = value_of(line.metadata)
        except BadInput:
            about = None
        if isinstance(about, dict):
            trace |= {key: about[key] for key in ("traceSpans", "cost") if key in about}
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
        **trace,
    }
    said: list[Said] = []
    for one in events_of({key: item for key, item in record.items() if item is not None}, 1):
        if isinstance(one, BadLine):
            return ReadRun(LINES, ident, rows=len(lines), reason=one.reason)
        said.append(one._replace(source=SOURCE) if isinstance(one, RunSaid) else one)
    end = said.pop()
    for number, line in enumerate(lines, 1):
        more = {"duration": bounded(line.duration)} if line.duration else None
        said.append(
            LogSaid(
                ident,
                ms_of(line.created_at) or started,
                message(line.message or ""),
                number,
                word((line.level or "info").lower()) or "info",
                more=more,
            )
        )
    return ReadRun(LINES, ident, (*said, end), rows=len(lines), started_at=started)


def _milliseconds(text: str | None) -> int | None:
    """`1234ms`, `1.2s`; None for anything else (`NA`)."""
    for unit, factor in (("ms", 1), ("s", 1000)):
        if text and text.endswith(unit):
            number = number_of(text.removesuffix(unit).strip())
            return None if number is None else round(number * factor)
    return None
