"""The way of a write through the store, beside the same statements on a bare connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection
from statistics import median

from simtui.store import engine, migrations, settings
from simtui.store.store import Store
from tests.bench.table import Row, ms

COMMITS = 200
BATCH = 1000


def put_many(connection: Connection, turn: int) -> None:
    for n in range(BATCH):
        settings.put(connection, f"batch {turn} {n}", "x" * 200)


def rows(place: Path, share: int) -> Iterator[Row]:
    one, raw_one, batch, raw_batch = asyncio.run(_measured(place / "writes", 15 // share))
    yield Row(
        "one commit", ms(one), f"{ms(raw_one)}, raw SQLite", one / raw_one, "≤ 3 ×",
        one <= 3 * raw_one,
    )  # fmt: skip
    yield Row(
        f"a batch of {BATCH:,} rows", ms(batch), f"{ms(raw_batch)}, raw SQLite",
        batch / raw_batch, "≤ 1.3 ×", batch <= 1.3 * raw_batch,
    )  # fmt: skip


async def _measured(place: Path, turns: int) -> tuple[float, float, float, float]:
    place.mkdir()
    engine.create_file(place / "raw.db")
    raw = engine.connect(place / "raw.db")
    migrations.migrate(raw, place / "raw.db")
    store = await Store.open(place / "simai.db")
    ones, raw_ones, batches, raw_batches = [], [], [], []
    for turn in range(turns):
        start = time.perf_counter()
        for n in range(COMMITS):
            await store.write(settings.put, f"one {turn} {n}", "x" * 200)
        ones.append((time.perf_counter() - start) / COMMITS)

        start = time.perf_counter()
        for n in range(COMMITS):
            raw.execute("BEGIN IMMEDIATE")
            settings.put(raw, f"one {turn} {n}", "x" * 200)
            raw.execute("COMMIT")
        raw_ones.append((time.perf_counter() - start) / COMMITS)

        start = time.perf_counter()
        await store.write(put_many, turn)
        batches.append(time.perf_counter() - start)

        start = time.perf_counter()
        raw.execute("BEGIN IMMEDIATE")
        put_many(raw, turn)
        raw.execute("COMMIT")
        raw_batches.append(time.perf_counter() - start)
    await store.close()
    raw.close()
    return median(ones), median(raw_ones), median(batches), median(raw_batches)
