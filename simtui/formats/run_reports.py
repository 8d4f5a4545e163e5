"""Runs for people and for tables: rows of CSV, and one run as Markdown. What looks like a key is
masked in both; run events hold everything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from simtui.formats.sim_json import iso
from simtui.model import wording
from simtui.model.run import LogLine, Payloads, Run
from simtui.model.run_text import with_masked_keys
from simtui.model.run_tree import Node

FORMS = ("ndjson", "csv", "markdown")
"""The ways in which runs leave."""

CSV_COLUMNS = (
    "id", "workflow_id", "workflow_name", "status", "trigger", "started_at", "duration_ms",
    "cost_usd", "tokens", "error",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_head() -> bytes:
    """The first line."""
    return _row(CSV_COLUMNS)


def csv_row(run: Run) -> bytes:
    """A run as a line of CSV; what nobody knows is empty. A text that a spreadsheet would run is
    quoted with `'`."""
    return _row(
        (
            _text(run.id),
            _text(run.workflow_id),
            _text(run.workflow_name),
            _text(run.status),
            _text(run.trigger or ""),
            iso(run.started_at),
            "" if run.duration_ms is None else run.duration_ms,
            "" if run.cost_usd is None else repr(run.cost_usd),
            "" if run.tokens is None else run.tokens,
            _text(with_masked_keys(run.error or "")),
        )
    )


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8", "replace")


def markdown(
    run: Run, payloads: Payloads, tree: Sequence[Node], log: Sequence[LogLine]
) -> Iterator[bytes]:
    """A run as a page of Markdown: what it was, its error, its input and output, its steps, the end
    of its log."""
    for line in _markdown(run, payloads, tree, log):
        yield f"{line}\n".encode("utf-8", "replace")


def _markdown(
    run: Run, payloads: Payloads, tree: Sequence[Node], log: Sequence[LogLine]
) -> Iterator[str]:
    yield f"# {_plain(run.workflow_name)}: {_plain(run.status)}"
    yield ""
    facts = {
        "Run": f"`{_plain(run.id)}`",
        "Started": iso(run.started_at),
        "Duration": "–" if run.duration_ms is None else wording.duration(run.duration_ms),
        "Trigger": _plain(run.trigger or "–"),
        "Cost": wording.cost(run.cost_usd, run.cost_other, run.cost_unit),
        "Tokens": "–" if run.tokens is None else wording.count(run.tokens),
    }
    for name, value in facts.items():
        yield f"- {name}: {value}"
    if run.error:
        where = f" in {_plain(run.error_block_name)}" if run.error_block_name else ""
        yield f"\n## Error{where}\n"
        yield from _fenced(run.error)
    for title, value in (("Input", payloads.input), ("Output", payloads.output)):
        if value is not None:
            yield f"\n## {title}\n"
            yield from _fenced(json_text(value), "json")
    if tree:
        yield "\n## Steps\n"
        for node in tree:
            span = node.span
            took = "" if span.duration_ms is None else f" · {wording.duration(span.duration_ms)}"
            error = f" · {_plain(span.error)}" if span.error else ""
            yield (
                f"{'  ' * node.depth}- {_plain(span.name)} ({_plain(span.type or 'step')})"
                f" · {_plain(span.status or '–')}{took}{error}"
            )
    if log:
        yield "\n## Log\n"
        text = "\n".join(f"{iso(line.at)} {line.level:5} {line.message}" for line in log)
        yield from _fenced(text)


def json_text(value: Any) -> str:
    """JSON to be read by people, what looks like a key masked."""
    return with_masked_keys(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _plain(text: str) -> str:
    """Text on one line that Markdown takes for text."""
    text = " ".join(with_masked_keys(text).split())
    return "".join(f"\\{c}" if c in r"\`*_[]<>#|" else c for c in text)


def _fenced(text: str, language: str = "") -> Iterator[str]:
    text = with_masked_keys(text)
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}{language}"
    yield text
    yield fence
