"""Every JSON shape that Sim wrote, around one state, and the way in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simtui.errors import BadInput
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder, Refused
from simtui.formats.json_reader import read_json
from tests.making import as_bytes, document

NOW_MS = 1_800_000_000_000
NOW = "2027-01-15T08:00:00.000Z"
TIME = "2026-03-09T21:40:19.010Z"
ID = "3b1f7c92-8d4e-4a6b-9c0d-5e2f8a714b36"

Json = dict[str, Any]


def state(**changes: Any) -> Json:
    """A sound state without metadata, so that its name comes from the shape around it."""
    whole: Json = document()["state"]
    del whole["metadata"]
    return whole | changes


def header(**changes: Any) -> Json:
    return {"id": ID, "name": "Triage", "description": "Sorts what comes in."} | changes


def payload(inner: Json, **changes: Any) -> Json:
    return {"version": "1.0", "exportedAt": TIME, "workflow": header(**changes), "state": inner}


def f1(inner: Json) -> Json:
    return {"version": "1.0", "exportedAt": TIME, "state": inner}


def f2(inner: Json) -> Json:
    data = payload(inner, workspaceId="ws", folderId=None)
    return {"data": data, "limits": {"workflowExecutionRateLimit": {"sync": {"limit": 60}}}}


def f3(inner: Json) -> Json:
    return {
        "data": payload(inner, workspaceId="ws", folderPath="/Operations/Täglich"),
        "limits": {},
    }


def f4(inner: Json) -> Json:
    return {"data": payload(inner)}


def f5(*items: Any) -> Json:
    pages = {"total": len(items), "limit": 50, "offset": 0, "hasMore": False}
    return {"data": list(items), "pagination": pages}


def f6(items: list[Any], folders: list[Any]) -> Json:
    workspace = {"workspace": {"id": "ws", "name": "Acme"}, "workflows": items, "folders": folders}
    return {"data": {"version": "1.0", "exportedAt": TIME, **workspace}}


def f7(items: list[Any], folders: list[Any]) -> Json:
    folder = {"folder": {"id": "f0", "name": "Ops / Intake"}, "workflows": items}
    return {"data": {"version": "1.0", "exportedAt": TIME, **folder, "folders": folders}}


def l1(inner: Json) -> Json:
    return inner | {"lastSaved": TIME, "isDeployed": False}


def l2(inner: Json) -> Json:
    about = header(color="#3972F6")
    return {"workflow": about, "state": inner, "exportedAt": TIME, "version": "1.0"}


def l3(inner: Json, values: Any = None) -> Json:
    about = header(color="#3972F6", workspaceId="ws", folderId=None)
    rest = {"subBlockValues": values or {}, "exportedAt": TIME, "version": "1.0"}
    return {"workflow": about, "state": inner, **rest}


def s1() -> Json:
    """What Sim's serializer hands to its executor: two blocks and a connection."""
    start = {"id": "start", "position": {"x": 1, "y": 2}, "metadata": {"id": "starter"}}
    ask = {
        "id": "ask",
        "position": {"x": 5, "y": 0},
        "config": {"tool": "openai_chat", "params": {"model": "gpt-4o", "temperature": 0.5}},
        "inputs": {"prompt": "string"},
        "outputs": {"content": "string"},
        "metadata": {"id": "agent", "name": "Ask", "category": "blocks"},
        "enabled": False,
        "retry": {"enabled": True, "maxTries": 3},
    }
    link = {"source": "start", "target": "ask", "sourceHandle": None}
    blocks = {"version": "1.0", "blocks": [start, ask], "connections": [link]}
    return {**blocks, "loops": {}, "parallels": {}, "workflowId": "w1"}


SINGLE: dict[str, Callable[[Json], Json]] = {
    "F1": f1, "F2": f2, "F3": f3, "F4": f4, "L1": l1, "L2": l2, "L3": l3
}  # fmt: skip
"""The shapes that hold one workflow, each around a state."""


def read(value: Any, name: str = "") -> list[Draft | Folder | Refused]:
    """Everything in one JSON document; `value` is bytes, or what they hold."""
    raw = value if isinstance(value, bytes) else as_bytes(value)
    return list(drafts(*read_json(raw, "the file"), file_name=name, now_ms=NOW_MS))


def one(value: Any, name: str = "") -> Draft:
    """The only workflow in a document."""
    (draft,) = read(value, name)
    assert isinstance(draft, Draft)
    assert json.loads(draft.document) == draft.value
    return draft


def refusal(value: Any, name: str = "") -> str:
    with pytest.raises(BadInput) as caught:
        read(value, name)
    assert caught.value.message.isprintable()
    return caught.value.message


def in_order(document: bytes) -> Any:
    """What a document holds, in a form that differs where the order of keys does."""
    return json.loads(document, object_pairs_hook=lambda pairs: ("object", tuple(pairs)))


def leaves(value: Any) -> Iterator[Any]:
    """Every value in a piece of JSON that holds no other."""
    if isinstance(value, dict | list) and value:
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield value
