"""Makes Sim documents for tests, in Sim's export form (F1), with plain and predictable contents."""

from __future__ import annotations

import json
from typing import Any


def block(
    ident: str, kind: str = "agent", name: str | None = None, **values: Any
) -> dict[str, Any]:
    """One block of a state; `values` are its sub-blocks' values."""
    return {
        "id": ident,
        "type": kind,
        "name": name or ident.title(),
        "position": {"x": 0, "y": 0},
        "subBlocks": {
            key: {"id": key, "type": "long-input", "value": value} for key, value in values.items()
        },
        "outputs": {},
        "enabled": True,
    }


def edge(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "source": source, "target": target}


def document(
    name: str = "Lead enricher",
    blocks: list[dict[str, Any]] | None = None,
    edges: list[dict[str, Any]] | None = None,
    *,
    ident: str | None = None,
    variables: Any = None,
    **header: Any,
) -> dict[str, Any]:
    """A workflow as Sim exports one (F1); with `ident`, under that id."""
    if blocks is None:
        blocks = [block("start", "start_trigger", "Start"), block("ask", prompt="Say hello.")]
        edges = [edge("start", "ask")]
    value: dict[str, Any] = {
        "version": "1.0",
        "exportedAt": "2026-11-01T10:00:00.000Z",
        "state": {
            "blocks": {each["id"]: each for each in blocks},
            "edges": edges or [],
            "loops": {},
            "parallels": {},
            "metadata": {"name": name, "exportedAt": "2026-11-01T10:00:00.000Z"},
            "variables": {} if variables is None else variables,
        },
    }
    if ident is not None:
        value["workflow"] = {"id": ident, "name": name}
    return value | header


def as_bytes(value: Any) -> bytes:
    """As a file holds it: two spaces deep, Unicode as it is."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def run_events(
    ident: str = "r1",
    *,
    status: str | None = "completed",
    at: str = "2026-11-22T14:02:11.120Z",
    lines: int = 2,
    spans: int = 2,
    ended: dict[str, Any] | None = None,
    **said: Any,
) -> list[dict[str, Any]]:
    """A run as events: log lines and spans in turn, and its end unless `status` is None."""
    if "workflow_id" not in said:
        said.setdefault("workflow_name", "Lead enricher")
    events: list[dict[str, Any]] = [{"event": "run", "id": ident, "started_at": at, **said}]
    for n in range(max(lines, spans)):
        if n < lines:
            events.append(
                {"event": "log", "run_id": ident, "at": at, "message": f"line {n} of {ident}"}
            )
        if n < spans:
            events.append(
                {
                    "event": "span",
                    "run_id": ident,
                    "id": f"s{n}",
                    "name": f"Agent {n}",
                    "started_at": at,
                    "duration_ms": 100 * n,
                    "status": "success",
                }
            )
    if status is not None:
        events.append({"event": "end", "run_id": ident, "status": status, **(ended or {})})
    return events


def as_lines(events: list[dict[str, Any]]) -> bytes:
    """As NDJSON."""
    return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)
