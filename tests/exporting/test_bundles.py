"""A bundle carries one workflow with all that belongs to it, and comes back as it left."""

from __future__ import annotations

import io
import json
import os
import zipfile
from functools import partial
from pathlib import Path

import pytest

from simtui import exporting
from simtui.errors import BadInput, Damaged, UsageError
from simtui.formats import bundle
from simtui.formats.zip_reader import MAX_ARCHIVE_BYTES, ZipReader
from simtui.importing import ImportItem, import_paths
from simtui.library import Library
from simtui.library.assets import Asset
from simtui.model.workflow import Workflow
from simtui.recording.bundled import take_bundled
from simtui.store import workflows
from tests.exporting.conftest import bring
from tests.importing.archives import Entry, archive
from tests.looking import tables_of, tree
from tests.making import as_bytes, block, document

STARTED = "2026-11-22T14:02:11.120Z"
KEY = "sk-proj-0123456789abcdefABCDEF0123456789"


async def give(library: Library, ident: str, name: str, content: bytes) -> None:
    await library.assets.add(ident, name, io.BytesIO(content))


@pytest.fixture
async def laden(filled: Library) -> Library:
    """Files: one that two workflows have, one that some system could not call so, names that are
    one to some system, one that shrinks to next to nothing."""
    await give(filled, "lead", "shared.bin", SHARED)
    await give(filled, "placed", "shared.bin", SHARED)
    await give(filled, "lead", "CON.txt", b"con")
    await give(filled, "lead", "Plan.txt", b"upper")
    await give(filled, "lead", "plan.txt", b"lower")
    await give(filled, "lead", "zeros", bytes(5_000_000))
    await give(filled, "twin", "in the trash.txt", b"thrown away")
    return filled


SHARED = os.urandom(2_500_000)


async def whole(library: Library, ident: str) -> dict[str, object]:
    """All that belongs to a workflow, as it is."""
    row = await library.workflows.get(ident)
    assert row is not None
    return {
        "row": row,
        "document": await library.workflows.document(ident),
        "versions": [
            (version, await library.workflows.version_document(ident, version.number))
            for version in await library.workflows.versions(ident)
        ],
        "assets": {
            asset: b"".join([piece async for piece in library.assets.pieces(asset)])
            for asset in await library.assets.of(ident)
        },
    }


async def test_a_workflow_comes_back_whole(laden: Library, other: Library, tmp_path: Path) -> None:
    for ident in ("lead", "placed"):
        target = tmp_path / f"{ident}.simworkflow"
        done = await exporting.export_to(laden, [ident], "bundle", target, with_versions=True)
        assert done == exporting.Exported(target, 1, target.stat().st_size)
        (item,) = await bring(other, target)
        assert (item.outcome, item.reason) == ("imported", None)
        assert await whole(other, ident) == await whole(laden, ident)
    assert (await whole(laden, "lead"))["versions"]


async def test_a_number_that_a_version_had_is_kept(
    filled: Library, other: Library, tmp_path: Path
) -> None:
    await filled.store.write(
        lambda connection: (
            connection.execute(
                "DELETE FROM workflow_versions WHERE workflow_id = 'lead' AND number = 2"
            ).rowcount
        )
    )
    for form in ("bundle", "files"):
        target = tmp_path / f"out-{form}"
        await exporting.export_to(filled, ["lead"], form, target, with_versions=True)
    await bring(other, tmp_path / "out-bundle")
    assert await whole(other, "lead") == await whole(filled, "lead")
    await bring(other, tmp_path / "out-files")
    assert await whole(other, "lead") == await whole(filled, "lead")


async def test_earlier_documents_go_along_only_when_asked_for(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, ["lead"], "bundle", tmp_path / "a")
    await bring(other, tmp_path / "a")
    assert await other.workflows.versions("lead") == []
    await exporting.export_to(laden, ["lead"], "bundle", tmp_path / "b", with_versions=True)
    (item,) = await bring(other, tmp_path / "b")
    assert (item.outcome, item.reason) == ("updated", "3 earlier versions added")
    with pytest.raises(UsageError, match="no earlier versions"):
        await exporting.export_to(laden, ["lead"], "sim", tmp_path / "c", with_versions=True)


