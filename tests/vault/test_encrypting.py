"""A library under a key: everything goes on, nothing of it can be read, and back."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui import encrypting
from simtui.errors import Busy, Damaged, Locked, NotWritable, UsageError
from simtui.importing import import_paths
from simtui.library import KeyedHome, Library
from simtui.library.doctor import examine
from simtui.library.keyed import is_keyed, put_down_locked_out
from simtui.paths import Home
from simtui.store import engine, rekeying, snapshots
from simtui.store import vault as rows
from simtui.vault import sidecar
from simtui.vault.beside import Beside
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from tests.making import as_bytes, document
from tests.vault.keyed import by_code, by_password, encrypted, opened
from tests.vault.vaults import PASSWORD, make_vault, rotate, rows_of, values_in, ways

NAME, PROMPT = "Quetzalcoatl", "Xochimilco floating gardens"
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def planted(home: Home, tmp_path: Path) -> Home:
    """With a workflow whose name and prompt are found nowhere else."""
    value = document(NAME)
    next(iter(value["state"]["blocks"].values()))["name"] = PROMPT
    (tmp_path / "planted.json").write_bytes(as_bytes(value))
    async with await Library.open(home) as library:
        assert [i.outcome async for i in import_paths(library, [tmp_path / "planted.json"])]
    return home


@pytest.fixture
async def code(planted: Home) -> str:
    """Of that home, which is encrypted then."""
    return await encrypted(planted, PASSWORD)


def clear_in(home: Home, *but: Path) -> list[str]:
    """The files that hold any of what was planted."""
    needles = [word.encode() for text in (NAME, PROMPT) for word in (text, text.lower())]
    needles += [NAME.encode("utf-16-le"), b"floating"]
    files = [path for path in home.root.rglob("*") if path.is_file() and path not in but]
    assert home.database in files
    return [path.name for path in files if any(n in path.read_bytes() for n in needles)]


async def test_nothing_of_it_is_in_any_file(planted: Home, tmp_path: Path) -> None:
    """The log of the database, the search index and a rotten temporary file among them."""
    assert clear_in(planted), "what is looked for would be found"
    code = await encrypted(planted)
    before = encrypting.in_clear(planted).backups
    assert clear_in(planted, *before) == []
    async with opened(planted, code) as library:
        again = document(f"{NAME} again")
        (tmp_path / "again.json").write_bytes(as_bytes(again))
        assert [i.outcome async for i in import_paths(library, [tmp_path / "again.json"])]
        assert len(await library.search("quetzal")) == 2
        assert planted.database.with_name("simai.db-wal").stat().st_size > 0
        assert clear_in(planted, *before) == []
        await encrypting.made_again(library)
        assert clear_in(planted, *before) == []
        key = library.store.copied_key()
    assert key is not None
    for path in (path for path in planted.root.rglob("*") if path.is_file()):
        content = path.read_bytes().lower()
        assert bytes(key) not in content
        assert key.hex().encode() not in content
        assert base64.b64encode(key).lower() not in content


async def test_everything_goes_on(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        assert library.is_encrypted
        (row,) = await library.workflows.page()
        assert row.name == NAME
        assert [hit.title for hit in await library.search("xochi")] == [NAME]
        await library.vault.set("KEY", b"value")
        assert await values_in(library.vault) == {"KEY": b"value"}
    found = await examine(planted, by_code(code))
    assert [each for each in found if each.ok is False] == []


async def test_it_opens_by_each_way_in_and_no_other(planted: Home, code: str) -> None:
    async with await Library.open(planted, unlocking=by_password(PASSWORD)) as library:
        assert await library.workflows.count() == 1
    with pytest.raises(Locked, match="does not open it"):
        await Library.open(planted, unlocking=by_password("something else"))
    with pytest.raises(Locked, match=r"encrypted, and locked\. Ways in: password, recovery code\."):
        await Library.open(planted)


async def test_what_opened_it_is_wiped_when_it_is_handed_on(planted: Home, code: str) -> None:
    """And at the close, what was handed on."""
    keyed = KeyedHome(planted)
    await keyed.vault.unlock("recovery", read_code(code))
    held = keyed.vault.opened
    assert held is not None
    store = await keyed.store(network=False)
    assert any(held.library_key)
    vault, said = await keyed.hand_over(store)
    assert (vault.is_open, said) == (True, "")
    assert not any(held.library_key)
    assert not any(held.held.key)
    copy = store._key
    assert copy is not None
    assert any(copy)
    await store.close()
    assert not any(copy)


async def test_a_wrong_try_makes_the_next_one_wait(planted: Home, code: str) -> None:
    keyed = KeyedHome(planted)
    with pytest.raises(Locked, match="1 s until the next try"):
        await keyed.vault.unlock("password", normal("something else"))
    assert keyed.vault.seconds_to_wait > 0
    with pytest.raises(Locked, match="until the next try"):
        await keyed.vault.unlock("password", normal(PASSWORD))


async def test_decrypted_it_is_what_it_was(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        await encrypting.decrypt(library)
    assert not planted.keys.exists()
    assert planted.database.read_bytes().startswith(b"SQLite format 3\x00")
    async with await Library.open(planted) as library:
        assert not library.is_encrypted
        assert len(await library.search("xochi")) == 1
        await library.vault.unlock("password", normal(PASSWORD))
        await library.vault.set("KEY", b"value")
    assert [each for each in await examine(planted) if each.ok is False] == []


async def test_the_new_file_is_laid_out_as_ours_are(planted: Home, code: str) -> None:
    def head(connection: Connection) -> list[int]:
        names = ("application_id", "user_version", "auto_vacuum", "page_size")
        return [int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names]

    async with opened(planted, code) as library:
        keyed = await library.store.read(head)
        await encrypting.decrypt(library)
    async with await Library.open(planted) as library:
        assert await library.store.read(head) == keyed
    assert keyed[2] == 2
    assert [each.name for each in planted.root.iterdir() if each.stat().st_mode & 0o077] == []


# -- who else has it open


async def test_a_second_process_that_has_it_open_is_waited_for_and_told(planted: Home) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDING, str(planted.root)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"
    try:
        with pytest.raises(Busy, match=r"open: a screen, or a command"):
            await encrypted(planted)
    finally:
        told, _ = child.communicate("\n")
    assert told == "1\n", "it goes on as before"
    assert not is_keyed(planted)
    assert not planted.keys.exists()
    assert not planted.rewritten.exists()


_HOLDING = """
import asyncio, sys
from pathlib import Path
from simtui.library import Library
from simtui.paths import Home

