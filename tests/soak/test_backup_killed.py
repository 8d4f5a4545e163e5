"""A process that is killed while it makes, prunes or restores: what has a final name is proven, and
a library is the old one or the new one, never a mix."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simtui.backup import workplace
from simtui.library import Library
from simtui.paths import Home
from tests.backup.backups import fill, proof_of
from tests.looking import Tables, tables_in
from tests.soak.conftest import ask, killed_at_writes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

ROUNDS = 5
MOMENTS = 10
NEVER_TAKEN_BACK = {
    "backups_made", "vault", "vault_slots", "vault_retired_keys", "sqlite_stat1", "sqlite_stat4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prepared:
    """A home with a backup of what it held (`then`), and something else in it (`now`)."""

    home: Home
    backup: str
    then: Tables
    now: Tables


def rows_in(home: Home) -> Tables:
    return {name: rows for name, rows in tables_in(home).items() if name not in NEVER_TAKEN_BACK}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Large enough that the work is done in a process of its own."""
    home = Home(tmp_path_factory.mktemp("prepared") / "SimAI")

    async def make() -> tuple[str, Tables]:
        async with await Library.open(home) as library:
            await fill(library, 300, words=" ".join(f"{random.random()}" for _ in range(1500)))
            made = await library.backups.make()
            assert made is not None
            then = rows_in(home)
            ids = [row.id for row in await library.workflows.page(limit=150)]
            await library.workflows.delete(ids)
            await library.workflows.rename("wf-1", "Only in the present")
            return made.backup.name, then

    backup, then = asyncio.run(make())
    assert home.database.stat().st_size > 8 << 20
    return Prepared(home, backup, then, rows_in(home))


def copies_of(prepared: Prepared, place: Path) -> Callable[[], Home]:
    count = 0

    def again() -> Home:
        nonlocal count
        count += 1
        shutil.copytree(prepared.home.root, place / str(count))
        return Home(place / str(count))

    return again


def check_backups(home: Home, place: Path) -> int:
    """How many there are; each of them is good. The next one is made, and leftovers go."""
    files = list(home.backups.glob("simai-*.zip"))
    for file in files:
        assert proof_of(file, place).is_good, file
    for left in home.backups.glob(f"{workplace.PREFIX}*"):
        old = time.time() - 7200
        os.utime(left, (old, old))
    assert ask(home, "backup").returncode == 0
    assert len(list(home.backups.iterdir())) == len(files) + 1
    return len(files)


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_backup_that_is_killed_is_there_and_proven_or_not_there(
    prepared: Prepared, shim: Path, tmp_path: Path, round_number: int
) -> None:
    place = tmp_path / "homes"
    copies = copies_of(prepared, place)
    for home, over in killed_at_writes(shim, ("backup",), copies, MOMENTS, round_number):
        count = check_backups(home, tmp_path)
        assert count == 2 if over else count in (1, 2)
        assert rows_in(home) == prepared.now
        shutil.rmtree(home.root)


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(
    prepared: Prepared, shim: Path, tmp_path: Path, round_number: int
) -> None:
    place = tmp_path / "homes"
    words = ("backups", "restore", prepared.backup, "--yes")
    copies = copies_of(prepared, place)
    for home, over in killed_at_writes(shim, words, copies, MOMENTS, round_number):
        rows = rows_in(home)
        assert rows == prepared.then if over else rows in (prepared.then, prepared.now)
        check_backups(home, tmp_path)
        assert ask(home, "doctor").returncode == 0
        shutil.rmtree(home.root)


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_broken_database_is_never_lost_while_another_takes_its_place(
    prepared: Prepared, shim: Path, tmp_path: Path, round_number: int
) -> None:
    broken = random.Random(round_number).randbytes(100_000)
    copy = copies_of(prepared, tmp_path / "homes")

    def again() -> Home:
        home = copy()
        home.database.write_bytes(broken)
        home.database.with_name("simai.db-wal").write_bytes(b"a stale log")
        return home

    words = ("backups", "restore", prepared.backup, "--yes")
    for home, over in killed_at_writes(shim, words, again, MOMENTS, round_number):
        kept = [path for path in home.root.glob("simai.db*") if path.read_bytes() == broken]
        assert kept, list(home.root.iterdir())
        if home.database.read_bytes() != broken:
            assert not home.database.with_name("simai.db-wal").exists()
        elif not over:
            assert ask(home, *words).returncode == 0
        assert rows_in(home) == prepared.then
        shutil.rmtree(home.root)


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_a_prune_that_is_killed_leaves_the_newest_and_only_proven_ones(
    shim: Path, tmp_path: Path, round_number: int
) -> None:
    template = Home(tmp_path / "template")

    async def make() -> None:
        async with await Library.open(template) as library:
            await fill(library)
            for _ in range(12):
                await library.backups.make("daily", prune=False)
            await library.settings.set("backup.keep_daily", "1")

    asyncio.run(make())
    newest = max(path.name for path in template.backups.iterdir())
    prepared = Prepared(template, newest, {}, {})
    words = ("backups", "prune", "--yes")
    copies = copies_of(prepared, tmp_path / "homes")
    for home, over in killed_at_writes(shim, words, copies, MOMENTS, round_number):
        listed = json.loads(ask(home, "backups", "list", "-o", "json").stdout)
        assert all(each["verdict"] == "proven" for each in listed)
        assert 1 <= len(listed) <= (3 if over else 12)
        assert ask(home, *words).returncode == 0
        left = json.loads(ask(home, "backups", "list", "-o", "json").stdout)
        assert all(each["kept_by"] for each in left)
        shutil.rmtree(home.root)
