"""The screen on a terminal of 80 by 24: to its first content, its memory, and a key in its list;
beside a sketch with the same widgets, made-up rows and no database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from tests.bench.filled import NEWEST, WORKFLOWS, filled_home
from tests.bench.table import Row, mb, ms
from tests.tui.pty_screen import PtyScreen

QUIET_SECONDS = 0.05
KEYS = 40


def rows(place: Path, share: int) -> Iterator[Row]:
    home, count = filled_home(place, share), WORKFLOWS // share

    def product() -> PtyScreen:
        return PtyScreen("--home", str(home.root))

    def sketch() -> PtyScreen:
        return PtyScreen(
            str(count),
            program=("-m", "tests.bench.sketch"),
            env={"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"},
        )

    faces = ((product, NEWEST.encode()), (sketch, b"Workflow number 0"))
    starts: list[list[float]] = [[], []]
    sizes: list[list[int]] = [[], []]
    for turn in range(1 + max(3, 11 // share)):
        for face, (begin, content) in enumerate(faces):
            start = time.perf_counter()
            with closing(begin()) as screen:
                screen.read_until(content)
                took = time.perf_counter() - start
                screen.read_until_quiet(0.4)
                if turn:  # the first writes the caches
                    starts[face].append(took)
                    sizes[face].append(_resident(screen.pid))
    first, peer = median(starts[0]), median(starts[1])
    size, peer_size = median(sizes[0]), median(sizes[1])
    yield Row(
        f"start to first content, {count:,} workflows", ms(first), f"{ms(peer)}, the sketch",
        first / peer, "≤ 1.25 ×, < 400 ms", first <= 1.25 * peer and first < 0.400,
    )  # fmt: skip
    yield Row(
        "memory of the open screen", mb(size), f"{mb(peer_size)}, the sketch", size / peer_size,
        "≤ 60 MB", size <= 60e6,
    )  # fmt: skip
    (paint, sent), (peer_paint, peer_sent) = (_key(*face) for face in faces)
    yield Row(
        "a key in the list: painted", ms(paint), f"{ms(peer_paint)}, the sketch",
        paint / peer_paint, "≤ 16 ms", paint <= 0.016,
    )  # fmt: skip
    yield Row(
        "a key in the list: sent", f"{sent:,.0f} bytes", f"{peer_sent:,.0f} bytes, the sketch",
        sent / peer_sent, "≤ 1,200 bytes", sent <= 1200,
    )  # fmt: skip


def _key(begin: type[PtyScreen] | object, content: bytes) -> tuple[float, float]:
    """(seconds until the last byte, bytes) of a key that moves the cursor; medians."""
    assert callable(begin)
    times, sent = [], []
    with closing(begin()) as screen:
        screen.read_until(content)
        screen.read_until_quiet(0.4)
        for _ in range(KEYS):
            start = time.perf_counter()
            screen.send("j")
            painted = screen.read_until_quiet(QUIET_SECONDS)
            times.append(time.perf_counter() - start - QUIET_SECONDS)
            sent.append(len(painted))
    return median(times), median(sent)


def _resident(pid: int) -> int:
    """Bytes, from the kernel's own account."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError(pid)
