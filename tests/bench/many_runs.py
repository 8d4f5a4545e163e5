"""A library with a million runs, five million spans, and two million log lines, half of them in one
run; made by SQL alone and kept in the temporary folder, since it takes minutes."""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

from simtui.library import Library
from simtui.model.run import place_from
from simtui.model.workflow import Workflow
from simtui.paths import Home
from simtui.store import engine, migrations, payload, run_search, workflows
from simtui.store.workflows import Content

RUNS = 1_000_000
SPANS_EACH = 5
LONG_RUN_LINES = 1_000_000
"""In the newest run; nearly every other one has one line."""

WORKFLOWS = 10_000
NEWEST = 1_795_000_000_000
_STEP_MS = 31_000

_STATUSES = ("completed",) * 90 + ("failed",) * 7 + ("cancelled", "paused", "running")
_TRIGGERS = (
    ("api",) * 50 + ("schedule",) * 30 + ("webhook",) * 15 + ("manual", "chat", "slack", "mcp")
)
_COMMON = [
    "agent",
    "model",
    "tokens",
    "request",
    "response",
    "timeout",
    "retry",
    "failed",
    "success",
    "input",
    "output",
    "send",
    "email",
    "lead",
    "enrich",
    "monitor",
    "competitor",
    "daily",
    "report",
    "customer",
    "ticket",
    "route",
    "answer",
    "draft",
    "channel",
    "not",
    "found",
]
WORDS = ("failed", "time", "w0a1", "customer ticket", "chan", "e", "w12", "not found retry")
"""What is looked for: words that a third of all lines have, and such as hardly one has."""

_LEVELS = ("info",) * 80 + ("debug",) * 15 + ("warn",) * 3 + ("error",) * 2


def made_home(share: int) -> Home:
    """Made once a schema; the next run finds it."""
    count = RUNS // share
    steps = [migrations.statements_of(n + 1) for n in range(migrations.SCHEMA_VERSION)]
    schema = hashlib.sha256(repr(steps).encode()).hexdigest()[:8]
    place = Path(tempfile.gettempdir()) / f"simtui-bench-{schema}-{count}-runs-{_long(count)}-lines"
    home = Home(place)
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)
        asyncio.run(_make(home, count))
        (place / "done").touch()
    return home


async def _make(home: Home, count: int) -> None:
    async with await Library.open(home) as library:
        await library.store.write(_workflows, WORKFLOWS if count == RUNS else WORKFLOWS // 20)
    connection = engine.connect(home.database)
    connection.execute("PRAGMA synchronous = 0")
    connection.execute("PRAGMA cache_size = -400000")
    start = time.perf_counter()
    for name, fill in (("runs", _runs), ("spans", _spans), ("log lines", _lines)):
        connection.execute("BEGIN")
        fill(connection, count)
        connection.execute("COMMIT")
        print(f"  {name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _workflows(connection: Connection, count: int) -> None:
    chance = random.Random(1)
    for n in range(count):
        name = f"{' '.join(chance.choices(_COMMON, k=2)).title()} {n}"
        frame = payload.encode(b'{"version":"1.0","state":{"blocks":{},"edges":[]}}')
        row = Workflow(
            f"workflow-{n:06d}", name, "Ops" if n % 3 else "", "", 1, n, "", 0, 0, 0, "F1"
        )
        workflows.insert(connection, row, Content(f"d{n}", frame, 50, 0, 0, name))


def _words(chance: random.Random) -> str:
    """Words as they come: some often, one that is nearly its own."""
    return f"{' '.join(chance.choices(_COMMON, k=8))} w{chance.getrandbits(16):04x}"


def _runs(connection: Connection, count: int) -> None:
    chance = random.Random(2)
    total = connection.execute("SELECT count(*) FROM workflows").fetchone()[0]

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            at = NEWEST - (count - n) * _STEP_MS
            status = chance.choice(_STATUSES)
            # a few workflows run often
            workflow = int(total * chance.random() ** 3)
            cost = None if chance.random() < 0.1 else round(chance.lognormvariate(-5, 1.5), 6)
            yield (
                f"{chance.getrandbits(128):032x}", n + 1, place_from(at),
                f"workflow-{workflow:06d}", status, at,
                int(chance.lognormvariate(9, 1.2)), at + 1000, chance.choice(_TRIGGERS),
                "error" if status == "failed" else "info", cost, chance.randrange(20_000),
                _words(chance) if status == "failed" else None, 1,
            )  # fmt: skip

    connection.executemany(
        "INSERT INTO runs (id, number, place, workflow_id, status, started_at, duration_ms,"
        " ended_at, trigger, level, cost_usd, tokens, error, has_end)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows(),
    )
    failed = connection.execute(
        "SELECT place, error FROM runs WHERE error IS NOT NULL ORDER BY place"
    )
    run_search.put_runs(connection, list(failed))
    done = connection.execute(
        "SELECT place FROM runs WHERE status = 'completed' AND number % 5 = 0 ORDER BY place"
    ).fetchall()
    run_search.put_runs(connection, [(place, _words(chance)) for (place,) in done])


def _spans(connection: Connection, count: int) -> None:
    connection.executemany(
        "INSERT INTO spans (run_number, id, seq, name, type, status, started_at, duration_ms,"
        " block_id, tokens, payload) VALUES (?, ?, ?, ?, 'agent', 'success', ?, 1200, ?, 300, ?)",
        (
            (n, f"span-{s}", s, f"Agent {s}", NEWEST, f"block-{s}", b'{"output":{"ok":true}}')
            for n in range(1, count + 1)
            for s in range(SPANS_EACH)
        ),
    )


def _long(count: int) -> int:
    return LONG_RUN_LINES * count // RUNS


def _lines(connection: Connection, count: int) -> None:
    """Those of the long run, and one each of nine tenths of the others."""
    chance = random.Random(3)
    rows = [
        (n, 1, NEWEST, chance.choice(_LEVELS), _words(chance)) for n in range(1, count * 9 // 10)
    ]
    rows += [
        (count, seq, NEWEST, chance.choice(_LEVELS), _words(chance))
        for seq in range(1, _long(count) + 1)
    ]
    connection.executemany(
        "INSERT INTO log_lines (run_number, seq, at, level, message) VALUES (?, ?, ?, ?, ?)", rows
    )
    run_search.put_lines(
        connection, [(run_search.line_key(row[0], row[1]), row[4]) for row in rows]
    )
