"""A disk that answers "input/output error", once or from some moment on, to whatever reads, writes
or syncs a file of the home: it is told, and what was there is there.

`failing_disk.c` is laid under the real command; it reaches the engine too, which calls the system's
library for all of this.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from simtui.backup import workplace
from simtui.library import Library, doctor
from simtui.paths import Home
from tests.backup.backups import fill, proof_of
from tests.looking import Tables, tables_in
from tests.making import as_bytes, document
from tests.soak.conftest import ask, failing

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

SAFE = (
    "What was saved before is unchanged", "untouched", "What is there now is as it was",
    "Nothing was changed", "It is left as it is", "What was there",
)  # fmt: skip
# what every command may write of backups, and what a restore never takes back
KEPT = {"backups_made", "sqlite_stat1", "sqlite_stat4"}
ACTS = {
    "import": ("import", "{files}"),
    "backup": ("backup",),
    "prove": ("backups", "prove"),
    "restore": ("backups", "restore", "latest", "--yes"),
    "restore over a broken one": ("backups", "restore", "latest", "--yes"),
}
BROKEN = b"\1" * 90_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A home with a backup of what it held (`then`), something else in it (`now`), and files to
    import, which leave `after`."""

    home: Home
    files: Path
    then: Tables
    now: Tables
    after: Tables


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a home; `calls`: how many of them met the disk."""

    home: Home
    done: subprocess.CompletedProcess[str]
    calls: int


def rows_in(home: Home) -> Tables:
    return {name: rows for name, rows in tables_in(home).items() if name not in KEPT}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Large enough that the work on backups is done in a process of its own."""
    place = tmp_path_factory.mktemp("prepared")
    home, files = Home(place / "SimAI"), place / "files"
    files.mkdir()
    for n in range(20):
        ident = f"00000000-0000-4000-8000-{n:012}"
        (files / f"{n}-{ident}.json").write_bytes(as_bytes(document(f"Another {n}")))

    async def make() -> Tables:
        async with await Library.open(home) as library:
            await fill(library, 150, words=" ".join(f"{random.random()}" for _ in range(1500)))
            assert await library.backups.make()
            then = rows_in(home)
            await library.workflows.rename("wf-1", "Only in the present")
        return then

    then = asyncio.run(make())
    assert home.database.stat().st_size > 4 << 20
    other = Home(place / "other")
    shutil.copytree(home.root, other.root)
    assert ask(other, "import", files).returncode == 0
    return Prepared(home, files, then, rows_in(home), rows_in(other))


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs one act on a copy of the home, over a disk that fails."""

    prepared: Prepared
    shim: Path
    place: Path
    act: str
    goes_on: bool

    def at(self, call: int) -> Outcome:
        """`call`: which of them fails; 0 is none."""
        home = Home(self.place / f"home-{call}")
        shutil.copytree(self.prepared.home.root, home.root)
        if "broken" in self.act:
            home.database.write_bytes(BROKEN)
        count = self.place / f"count-{call}"
        environment = {
            **failing(self.shim, home, count, call),
            **({"FAILING_ON": "yes"} if self.goes_on else {}),
        }
        words = [word.format(files=self.prepared.files) for word in ACTS[self.act]]
        done = ask(home, *words, env=environment)
        return Outcome(home, done, int.from_bytes(count.read_bytes(), sys.byteorder))

    def at_many(self, points: int) -> Iterator[Outcome]:
        """First without a fault; then at the first few calls, the last, and some between."""
        whole = self.at(0)
        assert whole.done.returncode == 0, whole.done.stderr
        yield whole
        chance = random.Random(self.act)
        calls = {2, 13, whole.calls, whole.calls - 1, whole.calls - 3}
        while len(calls) < points:
            calls.add(1 + chance.randrange(whole.calls))
        with ThreadPoolExecutor(2) as both:
            yield from both.map(self.at, sorted(calls))


@pytest.mark.parametrize("goes_on", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("act", ACTS)
def test_a_disk_that_fails_at_any_call(
    prepared: Prepared, shim: Path, tmp_path: Path, act: str, goes_on: bool
) -> None:
    codes = []
    trial = Trial(prepared, shim, tmp_path, act, goes_on)
    for outcome in trial.at_many(7 if goes_on else 12):
        home, done = outcome.home, outcome.done
        codes.append(done.returncode)
        assert done.returncode in (0, 6, 8), done.stderr
        assert "Traceback" not in done.stderr
        assert list(home.backups.glob(f"{workplace.PREFIX}*")) == []
        for file in home.backups.glob("*.zip"):
            assert proof_of(file, tmp_path).is_good, file
        if done.returncode:
            assert any(words in done.stderr for words in SAFE), done.stderr
        check_library(prepared, act, outcome)
        shutil.rmtree(home.root)
    assert codes[0] == 0
    assert 8 in codes


def check_library(prepared: Prepared, act: str, outcome: Outcome) -> None:
    """The old or the new, whole; and the new where the command said that it was done."""
    home, over = outcome.home, outcome.done.returncode == 0
    if act == "restore over a broken one":
        kept = [path for path in home.root.glob("simai.db*") if path.read_bytes() == BROKEN]
        assert kept, "what was there is there, under its old name, the new one, or both"
        if home.database in kept:
            assert not over
            return
    rows, new = rows_in(home), prepared.now
    if act == "import":
        new = prepared.after
        rows["workflows"] = [_without_times(row) for row in rows["workflows"]]
    elif act.startswith("restore"):
        new = prepared.then
    assert rows == _comparable(new, act) or (not over and rows == _comparable(prepared.now, act))
    found = asyncio.run(doctor.examine(home))
    assert [each for each in found if each.ok is False] == []


def _comparable(rows: Tables, act: str) -> Tables:
    if act != "import":
        return rows
    return {**rows, "workflows": [_without_times(row) for row in rows["workflows"]]}


def _without_times(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple(each for each in row if not (isinstance(each, int) and each > 1_700_000_000_000))


def test_a_library_that_cannot_be_read_once_is_not_set_aside(
    prepared: Prepared, shim: Path, tmp_path: Path
) -> None:
    """A disk that fails looks like damage, and damage is what a restore moves out of the way."""
    trial = Trial(prepared, shim, tmp_path, "restore", goes_on=False)
    with ThreadPoolExecutor(2) as both:
        for outcome in both.map(trial.at, range(11, 17)):
            assert list(outcome.home.root.glob("*.broken-*")) == [], outcome.done.stderr
