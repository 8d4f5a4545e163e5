"""A restore brings back all of it, and never takes what it must not."""

from __future__ import annotations

import shutil
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.errors import Busy, Damaged, Locked, UsageError
from simtui.library import Library, backups, doctor, restoring
from simtui.library.inside import opened_backup
from simtui.library.restoring import Asked, AskWay
from simtui.paths import Home
from simtui.store import engine, settings, vault, workflows
from tests.backup.backups import a_backup, fill, forged
from tests.harming import flip_a_bit
from tests.looking import tables_of, tree
from tests.vault.vaults import (
    add_secrets,
    make_vault,
    rotate,
    sealed_rows,
    unlock_by_code,
    unlock_by_password,
    values_in,
    ways,
)

KEPT = ("backups_made", "vault", "vault_slots", "vault_retired_keys")
"""What a restore never takes back."""


async def all_but_kept(library: Library) -> dict[str, list[tuple[object, ...]]]:
    found = await tables_of(library)
    return {name: rows for name, rows in found.items() if name not in (*KEPT, "sqlite_stat1")}


async def backed_up(library: Library) -> Path:
    made = await library.backups.make()
    assert made is not None
    return made.backup.path


def telling(*codes: str) -> AskWay:
    """Types these, one after another."""
    left = list(codes)

    async def ask(asked: Asked) -> bytearray | None:
        return bytearray(left.pop(0).encode()) if left else None

    return ask


async def test_everything_is_as_it_was_and_every_connection_goes_on(library: Library) -> None:
    await fill(library)
    before = await all_but_kept(library)
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Other")
    await library.store.write(_remove_for_good, "wf-2")
    await fill_one_more(library)

    done = await library.backups.restore(file)
    assert await all_but_kept(library) == before
    assert (done.workflows, done.runs, done.left_sealed) == (3, 3, ())
    # the same connections, and the index that one of them has in memory
    await library.workflows.rename("wf-1", "Renamed since")
    assert [hit.id for hit in await library.search("Renamed since")] == ["wf-1"]
    assert (await library.workflows.find("Renamed since")).id == "wf-1"


def _remove_for_good(connection: Connection, workflow_id: str) -> None:
    connection.execute("DELETE FROM runs WHERE workflow_id = ?", (workflow_id,))
    connection.execute("DELETE FROM workflows WHERE id = ?", (workflow_id,))


async def fill_one_more(library: Library) -> None:
    await library.store.write(settings.put, "display.times", "absolute")


