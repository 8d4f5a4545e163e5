"""Runs for the screen: a run that failed half-way, and what brings events into a home."""

from __future__ import annotations

import io
from typing import Any

from simtui.formats.sim_json import iso
from simtui.library import Library
from simtui.paths import Home
from simtui.recording import import_runs
from tests.making import as_lines

START = 1_763_820_131_000  # 2025-11-22
KEY = "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z" * 2

Event = dict[str, Any]


def at(seconds: float) -> str:
    """So long after the start, as events say it."""
    return iso(START + round(seconds * 1000))


def run(ident: str, workflow: str = "Lead enricher", *, later: float = 0, **more: Any) -> Event:
    """The beginning of a run."""
    return {
        "event": "run",
        "id": ident,
        "workflow_name": workflow,
        "started_at": at(later),
        "trigger": "api",
    } | more


def log(ident: str, message: str, seconds: float = 1, level: str = "info", **more: Any) -> Event:
    """A log line."""
    line = {"event": "log", "run_id": ident, "at": at(seconds), "level": level}
    return line | {"message": message} | more


def span(ident: str, name: str, start: float, took: float | None, **more: Any) -> Event:
    """A span; its name is its id."""
    step = {"event": "span", "run_id": ident, "id": name, "name": name, "started_at": at(start)}
    return step | ({} if took is None else {"duration_ms": round(took * 1000)}) | more


def end(ident: str, status: str = "completed", took: float = 12, **more: Any) -> Event:
    """The end of a run."""
    ended = {"event": "end", "run_id": ident, "status": status, "duration_ms": round(took * 1000)}
    return ended | more


def failing(ident: str = "r-fails") -> list[Event]:
    """A run that fails in its last step."""
    return [
        run(ident, "Competitor monitor", later=60, input={"rows": 3, "api_key": KEY}),
        span(ident, "Workflow", 60, 40, status="error"),
        span(ident, "Agent 1", 60, 20, parent_id="Workflow", status="success", type="agent"),
        span(
            ident, "Slack", 90, 10, parent_id="Workflow", status="error", block_id="b9",
            error="channel_not_found", input={"channel": "C0123"}, output={"key": KEY},
        ),
        log(ident, "asking the model", 61, block_name="Agent 1"),
        log(ident, f"with {KEY}", 62, "debug"),
        log(ident, "channel_not_found", 100, "error", block_name="Slack"),
        log(ident, "giving up", 100, "warn"),
        end(
            ident, "failed", 41.2, tokens=18204, cost_usd=0.0412, output={"sent": False},
            error={"message": f"Slack said no to {KEY}", "block_name": "Slack"},
        ),
    ]  # fmt: skip


async def bring(home: Home, *events: Event) -> None:
    """Brings events in, as another process does."""
    async with await Library.open(home) as library:
        # a backup that is due would tell of itself in the middle of a test
        await library.settings.set("backup.every", "off")
        stdin = io.BytesIO(as_lines(list(events)))
        async for item in import_runs(library, ["-"], stdin=stdin):
            assert item.outcome in ("imported", "updated"), item
