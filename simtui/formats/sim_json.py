"""Sim's export form of one workflow, and the way into it from the other shapes.

What is rewritten goes through the standard library's `json`, in which integers of any size and the
order of keys survive, and has the two-space shape that Sim writes.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from simtui.model.workflow import JsonObject

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def dump(value: JsonObject) -> bytes:
    """A document as Sim would write it (`JSON.stringify(x, null, 2)`)."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def exact(document: bytes) -> Any:
    """What a document holds, with integers as they are. It was read by `read_json` before."""
    return json.loads(document)


def in_export_form(state: Any, exported_at: Any, workflow: Any = None) -> JsonObject:
    """The envelope around a state; `workflow` is the header that the API's answers have."""
    document: JsonObject = {"version": "1.0", "exportedAt": exported_at}
    if workflow is not None:
        document["workflow"] = workflow
    document["state"] = state
    return document


def with_name(document: bytes, name: str) -> bytes:
    """The document under another name: in `state.metadata`, from which Sim reads it first, and in
    the header where there is one. All else stays."""
    value = exact(document)
    state = value["state"]
    metadata = state.get("metadata")
    if isinstance(metadata, dict):
        metadata["name"] = name
    else:
        state["metadata"] = {"name": name}
    header = value.get("workflow")
    if isinstance(header, dict) and "name" in header:
        header["name"] = name
    return dump(value)


def iso(ms: int) -> str:
    """A time as Sim writes it: `2026-03-09T21:40:19.010Z`."""
    return f"{_EPOCH + ms * _MILLISECOND:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def ms_of(text: Any) -> int | None:
    """Unix milliseconds of a time in a file; None for anything that is not one."""
    if not isinstance(text, str):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    try:
        past = when - _EPOCH
    except OverflowError:
        return None
    # not through a float, which is off by one far from now; and a division of the whole takes
    # three times as long
    ms = past.days * 86_400_000 + past.seconds * 1000 + past.microseconds // 1000
    return ms if 0 <= ms < 1 << 47 else None
