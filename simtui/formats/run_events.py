"""Run events: one JSON object a line, as any program can write them to a pipe, and as runs leave.

What is written is read back to the same rows, and written again byte for byte the same. Beyond the
required keys, `run` may bear `level`, `pinned` and `still_running`; a cost in another unit than
dollars stands in `source`, as `{"from": …, "cost": 12, "unit": "credits"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from simtui.errors import BadInput, shown
from simtui.formats.json_reader import MAX_DEPTH, read_json
from simtui.formats.naming import checked_id as workflow_id_of
from simtui.formats.sim_json import iso, ms_of
from simtui.model.run import (
    RUNNING,
    LogLine,
    Payloads,
    Run,
    Span,
    amount,
    bounded,
    message,
    payload_json,
    whole,
    word,
)
from simtui.model.run_said import EndSaid, LogSaid, RunSaid, Said, SpanSaid

MAX_ID = 200
MAX_OTHER_KEYS = 64

_BLOCK = frozenset(("block_id", "block_name", "blockId", "blockName"))
_ERROR = frozenset(("message", "block_id", "block_name"))


def read_event(line: bytes) -> Said:
    """The event on a line. Raises `BadInput` with what is wrong with it."""
    # each level takes two bytes at least, and to count brackets takes half as long as to parse
    if len(line) < 2 * MAX_DEPTH or line.count(b"{") + line.count(b"[") <= MAX_DEPTH:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            value = read_json(line, "the line")[0]  # says why
    else:
        value = read_json(line, "the line")[0]
    if not isinstance(value, dict):
        raise BadInput("not an object.")
    event = value.pop("event", None)
    reader = _READERS.get(event) if isinstance(event, str) else None
    if reader is None:
        if event is None:
            raise BadInput("an object without an event: run, log, span or end.")
        raise BadInput(
            f'no event of ours: "{shown(str(event), 40)}". There are run, log, span, end.'
        )
    return reader(value)


# Each reader takes out of the object what it knows. What is left nobody here knows, and need not
# be told from the rest: there are ten spans a run, and to look at each of their keys takes time.


def _run(value: dict[str, Any]) -> RunSaid:
    take = value.pop
    workflow_id, name = _workflow_id(take("workflow_id", None)), word(take("workflow_name", None))
    if workflow_id is None and name is None:
        raise BadInput("a run needs workflow_id or workflow_name.")
    source, cost, unit = _source(take("source", None))
    return RunSaid(
        id=_id(value, "id"),
        started_at=_time(value, "started_at"),
        workflow_id=workflow_id,
        workflow_name=name,
        trigger=word(take("trigger", None)),
        status=word(take("status", None)),
        level=word(take("level", None)),
        input=bounded(take("input", None)),
        source=source,
        cost_other=cost,
        cost_unit=unit,
        version_digest=word(take("version_digest", None)),
        pinned=take("pinned", None) is True,
        still_running=take("still_running", None) is True,
        more=_each_bounded(_said_of(value)),
    )


def _workflow_id(value: Any) -> str | None:
    if value is None:
        return None
    found = workflow_id_of(value)
    if found is None:
        raise BadInput("workflow_id cannot be the id of a workflow.")
    return found


def _source(value: Any) -> tuple[str | None, float | None, str | None]:
    if not isinstance(value, dict):
        return word(value), None, None
    return word(value.get("from")), amount(value.get("cost")), word(value.get("unit"))


def _log(value: dict[str, Any]) -> LogSaid:
    take = value.pop
    text = take("message", None)
    if not isinstance(text, str):
        raise BadInput("a log line needs a message.")
    return LogSaid(
        _id(value, "run_id"),
        _time(value, "at"),
        message(text),
        _seq(value),
        word(take("level", None)) or "info",
        word(take("block_id", None)),
        word(take("block_name", None)),
        payload_json(_said_of(value)),
    )


def _span(value: dict[str, Any]) -> SpanSaid:
    take = value.pop
    name = word(take("name", None))
    if name is None:
        raise BadInput("a span needs a name.")
    run_id, ident = _id(value, "run_id"), _id(value, "id")
    started_at = _time(value, "started_at")
    return SpanSaid(
        run_id,
        ident,
        _seq(value),
        _id_or_none(value, "parent_id"),
        name,
        word(take("type", None)),
        word(take("status", None)),
        started_at,
        whole(take("duration_ms", None)),
        word(take("block_id", None)),
        error_text(take("error", None)),
        word(take("model", None)),
        whole(take("tokens", None)),
        amount(take("cost_usd", None)),
        payload_json(_said_of(value)),
    )


def _end(value: dict[str, Any]) -> EndSaid:
    take = value.pop
    status = word(take("status", None))
    if status is None:
        raise BadInput("an end needs a status.")
    error = take("error", None)
    block = error if isinstance(error, dict) else {}
    end = EndSaid(
        _id(value, "run_id"),
        status,
        ms_of(take("ended_at", None)),
        whole(take("duration_ms", None)),
        bounded(take("output", None)),
        error_text(error),
        word(block.get("block_id")),
        word(block.get("block_name")),
        whole(take("tokens", None)),
        amount(take("cost_usd", None)),
    )
    more = _each_bounded(_said_of(value)) or {}
    about = {key: item for key, item in block.items() if key not in _ERROR}
    if others := _each_bounded(_said_of(about)):
        more["error"] = others
    return end._replace(more=more) if more else end


_READERS: dict[str, Callable[[dict[str, Any]], Said]] = {
    "run": _run,
    "log": _log,
    "span": _span,
    "end": _end,
}


def error_text(error: Any) -> str | None:
    """What an error says: itself, its `message`, or else its JSON, but for the block that it names
    beside."""
    if error is None:
        return None
    if isinstance(error, dict):
        said = error.get("message")
        rest = {key: value for key, value in error.items() if key not in _BLOCK}
        if said in (None, ""):
            rest.pop("message", None)
        error = said if isinstance(said, str) and said else rest or None
    if error is None or error == "":
        return None
    return message(error if isinstance(error, str) else orjson.dumps(error).decode())


def checked_id(value: Any) -> str | None:
    """An id as it is kept: text or a whole number; None where it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID else None


