"""A library of 10,000 workflows with 100,000 runs, made without the way through files."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from sqlite3 import Connection
from uuid import UUID

from simtui.library import Library
from simtui.library.content import content_of
from simtui.library.workflows import now_ms
from simtui.model.run import place_from
from simtui.model.workflow import Workflow
from simtui.paths import Home
from simtui.store import workflows
from simtui.store.workflows import Content
from tests.bench.exports import exports

WORKFLOWS = 10_000
RUNS_EACH = 10
NEWEST = "The newest workflow"
"""Stands first in the list."""

_FOLDERS = ("", "Ops", "Ops / Intake", "Sales/Leads", "Support/Tickets/Daily")
_HOUR_MS = 3_600_000


def filled_home(place: Path, share: int) -> Home:
    """Made once; the second call finds it."""
    home = Home(place / "filled")
    if not home.database.exists():
        asyncio.run(_fill(home, WORKFLOWS // share))
    return home


async def _fill(home: Home, count: int) -> None:
    made = exports(count, seed=2)
    async with await Library.open(home) as library:
        for start in range(0, count, 500):
            batch = [content_of(next(made)[1]) for _ in range(min(500, count - start))]
            await library.store.write(_put, start, batch)


def _put(connection: Connection, start: int, batch: list[Content]) -> None:
    chance = random.Random(start)
    for n, content in enumerate(batch, start):
        ident = str(UUID(int=chance.getrandbits(128), version=4))
        at = now_ms() - n * _HOUR_MS
        name = NEWEST if n == 0 else f"{content.text.split(maxsplit=3)[0]} workflow {n}"
        row = Workflow(
            id=ident,
            name=name,
            folder=chance.choice(_FOLDERS),
            description="",
            created_at=at,
            updated_at=at,
            digest=content.digest,
            document_bytes=content.document_bytes,
            block_count=content.block_count,
            edge_count=content.edge_count,
            source="F1",
        )
        workflows.insert(connection, row, content)
        connection.executemany(
            "INSERT INTO runs (id, workflow_id, status, started_at, duration_ms, number, place)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    f"{ident} {run}",
                    ident,
                    chance.choice(("completed", "failed")),
                    at + run,
                    1200,
                    n * RUNS_EACH + run,
                    place_from(at + run),
                )
                for run in range(RUNS_EACH)
            ],
        )
