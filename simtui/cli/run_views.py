"""Runs as rows, as JSON and as text: what the run commands print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from simtui.console.output import dumps, table_lines
from simtui.errors import shown
from simtui.formats.run_reports import json_text
from simtui.library.runs import RunDetail
from simtui.model import wording
from simtui.model.run import LogLine, Run, was_cut
from simtui.model.run_text import masked_json, with_masked_keys
from simtui.model.run_tree import Comparison, Node, window_of

_BAR = 30


def row_of(run: Run) -> dict[str, Any]:
    """A run as the JSON contract has it."""
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "workflow_name": run.workflow_name,
        "status": run.status,
        "trigger": run.trigger,
        "started_at": wording.rfc3339(run.started_at),
        "duration_ms": run.duration_ms,
        "cost_usd": run.cost_usd,
        "tokens": run.tokens,
        "error": None if run.error is None else with_masked_keys(run.error),
    }


def detail_row(
    detail: RunDetail, nodes: Sequence[Node] | None, lines: Sequence[LogLine] | None
) -> dict[str, Any]:
    """A run with all that is asked of it, as JSON."""
    run = detail.run
    row = row_of(run) | {
        "ended_at": None if run.ended_at is None else wording.rfc3339(run.ended_at),
        "level": run.level,
        "error_block": run.error_block_name or run.error_block_id,
        "cost_other": run.cost_other,
        "cost_unit": run.cost_unit,
        "version_digest": run.version_digest,
        "source": run.source,
        "pinned": run.pinned,
        "placeholder": run.is_placeholder,
        "spans": detail.spans,
        "log_lines": detail.log_lines,
        "errors": detail.errors,
        "input": masked_json(detail.payloads.input),
        "output": masked_json(detail.payloads.output),
    }
    if nodes is not None:
        row["trace"] = [_span_row(node) for node in nodes]
    if lines is not None:
        row["log"] = [log_row(line) for line in lines]
    return row


def _span_row(node: Node) -> dict[str, Any]:
    span = node.span
    return {
        "id": span.id,
        "parent_id": span.parent_id,
        "depth": node.depth,
        "name": span.name,
        "type": span.type,
        "status": span.status,
        "started_at": wording.rfc3339(span.started_at),
        "duration_ms": span.duration_ms,
        "block_id": span.block_id,
        "error": None if span.error is None else with_masked_keys(span.error),
        "tokens": span.tokens,
        "cost_usd": span.cost_usd,
    }


def log_row(line: LogLine) -> dict[str, Any]:
    """A log line as JSON."""
    return {
        "seq": line.seq,
        "at": wording.rfc3339(line.at),
        "level": line.level,
        "block": line.block_name or line.block_id,
        "message": with_masked_keys(line.message),
    }


def table(page: Sequence[Run], now_ms: int, *, with_head: bool) -> Iterable[str]:
    """Runs as aligned lines."""
    rows = [
        (
            run.id[:8],
            f"{wording.run_sign(run.status)} {run.status}",
            run.workflow_name + (" (not here)" if run.is_placeholder else ""),
            wording.ago(run.started_at, now_ms),
            "–" if run.duration_ms is None else wording.duration(run.duration_ms),
            wording.cost(run.cost_usd, run.cost_other, run.cost_unit),
            run.trigger or "–",
            with_masked_keys(run.error or ""),
        )
        for run in page
    ]
    head = ("ID", "STATUS", "WORKFLOW", "STARTED", "DURATION", "COST", "TRIGGER", "ERROR")
    return table_lines(head, rows, with_head=with_head) if rows else ()


def overview_lines(detail: RunDetail) -> Iterator[str]:
    """A run in a page of text."""
    run = detail.run
    what = [f"{wording.run_sign(run.status)} {shown(run.status, 60)}"]
    if run.duration_ms is not None:
        what.append(f"after {wording.duration(run.duration_ms)}")
    if run.trigger:
        what.append(f"· {shown(run.trigger, 60)}")
    what.append(f"· {wording.date_time(run.started_at)}")
    what.append(f"· {wording.cost(run.cost_usd, run.cost_other, run.cost_unit)}")
    if run.tokens is not None:
        what.append(f"· {wording.plural(run.tokens, 'token')}")
    place = " (not in the library; only its runs are)" if run.is_placeholder else ""
    yield shown(run.workflow_name) + place
    yield " ".join(what)
    yield f"id {shown(run.id)}{' · pinned' if run.pinned else ''}"
    if run.error is not None:
        block = run.error_block_name or run.error_block_id
        yield ""
        yield f"Error in {shown(block)}" if block else "Error"
        yield from _indented(with_masked_keys(run.error))
    for title, value in (("Input", detail.payloads.input), ("Output", detail.payloads.output)):
        if value is None:
            continue
        size = was_cut(value)
        yield ""
        yield f"{title} (cut: {wording.size(size)} came)" if size is not None else title
        yield from _indented(value["text"] if size is not None else json_text(value))


def _indented(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield f"  {shown(line, 4000)}"


def trace_lines(run: Run, nodes: Sequence[Node]) -> Iterator[str]:
    """The steps of a run with a bar each, where in its time they ran."""
    start, end = window_of(run, [node.span for node in nodes])
    rows = []
    for node in nodes:
        span = node.span
        took = "–" if span.duration_ms is None else wording.duration(span.duration_ms)
        rows.append(
            (
                "  " * node.depth + span.name,
                span.status or "–",
                took,
                _waterfall(span.started_at - start, span.duration_ms or 0, end - start),
                with_masked_keys(span.error or ""),
            )
        )
    yield ""
    yield from table_lines(("STEP", "STATUS", "TIME", "", "ERROR"), rows)


def _waterfall(offset: int, size: int, whole: int) -> str:
    if whole <= 0:
        return "|"
    first = min(_BAR - 1, offset * _BAR // whole)
    last = max(first + 1, min(_BAR, -((offset + size) * -_BAR // whole)))
    return " " * first + "█" * (last - first)


def log_line(line: LogLine) -> str:
    """A log line as text."""
    block = f"[{shown(line.block_name or line.block_id or '', 40)}] " if _has_block(line) else ""
    message = shown(with_masked_keys(line.message), 4000)
    return f"{wording.rfc3339(line.at)}  {shown(line.level, 8):5}  {block}{message}"


def _has_block(line: LogLine) -> bool:
    return bool(line.block_name or line.block_id)


def compare_lines(compared: Comparison, output: str) -> Iterator[str]:
    """Two runs side by side."""
    if output != "table":
        yield dumps(
            {
                "left": row_of(compared.left),
                "right": row_of(compared.right),
                "duration_ms": compared.duration_ms,
                "cost_usd": compared.cost_usd,
                "tokens": compared.tokens,
                "spans": [
                    {
                        "name": pair.name,
                        "left": pair.left and pair.left.status,
                        "right": pair.right and pair.right.status,
                        "duration_ms": pair.duration_ms,
                        "cost_usd": pair.cost_usd,
                    }
                    for pair in compared.pairs
                ],
                "output": [
                    {"path": path, "left": masked_json(one), "right": masked_json(other)}
                    for path, one, other in compared.output_changes
                ],
            }
        )
        return
    for name, side in (("left ", compared.left), ("right", compared.right)):
        took = "–" if side.duration_ms is None else wording.duration(side.duration_ms)
        yield f"{name}  {shown(side.id)}  {shown(side.status, 40)}  {took}"
    rows = []
    for pair in compared.pairs:
        left, right = pair.left, pair.right
        rows.append(
            (
                pair.name,
                "–" if left is None else left.status or "–",
                "–" if right is None else right.status or "–",
                "" if pair.duration_ms is None else _signed(pair.duration_ms),
            )
        )
    if rows:
        yield ""
        yield from table_lines(("STEP", "LEFT", "RIGHT", "TIME"), rows)
    if compared.output_changes:
        yield ""
        yield "Output"
    for path, one, other in compared.output_changes:
        yield f"  {shown(path or '(all of it)', 80)}: {_short(one)} → {_short(other)}"


def _signed(ms: int) -> str:
    return f"{'+' if ms >= 0 else '-'}{wording.duration(abs(ms))}"


def _short(value: Any) -> str:
    return shown(dumps(masked_json(value)), 60)
