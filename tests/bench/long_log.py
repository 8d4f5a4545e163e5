"""One run with a million log lines: its end, a page anywhere, words in it, from the store and on
the screen; and toolong on the same lines, where it is installed."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from statistics import median
from typing import Any

import orjson

from simtui.formats.sim_json import iso
from simtui.library import Library
from simtui.model.run import Run
from simtui.paths import Home
from simtui.store import engine, log_lines, run_pages, search
from tests.bench.account import worked
from tests.bench.many_runs import RUNS, WORDS, made_home
from tests.bench.table import Row, ms, p95
from tests.tui.pty_screen import PtyScreen

PAGE = 300
TURNS = 20


def rows(place: Path, share: int) -> Iterator[Row]:
    home = made_home(20 if share > 1 else 1)
    yield from asyncio.run(_stored(home))
    run = asyncio.run(_newest(home))
    count = RUNS // (20 if share > 1 else 1)
    yield from _on_the_screen(home, count)
    yield _followed(home, run, count)
    tl = shutil.which("tl")
    if tl is not None:
        lines = place / "lines.ndjson"
        asyncio.run(_write_out(home, run, lines))
        yield _beside_toolong(home, tl, lines, count)


async def _stored(home: Home) -> list[Row]:
    """Each as long as it takes, and as long as the processor works for it."""
    chance = random.Random(6)
    found: list[Row] = []
    async with await Library.open(home, create=False) as library:
        read = library.store.read
        (run,) = await read(run_pages.page, limit=1)
        total = await read(log_lines.count, run.number)

        async def row(
            what: str, most: float, job: Callable[..., Any], asked: list[dict[str, Any]]
        ) -> None:
            times = [await _timed(read(_worked, job, run, said)) for said in asked]
            took, work = p95([took for took, _ in times]), p95([work for _, work in times])
            figure = f"{ms(took)}, {ms(work)} of work"
            found.append(Row(what, figure, "", None, f"≤ {ms(most)}", took <= most))

        page = log_lines.page
        ends = {"limit": PAGE, "from_end": True}
        await row(f"the end of a run of {total:,} lines, p95", 0.3, page, [ends] * TURNS)
        await row("… its beginning", 0.05, page, [{"limit": PAGE, "after": -1}] * TURNS)
        anywhere = [{"limit": PAGE, "after": chance.randrange(total)} for _ in range(TURNS)]
        await row("… a page anywhere", 0.05, page, anywhere)
        errors = [{**each, "levels": ["error", "warn"]} for each in anywhere]
        await row("… a page of two levels", 0.05, page, errors)
        words = [
            {"limit": 1, "after": chance.randrange(total), "match": search.match_of(word)}
            for _ in range(5)
            for word in WORDS
        ]
        await row("… the next line with words, by their beginnings", 0.05, page, words)
        back = [{"limit": 1, "before": each["after"], "match": each["match"]} for each in words]
        await row("… the one before", 0.05, page, back)
        start, first, steps = time.perf_counter(), 0.0, 0
        async for _ in library.runs.log_holding(run, "zzzz"):
            steps += 1
            first = first or time.perf_counter() - start
        took = time.perf_counter() - start
        found.append(
            Row(
                f"… a part of a word that is nowhere, in {steps} steps that can be given up",
                f"{took:.1f} s, {ms(took / steps)} a step",
                "",
                None,
                "progress",
                True,
            )
        )
    return found


async def _timed(work: Awaitable[float]) -> tuple[float, float]:
    start = time.perf_counter()
    worked = await work
    return time.perf_counter() - start, worked


def _worked(
    connection: Connection, job: Callable[..., Any], run: Run, said: dict[str, Any]
) -> float:
    start = time.thread_time()
    job(connection, run, **said)
    return time.thread_time() - start


async def _newest(home: Home) -> Run:
    async with await Library.open(home, create=False) as library:
        (run,) = await library.runs.page(limit=1)
        return run


# -- on the screen


def _screen(home: Home) -> PtyScreen:
    environment = {"SIMTUI_BACKUP_EVERY": "off"}  # else it would make the one that is due
    return PtyScreen("--home", str(home.root), columns=120, rows=40, env=environment)


def _on_the_screen(home: Home, count: int) -> Iterator[Row]:
    opens: list[tuple[float, float]] = []
    keys: list[tuple[float, float]] = []
    at_end, at_beginning = f"at {count:,} ".encode(), b"at 1 "
    with closing(_screen(home)) as screen:
        screen.read_until(b"quit")
        screen.read_until_quiet()
        screen.send("2")
        screen.read_until(f"{count:,} ".encode())
        screen.read_until_quiet()
        for _ in range(5):
            opens.append(_until(screen, partial(screen.send, "L"), at_end))
            screen.read_until_quiet()
            for _ in range(5):
                for key, wanted in (("g", at_beginning), ("G", at_end)):
                    keys.append(_until(screen, partial(screen.send, key), wanted))
            screen.send("\x1b")
            screen.read_until_quiet()
    took, work = (median(each) for each in zip(*opens, strict=True))
    yield Row(
        f"from the list to the end of {count:,} lines, on the screen, median",
        f"{ms(took)}, {ms(work)} of work", "", None, "≤ 300 ms", took <= 0.3,
    )  # fmt: skip
    took, work = (median(each) for each in zip(*keys, strict=True))
    slow = p95([took for took, _ in keys])
    yield Row(
        "… to its beginning and to its end (g, G), median (p95)",
        f"{ms(took)} ({ms(slow)}), {ms(work)} of work", "", None, "≤ 50 ms", slow <= 0.05,
    )  # fmt: skip


def _followed(home: Home, run: Run, count: int) -> Row:
    """Lines that another process writes at the end of a run that goes on: the screen follows."""
    waits: list[tuple[float, float]] = []
    status = "UPDATE runs SET status = ? WHERE number = ?"
    with closing(engine.connect(home.database)) as writer:
        writer.execute(status, ("running", run.number))
        try:
            with closing(_screen(home)) as screen:
                screen.read_until(b"quit")
                screen.send("2L")
                screen.read_until(b"following")
                for seq in range(count + 1, count + TURNS + 1):
                    screen.read_until_quiet(0.3)
                    writes = partial(_write_line, writer, run, seq)
                    waits.append(_until(screen, writes, f"at {seq:,} ".encode()))
        finally:
            writer.execute(status, (run.status, run.number))
            writer.execute(
                "DELETE FROM log_lines WHERE run_number = ? AND seq > ?", (run.number, count)
            )
    took, work = (median(each) for each in zip(*waits, strict=True))
    slow = p95([work for _, work in waits])
    return Row(
        "… a line that another process adds there: work (p95) until it is seen",
        f"{ms(work)} ({ms(slow)}), after {ms(took)}", "", None, "≤ 50 ms", slow <= 0.05,
    )  # fmt: skip


def _write_line(writer: Connection, run: Run, seq: int) -> None:
    writer.execute(
        "INSERT INTO log_lines (run_number, seq, at, level, message)"
        " VALUES (?, ?, ?, 'info', 'one more')",
        (run.number, seq, run.started_at),
    )


def _until(screen: PtyScreen, act: Callable[[], object], wanted: bytes) -> tuple[float, float]:
    """(seconds until it is seen, seconds that the processor worked for it)"""
    start, before = time.perf_counter(), worked(screen.pid)
    act()
    screen.read_until(wanted)
    took = time.perf_counter() - start, worked(screen.pid) - before
    screen.read_until_quiet(0.1)
    return took


# -- a peer


async def _write_out(home: Home, run: Run, target: Path) -> None:
    async with await Library.open(home, create=False) as library:
        with target.open("wb") as out:
            after = -1
            while page := await library.runs.log(run, after=after, limit=10_000):
                out.writelines(
                    orjson.dumps(
                        {
                            "seq": line.seq,
                            "timestamp": iso(line.at),
                            "level": line.level,
                            "message": line.message,
                        },
                        option=orjson.OPT_APPEND_NEWLINE,
                    )
                    for line in page
                )
                after = page[-1].seq


def _beside_toolong(home: Home, tl: str, lines: Path, count: int) -> Row:
    """Both from the start of the program to the last line."""
    ours, theirs = [], []
    # it has a Python of its own, which this one gives way to
    program = ("-S", "-E", "-c", "import os, sys; os.execv(sys.argv[1], sys.argv[1:])", tl)
    for _ in range(3):
        start = time.perf_counter()
        with closing(_screen(home)) as screen:
            screen.read_until(b"quit")
            screen.send("2L")
            screen.read_until(f"at {count:,} ".encode())
            ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with closing(PtyScreen(str(lines), program=program, columns=120, rows=40)) as screen:
            screen.read_until(str(count).encode(), seconds=120)  # the last line's number
            theirs.append(time.perf_counter() - start)
    took, peer = median(ours), median(theirs)
    return Row(
        "… from the start of the program", ms(took), f"{ms(peer)}, toolong", took / peer, "",
        True,
    )  # fmt: skip