async def test_what_was_there_is_backed_up_first(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Only in the present")
    done = await library.backups.restore(file)
    assert done.safety is not None
    assert done.safety.backup.verdict == backups.PROVEN
    listed = {each.name: each for each in await library.backups.all()}
    assert listed[done.safety.backup.name].verdict == backups.PROVEN
    assert listed[file.name].verdict == backups.PROVEN
    await library.backups.restore(done.safety.backup.path)
    assert (await library.workflows.find("Only in the present")).id == "wf-1"


async def test_another_process_sees_it_too(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Other")
    async with await Library.open(library.home) as other:
        version = await other.data_version()
        assert (await other.workflows.find("wf-1")).name == "Other"
        await library.backups.restore(file)
        assert await other.data_version() != version
        assert (await other.workflows.find("wf-1")).name == "Flow 1"
        await other.workflows.rename("wf-1", "Written by the other")
    assert (await library.workflows.find("wf-1")).name == "Written by the other"
    assert [each for each in await doctor.examine(library.home) if each.ok is False] == []


async def test_a_process_that_writes_on_ends_it_at_its_deadline(library: Library) -> None:
    """Left to itself SQLite's backup waits for ever."""
    await fill(library)
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Other")
    writing = engine.connect(library.home.database)

    def then_lock(stage: str, _share: float) -> None:
        if stage == "restoring":  # the backup before it, which writes a row as well, is over
            writing.execute("BEGIN IMMEDIATE")

    try:
        with pytest.raises(Busy, match="Nothing was changed"):
            await restoring.restore(library, file, on_stage=then_lock, patience_seconds=0.2)
    finally:
        writing.close()
    assert (await library.workflows.find("wf-1")).name == "Other"
    await library.backups.restore(file)
    assert (await library.workflows.find("wf-1")).name == "Flow 1"


async def test_one_that_is_not_good_is_refused_and_nothing_changes(
    library: Library, tmp_path: Path
) -> None:
    await fill(library)
    file = await backed_up(library)
    bad = forged(file, tmp_path / "bad.zip", lambda raw: flip_a_bit(raw, "wf-1"))
    before = await tables_of(library)
    with pytest.raises(Damaged, match="is not restored"):
        await library.backups.restore(bad)
    assert await tables_of(library) == before
    assert len(await library.backups.all()) == 1


async def test_a_damaged_library_is_kept_as_it_is_and_mended(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    await library.store.write(flip_a_bit, "wf-1")
    done = await library.backups.restore(file)
    assert done.safety is not None
    assert done.safety.backup.name.endswith(".damaged.zip")
    assert "wf-1" in done.safety.notice
    assert b"Say hello." in await library.workflows.document("wf-1")


async def test_one_of_an_older_schema_is_brought_to_ours(library: Library, tmp_path: Path) -> None:
    old = Home(tmp_path / "old")
    old.root.mkdir()
    database = Path(__file__).parent.parent / "databases" / "schema-2.db"
    shutil.copyfile(database, old.database)
    async with await Library.open(old) as opened:
        [listed] = await opened.backups.all()
        assert (listed.reason, listed.verdict) == ("before-migration", backups.PROVEN)
        proof, _ = await opened.backups.prove(listed.path)
        assert proof.manifest is not None
        assert proof.manifest.schema == 2
    done = await library.backups.restore(listed.path)
    assert done.left_sealed == ()
    assert (await library.workflows.find("kept")).name == "Kept"
    await library.vault.unlock("password", bytearray(b"an old password"))
    assert await library.vault.get("OLD_KEY") == b"sk-kept-since-schema-2"


# -- secrets


async def test_after_a_changed_code_the_present_ways_stay(library: Library) -> None:
    old_code = await make_vault(library.vault)
    values = await add_secrets(library.vault, 3)
    file = await backed_up(library)
    prepared = await library.vault.prepare_ways(ways())
    await library.vault.keep_ways(prepared)
    slots = await library.store.read(vault.read)
    await library.vault.delete("KEY_001")

    done = await library.backups.restore(file)
    assert (done.resealed, done.left_sealed) == (0, ())
    assert await library.store.read(vault.read) == slots
    assert await values_in(library.vault) == values
    library.vault.lock()
    with pytest.raises(Locked):
        await unlock_by_code(library.vault, old_code)


async def test_after_a_changed_password_the_new_one_opens_what_comes_back(
    library: Library,
) -> None:
    await make_vault(library.vault, "the old password")
    values = await add_secrets(library.vault, 2)
    file = await backed_up(library)
    await library.vault.keep_ways(await library.vault.prepare_ways(ways("four words are better")))
    await library.vault.delete("KEY_001")
    await library.backups.restore(file)
    library.vault.lock()
    await unlock_by_password(library.vault)
    assert await values_in(library.vault) == values
    library.vault.lock()
    with pytest.raises(Locked):
        await unlock_by_password(library.vault, "the old password")


async def test_after_a_rotation_what_the_old_key_sealed_opens(library: Library) -> None:
    await make_vault(library.vault)
    values = await add_secrets(library.vault, 3)
    file = await backed_up(library)
    code = await rotate(library.vault)
    library.vault.lock()  # nothing needs to be open for it

    done = await library.backups.restore(file)
    assert (done.resealed, done.left_sealed) == (0, ())
    await unlock_by_code(library.vault, code)
    assert await values_in(library.vault) == values


@pytest.fixture
async def elsewhere(tmp_path: Path) -> tuple[Path, str, dict[str, bytes]]:
    """A backup of another home with a vault of its own, its code and its secrets."""
    async with await Library.open(Home(tmp_path / "elsewhere")) as other:
        await fill(other)
        code = await make_vault(other.vault)
        values = await add_secrets(other.vault, 3)
        return await backed_up(other), code, values


async def test_into_another_vault_secrets_are_sealed_anew_by_the_backups_own_code(
    library: Library, elsewhere: tuple[Path, str, dict[str, bytes]]
) -> None:
    file, its_code, values = elsewhere
    code = await make_vault(library.vault)
    done = await library.backups.restore(file, ask=telling("wrong password", its_code))
    assert (done.resealed, done.left_sealed) == (3, ())
    library.vault.lock()
    await unlock_by_code(library.vault, code)
    assert await values_in(library.vault) == values


async def test_without_a_way_in_they_stay_as_they_are_sealed(
    library: Library, elsewhere: tuple[Path, str, dict[str, bytes]]
) -> None:
    file, its_code, values = elsewhere
    await make_vault(library.vault)
    done = await library.backups.restore(file)
    assert (done.resealed, done.left_sealed) == (0, tuple(sorted(values)))
    assert set(await sealed_rows(library)) == set(values)
    # nothing is lost: the same restore opens them once it is told the code
    done = await library.backups.restore(file, ask=telling(its_code))
    assert (done.resealed, await values_in(library.vault)) == (3, values)


async def test_where_there_is_no_vault_the_backups_own_comes_along(
    library: Library, elsewhere: tuple[Path, str, dict[str, bytes]]
) -> None:
    file, its_code, values = elsewhere
    await library.backups.restore(file)
    await unlock_by_code(library.vault, its_code)
    assert await values_in(library.vault) == values


# -- where no database opens


@pytest.mark.parametrize("content", [b"not a database" * 900, b"", None])
async def test_a_database_that_does_not_open_is_kept_beside_the_new_one(
    home: Home, content: bytes | None
) -> None:
    file = await a_backup(home)
    if content is None:
        home.database.unlink()
    else:
        home.database.write_bytes(content)
        home.database.with_name("simai.db-wal").write_bytes(b"a stale log")
    done = await restoring.restore_over(home, file)
    async with await Library.open(home) as library:
        assert await library.workflows.count() == 3
        [listed] = await library.backups.all()
        assert listed.verdict == backups.PROVEN
    if content is None:
        assert done.aside is None
        return
    assert done.aside is not None
    assert done.aside.read_bytes() == content
    assert done.aside.with_name(f"{done.aside.name}-wal").read_bytes() == b"a stale log"


async def test_a_bad_backup_never_takes_the_place_of_a_broken_database(
    home: Home, tmp_path: Path
) -> None:
    bad = forged(await a_backup(home), tmp_path / "bad.zip", lambda raw: flip_a_bit(raw, "wf-1"))
    home.database.write_bytes(b"broken")
    files = tree(home.root)
    with pytest.raises(Damaged):
        await restoring.restore_over(home, bad)
    assert tree(home.root) == files


async def test_whoever_has_the_old_file_open_writes_nothing_into_it(home: Home) -> None:
    file = await a_backup(home)
    async with await Library.open(home) as library:
        await library.workflows.count()
        home.database.rename(home.database.with_name("moved"))
        await restoring.restore_over(home, file)
        with pytest.raises(Busy, match="another file than the one that was opened"):
            await library.workflows.rename("wf-1", "Lost")
    async with await Library.open(home) as library:
        assert (await library.workflows.find("wf-1")).name == "Flow 1"


# -- looked into


async def test_looking_into_one_changes_nothing(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    await library.workflows.rename("wf-1", "Other")
    await library.store.write(_remove_for_good, "wf-2")
    await library.store.checkpoint()
    octets, files = file.read_bytes(), tree(library.home.root)
    database = library.home.database.read_bytes()
    async with opened_backup(library, file) as inside:
        assert [(each.name, each.runs, each.versions) for each in await inside.workflows()] == [
            ("Flow 0", 1, 0), ("Flow 1", 1, 1), ("Flow 2", 1, 1),
        ]  # fmt: skip
        found = await inside.difference(library)
        assert [each.id for each in found.added] == ["wf-2"]
        assert [(now.name, then.name) for now, then in found.changed] == [("Other", "Flow 1")]
        assert (found.removed, found.unchanged) == ((), 1)
        assert (found.runs_now, found.runs_then) == (2, 3)
        assert b"Say hello. first" in await inside.document("wf-2", 1)
    assert (file.read_bytes(), tree(library.home.root)) == (octets, files)
    assert library.home.database.read_bytes() == database


async def test_one_workflow_is_taken_out_of_it(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    before = await library.workflows.document("wf-1")
    await library.store.write(_remove_for_good, "wf-2")
    await library.workflows.rename("wf-1", "Other")
    await library.workflows.delete(["wf-0"])
    async with opened_backup(library, file) as inside:
        outcomes = [(await inside.take(library, f"wf-{n}")).outcome for n in range(3)]
        again = [(await inside.take(library, f"wf-{n}")).outcome for n in range(3)]
    assert outcomes == ["restored", "updated", "imported"]
    assert again == ["unchanged"] * 3
    assert await library.workflows.document("wf-1") == before
    assert "Other" in [each.name for each in await library.workflows.versions("wf-1")]
    assert b"Say hello. first" in await library.workflows.version_document("wf-2", 1)
    assert await library.store.read(workflows.count) == 3


async def test_an_earlier_version_is_taken_out_of_it(library: Library) -> None:
    await fill(library)
    file = await backed_up(library)
    async with opened_backup(library, file) as inside:
        assert (await inside.take(library, "wf-1", 1)).outcome == "updated"
    assert b"Say hello. first" in await library.workflows.document("wf-1")


async def test_a_password_opens_secrets_of_a_copied_home(tmp_path: Path, library: Library) -> None:
    """Moved to another machine: only what a person remembers comes along."""
    async with await Library.open(Home(tmp_path / "first")) as first:
        await make_vault(first.vault, "four words are better")
        await first.vault.set("KEY", b"value")
        file = await backed_up(first)
    second = Home(tmp_path / "second")
    await restoring.restore_over(second, file)
    async with await Library.open(second) as moved:
        await unlock_by_password(moved.vault)
        assert await moved.vault.get("KEY") == b"value"


async def test_what_is_encrypted_never_comes_into_a_plain_library(
    library: Library, tmp_path: Path
) -> None:
    file = await a_backup(Home(tmp_path / "other"))
    library.home.keys.write_bytes(b"the keys of an encrypted library")
    with pytest.raises(UsageError, match="never put in clear"):
        await restoring.restore_over(library.home, file)
