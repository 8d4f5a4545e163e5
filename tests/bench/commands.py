"""How long a command takes from its start to its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.exports import folder_of
from tests.bench.table import Row, medians, ms

SIMTUI = str(Path(sys.executable).with_name("simtui"))
"""The console script, as a person starts it."""

IMPORTS = "import aiosqlite, click, orjson, zstandard, sqlcipher3"


def quiet(*words: object) -> None:
    subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def rows(place: Path, share: int) -> Iterator[Row]:
    home = place / "commands"
    folder_of(place / "hundred", 100)
    quiet(SIMTUI, "--home", home, "import", place / "hundred")
    version = (SIMTUI, "--version")
    listing = (SIMTUI, "--home", home, "workflows", "list", "-o", "json")
    bare, libraries = (sys.executable, "-c", "pass"), (sys.executable, "-c", IMPORTS)
    for words in (version, listing, bare, libraries):
        quiet(*words)  # the caches are written
    took = medians(
        25 // share,
        *(lambda words=words: quiet(*words) for words in (version, bare, listing, libraries)),
    )
    yield Row(
        "simtui --version", ms(took[0]), f"{ms(took[1])}, bare Python", took[0] / took[1],
        "≤ 60 ms", took[0] <= 0.060,
    )  # fmt: skip
    yield Row(
        "workflows list -o json, 100", ms(took[2]), f"{ms(took[3])}, its libraries alone",
        took[2] / took[3], "≤ 170 ms", took[2] <= 0.170,
    )  # fmt: skip
