"""No room, or no right to write, at every step of a backup and a restore: it is told, nothing is
left, and what was there is there."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from simtui.backup import workplace
from simtui.library import Library
from simtui.paths import Home
from tests.backup.backups import fill, proof_of
from tests.looking import Tables, tables_in, tree
from tests.soak.conftest import ask
from tests.soak.test_full_disk import as_mere_owner, read_only, small_disk

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

SAFE = ("untouched", "unchanged", "Nothing was changed")
KEPT = {"backups_made", "sqlite_stat1", "sqlite_stat4"}

# the check before the work is passed by: the disk fills up while it is done
DRIVER = textwrap.dedent(
    """
    import asyncio, shutil, sys
    from pathlib import Path
    from simtui.errors import NotWritable
    from simtui.library import Library
    from simtui.paths import Home

    usage = shutil.disk_usage(sys.argv[1])
    shutil.disk_usage = lambda _: usage._replace(free=1 << 40)

    async def main():
        async with await Library.open(Home(Path(sys.argv[1]))) as library:
            if sys.argv[2] == "make":
                await library.backups.make()
            else:
                await library.backups.restore(await library.backups.find(sys.argv[3]))

    try:
        asyncio.run(main())
    except NotWritable as error:
        print(error.message)
        sys.exit(8)
    """
)


def driven(home: Home, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DRIVER, str(home.root), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]  # options as they are given


def rows_in(home: Home) -> Tables:
    return {name: rows for name, rows in tables_in(home).items() if name not in KEPT}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """With one backup, and a little that is not in it."""
    home = Home(tmp_path_factory.mktemp("template") / "SimAI")

    async def make() -> None:
        async with await Library.open(home) as library:
            await fill(library, 150, words=" ".join(f"{random.random()}" for _ in range(1500)))
            await library.backups.make("before-import")
            await library.workflows.rename("wf-1", "Only in the present")

    asyncio.run(make())
    return home


@pytest.mark.parametrize("act", ["make", "restore"])
def test_a_disk_that_fills_up_at_any_step(template: Home, tmp_path: Path, act: str) -> None:
    size = sum(path.stat().st_size for path in template.root.rglob("*") if path.is_file())
    database, now = template.database.stat().st_size, rows_in(template)
    [backup] = template.backups.glob("*.zip")
    codes = []
    for n, free in enumerate(range(0, 5 * database, database // 3)):
        place = tmp_path / f"disk-{n}"
        with small_disk(place, (size + free) // (1 << 20) + 1, mounted=True) as disk:
            home = Home(place / "SimAI")
            shutil.copytree(template.root, home.root)
            done = driven(home, act, backup.name, preexec_fn=disk.limit)
            codes.append(done.returncode)
            assert done.returncode in (0, 8), done.stderr
            files = list(home.backups.glob("*.zip"))
            assert all(proof_of(file, tmp_path).is_good for file in files)
            assert list(home.backups.glob(f"{workplace.PREFIX}*")) == []
            disk.grow()  # to look at a database takes a little room as well
            if done.returncode:
                assert rows_in(home) == now
                assert any(word in done.stdout for word in SAFE), done.stdout
            elif act == "make":
                assert len(files) == 2
            else:
                assert rows_in(home) != now
    assert codes[0] == 8
    assert codes[-1] == 0 or disk.limit is not None
    assert codes == sorted(codes, reverse=True)  # more room never makes it worse


def test_without_room_the_command_says_how_much_is_needed(template: Home, tmp_path: Path) -> None:
    size = sum(path.stat().st_size for path in template.root.rglob("*") if path.is_file())
    with small_disk(tmp_path / "disk", size // (1 << 20) + 2, mounted=True) as disk:
        home = Home(disk.place / "SimAI")
        shutil.copytree(template.root, home.root)
        for words in (("backup",), ("backups", "restore", "latest", "--yes")):
            done = ask(home, *words, preexec_fn=disk.limit)
            assert done.returncode == (8 if disk.limit is None else done.returncode)
            if disk.limit is None:
                assert "needed" in done.stderr
                assert "free on this disk" in done.stderr


def test_an_older_library_is_not_migrated_without_room_for_its_backup(tmp_path: Path) -> None:
    old = Path(__file__).parents[1] / "databases" / "schema-2.db"
    with small_disk(tmp_path / "disk", 1, mounted=True) as disk:
        home = Home(disk.place / "SimAI")
        home.root.mkdir()
        shutil.copyfile(old, home.database)
        octets = home.database.read_bytes()
        if disk.limit is not None:
            return  # the largest file that may be written is no measure of a disk
        (home.root / "rest").write_bytes(bytes(shutil.disk_usage(home.root).free - 50_000))
        done = ask(home, "workflows", "list")
        assert done.returncode == 8, done.stderr
        assert "Nothing was migrated" in done.stderr
        assert home.database.read_bytes() == octets
        (home.root / "rest").unlink()
        disk.grow()
        assert ask(home, "workflows", "list").returncode == 0
        assert len(list(home.backups.glob("*-before-migration.zip"))) == 1


def test_a_folder_that_cannot_be_written_is_told(template: Home, tmp_path: Path) -> None:
    home = Home(tmp_path / "SimAI")
    shutil.copytree(template.root, home.root)
    [backup] = home.backups.glob("*.zip")
    content, octets = home.database.read_bytes(), backup.read_bytes()
    with read_only(Home(home.backups)), read_only(home):
        before = tree(home.root)
        for words in (
            ("backup",),
            ("backups", "prove"),
            ("backups", "restore", "latest", "--yes"),
        ):
            done = ask(home, *words, preexec_fn=as_mere_owner)
            assert done.returncode == 8, done.stderr
            assert "unchanged" in done.stderr
        assert tree(home.root) == before
    assert (home.database.read_bytes(), backup.read_bytes()) == (content, octets)


def test_a_mount_that_is_read_only_is_told(template: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60, mounted=True) as disk:
        home = Home(disk.place / "SimAI")
        shutil.copytree(template.root, home.root)
        before = tree(home.root)
        if disk.limit is not None or not made_read_only(disk.place):
            for path in (home.root, home.backups, *home.root.iterdir()):
                path.chmod(0o500 if path.is_dir() else 0o400)
            before = tree(home.root)
        for words in (
            ("backup",),
            ("backups", "prove"),
            ("backups", "prune", "--yes"),
            ("backups", "restore", "latest", "--yes"),
        ):
            done = ask(home, *words, preexec_fn=as_mere_owner)
            assert done.returncode == 8, done.stderr
            assert any(safe in done.stderr for safe in SAFE), done.stderr
        assert tree(home.root) == before
        assert proof_of(next(home.backups.glob("*.zip")), tmp_path).is_good


def made_read_only(place: Path) -> bool:
    """Until it is unmounted."""
    asked = ["mount", "-o", "remount,ro", str(place)]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0
