"""Backups and restores in a home on a network file system, where one connection does everything,
with a rollback journal, and nobody else may have the library open.

Once over SFTP, mounted for real; once in a folder of which the mount table says so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simtui.backup import making
from simtui.library import Library, backups, restoring
from simtui.library.inside import opened_backup
from simtui.paths import Home
from simtui.store import filesystem
from tests.backup.backups import fill, proof_of
from tests.looking import Tables, tables_of, tree
from tests.network import mount_table, mounted

WITH_TABLE = (
    "import sys; from pathlib import Path; from simtui.store import filesystem;"
    "filesystem.MOUNTS = Path(sys.argv.pop(1)); from simtui.__main__ import main; sys.exit(main())"
)
KEPT = ("backups_made", "sqlite_stat1", "sqlite_stat4")


@dataclass(frozen=True, slots=True)
class Far:
    """A home there, and how another process is told that it is."""

    home: Home
    program: tuple[str, ...]

    def ask(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *self.program, "--home", str(self.home.root), *map(str, words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(params=["mounted", "told"])
def far(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Far]:
    place = tmp_path / "far"
    place.mkdir()
    home = Home(place / "SimAI")
    if request.param == "mounted":
        with mounted(place) as there:
            if there:
                yield Far(home, ("-m", "simtui"))
                return
    table = mount_table(place, tmp_path / "mounts")
    monkeypatch.setattr(filesystem, "MOUNTS", table)
    yield Far(home, ("-c", WITH_TABLE, str(table)))


async def rows_of(library: Library) -> Tables:
    found = await tables_of(library)
    return {name: rows for name, rows in found.items() if name not in KEPT}


async def backed_up(library: Library) -> Path:
    made = await library.backups.make()
    assert made is not None
    assert made.backup.verdict == backups.PROVEN
    return made.backup.path


def journals(home: Home) -> set[str]:
    return {path.name for path in home.root.glob("simai.db-*")}


@pytest.mark.parametrize("small", [making.SMALL_BYTES, 0], ids=["in a thread", "apart"])
async def test_a_backup_is_made_and_proven(
    far: Far, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(making, "SMALL_BYTES", small)
    async with await Library.open(far.home) as library:
        assert "lies on a network file system" in library.notices[0]
        await fill(library)
        file = await backed_up(library)
        assert journals(far.home) <= {"simai.db-journal"}
        proof, _ = await library.backups.prove(file)
        assert proof.is_good
    assert [path.name for path in far.home.backups.iterdir()] == [file.name]
    assert proof_of(file, tmp_path).is_good


async def test_a_restore_brings_everything_back(far: Far) -> None:
    async with await Library.open(far.home) as library:
        await fill(library)
        before = await rows_of(library)
        file = await backed_up(library)
        await library.workflows.rename("wf-1", "Only in the present")
        done = await library.backups.restore(file)
        assert await rows_of(library) == before
        assert journals(far.home) <= {"simai.db-journal"}
        await library.workflows.rename("wf-1", "Renamed since")
        assert [hit.id for hit in await library.search("Renamed since")] == ["wf-1"]
        assert done.safety is not None
        await library.backups.restore(done.safety.backup.path)
        assert (await library.workflows.find("Only in the present")).id == "wf-1"
        async with opened_backup(library, file) as inside:
            assert (await inside.take(library, "wf-1")).outcome == "updated"
    async with await Library.open(far.home) as library:
        assert (await library.workflows.find("wf-1")).name == "Flow 1"


@pytest.mark.parametrize("content", [b"not a database" * 900, None], ids=["broken", "absent"])
async def test_a_database_that_does_not_open_is_kept_beside_the_new_one(
    far: Far, content: bytes | None
) -> None:
    async with await Library.open(far.home) as library:
        await fill(library)
        file = await backed_up(library)
    if content is None:
        far.home.database.unlink()
    else:
        far.home.database.write_bytes(content)
    done = await restoring.restore_over(far.home, file)
    assert (done.aside.read_bytes() if done.aside is not None else None) == content
    async with await Library.open(far.home) as library:
        assert library.store.network
        assert (await backed_up(library)).exists()


@pytest.mark.soak
async def test_while_one_has_it_open_nobody_else_backs_up_or_restores(far: Far) -> None:
    async with await Library.open(far.home) as library:
        await fill(library)
        file = await backed_up(library)
        files = tree(far.home.root, without=far.home.database)
        for words in (("backup",), ("backups", "restore", file.name, "--yes")):
            done = far.ask(*words)
            assert done.returncode == 7, done.stderr
            assert "in use by another process" in done.stderr
        assert tree(far.home.root, without=far.home.database) == files
        await library.workflows.rename("wf-1", "Still ours")
    assert far.ask("backup").returncode == 0
    assert far.ask("backups", "restore", file.name, "--yes").returncode == 0


@pytest.mark.soak
async def test_a_restore_that_is_killed_leaves_the_old_or_the_new(far: Far, tmp_path: Path) -> None:
    async with await Library.open(far.home) as library:
        await fill(library, 60, words="".join(f"{n * 7919 % 99991} " for n in range(9000)))
        then = await rows_of(library)
        file = await backed_up(library)
        await library.workflows.rename("wf-1", "Only in the present")
        now = await rows_of(library)
    template = tmp_path / "template"
    shutil.copytree(far.home.root, template)
    seen = set()
    for n in range(8):
        shutil.rmtree(far.home.root)
        shutil.copytree(template, far.home.root)
        words = [
            *far.program,
            "--home",
            str(far.home.root),
            "backups",
            "restore",
            file.name,
            "--yes",
        ]
        with subprocess.Popen([sys.executable, *words], stdout=-3, stderr=-3) as child:
            try:
                child.wait(0.5 + 0.2 * n)
            except subprocess.TimeoutExpired:
                child.kill()
        async with await Library.open(far.home) as library:
            rows = await rows_of(library)
        assert rows in (then, now)
        seen.add(rows == then)
        for backup in far.home.backups.glob("*.zip"):
            assert proof_of(backup, tmp_path).is_good
    assert True in seen or far.ask("backups", "restore", file.name, "--yes").returncode == 0
