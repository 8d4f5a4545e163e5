"""What takes space is counted; what the policy lets go goes, and the file gets shorter."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from simtui.library import Library, reserve
from simtui.library.space import STEP_SECONDS, Limits, forget_words
from simtui.library.workflows import now_ms
from simtui.paths import Home
from simtui.store import assets, checks, pruning, runs, search, space
from simtui.store.runs import Kept
from simtui.store.store import Store
from tests.library.conftest import Adding
from tests.looking import tables_of

DAY = 86_400_000


def noise(size: int, seed: int) -> str:
    """Text that hardly packs, of about so many bytes."""
    return random.Random(seed).randbytes(size // 2).hex()


@pytest.fixture
async def history(library: Library, add: Adding) -> Library:
    """`a` with four versions, `b` with one, `c` with none, each of some 40 kB."""
    for ident, documents in (("a", 5), ("b", 2), ("c", 1)):
        for n in range(documents):
            await add(ident, f"Workflow {ident}", prompt=noise(80_000, n + 10 * ord(ident)))
    return library


async def numbers(library: Library, ident: str) -> list[int]:
    return [version.number for version in await library.workflows.versions(ident)]


async def put_in_trash(library: Library, ident: str, days_ago: int) -> None:
    await library.store.write(
        lambda connection: connection.execute(
            "UPDATE workflows SET deleted_at = ? WHERE id = ?", (now_ms() - days_ago * DAY, ident)
        )
    )


async def add_run_of(library: Library, ident: str, number: int, *, pinned: bool = False) -> None:
    run = Kept(f"run {number}", number, number, ident, "failed", 1, pinned=int(pinned))
    await library.store.write(runs.insert, [run])


async def file_of(library: Library) -> bytes:
    await library.store.checkpoint()
    return library.home.database.read_bytes()


async def size_of(library: Library) -> int:
    await library.store.checkpoint()
    return library.home.database.stat().st_size


# -- counting


async def test_every_byte_of_the_file_is_accounted_for(history: Library) -> None:
    found = await history.space.report()
    assert found.pages.file_bytes == await size_of(history)
    assert found.value_bytes + found.other_bytes + found.pages.free_bytes == found.pages.file_bytes
    assert found.value_bytes > found.pages.file_bytes / 2  # most of it is what was put in


async def test_a_workflows_space_is_that_of_its_rows(history: Library) -> None:
    await add_run_of(history, "b", 1)
    found = {each.id: each for each in (await history.space.report()).workflows}
    assert [found[ident].versions for ident in "abc"] == [4, 1, 0]
    assert found["a"].version_bytes == pytest.approx(4 * found["a"].document_bytes, rel=0.01)
    assert (found["b"].runs, found["c"].runs) == (1, 0)
    assert found["b"].run_bytes >= len("run 1" + "b" + "failed" + "1")
    tables = {each.name: each for each in (await history.space.report()).tables}
    documents = sum(each.document_bytes for each in found.values())
    assert documents < tables["workflows"].value_bytes < documents + 3000
    assert (tables["workflows"].rows, tables["workflow_versions"].rows) == (3, 5)
    assert tables[space.INDEX].value_bytes > 0


async def test_a_file_counts_for_each_workflow_that_has_it(history: Library) -> None:
    stored = b"0123456789" * 10, b"abc"
    await history.store.write(
        lambda c: c.execute(
            "INSERT INTO asset_contents (id, digest, size_bytes, touched_at)"
            " VALUES ('one', 'd1', 103, 0)"
        )
    )
    await history.store.write(
        lambda c: c.executemany(
            "INSERT INTO asset_pieces (content_id, number, packed, data) VALUES ('one', ?, 0, ?)",
            enumerate(stored),
        )
    )
    for ident in "ab":
        await history.store.write(assets.refer, ident, "notes.txt", "d1", 1)
    found = {each.id: each for each in (await history.space.report()).workflows}
    assert [(found[i].assets, found[i].asset_bytes) for i in "abc"] == [(1, 103), (1, 103), (0, 0)]


async def test_what_is_counted_of_some_is_what_is_counted_of_all(history: Library) -> None:
    await add_run_of(history, "b", 1)
    every = {each.id: each for each in await history.store.read(space.by_workflow)}
    for ident in "abc":
        assert await history.store.read(space.by_workflow, [ident]) == [every[ident]]
    assert await history.store.read(space.by_workflow, []) == []


async def test_what_lies_beside_the_database_is_counted(history: Library) -> None:
    history.home.exports.mkdir()
    (history.home.exports / "a.json").write_bytes(b"12345")
    history.home.reserve.write_bytes(b"123")
    found = await history.space.report()
    assert (found.exports, found.backups, found.reserve_bytes) == ((1, 5), (0, 0), 3)
    assert found.disk_free_bytes > 0


# -- what may go


async def test_by_default_everything_stays(history: Library) -> None:
    await put_in_trash(history, "c", 4000)
    limits = Limits.of({}, {})
    assert limits.keep_everything
    assert not await history.space.plan(limits)


async def test_the_newest_versions_stay(history: Library) -> None:
    plan = await history.space.plan(Limits(versions=1))
    assert {(each.workflow_id, each.number) for each in plan.versions} == {
        ("a", 1), ("a", 2), ("a", 3),
    }  # fmt: skip
    gone = await history.space.prune(plan)
    assert (gone.versions, gone.workflows) == (3, 0)
    assert await numbers(history, "a") == [4]
    assert await numbers(history, "b") == [1]
    for ident in "abc":
        await history.workflows.document(ident)
    await history.workflows.version_document("a", 4)


async def test_a_plan_changes_nothing(history: Library) -> None:
    await put_in_trash(history, "a", 40)
    before = await tables_of(history)
    plan = await history.space.plan(Limits(versions=1, trash_days=30))
    assert plan.freed_bytes > 100_000
    assert await tables_of(history) == before


async def test_what_was_in_the_trash_for_long_goes_with_all_that_is_its_own(
    history: Library,
) -> None:
    await add_run_of(history, "a", 1)
    await add_run_of(history, "b", 2)
    await put_in_trash(history, "a", 31)
    await put_in_trash(history, "b", 29)
    plan = await history.space.plan(Limits(trash_days=30))
    assert [each.id for each in plan.workflows] == ["a"]
    assert (await history.space.prune(plan)).workflows == 1
    assert await history.workflows.get("a") is None
    assert await history.workflows.get("b") is not None
    left = await tables_of(history)
    assert [row[0] for row in left["runs"]] == ["run 2"]
    assert {row[0] for row in left["workflow_versions"]} == {"b"}
    assert {row[2] for row in left["search_items"]} == {"b", "c"}
    assert await history.store.read(checks.broken_links) == 0
    assert (await history.store.read(checks.index_both_ways))[1] == 0


async def test_a_workflow_with_a_pinned_run_stays(history: Library) -> None:
    await add_run_of(history, "a", 1, pinned=True)
    await put_in_trash(history, "a", 400)
    assert not await history.space.plan(Limits(trash_days=1))


async def test_a_workflow_that_was_taken_out_of_the_trash_meanwhile_stays_whole(
    history: Library,
) -> None:
    await add_run_of(history, "a", 1)
    await put_in_trash(history, "a", 400)
    plan = await history.space.plan(Limits(trash_days=1))
    await history.workflows.restore(["a"])
    before = await tables_of(history)
    assert (await history.space.prune(plan)).workflows == 0
    assert await tables_of(history) == before


async def test_no_word_of_what_went_stays_in_the_file(library: Library, add: Adding) -> None:
    await add("a", "Kept")
    await add("b", "Secretive", prompt="Say supercalifragilistic.")
    await put_in_trash(library, "b", 2)
    await library.store.checkpoint()
    assert b"percalifragil" in library.home.database.read_bytes()
    await library.space.prune(await library.space.plan(Limits(trash_days=1)))
    home = library.home.database
    for path in (home, home.with_name(f"{home.name}-wal")):
        assert b"percalifragil" not in path.read_bytes()


# -- giving back


async def test_the_file_really_gets_shorter(history: Library) -> None:
    before = await size_of(history)
    plan = await history.space.plan(Limits(versions=1))
    gone = await history.space.prune(plan)
    after = await size_of(history)
    assert gone.file_bytes == before - after
    assert before - after > 0.9 * plan.freed_bytes > 100_000
    assert await history.space.free_bytes() == 0
    assert await history.store.read(checks.quick_check) == "ok"


async def test_pages_are_given_back_a_few_at_a_time(history: Library) -> None:
    plan = await history.space.plan(Limits(versions=1))
    await history.store.write(pruning.remove_versions, plan.versions)
    free = (await history.store.read(space.pages)).free_pages
    assert free > 20
    assert await history.space.give_back(5) == 5
    assert (await history.store.read(space.pages)).free_pages == free - 5
    assert await history.space.give_back() == free - 5
    assert await history.space.give_back() == 0


async def test_a_step_ends_when_its_time_is_over(history: Library) -> None:
    plan = await history.space.plan(Limits(versions=1))
    await history.store.write(pruning.remove_versions, plan.versions)
    taken, left = await history.store.write(space.give_back, 1000, 0.0)
    assert (taken, left) == (0, (await history.store.read(space.pages)).free_pages)
    assert left > 20
    assert STEP_SECONDS <= 0.05


async def test_another_process_writes_between_two_steps(history: Library) -> None:
    plan = await history.space.plan(Limits(versions=1))
    await history.store.write(pruning.remove_versions, plan.versions)
    other = await Store.open(history.home.database)
    try:
        giving = asyncio.ensure_future(history.space.give_back())
        await other.write(search.put, "workflow", "elsewhere", "Written", "meanwhile")
        await giving
    finally:
        await other.close()
    assert await history.space.free_bytes() == 0
    assert await history.store.read(checks.quick_check) == "ok"


# -- the reserve


def test_a_reserve_takes_its_space(home: Home) -> None:
    home.root.mkdir()
    home.database.write_bytes(bytes(reserve.WORTH))
    assert reserve.keep(home)
    about = home.reserve.stat()
    assert (about.st_size, about.st_mode & 0o777) == (reserve.SIZE, 0o600)
    assert about.st_blocks * 512 >= reserve.SIZE  # a file of holes would give nothing back
    assert not reserve.keep(home)


def test_a_small_library_needs_no_reserve(home: Home) -> None:
    home.root.mkdir()
    home.database.write_bytes(bytes(reserve.WORTH - 1))
    assert not reserve.keep(home)
    assert not home.reserve.exists()


def test_a_reserve_that_is_given_up_is_told(home: Home) -> None:
    home.root.mkdir()
    home.reserve.write_bytes(bytes(1000))
    assert "the reserve of 1.0 kB" in reserve.give_up(home)
    assert not home.reserve.exists()
    assert reserve.give_up(home) == ""


async def test_words_go_from_an_index_of_many_parts_step_by_step(library: Library) -> None:
    for n in range(40):  # each transaction is a part of its own
        word = "zyzzyva" if n % 2 else "quokkaquokka"
        await library.store.write(
            search.put, "workflow", f"w{n}", f"Name {n}", f"{word} {noise(2000, n)}"
        )
    for n in range(0, 40, 2):
        await library.store.write(search.remove, "workflow", f"w{n}")
    assert b"uokkaquokka" in await file_of(library)
    assert await forget_words(library.store)
    content = await file_of(library)
    assert (b"uokkaquokka" in content, b"yzzyva" in content) == (False, True)
    await library.store.write(
        lambda c: c.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    )


async def test_an_encrypted_library_gets_shorter_too(tmp_path: Path) -> None:
    async def fill(store: Store) -> None:
        await store.write(
            lambda c: c.executemany(
                "INSERT INTO settings (key, value) VALUES (?, ?)",
                [(f"{n}", noise(4000, n)) for n in range(50)],
            )
        )

    path = tmp_path / "simai.db"
    store = await Store.open(path, key=bytes(range(32)))
    try:
        await fill(store)
        await store.checkpoint()
        before = path.stat().st_size
        await store.write(lambda c: c.execute("DELETE FROM settings"))
        taken, left = await store.write(space.give_back, 1000, 10)
        assert (taken > 20, left) == (True, 0)
        await store.settle()
        assert before - path.stat().st_size > 150_000
    finally:
        await store.close()