async def main():
    async with await Library.open(Home(Path(sys.argv[1]))) as library:
        await library.workflows.count()
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await library.settings.set("display.times", "absolute")
        print(await library.workflows.count())

asyncio.run(main())
"""


async def test_who_opens_it_meanwhile_never_writes_into_the_file_that_is_gone(
    planted: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process waits for the lock while the file under it is replaced."""
    children: list[subprocess.Popen[bytes]] = []
    check_same = rekeying.check_same

    def beside_another(connection: Connection, target: Path, key: bytearray) -> None:
        check_same(connection, target, key)
        child = subprocess.Popen(
            [sys.executable, "-c", _WRITING, str(planted.root)], cwd=ROOT, stdout=subprocess.PIPE
        )
        children.append(child)
        while not has_open(child.pid, planted.database):
            assert child.poll() is None

    monkeypatch.setattr(rekeying, "check_same", beside_another)
    code = await encrypted(planted)
    said, _ = await asyncio.to_thread(children[0].communicate)
    assert said == b"Busy\n"
    async with opened(planted, code) as library:
        assert await library.workflows.count() == 1
    assert [each for each in await examine(planted, by_code(code)) if each.ok is False] == []


def has_open(pid: int, path: Path) -> bool:
    """Whether a process has a file open: it waits for the lock then."""
    with suppress(FileNotFoundError):  # one that was closed meanwhile
        return any(fd.readlink() == path for fd in Path(f"/proc/{pid}/fd").iterdir())
    return False


_WRITING = """
import asyncio, sys
from pathlib import Path
from simtui.errors import SimtuiError
from simtui.library import Library
from simtui.paths import Home

async def main():
    try:
        async with await Library.open(Home(Path(sys.argv[1]))) as library:
            await library.settings.set("display.times", "absolute")
            print("written")
    except SimtuiError as error:
        print(type(error).__name__)

asyncio.run(main())
"""


# -- the ways in, in the table and beside it


async def same(library: Library, home: Home) -> sidecar.Sidecar:
    """What lies beside it, after making sure that the table says the same."""
    there = sidecar.read(home.keys)
    assert there.rows == await rows_of(library)
    assert there.generation == await library.store.read(rows.generation)
    return there


