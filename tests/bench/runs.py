"""A million runs: pages by any filter, counts, searches, a long log; how quickly runs come in."""

from __future__ import annotations

import asyncio
import io
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

import orjson

from simtui.formats.sim_json import iso
from simtui.library import Library
from simtui.model.filters import RUN_FIELDS, parse
from simtui.paths import Home
from simtui.recording import import_runs
from simtui.store import log_lines, run_pages, runs, search
from tests.bench.many_runs import NEWEST, RUNS, made_home
from tests.bench.peak import peak_of
from tests.bench.table import Row, mb, ms, p95

PAGE = 100
FILTERS = (
    "status:failed",
    "-status:completed",
    "-status:failed",
    "trigger:slack",
    "-trigger:api",
    "level:error",
    "-level:info",
    "cost:>0.01",
    "cost:>1",
    "-cost:>0.01",
    "cost:<0.0002",
    "duration:>5s",
    "duration:>2h",
    "-duration:>5s",
    "date:30d",
    "-date:30d",
    "date:2026-03-03",
    'workflow:"Lead Enrich"',
    "workflow:lead",
    "-workflow:lead",
    "folder:ops",
    "-folder:ops",
    "pinned:yes",
    "timeout",
    "w0a1b",
    "-timeout",
    "-failed",
)
WORDS = ("failed", "time", "w0a1", "customer ticket", "chan", "e", "w12", "not found retry")


