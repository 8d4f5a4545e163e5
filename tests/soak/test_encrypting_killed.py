"""An encryption, its way back, and a change of what opens an encrypted library, killed at every
step of theirs: one whole library is left each time, opened by what opened it before or by what is
new, and the same act then comes to its end."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simtui.errors import Locked
from simtui.importing import import_paths
from simtui.library import KeyedHome, Library
from simtui.library.doctor import examine
from simtui.library.keyed import is_keyed
from simtui.paths import Home
from simtui.vault import sidecar
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from tests.bench.exports import exports
from tests.vault.keyed import by_code, encrypted_by
from tests.vault.vaults import add_secrets, make_vault, rows_of, values_in

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
WORKFLOWS, SECRETS = 120, 12
NEW_PASSWORD = "a new master password"

CHILD = textwrap.dedent(
    """
    import asyncio, os, signal, sys
    from pathlib import Path
    from simtui import encrypting
    from simtui.library import Library
    from simtui.library.keyed import is_keyed
    from simtui.paths import Home
    from simtui.vault.recovery import read_code
    from tests.vault.vaults import ways

    act, root, code, where, number = sys.argv[1:]
    steps, counting = 0, False

    def mortal(function):
        def step(*args, **kwargs):
            global steps
            if not counting:
                return function(*args, **kwargs)
            steps += 1
            dies = steps == int(number)
            if dies and where == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return function(*args, **kwargs)
            finally:
                if dies and where == "after":
                    os.kill(os.getpid(), signal.SIGKILL)
        return step

    # every way in which a file gets its place, or is put on the disk
    for name in ("fsync", "rename", "replace", "unlink", "link"):
        setattr(os, name, mortal(getattr(os, name)))

    def begun(what):
        global counting
        if what == "writing the library anew":
            counting = True
            print("begun", flush=True)

    async def open_keyed(keyed):
        await keyed.vault.unlock("recovery", read_code(code))

    async def main():
        global counting
        home = Home(Path(root))
        async with await Library.open(home, unlocking=open_keyed) as library:
            if not library.vault_is_open:
                await library.vault.unlock("recovery", read_code(code))
            if act == "encrypt":
                await encrypting.encrypt(library, begun)
            elif act == "decrypt":
                await encrypting.decrypt(library, begun)
            elif act == "passwd":
                prepared = await library.vault.prepare_ways(ways("a new master password",
                                                                 recovery=False))
                counting = True
                print("begun", flush=True)
                await library.vault.keep_ways(prepared)
            else:
                prepared = await library.vault.prepare_rotation(ways())
                print(prepared.code, flush=True)
                counting = True
                await library.vault.keep_rotation(prepared)
        print("done", flush=True)

    asyncio.run(main())
    """
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, bytes]]:
    """A home with workflows and secrets, its recovery code, and the values."""
    place = tmp_path_factory.mktemp("plain")
    files = place / "files"
    files.mkdir()
    for name, content in exports(WORKFLOWS):
        (files / name).write_bytes(content)

    async def make() -> tuple[str, dict[str, bytes]]:
        async with await Library.open(Home(place / "SimAI")) as library:
            code = await make_vault(library.vault)
            values = await add_secrets(library.vault, SECRETS)
            assert [each.outcome async for each in import_paths(library, [files])]
        return code, values

    return place / "SimAI", *asyncio.run(make())


@pytest.fixture(scope="module")
def keyed(
    tmp_path_factory: pytest.TempPathFactory, plain: tuple[Path, str, dict[str, bytes]]
) -> tuple[Path, str, dict[str, bytes]]:
    """The same, encrypted."""
    root = tmp_path_factory.mktemp("keyed") / "SimAI"
    shutil.copytree(plain[0], root)
    asyncio.run(encrypted_by(Home(root), plain[1]))
    return root, *plain[1:]


def killed(act: str, home: Home, code: str, where: str, number: int) -> tuple[bool, str]:
    """Runs it until it is killed: whether it came to its end, and the first line that it said."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD, act, str(home.root), code, where, str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode in (0, -9), child.stderr
    lines = child.stdout.split()
    assert (child.returncode == 0) == (lines[-1:] == ["done"])
    return child.returncode == 0, lines[0] if lines else ""


