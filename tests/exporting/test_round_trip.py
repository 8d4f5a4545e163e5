"""What left one library comes back to another as it was."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui import exporting
from simtui.errors import UsageError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.library.doctor import examine
from simtui.paths import Home
from tests.exporting.conftest import bring
from tests.looking import Tables, tables_of, tree
from tests.making import as_bytes, block, document


async def meaningful(library: Library) -> Tables:
    """Every table but the search index, whose numbers are its own affair."""
    rows = await tables_of(library)
    return {name: rows for name, rows in rows.items() if not name.startswith("search")}


async def kept(library: Library) -> set[tuple[Any, ...]]:
    """What Sim's own form keeps of each workflow outside the trash."""
    rows = await library.workflows.page(limit=20_000)
    return {(row.id, row.name, row.folder, row.digest) for row in rows}


async def test_plain_files_come_back_to_the_same_library(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(filled, None, "files", tmp_path / "out")
    items = await bring(other, tmp_path / "out")
    assert {item.outcome for item in items} == {"imported"}
    assert await meaningful(other) == await meaningful(filled)
    # a version that someone went back to is there twice: as it is now, and as it was
    row = await other.workflows.get("lead")
    versions = await other.workflows.versions("lead")
    assert row is not None
    assert [version.number for version in versions] == [3, 2, 1]
    assert versions[-1].digest == row.digest


async def test_plain_files_that_come_back_can_be_searched(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(filled, None, "files", tmp_path / "out")
    await bring(other, tmp_path / "out")
    assert await other.search("keeper") == []  # a name that was taken back
    for text in ("hello", "nameless", "enricher", "naive"):
        found = {(hit.id, hit.snippet) for hit in await filled.search(text)}
        assert found
        assert {(hit.id, hit.snippet) for hit in await other.search(text)} == found
    assert all(finding.ok is not False for finding in await examine(other.home))


async def test_plain_files_a_second_time_change_nothing(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(filled, None, "files", tmp_path / "out")
    await bring(other, tmp_path / "out")
    before = await tables_of(other)
    assert {item.outcome for item in await bring(other, tmp_path / "out")} == {"unchanged"}
    assert {item.outcome for item in await bring(filled, tmp_path / "out")} == {"unchanged"}
    assert await tables_of(other) == before
    await exporting.export_to(other, None, "files", tmp_path / "again")
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


async def test_an_export_inside_a_folder_is_read_by_its_index(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    await exporting.export_to(filled, None, "files", tmp_path / "in" / "simtui")
    (tmp_path / "in" / "more.json").write_bytes(as_bytes(document("More", ident="more")))
    await bring(other, tmp_path / "in")
    wanted, found = await meaningful(filled), await meaningful(other)
    found["workflows"] = [row for row in found["workflows"] if row[0] != "more"]
    assert found == wanted
    assert await other.workflows.document("more")


async def test_chosen_workflows_keep_their_folders_on_the_way(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    """Also one whose name has a slash, and that no line of the index names by itself."""
    await exporting.export_to(filled, ["placed"], "files", tmp_path / "out")
    await bring(other, tmp_path / "out")
    await exporting.export_to(other, None, "zip", tmp_path / "out.zip")
    async with await Library.open(Home(tmp_path / "third")) as third:
        await bring(third, tmp_path / "out.zip")
        assert dict(await third.workflows.folders()) == {
            "Ops / Intake": 0,
            "Ops / Intake/Täglich 日報": 1,
        }


async def test_of_plain_files_a_bad_one_does_not_stop_the_rest(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(filled, None, "files", tmp_path / "out")
    (tmp_path / "out" / "workflows" / "Lead-enricher-lead.json").write_bytes(b"{")
    index = tmp_path / "out" / "index.ndjson"
    lines = index.read_text().splitlines()
    index.write_text("\n".join([*lines, "no line of ours", '{"workflow": {"file": "../../x"}}']))
    (tmp_path / "out" / "trash" / "AUX--con-.json").unlink()
    (tmp_path / "out" / "trash" / "AUX--con-.json").symlink_to("/etc/hostname")
    items = await bring(other, tmp_path / "out")
    refused = {item.entry: item.reason for item in items if item.outcome == "refused"}
    assert refused.keys() == {
        "workflows/Lead-enricher-lead.json",
        "trash/AUX--con-.json",
        f"line {len(lines) + 1}",
        f"line {len(lines) + 2}",
    }
    assert "a link" in str(refused["trash/AUX--con-.json"])
    rows = await meaningful(filled)
    kept_ids = {row[0] for row in rows["workflows"]} - {"lead", "con"}
    assert {row[0] for row in (await meaningful(other))["workflows"]} == kept_ids


async def test_plain_files_of_a_newer_simtui_are_refused(other: Library, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    head = {"format": "simtui-files", "version": 3}
    (tmp_path / "out" / "index.ndjson").write_text(json.dumps(head) + "\n")
    (item,) = await bring(other, tmp_path / "out")
    assert item.outcome == "refused"
    assert "newer simtui" in str(item.reason)


async def test_a_large_document_comes_back_from_plain_files(
    library: Library, other: Library, tmp_path: Path
) -> None:
    content = as_bytes(document(blocks=[block("ask", prompt="x" * (2 << 20))], ident="large"))
    (tmp_path / "large.json").write_bytes(content)
    await bring(library, tmp_path / "large.json")
    await library.workflows.rename("large", "Larger")
    await exporting.export_to(library, None, "files", tmp_path / "out")
    await bring(other, tmp_path / "out")
    assert await meaningful(other) == await meaningful(library)


async def test_a_zip_comes_back_with_names_and_folders(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(filled, None, "zip", tmp_path / "out.zip")
    items = await bring(other, tmp_path / "out.zip")
    assert {item.format for item in items} == {"Z2"}
    assert await kept(other) == await kept(filled)
    assert await other.workflows.folders() == await filled.workflows.folders()
    assert {item.outcome for item in await bring(filled, tmp_path / "out.zip")} == {"unchanged"}


async def test_folders_that_sim_would_call_alike_come_back_apart(
    library: Library, other: Library, tmp_path: Path
) -> None:
    folders = ["Ops!", "Ops?", "ops", "Ops!/A b", "Ops?/A-b", "CON", "e\u0301", "\u00e9", "a. b /c"]
    for number, folder in enumerate(folders):
        (tmp_path / f"{number}.json").write_bytes(as_bytes(document("Same", ident=f"w{number}")))
        await bring(library, tmp_path / f"{number}.json")
        await library.workflows.move([f"w{number}"], folder)
    await exporting.export_to(library, None, "zip", tmp_path / "out.zip")
    await bring(other, tmp_path / "out.zip")
    assert await kept(other) == await kept(library)


async def test_what_packs_too_well_to_be_honest_comes_back(
    library: Library, other: Library, tmp_path: Path
) -> None:
    content = as_bytes(document(blocks=[block("ask", prompt=" " * (3 << 20))], ident="blank"))
    (tmp_path / "blank.json").write_bytes(content)
    await bring(library, tmp_path / "blank.json")
    await exporting.export_to(library, None, "zip", tmp_path / "out.zip")
    (item,) = await bring(other, tmp_path / "out.zip")
    assert item.outcome == "imported", item.reason


async def test_the_longest_names_and_the_deepest_folders_come_back(
    library: Library, other: Library, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_bytes(as_bytes(document("日" * 200, ident="i" * 200)))
    await bring(library, tmp_path / "a.json")
    await library.workflows.move(["i" * 200], "/".join(f"{n:02}" + "語" * 60 for n in range(16)))
    for form in ("zip", "files"):
        await exporting.export_to(library, None, form, tmp_path / form)
        async with await Library.open(Home(tmp_path / f"home of {form}")) as third:
            (item,) = await bring(third, tmp_path / form)
            assert item.outcome == "imported", item.reason
            assert await kept(third) == await kept(library)


@pytest.mark.soak
async def test_ten_thousand_workflows_go_out_as_one_zip_and_come_back(
    library: Library, other: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    for number in range(10_000):
        if number % 100 == 0:
            (folder / f"Folder {number // 100}").mkdir(parents=True)
        value = document(f"W {number}", [block("ask", prompt=f"Number {number}")])
        name = f"W-{number:08x}-0000-4000-8000-000000000000.json"
        (folder / f"Folder {number // 100}" / name).write_bytes(json.dumps(value).encode())
    async for item in import_paths(library, [folder]):
        assert item.outcome == "imported"
    done = await exporting.export_to(library, None, "zip", tmp_path / "out.zip")
    assert done.workflows == 10_000
    async for item in import_paths(other, [tmp_path / "out.zip"]):
        assert item.outcome == "imported", item.reason
    assert len(await kept(other)) == 10_000
    assert await kept(other) == await kept(library)


# --- small libraries of any kind -------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | TEXT
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Made:
    """One workflow: its documents from the first to the last, its folder, and where it is now."""

    names: list[str]
    values: list[Any]
    folder: str
    back_to: int | None
    binned: bool


MADE = st.builds(
    Made,
    # a zip holds the name of a workflow only where its document does
    names=st.lists(TEXT.filter(str.strip), min_size=1, max_size=3),
    values=st.lists(JSON, min_size=1, max_size=3),
    folder=st.text(st.sampled_from("aA! /é日.\u0301-"), max_size=12),
    back_to=st.none() | st.integers(1, 3),
    binned=st.booleans(),
)


async def make(library: Library, place: Path, made: list[Made]) -> None:
    path = place / "a.json"
    for number, one in enumerate(made):
        for name, value in zip(one.names, one.values, strict=False):
            content = document(name, [block("ask", value=value)], ident=f"w{number}", odd=value)
            path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
            (item,) = await bring(library, path)
            assert item.outcome in ("imported", "updated", "unchanged")
        with suppress(UsageError):  # what cannot be a folder
            await library.workflows.move([f"w{number}"], one.folder)
        if one.back_to is not None and one.back_to <= len(
            await library.workflows.versions(f"w{number}")
        ):
            await library.workflows.rollback(f"w{number}", one.back_to)
        if one.binned:
            await library.workflows.delete([f"w{number}"])


@settings(max_examples=60, deadline=None)
@given(st.lists(MADE, max_size=4))
def test_any_small_library_comes_back(made: list[Made]) -> None:
    async def there_and_back(place: Path) -> None:
        async with await Library.open(Home(place / "home")) as library:
            await make(library, place, made)
            for form in ("files", "zip"):
                await exporting.export_to(library, None, form, place / form, allow_secrets=True)
                empty = not any(form == "files" or not one.binned for one in made)
                items = await bring(library, place / form)
                assert {item.outcome for item in items} == {"refused" if empty else "unchanged"}
                async with await Library.open(Home(place / f"other {form}")) as other:
                    items = await bring(other, place / form)
                    assert {item.outcome for item in items} == {"refused" if empty else "imported"}
                    if form == "files":
                        assert await meaningful(other) == await meaningful(library)
                    assert await kept(other) == await kept(library)
            for row in await library.workflows.page():
                await exporting.export_to(
                    library, [row.id], "sim", place / f"{row.id}.sim", allow_secrets=True
                )
                read = (place / f"{row.id}.sim").read_bytes()
                assert read == await library.workflows.document(row.id)
                (item,) = await bring(library, place / f"{row.id}.sim")
                assert (item.outcome, item.workflow_id) == ("unchanged", row.id)

    with tempfile.TemporaryDirectory() as place:
        asyncio.run(there_and_back(Path(place)))


@pytest.mark.parametrize("form", ["zip", "files"])
async def test_an_empty_library_leaves_and_comes_back(
    library: Library, other: Library, tmp_path: Path, form: str
) -> None:
    done = await exporting.export_to(library, None, form, tmp_path / "out")
    assert done.workflows == 0
    await bring(other, tmp_path / "out")
    assert await meaningful(other) == await meaningful(library)