def rows(place: Path, share: int) -> Iterator[Row]:
    share = 20 if share > 1 else 1
    home = made_home(share)
    yield from asyncio.run(_rows(home, RUNS // share))
    yield from _incoming(place, 20_000 if share > 1 else 100_000)


async def _rows(home: Home, count: int) -> list[Row]:
    chance = random.Random(4)
    now = datetime.now().astimezone()
    found: list[Row] = []
    async with await Library.open(home, create=False) as library:
        read = library.store.read
        newest, oldest = await read(_ends)
        pages: dict[str, list[float]] = {text: [] for text in FILTERS}
        bare = []
        for _ in range(20):
            for text in FILTERS:
                key = chance.randint(oldest, newest)
                filter = parse(text, RUN_FIELDS, now)
                pages[text].append(
                    await _timed(read(run_pages.page, filter, after=key, limit=PAGE))
                )
                bare.append(await _timed(read(_bare, key)))
        slow = {text: p95(times) for text, times in pages.items()}
        worst = max(slow, key=lambda text: slow[text])
        took, least = p95([each for times in pages.values() for each in times]), p95(bare)
        found.append(
            Row(
                f"a page of {count:,}, one filter, p95 (slowest: {worst}, {ms(slow[worst])})",
                ms(took),
                f"{ms(least)}, unfiltered",
                took / least,
                "≤ 20 ms",
                took <= 0.020,
            )
        )
        counts = {}
        for text in ("", *FILTERS):
            filter = parse(text, RUN_FIELDS, now)
            counts[text] = min([await _timed(read(run_pages.count, filter)) for _ in range(3)])
        worst = max(counts, key=lambda text: counts[text])
        took = p95(list(counts.values()))
        found.append(
            Row(
                f"their count, p95 (slowest: {worst}, {ms(counts[worst])})",
                ms(took),
                "",
                None,
                "≤ 100 ms",
                took <= 0.100,
            )
        )
        times = [await _timed(library.search(word)) for _ in range(10) for word in WORDS]
        raw = [await _timed(read(_raw_search, word)) for _ in range(10) for word in WORDS]
        found.append(
            Row(
                "search over workflows, runs and log lines, p95",
                ms(p95(times)),
                f"{ms(p95(raw))}, the ids alone",
                p95(times) / p95(raw),
                "≤ 50 ms",
                p95(times) <= 0.050,
            )
        )
        (long_one,) = await read(run_pages.page, limit=1)
        last = await _timed(read(log_lines.page, long_one, from_end=True))
        inside = p95(
            [
                await _timed(read(log_lines.page, long_one, match=search.match_of(word)))
                for word in WORDS
            ]
        )
        lines = await read(log_lines.count, long_one.number)
        found.append(
            Row(
                f"a run of {lines:,} lines: its end; a search in it",
                f"{ms(last)}; {ms(inside)}",
                "",
                None,
                "≤ 300 ms; ≤ 50 ms",
                last <= 0.3 and inside <= 0.05,
            )
        )
    for text, each in sorted(slow.items(), key=lambda item: -item[1])[:6]:
        print(f"    page {text}: {ms(each)}")
    for text, each in sorted(counts.items(), key=lambda item: -item[1])[:6]:
        print(f"    count {text}: {ms(each)}")
    return found


async def _timed(work: Awaitable[object]) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


def _ends(connection: Connection) -> tuple[int, int]:
    (oldest,) = run_pages.page(connection, from_end=True, limit=1)
    return runs.latest_place(connection), oldest.place


def _bare(connection: Connection, key: int) -> object:
    return connection.execute(
        "SELECT id, workflow_id, status, started_at, duration_ms, cost_usd, trigger FROM runs"
        " WHERE place < ? ORDER BY place DESC LIMIT ?",
        (key, PAGE),
    ).fetchall()


def _raw_search(connection: Connection, text: str) -> object:
    match = search.match_of(text)
    return [
        connection.execute(
            f"SELECT s.rowid FROM {table} AS s WHERE s.{table} MATCH ? ORDER BY 1 DESC LIMIT 50",
            (match,),
        ).fetchall()
        for table in ("search", "run_search", "log_search")
    ]


def _incoming(place: Path, events: int) -> Iterator[Row]:
    stream = place / "events.ndjson"
    with stream.open("wb") as out:
        for line in _events(events):
            out.write(line)
    size = stream.stat().st_size

    async def product() -> None:
        home = Home(Path(tempfile.mkdtemp(dir=place)) / "home")
        async with await Library.open(home) as library:
            with stream.open("rb") as source:
                async for _ in import_runs(library, ["-"], stdin=io.BytesIO(source.read())):
                    pass

    start = time.perf_counter()
    asyncio.run(product())
    took = time.perf_counter() - start
    start = time.perf_counter()
    for line in stream.read_bytes().splitlines():
        orjson.loads(line)
    least = time.perf_counter() - start
    yield Row(
        f"import of {events:,} run events ({mb(size)}), 12 a run",
        f"{took:.1f} s, {events / took:,.0f} a second",
        f"{least:.2f} s, orjson alone",
        took / least,
        "",
        True,
    )
    few = place / "few.ndjson"
    few.write_bytes(b"".join(list(_events(events // 10))))
    command = [sys.executable, "-m", "simtui", "--home"]
    peaks = [
        peak_of([*command, str(place / f"peak {path.name}"), "runs", "import", str(path)])[1]
        for path in (few, stream)
    ]
    yield Row(
        "its memory, beside a tenth of it",
        mb(peaks[1]),
        mb(peaks[0]),
        peaks[1] / peaks[0],
        "flat",
        peaks[1] < peaks[0] * 1.3,
    )


def _events(count: int) -> Iterator[bytes]:
    chance = random.Random(5)
    for n in range(count // 12):
        ident, at = f"{chance.getrandbits(128):032x}", NEWEST + n * 1000
        yield _line(
            event="run",
            id=ident,
            workflow_name=f"Workflow {n % 50}",
            started_at=iso(at),
            trigger="api",
            input={"rows": n},
        )
        for s in range(10):
            yield _line(
                event="span",
                run_id=ident,
                id=f"s{s}",
                name=f"Agent {s}",
                type="agent",
                started_at=iso(at + s),
                duration_ms=s,
                status="success",
                tokens=400,
                output={"content": "words and words " * 6},
            )
        yield _line(
            event="end",
            run_id=ident,
            status="completed",
            duration_ms=812,
            cost_usd=0.0011,
            output={"summary": f"done with {n} of them, all in order"},
        )


def _line(**said: object) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)
