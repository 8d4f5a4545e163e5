"""Backups of an encrypted library: encrypted, with what opens them, and never in clear."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as engine

from simtui import encrypting
from simtui.backup import archive, making
from simtui.errors import Locked, UsageError
from simtui.library import KeyedHome, Library, backups, restoring
from simtui.library.inside import opened_backup
from simtui.library.restoring import Asked
from simtui.paths import Home
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from tests.backup.backups import fill
from tests.looking import tables_of
from tests.vault.vaults import add_secrets, make_vault, values_in


@dataclass(frozen=True, slots=True)
class Keyed:
    """An encrypted library, its code, its secrets, and a backup from before it was encrypted."""

    library: Library
    code: str
    values: dict[str, bytes]
    plain: Path


def by(code: str) -> Callable[[KeyedHome], Awaitable[None]]:
    async def unlock(keyed: KeyedHome) -> None:
        await keyed.vault.unlock("recovery", read_code(code))

    return unlock


@pytest.fixture
async def keyed(home: Home) -> AsyncIterator[Keyed]:
    async with await Library.open(home) as library:
        await fill(library)
        code = await make_vault(library.vault)
        values = await add_secrets(library.vault, 2)
        made = await encrypting.encrypt(library)
    async with await Library.open(home, unlocking=by(code)) as library:
        yield Keyed(library, code, values, made.backup.path)


async def backed_up(library: Library) -> Path:
    made = await library.backups.make()
    assert made is not None
    assert made.backup.words == ""
    return made.backup.path


@pytest.mark.parametrize("small", [making.SMALL_BYTES, 0], ids=["in a thread", "apart"])
async def test_a_backup_of_it_is_encrypted_with_its_slots_beside_it(
    keyed: Keyed, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(making, "SMALL_BYTES", small)
    file = await backed_up(keyed.library)
    octets = file.read_bytes()
    assert b"Flow 1" not in octets
    assert b"SQLite format 3" not in octets
    with zipfile.ZipFile(file) as packed:
        assert packed.read("simai.keys") == keyed.library.home.keys.read_bytes()
        assert packed.getinfo("simai.db").compress_type == zipfile.ZIP_STORED
    proof, words = await keyed.library.backups.prove(file)
    assert (proof.is_good, words) == (True, "")
    newest, before = await keyed.library.backups.all()
    assert (newest.verdict, before.path) == (backups.PROVEN, keyed.plain)


async def test_it_is_restored_into_the_library_it_is_of(keyed: Keyed) -> None:
    library = keyed.library
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Other")
    await library.vault.delete("KEY_000")
    done = await library.backups.restore(file)
    assert done.left_sealed == ()
    assert (await library.workflows.find("wf-1")).name == "Flow 1"
    assert await values_in(library.vault) == keyed.values


async def test_a_plain_backup_comes_in_under_the_key(keyed: Keyed) -> None:
    library = keyed.library
    await library.workflows.rename("wf-1", "Other")
    await library.backups.restore(keyed.plain)
    assert (await library.workflows.find("wf-1")).name == "Flow 1"
    assert await values_in(library.vault) == keyed.values
    await library.store.checkpoint()
    assert b"Flow 1" not in library.home.database.read_bytes()
    assert b"SQLite format 3" not in library.home.database.read_bytes()[:100]
    await library.close()
    async with await Library.open(library.home, unlocking=by(keyed.code)) as again:
        assert (await again.workflows.find("wf-1")).name == "Flow 1"


async def test_it_never_comes_into_a_plain_library(keyed: Keyed, tmp_path: Path) -> None:
    file = await backed_up(keyed.library)

    async def ask(asked: Asked) -> bytearray | None:
        return bytearray(keyed.code.encode())

    async with await Library.open(Home(tmp_path / "plain")) as plain:
        await fill(plain, 1)
        rows = await tables_of(plain)
        with pytest.raises(UsageError, match="never put in clear"):
            await plain.backups.restore(file, ask=ask)
        with pytest.raises(Locked, match="another key"):
            await plain.backups.prove(file)
        proof, _ = await plain.backups.prove(file, ask=ask)
        assert proof.is_good
        async with opened_backup(plain, file, ask=ask) as inside:
            assert len(await inside.workflows()) == 3
        assert await tables_of(plain) == rows


async def test_into_another_home_it_brings_what_opens_it(keyed: Keyed, tmp_path: Path) -> None:
    file = await backed_up(keyed.library)
    second = Home(tmp_path / "second")
    typed = ["wrong", keyed.code]

    async def ask(asked: Asked) -> bytearray | None:
        return bytearray(typed.pop(0).encode())

    await restoring.restore_over(second, file, ask=ask)
    async with await Library.open(second, unlocking=by(keyed.code)) as moved:
        assert moved.is_encrypted
        assert await moved.workflows.count() == 3
        assert await values_in(moved.vault) == keyed.values


async def test_a_key_file_that_is_not_its_own_is_told(keyed: Keyed, tmp_path: Path) -> None:
    file = await backed_up(keyed.library)
    with archive.opened(file) as opened:
        keys = opened.keys()
        opened.extract_database(tmp_path / "db")
        manifest = opened.manifest
    assert keys is not None
    harmed = tmp_path / "harmed.zip"
    archive.pack(harmed, tmp_path / "db", lambda size, digest: manifest, keys + b" ")
    proof, _ = await keyed.library.backups.prove(harmed)
    assert "simai.keys" in proof.words


async def test_a_broken_encrypted_library_is_not_replaced_by_a_plain_one(keyed: Keyed) -> None:
    home = keyed.library.home
    file = await backed_up(keyed.library)
    await keyed.library.close()
    home.database.write_bytes(b"\1" * 9000)
    with pytest.raises(UsageError, match="never put in clear"):
        await restoring.restore_over(home, keyed.plain)

    async def ask(asked: Asked) -> bytearray | None:
        return bytearray(keyed.code.encode())

    await restoring.restore_over(home, file, ask=ask)
    async with await Library.open(home, unlocking=by(keyed.code)) as again:
        assert await again.workflows.count() == 3


async def test_recover_txt_gets_the_key_out(home: Home, tmp_path: Path) -> None:
    """Its lines, run as they stand with nothing of ours; the password comes from a pipe, and
    sqlcipher's own statements run in a library that has them."""
    async with await Library.open(home) as library:
        await fill(library)
        await make_vault(library.vault, "four words are better")
        await encrypting.encrypt(library)
    async with await Library.open(home, unlocking=by_password) as library:
        file = await backed_up(library)
    with zipfile.ZipFile(file) as packed:
        packed.extractall(tmp_path)
    said = (tmp_path / "RECOVER.txt").read_text()
    lines = [line.removeprefix("    ") for line in said.splitlines() if line.startswith("    ")]
    assert lines[0] == "unzip BACKUP.zip simai.db simai.keys"
    end = lines.index("python3 key.py")
    (tmp_path / "key.py").write_text("\n".join(lines[1:end]))
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "key.py"], cwd=tmp_path, input="four words are better\n",
        capture_output=True, text=True, check=True, start_new_session=True,
    )  # fmt: skip
    command = shlex.split(lines[end + 1])
    assert command[:2] == ["sqlcipher", "simai.db"]
    sql = command[2].replace("KEY", printed.stdout.strip(), 1).replace("plain.db", "{plain}")
    connection = engine.connect(str(tmp_path / "simai.db"), isolation_level=None)
    for statement in sql.replace("{plain}", str(tmp_path / "plain.db")).split(";"):
        connection.execute(statement).fetchall()
    connection.close()
    plain = sqlite3.connect(tmp_path / "plain.db")
    names = plain.execute("select name from workflows order by name").fetchall()
    plain.close()
    assert names == [("Flow 0",), ("Flow 1",), ("Flow 2",)]


async def by_password(keyed: KeyedHome) -> None:
    await keyed.vault.unlock("password", normal("four words are better"))
