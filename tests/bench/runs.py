"""A million runs: pages by any filter, counts, searches; and how quickly runs come in."""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import subprocess
import sys
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
from simtui.store import run_pages, runs, search
from tests.bench.many_runs import NEWEST, RUNS, WORDS, made_home
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


def rows(place: Path, share: int) -> Iterator[Row]:
    share = 20 if share > 1 else 1
    home = made_home(share)
    yield from asyncio.run(_rows(home, RUNS // share))
    yield from _incoming(place, 100_000 // share)


async def _rows(home: Home, count: int) -> list[Row]:
    chance = random.Random(4)
    now = datetime.now().astimezone()
    found: list[Row] = []
    async with await Library.open(home, create=False) as library:
        read = library.store.read
        newest, oldest = await read(_ends)
        pages: dict[str, list[float]] = {text: [] for text in FILTERS}
        bare = []
        for text in FILTERS:
            filter = parse(text, RUN_FIELDS, now)
            for _ in range(20):  # as a list is scrolled: the first finds the way of the others
                key = chance.randint(oldest, newest)
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
        firsts = [times[0] for times in pages.values()]
        found.append(
            Row(
                "… the first page of each filter, p95",
                ms(p95(firsts)),
                f"{ms(least)}, unfiltered",
                p95(firsts) / least,
                "told",
                True,
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


def _incoming(place: Path, count: int) -> Iterator[Row]:
    """Runs of ten spans each: beside the floor, beside a program that keeps any JSON, and how much
    memory they take."""
    few, stream = place / "few.ndjson", place / "events.ndjson"
    for path, number in ((few, count // 10), (stream, count)):
        with path.open("wb") as out:
            out.writelines(_events(number * 12))
    command = [sys.executable, "-m", "simtui", "--home"]
    took, cpu = _spent(*command, place / "taken in", "runs", "import", stream)
    floor = [sys.executable, "-m", "tests.bench.floor_runs"]
    least, least_cpu = _spent(*floor, stream, place / "floor.db")
    yield Row(
        f"import of {count:,} runs, 10 spans each ({mb(stream.stat().st_size)}), by time",
        f"{took:.1f} s, {count * 12 / took:,.0f} events a second",
        f"{least:.1f} s, the floor",
        took / least,
        "≤ 1.5 ×",
        took <= 1.5 * least,
    )
    yield Row(
        "… by the work of the processor, with the process that reads",
        f"{cpu:.1f} s", f"{least_cpu:.1f} s, the floor",
        cpu / least_cpu, "told", True,
    )  # fmt: skip
    peer = shutil.which("sqlite-utils")
    if peer is not None:
        slow, slow_cpu = _spent(peer, "insert", place / "peer.db", "events", stream, "--nl")
        yield Row(
            "… beside `sqlite-utils insert`: one table, no index, no search",
            f"{took:.1f} s, {cpu:.1f} of work", f"{slow:.1f} s, {slow_cpu:.1f} of work",
            took / slow, "", True,
        )  # fmt: skip
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


def _spent(*command: object) -> tuple[float, float]:
    """Seconds of time, and of work, that a program took."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
