"""What an import does with what is there already, and that a dry run tells the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simtui.errors import UsageError
from simtui.importing import POLICIES, ImportItem, import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.conftest import Command
from tests.importing.conftest import Importing, nothing_changes
from tests.looking import tables_of, tree
from tests.making import as_bytes, block, document

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"


def put(path: Path, prompt: str = "Say hello.", **header: Any) -> Path:
    """A file with a workflow that asks this."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = header.pop("name", "Lead enricher")
    path.write_bytes(as_bytes(document(name, [block("ask", prompt=prompt)], **header)))
    return path


def outcomes(items: list[ImportItem]) -> list[str]:
    return [item.outcome for item in items]


# --- under one id ----------------------------------------------------------------------------


@pytest.mark.parametrize("ident", [ONE, None], ids=["with an id", "without"])
async def test_the_same_file_again_changes_nothing(
    library: Library, importing: Importing, tmp_path: Path, ident: str | None
) -> None:
    path = put(tmp_path / "a.json", ident=ident)
    (first,) = await importing(path)
    async with nothing_changes(library, tmp_path):
        (second,) = await importing(path)
    assert (first.outcome, second.outcome) == ("imported", "unchanged")
    assert (second.workflow_id, second.reason) == (first.workflow_id, None)


async def test_the_same_workflow_exported_later_is_the_same(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    value = document(ident=ONE)
    (tmp_path / "a.json").write_bytes(as_bytes(value))
    await importing(tmp_path / "a.json")
    value["exportedAt"] = value["state"]["metadata"]["exportedAt"] = "2027-01-01T00:00:00.000Z"
    (tmp_path / "b.json").write_bytes(as_bytes(dict(reversed(value.items()))))
    async with nothing_changes(library, tmp_path):
        (item,) = await importing(tmp_path / "b.json")
    assert item.outcome == "unchanged"


async def test_another_document_becomes_the_current_one_and_the_old_one_a_version(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    old, new = put(tmp_path / "a.json", "Old.", ident=ONE), tmp_path / "b.json"
    put(new, "New.", ident=ONE, name="Lead finder")
    await importing(old)
    (item,) = await importing(new)
    assert (item.outcome, item.reason) == ("updated", "version 1 is kept (1 block changed)")
    assert await library.workflows.document(ONE) == new.read_bytes()
    assert await library.workflows.version_document(ONE, 1) == old.read_bytes()
    (version,) = await library.workflows.versions(ONE)
    row = await library.workflows.get(ONE)
    assert row is not None
    assert (version.name, row.name) == ("Lead enricher", "Lead finder")


async def test_a_document_that_is_kept_as_a_version_is_unchanged(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    old = put(tmp_path / "a.json", "Old.", ident=ONE)
    await importing(old, put(tmp_path / "b.json", "New.", ident=ONE))
    async with nothing_changes(library, tmp_path):
        (item,) = await importing(old)
    assert item.outcome == "unchanged"
    assert item.reason == "it is an earlier version of what is here"


async def test_what_is_in_the_trash_stays_there_and_is_told(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    known, nameless = put(tmp_path / "a.json", ident=ONE), put(tmp_path / "b.json", name="Other")
    items = await importing(known, nameless)
    await library.workflows.delete([str(item.workflow_id) for item in items])
    async with nothing_changes(library, tmp_path):
        items = await importing(known, nameless)
    assert outcomes(items) == ["unchanged", "unchanged"]
    assert {item.reason for item in items} == {"it is in the trash, and stays there"}
    assert await library.workflows.count(trash=True) == 2


async def test_an_earlier_version_of_what_is_in_the_trash_is_told_too(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    old = put(tmp_path / "a.json", "Old.", ident=ONE)
    await importing(old, put(tmp_path / "b.json", "New.", ident=ONE))
    await library.workflows.delete([ONE])
    async with nothing_changes(library, tmp_path):
        (item,) = await importing(old)
    assert "an earlier version" in str(item.reason)
    assert "in the trash" in str(item.reason)


async def test_another_document_takes_a_workflow_out_of_the_trash(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    await importing(put(tmp_path / "a.json", "Old.", ident=ONE))
    await library.workflows.delete([ONE])
    (item,) = await importing(put(tmp_path / "b.json", "New.", ident=ONE))
    assert item.outcome == "updated"
    assert "it was in the trash and is back" in str(item.reason)
    assert await library.workflows.count() == 1


async def test_where_a_workflow_lies_at_home_is_its_owners_choice(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    await importing(put(tmp_path / "a.json", "Old.", ident=ONE))
    await library.workflows.move([ONE], "Mine")
    value = document(blocks=[block("ask", prompt="New.")], ident=ONE)
    value["workflow"]["folderPath"] = "Theirs"
    (tmp_path / "b.json").write_bytes(as_bytes({"data": value}))
    (item,) = await importing(tmp_path / "b.json")
    row = await library.workflows.get(ONE)
    assert row is not None
    assert (item.outcome, row.folder) == ("updated", "Mine")


async def test_another_id_is_another_workflow_though_all_else_is_the_same(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    for ident in (ONE, TWO):
        put(tmp_path / "in" / f"Lead-enricher-{ident}.json")
    items = await importing(tmp_path / "in")
    assert outcomes(items) == ["imported", "imported"]
    assert [item.workflow_id for item in items] == [ONE, TWO]


# --- without an id ---------------------------------------------------------------------------


async def test_without_an_id_another_folder_is_another_workflow(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    put(tmp_path / "in" / "Sales" / "a.json")
    put(tmp_path / "in" / "Support" / "a.json")
    first, second = await importing(tmp_path / "in")
    assert (first.outcome, second.outcome) == ("imported", "imported")
    assert first.workflow_id != second.workflow_id
    assert outcomes(await importing(tmp_path / "in")) == ["unchanged", "unchanged"]


@pytest.mark.parametrize(
    ("policy", "outcome", "reason", "workflows", "versions"),
    [
        ("copy", "imported", "a second workflow of this name in the same folder", 2, 0),
        ("skip", "skipped", "another workflow of this name is in the same folder", 1, 0),
        ("replace", "updated", "version 1 is kept (1 block changed)", 1, 1),
    ],
)
async def test_a_name_that_is_taken_is_settled_by_the_policy(
    library: Library,
    importing: Importing,
    tmp_path: Path,
    policy: str,
    outcome: str,
    reason: str,
    workflows: int,
    versions: int,
) -> None:
    (first,) = await importing(put(tmp_path / "a.json", "Old."))
    new = put(tmp_path / "b.json", "New.")
    (item,) = await importing(new, on_conflict=policy)
    assert (item.outcome, item.reason) == (outcome, reason)
    assert (item.workflow_id == first.workflow_id) is (policy != "copy")
    assert await library.workflows.count() == workflows
    assert len(await library.workflows.versions(str(first.workflow_id))) == versions
    wanted = tmp_path / ("a.json" if policy == "skip" else "b.json")
    assert await library.workflows.document(str(item.workflow_id)) == wanted.read_bytes()


async def test_the_policy_is_copy_unless_it_is_named(importing: Importing, tmp_path: Path) -> None:
    put(tmp_path / "in" / "a.json", "Old.")
    put(tmp_path / "in" / "b.json", "New.")
    assert outcomes(await importing(tmp_path / "in")) == ["imported", "imported"]


async def test_what_is_in_the_trash_takes_no_name(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    (first,) = await importing(put(tmp_path / "a.json", "Old."))
    await library.workflows.delete([str(first.workflow_id)])
    new = put(tmp_path / "b.json", "New.")
    (item,) = await importing(new, on_conflict="skip")
    assert (item.outcome, item.reason) == ("imported", None)


async def test_of_two_that_are_the_same_the_one_outside_the_trash_counts(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    await importing(put(tmp_path / f"a-{ONE}.json"), put(tmp_path / f"b-{TWO}.json"))
    nameless = put(tmp_path / "c.json")
    for deleted, left in ((ONE, TWO), (TWO, ONE)):
        await library.workflows.delete([deleted])
        (item,) = await importing(nameless)
        assert (item.outcome, item.workflow_id, item.reason) == ("unchanged", left, None)
        await library.workflows.restore([deleted])


async def test_a_policy_that_is_none_is_a_usage_error(library: Library, tmp_path: Path) -> None:
    items = import_paths(library, [tmp_path], on_conflict="burn")
    with pytest.raises(UsageError, match="copy, skip, replace"):
        await anext(items)


# --- a dry run -------------------------------------------------------------------------------


def a_bit_of_everything(folder: Path) -> Path:
    """Files that are new, changed twice in one go, the same, bad, and in the way of one another."""
    put(folder / "1-new.json", ident=TWO, name="New one")
    put(folder / "2-changed.json", "Second.", ident=ONE)
    put(folder / "3-changed-again.json", "Third.", ident=ONE)
    put(folder / "4-back.json", "First.", ident=ONE)
    put(folder / "5-nameless.json", "Second.", name="Nameless")
    put(folder / "6-nameless.json", "Third.", name="Nameless")
    put(folder / "7-changed-here.json", "Changed.", ident=TWO, name="New one")
    put(folder / "8-binned.json", ident="binned")
    put(folder / "Sales" / "9-placed.json", "Second.", name="Nameless")
    (folder / "bad.json").write_bytes(b"[]")
    (folder / "bad.zip").write_bytes(b"PK\x05\x06")
    return folder


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_dry_run_says_what_the_import_then_says_and_writes_nothing(
    library: Library, importing: Importing, tmp_path: Path, policy: str
) -> None:
    await importing(
        put(tmp_path / "old.json", "First.", ident=ONE),
        put(tmp_path / "old-nameless.json", "First.", name="Nameless"),
        put(tmp_path / "binned.json", ident="binned"),
    )
    await library.workflows.delete(["binned"])
    known = {row[0] for row in (await tables_of(library))["workflows"]} | {TWO}
    folder = a_bit_of_everything(tmp_path / "in")

    async with nothing_changes(library, tmp_path):
        said = await importing(folder, dry_run=True, on_conflict=policy)
    done = await importing(folder, on_conflict=policy)

    assert {"imported", "updated", "unchanged", "refused"} <= set(outcomes(done))
    assert ("skipped" in outcomes(done)) is (policy == "skip")

    def without_new_ids(items: list[ImportItem]) -> list[ImportItem]:
        return [
            item if item.workflow_id in known else replace(item, workflow_id="new")
            for item in items
        ]

    assert without_new_ids(said) == without_new_ids(done)


async def test_a_dry_run_without_a_library_needs_none(home: Home, tmp_path: Path) -> None:
    folder = a_bit_of_everything(tmp_path / "in")
    before = tree(tmp_path)
    said = [item async for item in import_paths(None, [folder], dry_run=True)]
    assert tree(tmp_path) == before
    async with await Library.open(home) as library:
        done = [item async for item in import_paths(library, [folder])]
    assert [(item.source, item.outcome, item.reason) for item in said] == [
        (item.source, item.outcome, item.reason) for item in done
    ]


def test_a_dry_run_makes_no_home(simtui: Command, home: Home, tmp_path: Path) -> None:
    folder = a_bit_of_everything(tmp_path / "in")
    before = tree(tmp_path)
    said = simtui("import", folder, "--dry-run")
    assert said.returncode == 3
    assert "dry run: nothing was written" in said.stderr
    assert tree(tmp_path) == before
    assert not home.root.exists()
