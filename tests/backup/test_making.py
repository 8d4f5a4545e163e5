"""A backup is made whole, proven, and only then has a name; or there is nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.backup import making, names, workplace
from simtui.errors import Busy, Damaged, NotWritable
from simtui.library import Library, backups
from simtui.model.retention import REASONS
from simtui.store import backups as rows
from simtui.store import settings
from tests.backup.backups import fill, proof_of
from tests.harming import flip_a_bit
from tests.vault.vaults import add_secrets, make_vault


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[making.SMALL_BYTES, 0], ids=["in a thread", "apart"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SMALL_BYTES", request.param)


@pytest.mark.usefixtures("where")
async def test_what_was_made_is_proven_and_listed(library: Library, tmp_path: Path) -> None:
    await fill(library)
    made = await library.backups.make()
    assert made is not None
    [listed] = await library.backups.all()
    assert replace(listed, kept_by=()) == made.backup
    assert (listed.verdict, listed.workflows, listed.runs) == (backups.PROVEN, 3, 3)
    assert listed.kept_by == ("newest proven", "manual")
    assert proof_of(listed.path, tmp_path).is_good
    assert left_in(library.backups.folder) == [listed.name]
    assert listed.path.stat().st_mode & 0o777 == 0o600


async def test_two_within_a_second_are_two(library: Library) -> None:
    for _ in range(3):
        assert await library.backups.make("before-import")
    found = [each.name for each in await library.backups.all()]
    assert len(set(found)) == len(found) == 3


async def test_a_file_that_bears_the_name_is_never_replaced(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    library.backups.folder.mkdir()
    taken = library.backups.folder / names.name_of(now // 1_000_000, "manual")
    taken.write_bytes(b"somebody else's")
    made = await library.backups.make()
    assert made is not None
    assert made.backup.name.endswith("-manual-2.zip")
    with pytest.raises(FileExistsError):
        workplace.publish(made.backup.path, taken)
    assert taken.read_bytes() == b"somebody else's"


@pytest.mark.parametrize("moment", ["copy.db", "backup.zip", "proof.db"])
async def test_one_that_is_given_up_leaves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whichever file was being written then."""
    await fill(library, 40, words="x" * 20_000)
    monkeypatch.setattr(making, "SMALL_BYTES", 0)
    task = asyncio.create_task(library.backups.make())
    folder = library.backups.folder
    while not task.done() and not list(folder.glob(f".tmp-*/{moment}")):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(folder) == []
    assert await library.backups.all() == []
    assert await library.backups.make()  # and the lock is free


async def test_two_are_never_made_at_once(library: Library) -> None:
    workplace.make_folder(library.backups.folder)
    async with workplace.one_at_a_time(library.backups.folder):
        with pytest.raises(Busy, match="at work on the backups"):
            await library.backups.make()
        waiting = asyncio.create_task(library.backups.make(patience_seconds=60))
        await asyncio.sleep(0)
        assert not waiting.done()
    assert await waiting


async def test_leftovers_go_after_an_hour_and_only_when_nobody_is_at_them(
    library: Library,
) -> None:
    folder = library.backups.folder
    folder.mkdir()
    long_ago = time.time() - 7200
    old, young = folder / ".tmp-old", folder / ".tmp-young"
    for place in (old, young):
        place.mkdir()
        (place / "copy.db").write_bytes(b"x")
    os.utime(old, (long_ago, long_ago))
    with workplace.private_folder(folder) as busy:
        os.utime(busy, (long_ago, long_ago))
        made = await library.backups.make()
        assert made is not None
        assert left_in(folder) == sorted([busy.name, young.name, made.backup.name])


async def test_without_room_it_says_how_much_is_needed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    await library.backups.make()
    usage = shutil.disk_usage(library.home.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=400_000))
    with pytest.raises(NotWritable) as told:
        await library.backups.make()
    assert told.value.exit_code == 8
    assert "needed, 400 kB free" in told.value.message
    assert "Your library and 1 older backup are untouched." in told.value.message


async def test_rot_is_no_backup_and_two_failures_are_known(library: Library) -> None:
    await fill(library)
    assert await library.backups.make()
    await library.store.write(flip_a_bit, "wf-1")
    for _ in range(2):
        with pytest.raises(Damaged, match="workflow wf-1"):
            await library.backups.make("daily")
    assert len(await library.backups.failures()) == 2
    assert len(await library.backups.all()) == 1


async def test_before_a_change_what_is_damaged_is_kept_all_the_same(library: Library) -> None:
    await fill(library)
    await library.store.write(flip_a_bit, "wf-1")
    made = await library.backups.make("before-import")
    assert made is not None
    assert "wf-1" in made.notice
    [listed] = await library.backups.all()
    assert (listed.verdict, listed.name.endswith("-before-import.damaged.zip")) == (
        backups.DAMAGED, True,
    )  # fmt: skip
    assert listed.kept_by == ("not proven",)


async def test_a_success_ends_the_failures(library: Library) -> None:
    await library.store.write(rows.add, rows.Attempt(None, "daily", 1, False, "no room"))
    assert len(await library.backups.failures()) == 1
    assert await library.backups.make()
    assert await library.backups.failures() == []