def _id(value: dict[str, Any], key: str) -> str:
    said = value.pop(key, None)
    if type(said) is str and 0 < len(said) <= MAX_ID:  # nearly always
        return said
    found = checked_id(said)
    if found is None:
        raise BadInput(f"{key} is missing, or is no text of 1 to {MAX_ID} characters.")
    return found


def _id_or_none(value: dict[str, Any], key: str) -> str | None:
    return _id(value, key) if value.get(key) is not None else None


def _time(value: dict[str, Any], key: str) -> int:
    found = ms_of(value.pop(key, None))
    if found is None:
        raise BadInput(f"{key} is missing, or is no time such as 2026-11-22T14:02:11.120Z.")
    return found


def _seq(value: dict[str, Any]) -> int | None:
    seq = value.pop("seq", None)
    if seq is None:
        return None
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 1 << 32:
        raise BadInput("seq is no whole number from 0 to 4,294,967,295.")
    return seq


def _said_of(rest: dict[str, Any]) -> dict[str, Any]:
    """What else was said: `input`, `output` and `data` of a line or a span, and unknown keys."""
    for key, value in rest.items():
        if value is None or len(key) > MAX_ID:
            break
    else:
        if len(rest) <= MAX_OTHER_KEYS:  # nearly always
            return rest
    said = {key: value for key, value in rest.items() if value is not None}
    if len(said) > MAX_OTHER_KEYS or any(len(key) > MAX_ID for key in said):
        raise BadInput(f"more than {MAX_OTHER_KEYS} keys that are not known here, or a long one.")
    return said


def _each_bounded(said: dict[str, Any]) -> dict[str, Any] | None:
    return {key: bounded(value) for key, value in said.items()} or None


# -- out


def run_lines(
    run: Run, payloads: Payloads, lines: Iterable[LogLine], spans: Iterable[Span]
) -> Iterator[bytes]:
    """A run as events, a line each, in one order: the run, its log lines by number, its spans in
    the order they came, its end. None stands for nothing said, and is left out."""
    more = payloads.more or {}
    source: Any = run.source
    if run.cost_other is not None:
        source = {"from": run.source, "cost": run.cost_other, "unit": run.cost_unit}
    yield _line(
        {
            "event": "run",
            "id": run.id,
            "workflow_id": run.workflow_id,
            "workflow_name": run.workflow_name,
            "started_at": iso(run.started_at),
            "trigger": run.trigger,
            "status": None if run.has_end else run.status,
            "level": run.level,
            "input": payloads.input,
            "source": source,
            "version_digest": run.version_digest,
            "pinned": True if run.pinned else None,
            "still_running": True if run.status == RUNNING and not run.has_end else None,
        },
        more.get("run"),
    )
    for line in lines:
        yield _line(
            {
                "event": "log",
                "run_id": run.id,
                "seq": line.seq,
                "at": iso(line.at),
                "level": line.level,
                "block_id": line.block_id,
                "block_name": line.block_name,
                "message": line.message,
            },
            line.more,
        )
    for span in spans:
        yield _line(
            {
                "event": "span",
                "run_id": run.id,
                "id": span.id,
                "seq": span.seq,
                "parent_id": span.parent_id,
                "name": span.name,
                "type": span.type,
                "block_id": span.block_id,
                "started_at": iso(span.started_at),
                "duration_ms": span.duration_ms,
                "status": span.status,
                "error": span.error,
                "model": span.model,
                "tokens": span.tokens,
                "cost_usd": span.cost_usd,
            },
            span.payload,
        )
    if run.has_end:
        yield _end_line(run, payloads, more)


def _end_line(run: Run, payloads: Payloads, more: dict[str, Any]) -> bytes:
    others = dict(more.get("end") or {})
    about = others.pop("error", None)
    error = {
        "message": run.error,
        "block_id": run.error_block_id,
        "block_name": run.error_block_name,
        **(about if isinstance(about, dict) else {}),
    }
    error = {key: value for key, value in error.items() if value is not None}
    return _line(
        {
            "event": "end",
            "run_id": run.id,
            "status": run.status,
            "ended_at": None if run.ended_at is None else iso(run.ended_at),
            "duration_ms": None if run.duration_is_reckoned else run.duration_ms,
            "output": payloads.output,
            "error": error or None,
            "tokens": run.tokens,
            "cost_usd": run.cost_usd,
        },
        others,
    )


def _line(value: dict[str, Any], more: Any) -> bytes:
    said = {key: item for key, item in value.items() if item is not None}
    if isinstance(more, dict):
        said.update((key, item) for key, item in more.items() if key not in value)
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
