"""Where workflows come from: files, folders, zips, the standard input, and what lies in each."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from simtui.importing import Progress
from simtui.library import Library
from simtui.library.doctor import examine
from tests.conftest import Command
from tests.importing.archives import DOCUMENT, Entry, archive, named
from tests.importing.conftest import Importing
from tests.making import as_bytes, block, document


async def places(library: Library) -> dict[str, str]:
    """The folder of each workflow, by its name."""
    return {row.name: row.folder for row in await library.workflows.page(limit=1000)}


def workflow(name: str) -> bytes:
    return as_bytes(document(name))


async def test_a_folder_gives_every_file_below_it_in_order(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    (tmp_path / "b" / "Sub folder").mkdir(parents=True)
    (tmp_path / "b" / "Sub folder" / "x.JSON").write_bytes(workflow("Deep"))
    (tmp_path / "b" / "second.json").write_bytes(workflow("Second"))
    (tmp_path / "first.json").write_bytes(workflow("First"))
    (tmp_path / "zip.zip").write_bytes(archive(Entry("In a zip/a.json", workflow("Zipped"))))
    (tmp_path / "notes.txt").write_text("not asked for")
    items = await importing(tmp_path)
    assert [item.name for item in items] == ["First", "Zipped", "Second", "Deep"]
    assert await places(library) == {
        "First": "",
        "Zipped": "In a zip",
        "Second": "b",
        "Deep": "b/Sub folder",
    }


async def test_a_link_to_a_folder_is_not_followed(importing: Importing, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.json").write_bytes(DOCUMENT)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here" / "round").symlink_to(tmp_path / "here")
    assert await importing(tmp_path / "here") == []
    assert len(await importing(tmp_path / "here" / "link")) == 1


async def test_an_empty_folder_is_nothing(importing: Importing, tmp_path: Path) -> None:
    assert await importing(tmp_path) == []


async def test_an_unpacked_workspace_is_read_as_its_zip_is(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    index = {
        "workspace": {"name": "Mine"},
        "folders": [
            {"id": "f1", "name": "Ops / Intake", "parentId": None, "sortOrder": 3},
            {"id": "f2", "name": "Täglich 日報", "parentId": "f1"},
            {"id": "f3", "name": "Empty"},
        ],
    }
    content = archive(
        Entry("Ops-Intake/Täglich-日報/a.json", workflow("Alpha")),
        Entry("Above.json", workflow("Above")),
        Entry("_workspace.json", json.dumps(index).encode()),
        Entry("zeta.json", workflow("Zeta")),
    )
    (tmp_path / "mine.zip").write_bytes(content)
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path / "unpacked")
    items = await importing(tmp_path / "unpacked")
    assert {item.outcome for item in items} == {"imported"}
    expected = {"Alpha": "Ops / Intake/Täglich 日報", "Above": "", "Zeta": ""}
    assert await places(library) == expected
    assert ("Empty", 0) in await library.workflows.folders()
    again = await importing(tmp_path / "mine.zip")
    assert {item.outcome for item in again} == {"unchanged"}


async def test_the_index_of_an_unpacked_folder_counts_for_the_files_before_it_too(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    (tmp_path / "_folder.json").write_bytes(b'{"folder": {"name": "Ops / Intake"}, "folders": []}')
    (tmp_path / "Alpha.json").write_bytes(workflow("Alpha"))
    (tmp_path / "zeta.json").write_bytes(workflow("Zeta"))
    await importing(tmp_path)
    assert await places(library) == {"Alpha": "Ops / Intake", "Zeta": "Ops / Intake"}


async def test_an_index_that_names_no_folder_is_no_failure(
    importing: Importing, tmp_path: Path
) -> None:
    (tmp_path / "_workspace.json").write_bytes(b'{"workspace": {"name": "W"}, "folders": []}')
    (tmp_path / "a.json").write_bytes(DOCUMENT)
    (item,) = await importing(tmp_path)
    assert item.outcome == "imported"


async def test_an_index_that_cannot_be_read_is_told_and_the_rest_comes_in(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    (tmp_path / "in" / "Ops").mkdir(parents=True)
    (tmp_path / "in" / "_workspace.json").write_bytes(b'{"folders": [')
    (tmp_path / "in" / "Ops" / "a.json").write_bytes(workflow("Alpha"))
    bad, good = await importing(tmp_path / "in")
    assert (bad.outcome, good.outcome) == ("refused", "imported")
    assert "cut short" in str(bad.reason)
    assert await places(library) == {"Alpha": "Ops"}


@pytest.mark.parametrize("content", [DOCUMENT, named("a.json")], ids=["JSON", "zip"])
async def test_the_standard_input_is_read_like_a_file(
    library: Library, importing: Importing, content: bytes
) -> None:
    (item,) = await importing("-", stdin=io.BytesIO(content))
    assert (item.source, item.outcome) == ("-", "imported")
    assert await library.workflows.document(str(item.workflow_id)) == DOCUMENT


def test_the_command_reads_a_pipe(simtui: Command) -> None:
    done = simtui("import", "-", "-o", "json", input=DOCUMENT.decode())
    assert done.returncode == 0
    (item,) = json.loads(done.stdout)["items"]
    assert (item["source"], item["name"]) == ("-", "Lead enricher")


async def test_a_long_standard_input_leaves_no_file(library: Library, importing: Importing) -> None:
    content = as_bytes(document(blocks=[block("ask", prompt="words " * 4_000_000)]))
    assert len(content) > 16 << 20
    (item,) = await importing("-", stdin=io.BytesIO(content))
    assert item.outcome == "imported"
    assert await library.workflows.document(str(item.workflow_id)) == content
    assert {path.name.split("-")[0] for path in library.home.root.iterdir()} == {"simai.db"}


@pytest.mark.parametrize("stdin", [None, io.BytesIO(b"[]")], ids=["none", "bad"])
async def test_a_standard_input_that_is_bad_does_not_stop_the_rest(
    importing: Importing, tmp_path: Path, stdin: io.BytesIO | None
) -> None:
    (tmp_path / "a.json").write_bytes(DOCUMENT)
    items = await importing("-", tmp_path / "a.json", stdin=stdin)
    assert [(item.source, item.outcome) for item in items] == [
        ("-", "refused"),
        (str(tmp_path / "a.json"), "imported"),
    ]


async def test_one_bad_file_never_stops_the_rest(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    bad = [b"", b"[]", b"{", b"PK\x03\x04", b'{"state": {}}', b"\xff\xfe", DOCUMENT[:50]]
    for number in range(300):
        content = bad[number % 7] if number % 3 else workflow(f"W {number}")
        (tmp_path / f"{number:03}.json").write_bytes(content)
    items = await importing(tmp_path)
    outcomes = {int(Path(item.source).stem): item.outcome for item in items}
    assert outcomes == {n: "refused" if n % 3 else "imported" for n in range(300)}
    assert await library.workflows.count() == 100
    assert all(item.reason for item in items if item.outcome == "refused")


async def test_a_large_document_comes_in_as_it_is(
    library: Library, importing: Importing, tmp_path: Path
) -> None:
    content = as_bytes(document(blocks=[block(f"b{n}", prompt="x" * 90_000) for n in range(25)]))
    assert len(content) > 2 << 20
    (tmp_path / "large.json").write_bytes(content)
    (item,) = await importing(tmp_path / "large.json")
    assert item.outcome == "imported"
    assert await library.workflows.document(str(item.workflow_id)) == content


async def test_progress_counts_every_file_to_the_last(importing: Importing, tmp_path: Path) -> None:
    for number in range(300):
        content = workflow(f"W {number}") if number % 10 else b"bad"
        (tmp_path / f"{number:03}.json").write_bytes(content)
    seen: list[Progress] = []
    items = await importing(tmp_path, tmp_path / "000.json", on_progress=seen.append)
    assert len(items) == 301
    assert {progress.total for progress in seen} == {301}
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert (len(done) > 2, done[-1]) == (True, 301)
    assert seen[-1].source == str(tmp_path / "000.json")


async def test_real_exports_come_in_once(
    library: Library, importing: Importing, real_exports: Path
) -> None:
    first = await importing(real_exports)
    second = await importing(real_exports)
    refused = {Path(item.source).stem for item in first if item.outcome == "refused"}
    assert refused == {
        "api-v2-import-response",
        "api-v2-log-detail",
        "api-v2-logs-list",
        "api-v2-run-status",
    }
    assert {item.outcome for item in second} == {"unchanged", "refused"}
    assert await library.workflows.count() == sum(item.outcome == "imported" for item in first)
    assert all(finding.ok is not False for finding in await examine(library.home))
