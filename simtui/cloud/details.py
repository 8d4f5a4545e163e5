"""What else Sim wrote down of a run, in June and July 2025: a row for each block as it ran, and the
log lines of before, which were still written then.

The rows pass by in the order of the runs' ids, a few runs at a time, and no more is held than what
belongs to one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from psycopg import sql

from simtui.cloud.passing import Passing
from simtui.cloud.reading import Snapshot
from simtui.cloud.rebuilding import bounded_value_of, number_of
from simtui.cloud.report import Item
from simtui.cloud.schema import Schema
from simtui.cloud.tables import LineRow, RanBlockRow, RunRow, rows_of
from simtui.errors import BadInput

RAN, LINES = "workflow_execution_blocks", "workflow_logs"

_FEW_RUNS = 100
_FEW_BYTES = 2 << 20


@dataclass(slots=True)
class Details:
    """Of one run. `spans`: as a trace has them; `refused`: rows that cannot be read."""

    spans: list[dict[str, Any]] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    refused: list[Item] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows of which table are taken."""
        counts = {RAN: len(self.spans), LINES: len(self.lines)}
        return {table: count for table, count in counts.items() if count}


def with_details(
    snapshot: Snapshot, schema: Schema, rows: Iterator[RunRow]
) -> Iterator[tuple[RunRow, Details]]:
    """Each run with what else there is of it; where there are no such tables, with nothing."""
    has_blocks, has_lines = (schema.has(table, "execution_id") for table in (RAN, LINES))
    if not has_blocks and not has_lines:
        for row in rows:
            yield row, Details()
        return
    while few := _few(rows):
        few.sort(key=lambda row: row.execution_id or "")
        ids = [row.execution_id for row in few if row.execution_id]
        where = sql.SQL("t.execution_id = ANY(%s)")
        order = ("execution_id", "started_at", "id")
        blocks = Passing(rows_of(snapshot, schema, RAN, RanBlockRow, where, [ids], order))
        order = ("execution_id", "created_at", "id")
        lines = Passing(rows_of(snapshot, schema, LINES, LineRow, where, [ids], order), _RUN)
        for row in few:
            details = Details()
            if row.execution_id:
                _add_blocks(details, blocks.of(row.execution_id))
                details.lines += lines.of(row.execution_id)
            yield row, details


_RUN = LineRow._fields.index("execution_id")


def _few(rows: Iterator[RunRow]) -> list[RunRow]:
    few: list[RunRow] = []
    size = 0
    for row in islice(rows, _FEW_RUNS):
        few.append(row)
        size += len(row.execution_data or "")
        if size >= _FEW_BYTES:
            break
    return few


def _add_blocks(details: Details, rows: Iterator[RanBlockRow]) -> None:
    for row in rows:
        try:
            details.spans.append(_span(row))
        except BadInput as error:
            reason = error.message.removeprefix("it: ")
            details.refused.append(Item(RAN, row.id, row.block_name or "", "refused", reason))


def _span(row: RanBlockRow) -> dict[str, Any]:
    """As a trace has it. Raises `BadInput` where a part of it cannot be read."""
    about = bounded_value_of(row.metadata)
    about = about if isinstance(about, dict) else {}
    span = {
        "id": row.id,
        "name": row.block_name or row.block_id,
        "type": row.block_type,
        "status": row.status,
        "startTime": row.started_at,
        "endTime": row.ended_at,
        "duration": number_of(row.duration_ms),
        "blockId": row.block_id,
        "input": bounded_value_of(row.input_data),
        "output": bounded_value_of(row.output_data),
        "errorMessage": row.error_message,
        "errorStackTrace": row.error_stack_trace,
        "model": row.model_used,
        "tokens": _numbers(
            input=row.tokens_prompt, output=row.tokens_completion, total=row.tokens_total
        ),
        "cost": _numbers(input=row.cost_input, output=row.cost_output, total=row.cost_total),
        "toolCalls": about.pop("toolCalls", None),
        # what the variables were holds secrets in clear
        "metadata": {key: about[key] for key in about if "environment" not in key.lower()} or None,
    }
    return {key: item for key, item in span.items() if item is not None}


def _numbers(**texts: Any) -> Mapping[str, float] | None:
    found = {key: number for key, text in texts.items() if (number := number_of(text)) is not None}
    return found or None
