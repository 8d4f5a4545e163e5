"""An import of real-sized exports beside the floor under it, and how much memory it takes."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.commands import SIMTUI, quiet
from tests.bench.exports import folder_of
from tests.bench.peak import peak_of
from tests.bench.table import Row, mb, medians


def rows(place: Path, share: int) -> Iterator[Row]:
    few, many = 500, 5000 // share
    size = folder_of(place / "few", few), folder_of(place / "many", many)
    numbers = itertools.count()

    def fresh() -> Path:
        shutil.rmtree(place / f"home {next(numbers)}", ignore_errors=True)
        home = place / f"home {next(numbers)}"
        home.mkdir()
        return home

    def product() -> None:
        quiet(SIMTUI, "--home", fresh(), "import", place / "many")

    def floor() -> None:
        quiet(sys.executable, "-m", "tests.bench.floor", place / "many", fresh() / "floor.db")

    took, least = medians(3, product, floor)
    yield Row(
        f"import of {many:,} exports, {size[1] / many / 1000:.0f} KB each",
        f"{took:.1f} s, {took / many * 1000:.2f} ms each",
        f"{least:.1f} s, the floor",
        took / least,
        "≤ 1.5 ×",
        took <= 1.5 * least,
    )
    peaks = [
        peak_of([SIMTUI, "--home", str(fresh()), "import", str(place / name)])[1]
        for name in ("few", "many")
    ]
    yield Row(
        f"its memory, {many:,}", mb(peaks[1]), f"{mb(peaks[0])}, {few}", peaks[1] / peaks[0],
        "flat (≤ 1.2 ×)", peaks[1] <= 1.2 * peaks[0],
    )  # fmt: skip
    shutil.rmtree(place / "many")