async def test_a_file_nothing_is_known_of_is_unproven_and_a_row_without_file_is_none(
    library: Library,
) -> None:
    made = await library.backups.make()
    assert made is not None
    moved = made.backup.path.with_name("simai-20200101T000000Z-daily.zip")
    made.backup.path.rename(moved)
    (moved.parent / "notes.zip").write_bytes(b"not ours")
    [listed] = await library.backups.all()
    assert (listed.path, listed.verdict) == (moved, backups.UNPROVEN)
    assert listed.workflows == 0
    proof, _ = await library.backups.prove(moved)
    assert proof.is_good
    [listed] = await library.backups.all()
    assert (listed.verdict, listed.reason) == (backups.PROVEN, "daily")


async def test_one_that_changed_is_no_longer_proven(library: Library) -> None:
    made = await library.backups.make()
    assert made is not None
    made.backup.path.write_bytes(made.backup.path.read_bytes()[:-7])
    [listed] = await library.backups.all()
    assert listed.verdict == backups.UNPROVEN
    proof, _ = await library.backups.prove(made.backup.path)
    assert not proof.is_good
    [listed] = await library.backups.all()
    assert (listed.verdict, bool(listed.words)) == (backups.BAD, True)
    assert await library.backups.prune() == []


async def test_the_rules_let_go_of_the_rest(library: Library) -> None:
    await library.store.write(settings.put, "backup.keep_daily", "1")
    for rule in ("weekly", "monthly"):
        await library.store.write(settings.put, f"backup.keep_{rule}", "0")
    first = await library.backups.make("daily", prune=False)
    second = await library.backups.make("daily", prune=False)
    assert first is not None
    assert second is not None
    assert [each.name for each in await library.backups.prune(dry_run=True)] == [first.backup.name]
    assert first.backup.path.exists()
    third = await library.backups.make("daily")
    assert third is not None
    assert set(third.gone) == {first.backup.name, second.backup.name}
    assert left_in(library.backups.folder) == [third.backup.name]


async def test_secrets_are_opened_where_the_vault_is(library: Library) -> None:
    await make_vault(library.vault)
    await add_secrets(library.vault, 2)
    made = await library.backups.make()
    assert made is not None
    assert made.backup.words == ""
    library.vault.lock()
    made = await library.backups.make()
    assert made is not None
    assert made.backup.words == making.NOT_OPENED


async def test_a_secret_that_does_not_open_is_no_proof(library: Library) -> None:
    await make_vault(library.vault)
    await add_secrets(library.vault, 2)

    def swap(connection: Connection) -> None:
        connection.execute(
            "UPDATE secrets SET encrypted_value = (SELECT encrypted_value FROM secrets"
            " WHERE provider = 'KEY_001') WHERE provider = 'KEY_000'"
        )

    await library.store.write(swap)
    with pytest.raises(Damaged, match="KEY_000"):
        await library.backups.make()
    library.vault.lock()
    made = await library.backups.make()  # whole by its checksums: only a key could tell
    assert made is not None
    assert made.backup.words == making.NOT_OPENED


async def test_a_clock_at_either_end_makes_backups_all_the_same(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    for year in (1970, 2099):
        at = 1000 if year == 1970 else 4_070_908_800_000
        monkeypatch.setattr(time, "time_ns", lambda at=at: at * 1_000_000)
        made = await library.backups.make("daily")
        assert made is not None
        assert made.backup.name.startswith(f"simai-{year}")
        monkeypatch.setattr(time, "time_ns", real)
    listed = await library.backups.all()
    assert [each.verdict for each in listed] == [backups.PROVEN, backups.PROVEN]
    assert await library.backups.is_due()
    assert await library.backups.make("daily")
    assert len(await library.backups.all()) == 3


async def test_one_old_backup_a_week_is_proven_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await library.backups.make()
    second = await library.backups.make()
    assert first is not None
    assert second is not None
    assert await library.backups.next_to_prove() is None
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + 8 * 86_400 * 10**9)
    found = await library.backups.next_to_prove()
    assert found is not None
    assert found.name == first.backup.name
    await library.backups.prove(found.path)
    assert await library.backups.next_to_prove() is None
    monkeypatch.setattr(time, "time_ns", lambda: real() + 16 * 86_400 * 10**9)
    found = await library.backups.next_to_prove()
    assert found is not None
    assert found.name == second.backup.name


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("number", [1, 2, 10])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_name_says_when_and_why(reason: str, number: int, damaged: bool) -> None:
    name = names.name_of(1_795_000_000_123, reason, number, damaged=damaged)
    assert names.read_name(name) == names.Named(name, 1_795_000_000_000, reason, damaged)


@pytest.mark.parametrize(
    "name",
    [
        "simai.zip",
        "simai-20261122T193400Z-daily.zip.tmp",
        "simai-20261122T193400Z-other.zip",
        "simai-20261322T193400Z-daily.zip",
        "simai-20261122T193400Z-daily-1.zip",
    ],
)
def test_what_is_not_ours_is_not_read_as_ours(name: str) -> None:
    assert names.read_name(name) is None