async def test_a_change_of_the_ways_in_is_beside_it_at_once(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        first = await same(library, planted)
        await library.vault.keep_ways(
            await library.vault.prepare_ways(ways("another password", recovery=False))
        )
        second = await same(library, planted)
        assert second.generation > first.generation
        new_code = await rotate(library.vault)
        third = await same(library, planted)
        assert len(third.rows.retired) == 1
    for gone in (by_code(code), by_password("another password"), by_password(PASSWORD)):
        with pytest.raises(Locked):
            await Library.open(planted, unlocking=gone)
    async with opened(planted, new_code) as library:
        assert await library.workflows.count() == 1
        await library.vault.keep_ways(
            await library.vault.prepare_ways(ways(PASSWORD, recovery=False))
        )
        (numbers,) = [[n for n, _ in (await same(library, planted)).rows.slots]]
        await library.vault.remove_slot(numbers[0])
        await same(library, planted)
    async with await Library.open(planted, unlocking=by_password(PASSWORD)) as library:
        assert await library.workflows.count() == 1


async def test_a_library_key_stays_through_a_rotation(planted: Home, code: str) -> None:
    """So that a backup from before opens by what lies beside it in the archive."""
    async with opened(planted, code) as library:
        before = library.store.copied_key()
        new_code = await rotate(library.vault)
    async with opened(planted, new_code) as library:
        assert library.store.copied_key() == before


async def test_a_change_that_cannot_be_kept_beside_it_is_none(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        before = await same(library, planted)
        prepared = await library.vault.prepare_ways(ways("another password", recovery=False))
        in_the_way = planted.keys.with_name("simai.keys.new")
        in_the_way.mkdir()
        with pytest.raises(NotWritable):
            await library.vault.keep_ways(prepared)
        in_the_way.rmdir()
        assert await same(library, planted) == before
    async with opened(planted, code) as library:
        assert await library.workflows.count() == 1


async def test_a_transaction_that_fails_at_its_end_takes_the_file_back(
    planted: Home, code: str
) -> None:
    def fails_at_the_commit(connection: Connection) -> None:
        rows.remove_slots(connection, [1])
        connection.execute("PRAGMA defer_foreign_keys = 1")
        connection.execute(
            "INSERT INTO runs (id, workflow_id, status, started_at) VALUES ('a', 'none', '', 0)"
        )

    async with opened(planted, code) as library:
        before = await same(library, planted)
        with pytest.raises(engine.DatabaseError, match="FOREIGN KEY"):
            await Beside(planted.keys).write(library.store, fails_at_the_commit)
        assert await same(library, planted) == before


async def test_a_file_that_is_ahead_rules(planted: Home, code: str) -> None:
    """A process was killed between the file and the table; secrets stay readable throughout."""
    async with opened(planted, code) as library:
        await library.vault.set("KEY", b"value")
    before = planted.database.read_bytes()
    async with opened(planted, code) as library:
        new_code = await rotate(library.vault)
    planted.database.write_bytes(before)
    with pytest.raises(Locked):
        await Library.open(planted, unlocking=by_code(code))
    async with opened(planted, new_code) as library:
        await same(library, planted)
        assert await values_in(library.vault) == {"KEY": b"value"}


async def test_an_older_file_opens_the_library_and_takes_no_way_in_away(
    planted: Home, code: str
) -> None:
    before = planted.keys.read_bytes()
    async with opened(planted, code) as library:
        await library.vault.set("KEY", b"value")
        new_code = await rotate(library.vault)
    planted.keys.write_bytes(before)
    async with opened(planted, code) as library:
        assert "older than the library" in " ".join(library.notices)
        assert await library.workflows.count() == 1
        assert not library.vault_is_open
        await library.vault.unlock("recovery", read_code(new_code))
        assert await values_in(library.vault) == {"KEY": b"value"}
        await same(library, planted)
    async with opened(planted, new_code) as library:
        assert await values_in(library.vault) == {"KEY": b"value"}


async def test_a_rotten_file_still_opens_and_is_written_anew(planted: Home, code: str) -> None:
    content = bytearray(planted.keys.read_bytes())
    slot = content.index(b'"packed":"') + 60  # of the password, not of the code
    content[slot] ^= 1
    planted.keys.write_bytes(content)
    status = await KeyedHome(planted).vault.status()
    assert status.ways == ["recovery"]
    async with opened(planted, code) as library:
        assert (await same(library, planted)).is_whole
    async with await Library.open(planted, unlocking=by_password(PASSWORD)) as library:
        assert await library.workflows.count() == 1


# -- lost and damaged


async def test_a_lost_file_says_where_a_copy_is(planted: Home, code: str) -> None:
    planted.keys.unlink()
    with pytest.raises(Damaged, match="encrypted backup holds a copy"):
        await Library.open(planted)
    assert not planted.database.with_name("simai.db-wal").exists()


async def test_the_copy_in_an_encrypted_backup_brings_it_back(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        made = await encrypting.made_again(library)
    planted.keys.unlink()
    done = subprocess.run(
        ["unzip", "-q", made.backup.path, "simai.keys", "-d", planted.root], check=False
    )
    assert done.returncode == 0
    async with opened(planted, code) as library:
        assert await library.workflows.count() == 1


async def test_a_damaged_first_page_is_no_wrong_password(planted: Home, code: str) -> None:
    content = bytearray(planted.database.read_bytes())
    content[200] ^= 1
    planted.database.write_bytes(content)
    with pytest.raises(Damaged, match="Its key is the right one") as refused:
        await Library.open(planted, unlocking=by_code(code))
    assert not isinstance(refused.value, Locked)


async def test_what_opens_another_library_is_never_written_over(planted: Home) -> None:
    planted.keys.write_bytes(b"simtui-keys 1\nsomebody else's\n")
    with pytest.raises(Damaged, match="lies there already"):
        await encrypted(planted)
    assert planted.keys.read_bytes() == b"simtui-keys 1\nsomebody else's\n"
    assert not is_keyed(planted)


# -- refused


async def test_it_needs_an_open_vault(planted: Home) -> None:
    async with await Library.open(planted) as library:
        with pytest.raises(Locked):
            await encrypting.encrypt(library)
        await make_vault(library.vault)
        library.vault.lock()
        with pytest.raises(Locked):
            await encrypting.encrypt(library)
        with pytest.raises(UsageError):
            await encrypting.decrypt(library)
    assert not is_keyed(planted)


async def test_a_library_that_does_not_come_out_the_same_stays_as_it_was(
    planted: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is lost on the way."""
    before = rekeying.write_anew

    def lossy(connection: Connection, target: Path, key: bytearray) -> None:
        before(connection, target, key)
        with snapshots.opened_copy(target, key) as anew:
            anew.execute("DELETE FROM workflows")

    monkeypatch.setattr(rekeying, "write_anew", lossy)
    with pytest.raises(Damaged, match="library is as it was"):
        await encrypted(planted)
    assert not is_keyed(planted)
    assert not planted.keys.exists()
    assert not planted.rewritten.exists()
    async with await Library.open(planted) as library:
        assert await library.workflows.count() == 1


async def test_no_room_is_told_before_anything_is_done(
    planted: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    free = shutil.disk_usage(planted.root)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(NotWritable, match="Nothing was changed"):
        await encrypted(planted)
    assert not is_keyed(planted)
    assert not list(planted.root.glob("backups/*"))


# -- what is left in clear


async def test_what_lies_in_clear_is_listed(planted: Home, code: str) -> None:
    planted.exports.mkdir()
    (planted.exports / "export.json").write_bytes(b"{}")
    broken = planted.root / "simai.db.broken-20261122T193400Z"
    broken.write_bytes(b"SQLite format 3\x00" + bytes(100))
    async with opened(planted, code) as library:
        made = await encrypting.made_again(library)
        found = encrypting.in_clear(planted)
        assert len(found.backups) == 1
        assert made.backup.path not in found.backups
        assert [path.name for path in found.exports] == ["export.json"]
        assert found.others == (broken,)
        for files in (found.backups, found.exports, found.others):
            await encrypting.delete(library, files)
        assert not encrypting.in_clear(planted)
        assert [each.path for each in await library.backups.all()] == [made.backup.path]


async def test_a_file_that_was_left_half_written_is_taken_away(planted: Home, code: str) -> None:
    planted.rewritten.write_bytes(b"SQLite format 3\x00")
    async with opened(planted, code):
        assert not planted.rewritten.exists()


# -- a timer


async def test_a_backup_that_was_locked_out_counts_when_it_is_open_again(
    planted: Home, code: str
) -> None:
    put_down_locked_out(planted, "The library is encrypted, and locked.")
    async with opened(planted, code) as library:
        (failed,) = await library.backups.failures()
        assert failed.words == "The library is encrypted, and locked."
    async with opened(planted, code) as library:
        assert len(await library.backups.failures()) == 1


async def test_the_password_file_of_a_timer_stands_beside_it(planted: Home, code: str) -> None:
    async with opened(planted, code) as library:
        await encrypting.keep_password_file(library, "/etc/some/where")
        assert KeyedHome(planted).vault.password_file == "/etc/some/where"
        await rotate(library.vault)
    assert KeyedHome(planted).vault.password_file == "/etc/some/where"