async def test_the_same_bundle_twice_changes_nothing(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, ["lead"], "bundle", tmp_path / "out", with_versions=True)
    await bring(other, tmp_path / "out")
    before = await tables_of(other)
    for library in (other, laden):
        (item,) = await bring(library, tmp_path / "out")
        assert (item.outcome, item.reason) == ("unchanged", None)
    assert await tables_of(other) == before


async def test_stock_tools_read_it(laden: Library, tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    await exporting.export_to(laden, ["lead"], "bundle", target, with_versions=True)
    with zipfile.ZipFile(target) as zipped:
        assert zipped.testzip() is None
        names = zipped.namelist()
        assert names[0] == bundle.DOCUMENT
        assert names[-1] == bundle.MANIFEST
        assert zipped.read("workflow.json") == await laden.workflows.document("lead")
        assert zipped.read("assets/shared.bin") == SHARED
        manifest = json.loads(zipped.read("manifest.json"))
    assert set(manifest["entries"]) == set(names[:-1])
    assert {name.casefold() for name in names} == {name.casefold() for name in set(names)}
    assert target.stat().st_size < len(SHARED) + 1_000_000


async def test_all_of_them_go_into_a_folder_and_come_back(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    done = await exporting.export_to(laden, None, "bundle", tmp_path / "out", with_versions=True)
    paths = sorted((tmp_path / "out").iterdir())
    assert done.workflows == len(paths) == 4
    assert all(path.suffix == ".simworkflow" for path in paths)
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
    assert {item.outcome for item in await bring(other, tmp_path / "out")} == {"imported"}
    for row in await laden.workflows.page():
        assert await whole(other, row.id) == await whole(laden, row.id)
    contents = (await tables_of(other))["asset_contents"]
    assert len(contents) == 5  # what two have is there once


async def test_bundles_in_a_zip_come_in_each_by_itself(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, None, "bundle", tmp_path / "out")
    bundles = [path.read_bytes() for path in sorted((tmp_path / "out").iterdir())]
    bad = bytearray(bundles[0])
    bad[200] ^= 1
    entries = [Entry(f"{n}.simworkflow", content) for n, content in enumerate(bundles)]
    (tmp_path / "many.zip").write_bytes(
        archive(*entries, Entry("bad.simworkflow", bytes(bad)), Entry("plain.json"))
    )
    items = await bring(other, tmp_path / "many.zip")
    assert sorted(item.outcome for item in items) == [*["imported"] * 5, "refused"]
    assert {item.entry for item in items if item.outcome == "refused"} == {"bad.simworkflow"}
    assert {"0.simworkflow", "plain.json"} <= {str(item.entry) for item in items}
    assert await whole(other, "lead") == await whole(laden, "lead") | {"versions": []}


async def test_a_file_that_is_here_is_never_lost_to_a_bundle(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, ["placed"], "bundle", tmp_path / "out")
    await bring(other, tmp_path / "out")
    await other.assets.remove("placed", "shared.bin")
    await give(other, "placed", "shared.bin", b"mine")
    (item,) = await bring(other, tmp_path / "out")
    assert item.outcome == "updated"
    assert item.reason == "1 file added; beside files of the same name: shared-2.bin"
    sizes = {asset.name: asset.size_bytes for asset in await other.assets.of("placed")}
    assert sizes == {"shared.bin": 4, "shared-2.bin": len(SHARED)}
    (item,) = await bring(other, tmp_path / "out")
    assert item.outcome == "unchanged"


async def test_another_document_becomes_the_current_one_and_the_old_one_a_version(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, ["placed"], "bundle", tmp_path / "old")
    await bring(other, tmp_path / "old")
    await laden.workflows.rename("placed", "Renamed")
    await exporting.export_to(laden, ["placed"], "bundle", tmp_path / "new")
    (item,) = await bring(other, tmp_path / "new")
    assert (item.outcome, item.name) == ("updated", "Renamed")
    assert "version 1 is kept" in str(item.reason)
    (item,) = await bring(other, tmp_path / "old")
    assert item.outcome == "unchanged"
    assert "earlier version of what is here" in str(item.reason)


async def test_a_workflow_in_the_trash_stays_there(laden: Library, tmp_path: Path) -> None:
    await exporting.export_to(laden, ["lead"], "bundle", tmp_path / "out")
    await laden.workflows.delete(["lead"])
    (item,) = await bring(laden, tmp_path / "out")
    assert (item.outcome, item.reason) == ("unchanged", "it is in the trash, and stays there")


async def test_a_dry_run_says_the_same_and_writes_nothing(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, None, "bundle", tmp_path / "out", with_versions=True)
    before, files = await tables_of(other), tree(tmp_path)

    def told(items: list[ImportItem]) -> list[tuple[str | None, ...]]:
        return [(item.source, item.outcome, item.workflow_id, item.reason) for item in items]

    for library in (other, None):
        found = import_paths(library, [tmp_path / "out"], dry_run=True)
        pretended = told([item async for item in found])
        assert (await tables_of(other), tree(tmp_path)) == (before, files)
    assert told(await bring(other, tmp_path / "out")) == pretended
    found = import_paths(other, [tmp_path / "out"], dry_run=True)
    assert {item.outcome async for item in found} == {"unchanged"}


async def test_what_the_receiver_must_set_is_told(library: Library, tmp_path: Path) -> None:
    blocks = [block("ask", apiKey="{{OPENAI_API_KEY}}", other="{{GITHUB_TOKEN}} {{ask.x}}")]
    (tmp_path / "a.json").write_bytes(as_bytes(document("Needy", blocks, ident="needy")))
    await bring(library, tmp_path / "a.json")
    for form in exporting.FORMS:
        done = await exporting.export_to(library, ["needy"], form, tmp_path / form)
        assert done.needs == ("GITHUB_TOKEN", "OPENAI_API_KEY")
    with zipfile.ZipFile(tmp_path / "bundle") as zipped:
        assert json.loads(zipped.read("manifest.json"))["needs"] == list(done.needs)


@pytest.mark.parametrize("form", ["bundle", "files"])
async def test_a_key_in_a_text_file_is_told_and_nothing_is_written(
    laden: Library, tmp_path: Path, form: str
) -> None:
    await give(laden, "lead", "notes.env", f"OPENAI={KEY}\n".encode())
    await give(laden, "lead", "random.bin", b"\0" + KEY.encode())
    await give(laden, "lead", "large.txt", KEY.encode() + b"\n" * 1_000_000)
    before = tree(tmp_path)
    with pytest.raises(BadInput) as caught:
        await exporting.export_to(laden, ["lead"], form, tmp_path / "out")
    assert "1 value in it looks like a key" in caught.value.message
    assert "Lead enricher · file notes.env: sk-p… (40 characters)" in caught.value.message
    assert tree(tmp_path) == before
    await exporting.export_to(laden, ["lead"], form, tmp_path / "out", allow_secrets=True)


async def test_a_damaged_file_stays_here_and_is_told(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await laden.store.write(
        lambda connection: (
            connection.execute(
                "UPDATE asset_pieces SET data = x'00' WHERE number = 1 AND content_id ="
                " (SELECT c.id FROM asset_contents AS c JOIN assets AS a ON a.digest = c.digest"
                " WHERE a.name = 'shared.bin' LIMIT 1)"
            ).rowcount
        )
    )
    with pytest.raises(Damaged, match=r"shared\.bin"):
        await exporting.export_to(laden, ["lead"], "bundle", tmp_path / "one")
    assert list(tmp_path.glob("one*")) == []
    for form in ("bundle", "files"):
        done = await exporting.export_to(laden, None, form, tmp_path / form)
        assert len(done.left_out) == 2
        assert all("shared.bin" in sentence for sentence in done.left_out)
        await bring(other, tmp_path / form)
    assert {asset.name for asset in await other.assets.of("lead")} == {
        "CON.txt", "Plan.txt", "plan.txt", "zeros",
    }  # fmt: skip


async def test_plain_files_carry_the_files_of_every_workflow(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, None, "files", tmp_path / "out")
    assert (tmp_path / "out" / "assets" / "lead" / "shared.bin").read_bytes() == SHARED
    await bring(other, tmp_path / "out")
    for ident in await laden.store.read(workflows.ids, trash=None):
        assert await whole(other, ident) == await whole(laden, ident)
    before = await tables_of(other)
    assert {item.outcome for item in await bring(other, tmp_path / "out")} == {"unchanged"}
    assert await tables_of(other) == before


async def test_a_plain_file_that_was_altered_is_refused_and_the_others_come_in(
    laden: Library, other: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, None, "files", tmp_path / "out")
    (tmp_path / "out" / "assets" / "lead" / "shared.bin").write_bytes(b"other")
    (tmp_path / "out" / "assets" / "lead" / "zeros").unlink()
    (tmp_path / "out" / "assets" / "lead" / "zeros").symlink_to("/etc/hostname")
    items = await bring(other, tmp_path / "out")
    refused = {item.entry: str(item.reason) for item in items if item.outcome == "refused"}
    assert set(refused) == {"assets/lead/shared.bin", "assets/lead/zeros"}
    assert "digest is another" in refused["assets/lead/shared.bin"]
    assert "a link" in refused["assets/lead/zeros"]
    assert len(await other.assets.of("lead")) == 3
    assert len(await other.assets.of("placed")) == 1


@pytest.mark.parametrize("form", ["bundle", "files"])
async def test_runs_go_along_and_come_back_as_they_were(
    laden: Library, other: Library, tmp_path: Path, form: str
) -> None:
    for number in range(3):
        events = [
            {"event": "run", "id": f"r{number}", "workflow_id": "lead", "started_at": STARTED},
            {"event": "log", "run_id": f"r{number}", "at": STARTED, "message": "asking"},
            {"event": "end", "run_id": f"r{number}", "status": "completed", "output": {"n": 1}},
        ]
        await take_bundled(
            laden, iter([b"".join(json.dumps(each).encode() + b"\n" for each in events)])
        )
    before = await lines_of_runs(laden)
    await exporting.export_to(laden, ["lead"], form, tmp_path / "out", with_runs=form == "bundle")
    take = partial(take_bundled, other)
    for dry_run in (True, False, False):
        found = import_paths(other, [tmp_path / "out"], dry_run=dry_run, take_runs=take)
        assert {item.outcome async for item in found} <= {"imported", "unchanged"}
        assert await lines_of_runs(other) == (b"" if dry_run else before)


async def lines_of_runs(library: Library) -> bytes:
    return b"".join([lines async for lines in library.runs.events()])


async def test_a_workspace_zip_has_no_place_for_files_and_needs_none(
    laden: Library, tmp_path: Path
) -> None:
    await exporting.export_to(laden, None, "zip", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as zipped:
        assert not [name for name in zipped.namelist() if "shared" in name]


def test_past_two_gigabytes_the_long_end_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """From there on `zipfile` writes both ends, and the short one still says where things are."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        zipped.writestr("workflow.json", bytes(200))
    assert b"PK\6\6" in stream.getvalue()
    reader = ZipReader(stream, "the zip")
    assert reader.read(reader.entries[0]) == bytes(200)


async def test_only_a_bundle_may_be_larger_than_an_archive(other: Library, tmp_path: Path) -> None:
    path = tmp_path / "huge.zip"
    for name, reason in (("workflow.json", "its end is missing"), ("a.json", "512 MB")):
        path.write_bytes(archive(Entry(name)))
        os.truncate(path, MAX_ARCHIVE_BYTES + 1)
        (item,) = await bring(other, path)
        assert reason in str(item.reason)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, 5 << 20, 25 << 20])
def test_what_is_written_is_never_denser_than_what_is_read(size: int) -> None:
    stream = io.BytesIO()
    writer = bundle.BundleWriter(stream, made_by="simtui", made_at_ms=0)
    writer.workflow(
        Workflow("lead", "Lead", "", "", 0, 0, "", 0, 0, 0, "F1"), (), as_bytes(document()), ()
    )
    with writer.asset(Asset("lead", "zeros", "", size, 0)) as sink:
        for _ in range(size >> 20):
            sink.write(bytes(1 << 20))
        sink.write(bytes(size & 0xFFFFF))
    writer.close()
    reader = bundle.BundleReader(ZipReader(stream, "the zip"))
    assert sum(map(len, reader.pieces("assets/zeros"))) == size
    assert len(stream.getvalue()) < 10_000 + size // 90
