"""Sample runs: what the sample workflows did in the last two weeks, the same each time."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from simtui.formats.sim_json import iso
from simtui.library import Library
from simtui.recording import import_runs
from simtui.samples.workflows import DAY_MS, HOUR_MS, SAMPLES, Sample, id_of

_RUNS_A_DAY = {
    "Lead enricher": 3,
    "Competitor monitor": 1,
    "Support triage": 4,
    "Invoice reader": 1,
    "Knowledge base answers": 2,
}
_TRIGGERS = {
    "schedule": "schedule",
    "generic_webhook": "webhook",
    "zendesk": "webhook",
    "chat_trigger": "chat",
}
_FAILS = {
    "Tell the channel": ("channel_not_found", "slack"),
    "Book": ("422 from books.example: the sums do not match", "api"),
    "Page somebody": ("no service of this name", "pagerduty"),
}
"""What goes wrong at times, and where."""

_DAYS = 14


async def fill_runs(library: Library, now_ms: int) -> None:
    """Brings the runs in."""
    lines = b"".join(
        orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in run_events(now_ms)
    )
    async for item in import_runs(library, ["-"], stdin=io.BytesIO(lines)):
        assert item.outcome == "imported", item


def run_events(now_ms: int) -> Iterator[dict[str, Any]]:
    """Every event of the runs, the oldest first."""
    chance = random.Random(14)  # noqa: S311  # the same each time is what is wanted
    starts = []
    for sample in SAMPLES:
        for day in range(_DAYS):
            for n in range(_RUNS_A_DAY.get(sample.name, 0)):
                at = now_ms - HOUR_MS - day * DAY_MS - chance.randrange(20 * HOUR_MS)
                starts.append((at, n, sample))
    for at, n, sample in sorted(starts, key=lambda start: start[:2]):
        yield from _run(sample, at, n, chance)


def _run(sample: Sample, start_ms: int, n: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    ident = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    yield {
        "event": "run",
        "id": ident,
        "workflow_id": id_of("workflow", sample.name),
        "started_at": iso(start_ms),
        "trigger": _TRIGGERS.get(sample.steps[0][1], "manual"),
        "input": {"number": n + 1},
    }
    at, tokens, cost = start_ms, 0, 0.0
    for seq, (name, kind, values) in enumerate(sample.steps, 1):
        took = chance.randrange(900, 12_000) if kind == "agent" else chance.randrange(20, 2400)
        fails = name in _FAILS and chance.random() < 0.2
        span: dict[str, Any] = {
            "event": "span",
            "run_id": ident,
            "id": f"s{seq}",
            "seq": seq,
            "name": name,
            "type": kind,
            "block_id": id_of(sample.name, name),
            "started_at": iso(at),
            "duration_ms": took,
            "status": "error" if fails else "success",
        }
        if kind == "agent":
            used = chance.randrange(300, 4000)
            span |= {"model": values.get("model", "gpt-4o"), "tokens": used}
            span["cost_usd"] = round(used * 0.000004, 6)
            tokens, cost = tokens + used, cost + used * 0.000004
        line = {"event": "log", "run_id": ident, "at": iso(at), "block_name": name}
        if fails:
            error, block = _FAILS[name]
            yield line | {"level": "error", "message": f"{block}: {error}"}
            yield span | {"error": error}
            yield _end(ident, start_ms, at + took, tokens, cost) | {
                "status": "failed",
                "error": {"message": error, "block_name": name},
            }
            return
        yield line | {"message": f"{kind} answered in {took:,} ms"}
        yield span | {"output": {"ok": True}}
        at += took
    yield _end(ident, start_ms, at, tokens, cost) | {"status": "completed", "output": {"done": n}}


def _end(ident: str, start_ms: int, at_ms: int, tokens: int, cost: float) -> dict[str, Any]:
    end = {"event": "end", "run_id": ident, "ended_at": iso(at_ms), "duration_ms": at_ms - start_ms}
    return end | ({"tokens": tokens, "cost_usd": round(cost, 6)} if tokens else {})
