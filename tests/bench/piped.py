"""Ten programs pipe their runs in, a screen follows, and a backup is made: how long a key waits,
and whether the pace is kept. The answer to a key is told from what else is painted by its letter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from simtui.paths import Home
from simtui.store import engine
from tests.bench.account import queued
from tests.bench.table import Row, ms
from tests.piping import RUN_EVENTS, Writers, wrong_runs
from tests.tui.pty_screen import PtyScreen

WRITERS, RATE, SECONDS = 10, 1000, 30
LETTERS = "ДЖЗИЙЛФЦЧШЩЫЭЮЯ"


def rows(place: Path, share: int) -> Iterator[Row]:
    seconds = SECONDS // share
    home = Home(place / "piped")
    _simtui(home)
    _simtui(home, "backup")  # else the screen would make the one that is due
    waits: list[tuple[float, float]] = []
    with closing(PtyScreen("--home", str(home.root), columns=120, rows=40)) as screen:
        screen.read_until(b"quit")
        screen.read_until_quiet()
        screen.send("2")
        screen.read_until(b"No runs yet")
        with closing(Writers(home, place, WRITERS, seconds, RATE)) as writers:
            screen.read_until(b"Agent ", seconds=60)
            waits += _key_waits(screen, 10)
            command = [sys.executable, "-m", "simtui", "--home", str(home.root), "backup"]
            backup = subprocess.Popen([*command, "-o", "json"], stdout=subprocess.PIPE)
            while writers.going_on():
                waits += _key_waits(screen, 10)
            fed = writers.fed()
        made = json.loads(backup.communicate()[0])
        alone = median(wait for wait, _ in _key_waits(screen, 40))
    told = [item for items in fed.told for item in items]
    there = sum(item["events"] for item in told)
    with closing(engine.connect(home.database)) as connection:
        wrong = wrong_runs(connection, told)
    whole = not wrong and there == WRITERS * (seconds * RATE // RUN_EVENTS) * RUN_EVENTS
    yield from _waits(waits, alone)
    yield Row(
        f"their {there:,} events, backed up meanwhile in {made['duration_ms'] / 1000:.1f} s",
        f"{there / fed.seconds:,.0f} a second, {'all' if whole else 'NOT ALL'} there in order",
        f"{WRITERS * RATE:,}, as sent",
        fed.seconds / seconds,
        "every one",
        whole and made["proven"],
    )


def _waits(waits: list[tuple[float, float]], alone: float) -> Iterator[Row]:
    """All of a wait, and what of it is not the machine's: with more to run than there are cores,
    whoever waits for a key waits for a core first."""
    whole = sorted(wait for wait, _ in waits)
    own = sorted(wait - waited for wait, waited in waits)
    what = f"a key while {WRITERS} write {RATE:,} events a second each"
    for name, times in ((what, whole), ("… less its wait for a core", own)):
        p99 = times[int(len(times) * 0.99)]
        yield Row(
            f"{name}: p99 of {len(times)} (worst)",
            f"{ms(p99)} ({ms(times[-1])}), median {ms(median(times))}",
            f"{ms(alone)}, nobody writes",
            median(times) / alone,
            "≤ 50 ms",
            times[-1] <= 0.050,
        )


def _key_waits(screen: PtyScreen, count: int) -> list[tuple[float, float]]:
    """Types letters behind `/`, each taken away before it is a filter: (seconds until it is seen,
    of which the screen, or whoever looks at it, waited for a core)."""
    found = []
    screen.send("/")
    screen.read_until_quiet(0.1)
    for n in range(count):
        letter = LETTERS[n % len(LETTERS)]
        start, before = time.perf_counter(), queued(screen.pid) + queued(os.getpid())
        screen.send(letter)
        screen.read_until(letter.encode(), seconds=60)
        found.append(
            (time.perf_counter() - start, queued(screen.pid) + queued(os.getpid()) - before)
        )
        screen.send("\x7f")
        screen.read_until_quiet(0.05)
    screen.send("\x1b")
    # what comes within a tenth of a second may be the rest of a sequence, and is held as long
    screen.read_until_quiet(0.25)
    return found


def _simtui(home: Home, *words: str) -> None:
    command = [sys.executable, "-m", "simtui", "--home", str(home.root), *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
