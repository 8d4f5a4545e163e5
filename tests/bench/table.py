"""One aligned table: what was measured, beside what, and against which budget."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HEAD = ("what", "figure", "floor or peer", "ratio", "budget", "")


@dataclass(frozen=True, slots=True)
class Row:
    """`ok` is whether the figure is within its budget; no test hangs on it."""

    what: str
    figure: str
    peer: str
    ratio: float | None
    budget: str
    ok: bool

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        word = "ok" if self.ok else "over"
        return (self.what, self.figure, self.peer, ratio, self.budget, word)


def lines(rows: Iterable[Row]) -> list[str]:
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:,.0f} ms"


def mb(size_bytes: float) -> str:
    return f"{size_bytes / 1e6:.0f} MB"


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def medians(turns: int, *works: Callable[[], object]) -> list[float]:
    """The median time of each work in seconds, the works taking turns, so that whatever else the
    machine does meets them alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(turns):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]
