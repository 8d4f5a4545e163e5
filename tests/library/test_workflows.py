"""What can be done to a workflow, what is refused, and the way back from each."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from simtui.errors import Damaged, NotFound, UsageError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.model.workflow import Workflow
from simtui.paths import Home
from tests.harming import flip_a_bit, swap_documents
from tests.library.conftest import Adding
from tests.looking import tables_of
from tests.making import as_bytes, document


async def row(library: Library, ident: str = "a") -> Workflow:
    found = await library.workflows.get(ident)
    assert found is not None
    return found


async def names_of_versions(library: Library, ident: str = "a") -> list[tuple[int, str]]:
    return [(item.number, item.name) for item in await library.workflows.versions(ident)]


# --- rename ----------------------------------------------------------------------------------


async def test_a_rename_changes_the_names_in_the_document_and_nothing_else(
    library: Library, add: Adding
) -> None:
    before: dict[str, Any] = json.loads(await add("a", prompt=2**70))
    await library.workflows.rename("a", "  Lead finder ")
    after = json.loads(await library.workflows.document("a"))
    assert after["state"]["metadata"]["name"] == after["workflow"]["name"] == "Lead finder"
    assert (await row(library)).name == "Lead finder"
    before["state"]["metadata"]["name"] = before["workflow"]["name"] = "Lead finder"
    assert json.dumps(after) == json.dumps(before)


async def test_a_rename_keeps_the_document_before_it(library: Library, add: Adding) -> None:
    before = await add("a")
    await library.workflows.rename("a", "Lead finder")
    assert await names_of_versions(library) == [(1, "Lead enricher")]
    assert await library.workflows.version_document("a", 1) == before


async def test_a_rename_to_the_same_name_changes_nothing(library: Library, add: Adding) -> None:
    await add("a")
    before = await tables_of(library)
    await library.workflows.rename("a", " Lead enricher")
    assert await tables_of(library) == before


@pytest.mark.parametrize(
    "name", ["", "  \t ", "x" * 201, "two\nlines", "\x1b[31mred", "\u202eback", "half\ud800", "a\0"]
)
async def test_what_cannot_be_a_name_is_refused(library: Library, add: Adding, name: str) -> None:
    await add("a")
    before = await tables_of(library)
    with pytest.raises(UsageError, match="cannot be one") as caught:
        await library.workflows.rename("a", name)
    assert caught.value.message.isprintable()
    assert await tables_of(library) == before


async def test_what_is_not_there_cannot_be_renamed(library: Library) -> None:
    with pytest.raises(NotFound, match="no workflow nobody"):
        await library.workflows.rename("nobody", "Somebody")


async def test_what_is_damaged_is_not_renamed(library: Library, add: Adding) -> None:
    await add("a")
    await library.store.write(flip_a_bit, "a")
    before = await tables_of(library)
    with pytest.raises(Damaged, match="workflow a"):
        await library.workflows.rename("a", "Lead finder")
    assert await tables_of(library) == before


async def test_of_changes_at_the_same_time_none_is_lost(library: Library, add: Adding) -> None:
    await add("a")
    wanted = [f"Name {number}" for number in range(6)]
    results = await asyncio.gather(
        *(library.workflows.rename("a", name) for name in wanted), return_exceptions=True
    )
    done = {name for name, result in zip(wanted, results, strict=True) if result is None}
    assert done
    for result in results:
        assert result is None or (
            isinstance(result, UsageError) and "changed by someone else" in result.message
        )
    kept = {name for _, name in await names_of_versions(library)} | {(await row(library)).name}
    assert kept == done | {"Lead enricher"}


# --- versions and the way back ---------------------------------------------------------------


async def test_versions_are_listed_newest_first_with_their_documents(
    library: Library, add: Adding
) -> None:
    documents = [await add("a", f"Name {number}", prompt=str(number)) for number in range(4)]
    assert await names_of_versions(library) == [(3, "Name 2"), (2, "Name 1"), (1, "Name 0")]
    for number, content in enumerate(documents[:-1], 1):
        assert await library.workflows.version_document("a", number) == content
    assert await library.workflows.document("a") == documents[-1]


async def test_a_version_becomes_current_again_with_its_name_and_the_other_is_kept(
    library: Library, add: Adding
) -> None:
    first, second = await add("a", "First", prompt="1"), await add("a", "Second", prompt="2")
    await library.workflows.rollback("a", 1)
    assert await library.workflows.document("a") == first
    assert (await row(library)).name == "First"
    assert await library.workflows.version_document("a", 2) == second
    await library.workflows.rollback("a", 2)
    assert await library.workflows.document("a") == second
    assert (await row(library)).name == "Second"
    assert await names_of_versions(library) == [(2, "Second"), (1, "First")]


async def test_a_rename_is_undone_by_going_back_also_where_the_document_bore_no_name(
    library: Library, tmp_path: Path
) -> None:
    content = b'{"state": {"blocks": {}, "edges": []}}'
    (tmp_path / "weekly-digest.json").write_bytes(content)
    (item,) = [item async for item in import_paths(library, [tmp_path / "weekly-digest.json"])]
    ident = str(item.workflow_id)
    await library.workflows.rename(ident, "Daily digest")
    await library.workflows.rollback(ident, 1)
    assert (await row(library, ident)).name == "Weekly Digest"
    assert await library.workflows.document(ident) == content


async def test_going_back_brings_no_name_that_could_not_come_in(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    for name in ("\x1b]0;owned\x07" + "x" * 300, "Plain"):
        value = document(name, ident="a")
        value["state"]["metadata"]["description"] = name + "d" * 3000
        path.write_bytes(as_bytes(value))
        async for item in import_paths(library, [path]):
            assert item.outcome in ("imported", "updated")
    await library.workflows.rollback("a", 1)
    found = await row(library)
    assert found.name == ("]0;owned" + "x" * 300)[:200]
    assert len(found.description) == 2000


async def test_going_back_to_what_is_current_changes_nothing(library: Library, add: Adding) -> None:
    await add("a", "First", prompt="1")
    await add("a", "Second", prompt="2")
    await library.workflows.rollback("a", 1)
    before = await tables_of(library)
    await library.workflows.rollback("a", 1)
    assert await tables_of(library) == before


@pytest.mark.parametrize("number", [0, 2, -1, 99, 1 << 70])
async def test_a_version_that_is_not_there_is_not_found(
    library: Library, add: Adding, number: int
) -> None:
    await add("a", prompt="1")
    await add("a", prompt="2")
    before = await tables_of(library)
    with pytest.raises(NotFound, match=f"no version {number}"):
        await library.workflows.rollback("a", number)
    with pytest.raises(NotFound, match=f"no version {number}"):
        await library.workflows.version_document("a", number)
    assert await tables_of(library) == before


# --- folders ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("Sales", "Sales"),
        (" /Sales/Inbound/ ", "Sales/Inbound"),
        ("Sales / Inbound", "Sales/Inbound"),
        ("Täglich 日報", "Täglich 日報"),
        ("", ""),
        (" / ", ""),
        ("/".join("d" * 16), "/".join("d" * 16)),
        ("f" * 200, "f" * 200),
    ],
)
async def test_a_move_puts_workflows_into_a_folder(
    library: Library, add: Adding, folder: str, path: str
) -> None:
    await add("a")
    await add("b", "Another")
    await library.workflows.move(["a"], "Elsewhere")
    assert await library.workflows.move(["a", "nobody"], folder) == 1
    assert ((await row(library)).folder, (await row(library, "b")).folder) == (path, "")
    assert await library.workflows.folders() == ([(path, 1)] if path else [])
    assert await library.workflows.move(["a"], folder) == 0


async def test_a_folder_whose_name_has_a_slash_stays_one_folder(
    library: Library, add: Adding, tmp_path: Path
) -> None:
    index = {"folders": [{"id": "f", "name": "Ops / Intake"}]}
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "_workspace.json").write_text(json.dumps(index))
    assert [item async for item in import_paths(library, [tmp_path / "workspace"])] == []
    await add("a")
    for folder, path in (
        ("Ops / Intake", "Ops / Intake"),
        ("Ops / Intake / New", "Ops / Intake/New"),
        ("Ops / Other", "Ops/Other"),
    ):
        await library.workflows.move(["a"], folder)
        assert (await row(library)).folder == path


@pytest.mark.parametrize(
    "folder", ["a//b", "a/ /b", "a\nb", "\x1b[31m", "/".join("d" * 17), "f" * 201, "a\u202eb"]
)
async def test_what_cannot_be_a_folder_is_refused(
    library: Library, add: Adding, folder: str
) -> None:
    await add("a")
    before = await tables_of(library)
    with pytest.raises(UsageError, match="cannot be a folder") as caught:
        await library.workflows.move(["a"], folder)
    assert caught.value.message.isprintable()
    assert await tables_of(library) == before


# --- the trash -------------------------------------------------------------------------------


async def test_what_is_deleted_lies_in_the_trash_whole_and_comes_back(
    library: Library, add: Adding
) -> None:
    old, new = await add("a", prompt="1"), await add("a", prompt="2")
    await add("b", "Another")
    before = await tables_of(library)

    assert await library.workflows.delete(["a", "nobody"]) == 1
    assert [item.id for item in await library.workflows.page()] == ["b"]
    assert [item.id for item in await library.workflows.page(trash=True)] == ["a"]
    assert await library.workflows.count() == await library.workflows.count(trash=True) == 1
    assert await library.workflows.document("a") == new
    assert await library.workflows.version_document("a", 1) == old
    with pytest.raises(NotFound, match="It is in the trash"):
        await library.workflows.find("a")

    assert await library.workflows.restore(["a", "b", "nobody"]) == 1
    assert await tables_of(library) == before


async def test_what_is_deleted_twice_was_deleted_once(library: Library, add: Adding) -> None:
    await add("a")
    assert await library.workflows.delete(["a", "a"]) == 1
    deleted_at = (await row(library)).deleted_at
    assert await library.workflows.delete(["a"]) == 0
    assert (await row(library)).deleted_at == deleted_at
    assert await library.workflows.restore(["a"]) == 1
    assert await library.workflows.restore(["a"]) == 0


# --- what is read ----------------------------------------------------------------------------


async def test_a_document_that_is_not_what_was_stored_is_never_handed_out(
    library: Library, add: Adding
) -> None:
    await add("a", prompt="1")
    await add("b", "Another")

    await library.store.write(swap_documents, "a", "b")
    for ask in (library.workflows.document, library.workflows.outline):
        with pytest.raises(Damaged, match="workflow a: its document does not match its digest"):
            await ask("a")
    assert await library.workflows.document("b")


async def test_what_is_asked_of_nobody_is_not_found(library: Library) -> None:
    for ask in (library.workflows.document, library.workflows.outline):
        with pytest.raises(NotFound, match="no workflow nobody"):
            await ask("nobody")
    assert await library.workflows.versions("nobody") == []
    assert await library.workflows.get("nobody") is None


# --- the library itself ----------------------------------------------------------------------


async def test_a_library_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="simtui import"):
        await Library.open(Home(tmp_path / "nowhere"), create=False)
    assert not (tmp_path / "nowhere").exists()


async def test_what_another_one_does_is_noticed(library: Library, add: Adding) -> None:
    await add("a")
    before = await library.data_version()
    assert await library.data_version() == before
    async with await Library.open(library.home) as other:
        await other.workflows.delete(["a"])
    assert await library.data_version() != before
    assert await library.workflows.count() == 0


async def test_settings_are_kept_until_they_are_reset(library: Library) -> None:
    await library.settings.set("import.on_conflict", "skip")
    await library.settings.set("import.on_conflict", "replace")
    assert await library.settings.all() == {"import.on_conflict": "replace"}
    assert await library.settings.reset("import.on_conflict") is True
    assert await library.settings.reset("import.on_conflict") is False
    assert await library.settings.all() == {}
