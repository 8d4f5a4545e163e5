"""Workflows as rows: pages by key from anywhere, the trash, versions, folders, and names."""

from __future__ import annotations

from sqlite3 import Connection

import pytest

from simtui.errors import NotFound
from simtui.model.workflow import Workflow
from simtui.store import checks, folders, workflows
from simtui.store.folders import NamedFolder
from simtui.store.store import Store
from tests.store.rows import add, add_run, content


def key(row: Workflow) -> tuple[int, str]:
    return row.updated_at, row.id


def many(connection: Connection, count: int) -> None:
    for n in range(count):
        add(connection, f"w{n:03}", updated_at=1000 + n // 3)  # three at a time share their time


async def test_pages_meet_without_a_gap_or_an_overlap_in_both_directions(store: Store) -> None:
    await store.write(many, 50)
    whole = [row.id for row in await store.read(workflows.page, limit=1000)]
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == 50

    down: list[Workflow] = []
    while more := await store.read(workflows.page, after=key(down[-1]) if down else None, limit=7):
        down += more
    assert [row.id for row in down] == whole

    up = await store.read(workflows.page, from_end=True, limit=7)
    while more := await store.read(workflows.page, before=key(up[0]), limit=7):
        up = more + up
    assert [row.id for row in up] == whole


async def test_the_list_and_the_trash_share_no_row(store: Store) -> None:
    await store.write(many, 9)
    assert await store.write(workflows.delete, ["w001", "w004", "gone"], 5000) == 2
    assert await store.write(workflows.delete, ["w001"], 6000) == 0
    assert await store.read(workflows.count) == 7
    trash = await store.read(workflows.page, trash=True)
    assert {row.id for row in trash} == {"w001", "w004"}
    assert {row.deleted_at for row in trash} == {5000}
    assert await store.write(workflows.restore, ["w001", "w002"]) == 1
    assert await store.read(workflows.count, trash=True) == 1


async def test_each_document_that_was_replaced_is_kept_once(store: Store) -> None:
    await store.write(add, "a", "First", text="one")

    async def replace(text: str, digest: str, at: int) -> int | None:
        new = content(text, digest)
        return await store.write(
            workflows.replace, "a", new, name=f"Name {digest}", description="", now_ms=at
        )

    assert await replace("two", "d2", 2000) == 1
    assert await replace("one", "digest of a", 3000) == 2
    # now "one" is current and among the versions; it is not kept a second time
    assert await replace("three", "d3", 4000) is None
    kept = await store.read(workflows.versions, "a")
    assert [(v.number, v.digest, v.name, v.saved_at) for v in kept] == [
        (2, "d2", "Name d2", 3000),
        (1, "digest of a", "First", 2000),
    ]
    frame = await store.read(workflows.version_frame_of, "a", 2)
    assert frame == (content("two").frame, "d2")
    assert await store.read(workflows.digests, "a") == {"digest of a", "d2", "d3"}


async def test_every_document_is_looked_at_once_by_the_doctor(store: Store) -> None:
    await store.write(many, 7)
    for n in range(3):
        new = content(f"text {n}", f"d{n}")
        await store.write(workflows.replace, "w002", new, name="x", description="", now_ms=2000 + n)
    seen: list[tuple[str, int]] = []
    while batch := await store.read(checks.documents_after, seen[-1] if seen else None, 2):
        seen += [(item.workflow_id, item.number) for item in batch]
    assert seen == sorted([(f"w{n:03}", 0) for n in range(7)] + [("w002", n) for n in (1, 2, 3)])


async def test_a_workflow_is_meant_by_its_id_its_start_or_a_name_that_one_has(
    store: Store,
) -> None:
    await store.write(add, "aaaa-1", "Lead")
    await store.write(add, "aaaa-2", "lead")
    await store.write(add, "bb%b-3", "Other_one")
    for reference, ident in (
        ("aaaa-1", "aaaa-1"),
        ("Lead", "aaaa-1"),
        ("lead", "aaaa-2"),
        ("OTHER_ONE", "bb%b-3"),
        ("bb%b", "bb%b-3"),
    ):
        assert (await store.read(workflows.find, reference)).id == ident
    for reference, said in (
        ("LEAD", "more than one"),
        ("aaaa", "more than one"),
        ("aaa", "No workflow"),
        ("bbxb", "No workflow"),
        ("", "No workflow"),
        ("%%%%", "No workflow"),
    ):
        with pytest.raises(NotFound, match=said):
            await store.read(workflows.find, reference)


async def test_where_a_name_is_only_in_the_trash_it_is_told(store: Store) -> None:
    await store.write(add, "a", "Lead")
    await store.write(workflows.delete, ["a"], 2000)
    with pytest.raises(NotFound, match="It is in the trash"):
        await store.read(workflows.find, "Lead")


async def test_a_folder_keeps_what_an_export_said_of_it(store: Store) -> None:
    await store.write(folders.put, NamedFolder(("Ops / Intake", "Daily"), "f-1", 3))
    await store.write(folders.put, NamedFolder(("Ops / Intake", "Daily")))
    assert await store.read(folders.named) == {
        "Ops / Intake/Daily": NamedFolder(("Ops / Intake", "Daily"), "f-1", 3)
    }
    await store.write(add, "a", folder="Ops / Intake/Daily")
    await store.write(add, "b", folder="Elsewhere")
    await store.write(workflows.delete, ["b"], 2000)
    assert await store.read(folders.listed) == [("Ops / Intake/Daily", 1)]


async def test_a_move_counts_what_was_elsewhere(store: Store) -> None:
    await store.write(many, 3)
    assert await store.write(workflows.move, ["w000", "w001"], "Ops", 9000) == 2
    assert await store.write(workflows.move, ["w001", "w002"], "Ops", 9001) == 1
    row = await store.read(workflows.get, "w001")
    assert row is not None
    assert (row.folder, row.updated_at) == ("Ops", 9000)


@pytest.mark.parametrize("trash", [False, True])
async def test_pages_and_the_count_go_by_an_index_and_never_sort(store: Store, trash: bool) -> None:
    def plans(connection: Connection) -> list[str]:
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        workflows.page(connection, trash=trash)
        workflows.page(connection, trash=trash, after=(5000, "w"), count_runs=True)
        workflows.page(connection, trash=trash, before=(5000, "w"))
        workflows.page(connection, trash=trash, from_end=True)
        workflows.count(connection, trash=trash)
        connection.set_trace_callback(None)
        return [
            " · ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
            for sql in asked
        ]

    await store.write(many, 9)
    found = await store.read(plans)
    assert len(found) == 5
    index = "workflows_deleted" if trash else "workflows_updated"
    for plan in found:
        assert f"USING INDEX {index}" in plan
        assert "TEMP B-TREE" not in plan
        assert "SCAN runs" not in plan


async def test_the_last_run_is_the_one_that_started_last(store: Store) -> None:
    def runs(connection: Connection) -> None:
        add(connection, "a")
        add(connection, "b")
        add_run(connection, "1", "a", "failed", 3000)
        add_run(connection, "2", "a", "completed", 2000)
        add_run(connection, "3", "b", "completed", 1000)
        add_run(connection, "4", "b", "failed", 1000)  # at once: the greater id is the later

    await store.write(runs)
    rows = await store.read(workflows.page, count_runs=True)
    assert [(row.id, row.last_run_status, row.last_run_at, row.run_count) for row in rows] == [
        ("b", "failed", 1000, 2),
        ("a", "failed", 3000, 2),
    ]
