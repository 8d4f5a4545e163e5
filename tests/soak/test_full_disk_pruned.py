"""A disk without a byte left: nothing can be written, and yet the home can be cleaned up."""

from __future__ import annotations

import asyncio
import json
import random
import resource
from pathlib import Path

import pytest

from simtui.importing import import_paths
from simtui.library import Library, reserve
from simtui.library.workflows import now_ms
from simtui.paths import Home
from simtui.store import runs
from simtui.store.runs import Kept
from tests.looking import tables_in
from tests.making import as_bytes, block, document
from tests.soak.conftest import ask
from tests.soak.test_full_disk import as_mere_owner, read_only, small_disk

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

DAY = 86_400_000


def filled(home: Home, folder: Path) -> None:
    """A workflow with twelve versions of 200 kB, and one in the trash with as many and 300 runs."""

    async def fill() -> None:
        chance = random.Random(7)
        async with await Library.open(home) as library:
            for n in range(13):
                for ident in ("kept", "trashed"):
                    prompt = chance.randbytes(200_000).hex()
                    path = folder / f"{ident}.json"
                    path.write_bytes(
                        as_bytes(document(f"{ident} {n}", [block("a", prompt=prompt)], ident=ident))
                    )
                    (item,) = [item async for item in import_paths(library, [path])]
                    assert item.outcome in ("imported", "updated")
            rows = [
                Kept(f"run {n}", n, n, "trashed", "failed", 1, error="it " * 300)
                for n in range(1, 301)
            ]
            await library.store.write(runs.insert, rows)
            await library.store.write(
                lambda c: c.execute(
                    "UPDATE workflows SET deleted_at = ? WHERE id = 'trashed'",
                    (now_ms() - 40 * DAY,),
                )
            )

    asyncio.run(fill())


def fill_up(place: Path) -> Path:
    """Takes what is left of the disk, to the last byte."""
    target = place / "everything else"
    with target.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return target


@pytest.mark.parametrize(
    ("arguments", "workflows", "versions"),
    [
        (("--keep-versions", 1), 0, 22),
        (("--trash-days", 30), 1, 0),
        (("--keep-versions", 1, "--trash-days", 30), 1, 11),
    ],
    ids=["versions", "trash", "both"],
)
def test_a_completely_full_home_can_be_pruned(
    tmp_path: Path, arguments: tuple[object, ...], workflows: int, versions: int
) -> None:
    with small_disk(tmp_path / "disk", 40, mounted=True) as disk:
        home = Home(disk.place / "SimAI")
        filled(home, tmp_path)
        assert home.reserve.stat().st_size == reserve.SIZE
        size = home.database.stat().st_size
        rest = fill_up(disk.place)
        if disk.limit is None:
            refused = ask(home, "workflows", "rename", "kept 12", "Other")
            assert refused.returncode == 8, refused.stderr
            assert home.reserve.exists()  # it is for cleaning up, and for nothing else

        done = ask(home, "workflows", "prune", *arguments, "--yes", "-o", "json")
        assert done.returncode == 0, done.stderr
        assert ("The disk is full: the reserve of 4.2 MB" in done.stderr) == (disk.limit is None)
        answer = json.loads(done.stdout)
        assert (answer["workflows"], answer["versions"]) == (workflows, versions)
        assert size - home.database.stat().st_size > 1_000_000
        doctor = ask(home, "doctor", "-o", "json")
        assert doctor.returncode == 0 or [
            each["name"] for each in json.loads(doctor.stdout) if each["ok"] is False
        ] == ["free space"]
        assert ask(home, "workflows", "rename", "kept 12", "Other").returncode == 0

        rest.unlink()
        assert ask(home, "workflows", "rename", "Other", "Once more").returncode == 0
        assert home.reserve.exists()


PRUNE = ("workflows", "prune", "--keep-versions", 1, "--trash-days", 30, "--yes")


def test_a_pruning_that_may_not_write_ends_with_8_and_removes_nothing(
    home: Home, tmp_path: Path
) -> None:
    filled(home, tmp_path)
    rows = tables_in(home)

    def limit() -> None:  # what the database shares between processes still fits
        resource.setrlimit(resource.RLIMIT_FSIZE, (32768, 32768))

    done = ask(home, *PRUNE, preexec_fn=limit)
    assert (done.returncode, "What was saved before is unchanged" in done.stderr) == (8, True)
    with read_only(home):
        done = ask(home, *PRUNE, preexec_fn=as_mere_owner)
    assert (done.returncode, "What was saved before is unchanged" in done.stderr) == (8, True)
    assert tables_in(home) == rows
    assert home.reserve.exists()  # the disk was not full
    assert ask(home, *PRUNE).returncode == 0
