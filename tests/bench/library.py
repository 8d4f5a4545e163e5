"""Pages of a long list, and searches in it, through the library's own door."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from statistics import median

from simtui.library import Library
from simtui.model.filters import WORKFLOW_FIELDS, parse
from simtui.paths import Home
from tests.bench.filled import WORKFLOWS, filled_home
from tests.bench.table import Row, ms, p95

PAGE = 100
FILTERS = (
    "name:work", "folder:ops", "status:failed", "-status:failed", "blocks:>5", "edges:<20",
    "size:>20000", "updated:30d", "created:>2026-01-01", "source:f1", "-folder:sales",
    "answer", "-prompt", "status:never",
)  # fmt: skip
WORDS = ("summary", "customer", "send email", "ans", "release not", "com", "slack channel", "the")


def rows(place: Path, share: int) -> Iterator[Row]:
    home = filled_home(place, share)
    yield from asyncio.run(_rows(home, 600 // share, WORKFLOWS // share))


async def _rows(home: Home, turns: int, count: int) -> list[Row]:
    chance = random.Random(3)
    now = datetime.now().astimezone()
    pages: dict[str, list[float]] = {text: [] for text in FILTERS}
    bare, searches, matches = [], [], []
    async with await Library.open(home, create=False) as library:
        newest = (await library.workflows.page(limit=1))[0].updated_at
        oldest = (await library.workflows.page(limit=1, from_end=True))[0].updated_at
        for turn in range(turns):
            text = FILTERS[turn % len(FILTERS)]
            key = (chance.randint(oldest, newest), "")
            filter = parse(text, WORKFLOW_FIELDS, now)
            start = time.perf_counter()
            await library.workflows.page(filter, after=key, limit=PAGE)
            pages[text].append(time.perf_counter() - start)

            start = time.perf_counter()
            await library.store.read(_raw_page, key)
            bare.append(time.perf_counter() - start)

            words = WORDS[turn % len(WORDS)]
            start = time.perf_counter()
            await library.search(words)
            searches.append(time.perf_counter() - start)

            start = time.perf_counter()
            await library.store.read(_raw_search, f'"{words.split()[0]}"*')
            matches.append(time.perf_counter() - start)
    took, least = p95([each for times in pages.values() for each in times]), p95(bare)
    worst = max(pages, key=lambda text: median(pages[text]))
    found, matched = p95(searches), p95(matches)
    return [
        Row(
            f"a page of {count:,}, one filter, p95 (slowest: {worst})", ms(took),
            f"{ms(least)}, the rows unfiltered", took / least, "≤ 20 ms", took <= 0.020,
        ),
        Row(
            f"search over {count:,}, p95", ms(found), f"{ms(matched)}, the ids alone",
            found / matched, "≤ 50 ms", found <= 0.050,
        ),
    ]  # fmt: skip


def _raw_page(connection: Connection, key: tuple[int, str]) -> object:
    return connection.execute(
        "SELECT id, name, folder, updated_at, block_count FROM workflows"
        " WHERE deleted_at IS NULL AND (updated_at, id) < (?, ?)"
        " ORDER BY updated_at DESC, id DESC LIMIT ?",
        (*key, PAGE),
    ).fetchall()


def _raw_search(connection: Connection, match: str) -> object:
    return connection.execute(
        "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rank LIMIT 50", (match,)
    ).fetchall()
