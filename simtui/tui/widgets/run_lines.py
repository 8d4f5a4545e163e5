"""An open run as lines: its overview, and one of its spans. What looks like a key is masked here,
before anything is cut or wrapped."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from simtui.errors import shown
from simtui.library.runs import RunDetail
from simtui.model import wording
from simtui.model.run import LogLine, was_cut
from simtui.model.run import Span as RunSpan
from simtui.model.run_text import masked_json, with_masked_keys
from simtui.tui.widgets.lines import Span
from simtui.tui.widgets.run_words import cost_of, named

_MAX_LINE = 4000
_PREVIEW = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the overview. `leads_to` is what enter opens there: `workflow`, `error`, `input`,
    `output`, `log` (at `seq`); "" for nothing."""

    spans: tuple[Span, ...] = ()
    leads_to: str = ""
    seq: int = 0


def payload_text(value: Any) -> str:
    """A payload as text, masked: a text as it is, all else as JSON."""
    if was_cut(value) is not None:
        value = value["text"]
    value = masked_json(value)
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # an integer past 64 bits
        return json.dumps(value, indent=2, ensure_ascii=False)


def overview(detail: RunDetail, errors: Sequence[LogLine], width: int) -> list[Part]:
    """What became of the run and why, then what is known of it, its output and its input.
    `errors`: the last of its log."""
    run = detail.run
    parts: list[Part] = []
    if run.error is not None:
        block = run.error_block_name or run.error_block_id
        parts.append(_title(f"Error in {shown(block, 60)}" if block else "Error", "error"))
        parts += [*_text(with_masked_keys(run.error), "error", width, "error"), Part()]
    if errors:
        parts.append(_title("Last errors in the log", ""))
        for line in errors:
            text = shown(with_masked_keys(line.message), max(20, width - 2))
            parts.append(Part((Span("✗ ", "error"), Span(text)), "log", line.seq))
        parts.append(Part())
    parts += _facts(detail)
    for title, value in (("Output", detail.payloads.output), ("Input", detail.payloads.input)):
        if value is None:
            continue
        size = was_cut(value)
        cut = f"  cut: of {wording.size(size)} this is the beginning" if size is not None else ""
        parts += [
            Part(),
            Part((Span(title, "title"), Span(cut, "warning")), title.lower()),
            *_text(payload_text(value), title.lower(), width, ""),
        ]
    return parts


def _title(text: str, leads_to: str) -> Part:
    return Part((Span(text, "title"),), leads_to)


def _text(text: str, leads_to: str, width: int, colour: str) -> Iterator[Part]:
    """The beginning of a text, wrapped."""
    lines = _wrapped(text, width - 2, _PREVIEW + 1)
    for line in lines[:_PREVIEW]:
        yield Part((Span(f"  {line}", colour),), leads_to)
    if len(lines) > _PREVIEW:
        yield Part((Span("  … ", "dim"), Span("⏎ shows all of it", "dim")), leads_to)


def _wrapped(text: str, width: int, limit: int) -> list[str]:
    lines: list[str] = []
    for line in text[: limit * _MAX_LINE].split("\n"):
        if len(lines) >= limit:
            break
        # a line is cut before it is wrapped: ten megabytes of one would hold the screen
        safe = shown(line, width * limit + 1)
        lines += textwrap.wrap(safe, max(20, width), drop_whitespace=False) or [""]
    return lines


def _facts(detail: RunDetail) -> Iterator[Part]:
    run = detail.run
    lines = wording.plural(detail.log_lines, "log line")
    if detail.errors:
        lines += f", {wording.plural(detail.errors, 'error')}"
    facts = [
        ("Workflow", named(run), "workflow"),
        ("Started", _moment(run.started_at), ""),
        ("Trigger", run.trigger or "–", ""),
        ("Cost", cost_of(run) if cost_of(run) != "–" else "– (nobody said)", ""),
        ("Tokens", "–" if run.tokens is None else wording.count(run.tokens), ""),
        ("Holds", f"{wording.plural(detail.spans, 'span')} · {lines}", ""),
    ]
    if run.ended_at is not None:
        facts.insert(2, ("Ended", _moment(run.ended_at), ""))
    if run.source:
        facts.append(("Came as", run.source, ""))
    if run.version_digest:
        facts.append(("Document", run.version_digest[:12], ""))
    facts.append(("Id", run.id, ""))
    for name, value, leads_to in facts:
        yield Part((Span(f"{name:<10}", "dim"), Span(value, "key" if leads_to else "")), leads_to)


def _moment(at_ms: int) -> str:
    return f"{wording.local(at_ms):%Y-%m-%d %H:%M:%S}.{at_ms % 1000:03d}"


def span_text(step: RunSpan) -> list[tuple[str, str]]:
    """One span with its input and output: (line, colour)."""
    said = [f"{step.type or 'span'}", step.status or "–"]
    if step.duration_ms is not None:
        said.append(wording.duration(step.duration_ms))
    if step.model:
        said.append(step.model)
    if step.tokens is not None:
        said.append(wording.plural(step.tokens, "token"))
    if step.cost_usd is not None:
        said.append(wording.dollars(step.cost_usd))
    lines = [(" · ".join(said), "dim"), (f"started {_moment(step.started_at)}", "dim")]
    if step.error is not None:
        lines += [("", ""), ("Error", "title")]
        lines += [(f"  {each}", "error") for each in with_masked_keys(step.error).split("\n")]
    payload = step.payload or {}
    for key, value in sorted(payload.items(), key=lambda item: _ORDER.get(item[0], 2)):
        if value is None:
            continue
        size = was_cut(value)
        cut = f" (cut: of {wording.size(size)} this is the beginning)" if size is not None else ""
        lines += [("", ""), (f"{key.replace('_', ' ').capitalize()}{cut}", "title")]
        lines += [(f"  {each}", "") for each in payload_text(value).split("\n")]
    if not payload:
        lines += [("", ""), ("It came without input or output.", "dim")]
    return lines


_ORDER = {"output": 0, "input": 1}