def steps() -> Iterator[tuple[str, int]]:
    for number in range(1, 40):
        yield "before", number
        yield "after", number
    raise AssertionError("it never came to its end")


async def check_whole(home: Home, code: str, values: dict[str, bytes]) -> None:
    """Everything is there, by this code; and nothing lies about that was half written."""
    async with await Library.open(home, create=False, unlocking=by_code(code)) as library:
        if not library.vault_is_open:
            await library.vault.unlock("recovery", read_code(code))
        assert library.is_encrypted == is_keyed(home)
        assert await library.workflows.count() == WORKFLOWS
        assert await values_in(library.vault) == values
        if library.is_encrypted:
            assert sidecar.read(home.keys).rows == await rows_of(library)
    wrong = [each for each in await examine(home, by_code(code)) if each.ok is False]
    assert wrong == []
    assert not home.rewritten.exists()


@pytest.mark.parametrize("act", ["encrypt", "decrypt"])
def test_killed_at_any_step_one_whole_library_is_left(
    act: str,
    tmp_path: Path,
    plain: tuple[Path, str, dict[str, bytes]],
    keyed: tuple[Path, str, dict[str, bytes]],
) -> None:
    root, code, values = plain if act == "encrypt" else keyed
    outcomes = set()
    for where, number in steps():
        home = Home(tmp_path / f"{where} {number}")
        shutil.copytree(root, home.root)
        done, _ = killed(act, home, code, where, number)
        outcomes.add(is_keyed(home))
        asyncio.run(check_whole(home, code, values))
        if not done and is_keyed(home) == (act == "decrypt"):
            assert killed(act, home, code, "never", 0)[0], "it can be done again"
            asyncio.run(check_whole(home, code, values))
        if done:
            break
        shutil.rmtree(home.root)
    assert outcomes == {True, False}, "it was killed on both sides of the rename"
    assert number > 4


@pytest.mark.parametrize("act", ["encrypt", "decrypt"])
def test_killed_at_any_moment_one_whole_library_is_left(
    act: str,
    tmp_path: Path,
    plain: tuple[Path, str, dict[str, bytes]],
    keyed: tuple[Path, str, dict[str, bytes]],
) -> None:
    root, code, values = plain if act == "encrypt" else keyed
    chance = random.Random(act)
    for n in range(20):
        home = Home(tmp_path / str(n))
        shutil.copytree(root, home.root)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, act, str(home.root), code, "never", "0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        time.sleep(n * 0.015 * chance.uniform(0.9, 1.1))
        child.kill()
        child.communicate()
        asyncio.run(check_whole(home, code, values))
        shutil.rmtree(home.root)


def opened_by_password(home: Home) -> bool:
    async def tried() -> bool:
        opening = KeyedHome(home)
        try:
            await opening.vault.unlock("password", normal(NEW_PASSWORD))
        except Locked:
            return False
        opening.vault.lock()
        return True

    return asyncio.run(tried())


def test_a_new_password_of_an_encrypted_library_is_there_or_not(
    tmp_path: Path, keyed: tuple[Path, str, dict[str, bytes]]
) -> None:
    """The recovery code opens it all the while."""
    root, code, values = keyed
    for where, number in steps():
        home = Home(tmp_path / f"{where} {number}")
        shutil.copytree(root, home.root)
        done, _ = killed("passwd", home, code, where, number)
        assert opened_by_password(home) or not done
        asyncio.run(check_whole(home, code, values))
        if done:
            break
    assert number > 4


def test_a_rotation_of_an_encrypted_library_leaves_every_secret_readable(
    tmp_path: Path, keyed: tuple[Path, str, dict[str, bytes]]
) -> None:
    """By the code before or by the new one, and never by neither."""
    root, code, values = keyed
    opened_by = set()
    for where, number in steps():
        home = Home(tmp_path / f"{where} {number}")
        shutil.copytree(root, home.root)
        done, new_code = killed("rotate", home, code, where, number)
        try:
            asyncio.run(check_whole(home, new_code, values))
        except Locked:
            assert not done
            asyncio.run(check_whole(home, code, values))
            opened_by.add("before")
        else:
            opened_by.add("new")
        if done:
            break
    assert opened_by == {"before", "new"}
    assert number > 4
