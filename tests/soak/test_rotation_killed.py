"""A vault whose making, change of password or rotation is killed: every secret opens afterwards, by
the way in before or the new one, and the next unlocking leaves nothing half done."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from simtui.errors import Locked
from simtui.library import Library
from simtui.library.doctor import examine
from simtui.paths import Home
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from simtui.vault.sealing import key_id_in, secret_place
from tests.vault.vaults import PASSWORD, add_secrets, make_vault, rows_of, sealed_rows, values_in

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
COUNT = 200
NEW_PASSWORD = "a new master password"

CHILD = textwrap.dedent(
    """
    import asyncio, os, signal, sys
    from pathlib import Path
    from simtui.library import Library
    from simtui.paths import Home
    from simtui.store.store import Store
    from simtui.vault.passwords import normal
    from tests.vault.vaults import ways

    act, root, old, new, moment = sys.argv[1:]
    writes = 0

    def die_at(where):
        if moment == f"{where} write {writes}":
            os.kill(os.getpid(), signal.SIGKILL)

    class Mortal(Store):
        async def write(self, job, *args, **kwargs):
            global writes
            writes += 1
            die_at("before")
            done = await super().write(job, *args, **kwargs)
            die_at("after")
            return done

    async def main():
        async with await Library.open(Home(Path(root))) as library:
            vault = library.vault
            if act == "init":
                prepared, keep = await vault.prepare(ways(new)), vault.keep
            else:
                await vault.unlock("password", normal(old))
                if act == "passwd":
                    prepared = await vault.prepare_ways(ways(new, recovery=False))
                    keep = vault.keep_ways
                else:
                    prepared, keep = await vault.prepare_rotation(ways(old)), vault.keep_rotation
            print(prepared.code, flush=True)
            library.store.__class__ = Mortal
            await keep(prepared)
            print("done", flush=True)
            sys.stdin.read()

    asyncio.run(main())
    """
)

STEPS = [f"{where} write {n}" for n in (1, 2) for where in ("before", "after")]


def moments_of(timed_seconds: float, steps: list[str]) -> list[str]:
    """Each step by itself, and twenty moments somewhere in the time that all of it takes."""
    return [*steps, *(f"{n * timed_seconds / 20:.4f} s" for n in range(20))]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, bytes]]:
    """A home with secrets, its recovery code, and the values."""
    home = Home(tmp_path_factory.mktemp("filled") / "SimAI")

    async def make() -> tuple[str, dict[str, bytes]]:
        async with await Library.open(home) as library:
            code = await make_vault(library.vault, PASSWORD)
            return code, await add_secrets(library.vault, COUNT)

    return home.root, *asyncio.run(make())


def killed(act: str, home: Home, moment: str) -> tuple[str, bool]:
    """Runs it until it is killed at that moment: the new code, and whether it was told as done."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, act, str(home.root), PASSWORD, NEW_PASSWORD, moment],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    code = child.stdout.readline().strip()
    if moment.endswith(" s"):
        # not quite the same moment in each run
        time.sleep(float(moment[:-2]) * random.Random(moment).uniform(0.9, 1.1))
        child.kill()
    told, _ = child.communicate()
    assert child.returncode == -9, told
    return code, told == "done\n"


async def opened_by(home: Home, *tried: tuple[str, str]) -> tuple[str, str]:
    """The first of these ways in that opens it, after that unlocking has finished what was begun
    and everything is as it should be."""
    for way, secret in tried:
        async with await Library.open(home) as library:
            read = read_code if way == "recovery" else normal
            try:
                await library.vault.unlock(way, read(secret))
            except Locked:
                continue
            await check_finished(library)
            assert [each for each in await examine(home) if each.ok is False] == []
            return way, secret
    raise AssertionError("no way in is left")


async def check_finished(library: Library) -> None:
    status = await library.vault.status()
    ways = [line.slot.way for line in status.slots if line.slot]
    assert [line.words for line in status.slots] == [""] * len(status.slots)
    assert len(set(ways)) == len(ways), "one slot a way"
    in_force, place = (await rows_of(library)).key_id, secret_place("", "")
    assert {key_id_in(sealed, place) for sealed in (await sealed_rows(library)).values()} <= {
        in_force
    }


def values_of(home: Home, way: str, secret: str) -> dict[str, bytes]:
    async def read() -> dict[str, bytes]:
        async with await Library.open(home) as library:
            await library.vault.unlock(
                way, read_code(secret) if way == "recovery" else normal(secret)
            )
            return await values_in(library.vault)

    return asyncio.run(read())


@pytest.mark.parametrize("moment", moments_of(0.3, STEPS[:2]))
def test_a_making_that_is_killed_leaves_a_vault_or_none(home: Home, moment: str) -> None:
    code, done = killed("init", home, moment)

    async def look() -> bool:
        async with await Library.open(home) as library:
            exists = (await library.vault.status()).exists
            if not exists:
                code = await make_vault(library.vault)
                library.vault.lock()
                await library.vault.unlock("recovery", read_code(code))
            return exists

    exists = asyncio.run(look())
    assert exists or not done
    if exists:
        for way in (("password", NEW_PASSWORD), ("recovery", code)):
            assert asyncio.run(opened_by(home, way)) == way


@pytest.mark.parametrize("moment", moments_of(0.4, STEPS))
def test_a_change_of_password_that_is_killed_leaves_the_old_or_the_new(
    home: Home, filled: tuple[Path, str, dict[str, bytes]], moment: str
) -> None:
    root, code, values = filled
    shutil.copytree(root, home.root)
    _, done = killed("passwd", home, moment)
    way = asyncio.run(opened_by(home, ("password", NEW_PASSWORD), ("password", PASSWORD)))
    assert way == ("password", NEW_PASSWORD) or not done
    assert values_of(home, *way) == values
    assert values_of(home, "recovery", code) == values


ROTATING = [
    *STEPS,
    *(f"{where} write {n}" for n in (3, 4, 50, 101, 202) for where in ("before", "after")),
]


@pytest.mark.parametrize("moment", moments_of(0.6, ROTATING))
def test_a_rotation_that_is_killed_leaves_every_secret_readable(
    home: Home, filled: tuple[Path, str, dict[str, bytes]], moment: str
) -> None:
    root, _, values = filled
    shutil.copytree(root, home.root)
    code, done = killed("rotate", home, moment)
    way = asyncio.run(opened_by(home, ("recovery", code), ("password", PASSWORD)))
    assert way == ("recovery", code) or not done
    assert values_of(home, *way) == values


def test_a_rotation_can_be_killed_again_and_again(
    home: Home, filled: tuple[Path, str, dict[str, bytes]]
) -> None:
    """Each of them finishes the one before, and is killed with a part of the secrets done."""
    root, _, values = filled
    shutil.copytree(root, home.root)
    for n in range(4):
        killed("rotate", home, f"after write {30 + 40 * n}")
    way = asyncio.run(opened_by(home, ("password", PASSWORD)))
    assert values_of(home, *way) == values

    async def retired() -> int:
        async with await Library.open(home) as library:
            return len((await rows_of(library)).retired)

    assert asyncio.run(retired()) == 4
