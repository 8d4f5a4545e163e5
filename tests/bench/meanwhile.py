"""What a backup of a large library costs everybody else: keys of the real program, which makes it,
and commits of another process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from tests.bench.backups import WORKFLOWS, WRITER, filled
from tests.bench.table import Row, mb, ms
from tests.tui.pty_screen import PtyScreen

SIZE_BYTES = 500_000_000
KEYS = 60
PAUSE_SECONDS = 0.05


def rows(place: Path, share: int) -> Iterator[Row]:
    home = filled(place / "meanwhile", SIZE_BYTES // share)
    size, stop = home.database.stat().st_size, place / "stop-writing"
    os.environ["SIMTUI_BACKUP_EVERY"] = "off"
    try:
        with closing(PtyScreen("--home", str(home.root))) as screen:
            screen.read_until(b"Workflow 999")
            screen.read_until_quiet(0.4)
            keys = _Keys(screen)
            idle = [keys.press() for _ in range(KEYS)]
            command = [sys.executable, "-c", WRITER, str(home.database), str(stop)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
                assert writer.stdout is not None
                writer.stdout.readline()
                start = time.perf_counter()
                screen.send("b")
                screen.read_until(b"backing up")
                busy = []
                while b"Backed up and proven" not in screen.seen:
                    assert b"not made" not in screen.seen, screen.seen[-2000:]
                    busy.append(keys.press())
                    time.sleep(PAUSE_SECONDS)
                spent = time.perf_counter() - start
                stop.touch()
                commits = sorted(float(line) for line in writer.communicate()[0].split())
    finally:
        del os.environ["SIMTUI_BACKUP_EVERY"]
    busy.sort()
    p95 = busy[int(len(busy) * 0.95)]
    yield Row(
        f"a key while the screen backs up {mb(size)} in {ms(spent)}, p95", ms(p95),
        f"{ms(median(idle))}, nothing else done", p95 / median(idle), "≤ 50 ms", p95 <= 0.05,
    )  # fmt: skip
    yield Row(
        f"  median, and the slowest of {len(busy)}", f"{ms(median(busy))}, {ms(busy[-1])}", "",
        None, "", True,
    )  # fmt: skip
    p99 = commits[int(len(commits) * 0.99)]
    yield Row(
        "  a commit of another process meanwhile, p99", ms(p99), f"{ms(median(commits))}, median",
        None, "≤ 10 ms", p99 <= 0.01,
    )  # fmt: skip


class _Keys:
    """Moves the cursor down the list, and up again from where it ends."""

    def __init__(self, screen: PtyScreen) -> None:
        self._screen = screen
        self._row, self._step = WORKFLOWS - 1, -1

    def press(self) -> float:
        """Seconds until the row that the cursor goes to is painted. The one that it leaves is
        painted before it, and nothing else is unless somebody else changed a workflow."""
        if self._row + self._step not in range(100, WORKFLOWS):
            self._step = -self._step
        self._row += self._step
        start = time.perf_counter()
        self._screen.send("j" if self._step < 0 else "k")
        self._screen.read_until(b"Workflow %d " % self._row)
        return time.perf_counter() - start
