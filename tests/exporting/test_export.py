"""What leaves the library is exact, and leaves nothing behind where it cannot leave."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from simtui import exporting
from simtui.errors import BadInput, Damaged, NotFound, NotWritable, UsageError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.conftest import Command
from tests.exporting.conftest import SAMPLE, bring
from tests.harming import flip_a_bit
from tests.looking import tables_of, tree
from tests.making import as_bytes, block, document

FORMS = ["zip", "files"]
KEY = "sk-proj-" + "q7W2e9R4" * 4


# --- Sim's JSON ------------------------------------------------------------------------------


async def test_sims_json_is_the_exact_document(filled: Library, tmp_path: Path) -> None:
    stream = io.BytesIO()
    size = await exporting.export_sim(filled, "resume", stream)
    assert stream.getvalue() == as_bytes(SAMPLE["resume"])
    done = await exporting.export_to(filled, ["resume"], "sim", tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == stream.getvalue()
    assert done == exporting.Exported(tmp_path / "out.json", 1, size)


@pytest.mark.parametrize("ids", [None, [], ["resume", "lead"]], ids=["all", "none", "two"])
async def test_sims_json_holds_one_workflow(
    filled: Library, tmp_path: Path, ids: list[str] | None
) -> None:
    with pytest.raises(UsageError, match="one workflow"):
        await exporting.export_to(filled, ids, "sim", tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


async def test_a_form_that_is_none_is_a_usage_error(filled: Library, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sim, bundle, zip, files"):
        await exporting.export_to(filled, None, "pdf", tmp_path / "out")


def test_the_command_writes_one_workflow_to_standard_output(
    simtui: Command, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(as_bytes(SAMPLE["resume"]))
    assert simtui("import", path).returncode == 0
    done = simtui("export", "resume")
    assert (done.returncode, done.stdout.encode()) == (0, path.read_bytes())


# --- where it goes ---------------------------------------------------------------------------


async def test_without_a_place_it_goes_into_the_homes_exports_under_a_free_name(
    filled: Library,
) -> None:
    async def name(ids: list[str] | None, form: str) -> str:
        done = await exporting.export_to(filled, ids, form)
        assert done.path is not None
        assert done.path.parent == filled.home.exports
        return done.path.name

    assert await name(["resume"], "sim") == "Résumé-naïve-πarser-.json"
    assert await name(["resume"], "sim") == "Résumé-naïve-πarser--2.json"
    assert await name(["resume", "lead"], "zip") == "simtui-workflows.zip"
    assert await name(None, "zip") == "simtui-library.zip"
    assert await name(None, "files") == "simtui-library"
    assert await name(None, "files") == "simtui-library-2"
    assert filled.home.exports.stat().st_mode & 0o777 == 0o700


async def test_into_a_folder_it_goes_under_its_own_name(filled: Library, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = await exporting.export_to(filled, None, "zip", tmp_path / "out")
    assert done.path == tmp_path / "out" / "simtui-library.zip"


@pytest.mark.parametrize("form", ["sim", *FORMS])
async def test_what_is_there_is_never_written_over(
    filled: Library, tmp_path: Path, form: str
) -> None:
    target = tmp_path / "mine"
    target.write_text("mine")
    with pytest.raises(UsageError, match="stays as it is"):
        await exporting.export_to(filled, ["lead"], form, target)
    assert target.read_text() == "mine"


async def test_a_folder_with_something_in_it_stays_as_it_is(
    filled: Library, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="stays as it is"):
        await exporting.export_to(filled, None, "files", tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("form", ["sim", *FORMS])
async def test_a_place_that_cannot_be_is_told(filled: Library, tmp_path: Path, form: str) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(NotWritable, match="cannot be written"):
            await exporting.export_to(filled, ["lead"], form, target)


async def test_what_is_written_is_private(filled: Library, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for form in ("sim", *FORMS):
        await exporting.export_to(filled, ["lead"], form, tmp_path / "out" / form)
    for path in (tmp_path / "out").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_a_workflow_that_is_not_there_is_not_found(filled: Library, tmp_path: Path) -> None:
    before = tree(tmp_path)
    for form in ("sim", *FORMS):
        with pytest.raises(NotFound):
            await exporting.export_to(filled, ["nobody"], form, tmp_path / "out")
    assert tree(tmp_path) == before


# --- what looks like a key -------------------------------------------------------------------


@pytest.fixture
async def leaky(library: Library, tmp_path: Path) -> Library:
    """A key in one workflow, in an earlier version of another, and in one in the trash."""
    safe = document("Safe now", [block("ask", apiKey="{{OPENAI_API_KEY}}")], ident="once")
    for number, (content, ident) in enumerate(
        [
            (document("Leaky", [block("ask", "agent", "Ask", apiKey=KEY)], ident="leaky"), "leaky"),
            (document("Not yet", [block("ask", apiKey=KEY)], ident="once"), "once"),
            (safe, "once"),
            (document("Binned", [block("ask", apiKey=KEY)], ident="binned"), "binned"),
        ]
    ):
        (tmp_path / f"{number}-{ident}.json").write_bytes(as_bytes(content))
    await bring(library, tmp_path)
    await library.workflows.delete(["binned"])
    return library


@pytest.mark.parametrize(
    ("ids", "form", "where"),
    [
        (["leaky"], "sim", ["Leaky · Ask · apiKey: sk-p… (40 characters)"]),
        (None, "zip", ["Leaky · Ask"]),
        (None, "files", ["Leaky · Ask", "Safe now · version 1 · Ask", "Binned · Ask"]),
    ],
)
async def test_likely_keys_are_told_and_nothing_is_written(
    leaky: Library, tmp_path: Path, ids: list[str] | None, form: str, where: list[str]
) -> None:
    before = tree(tmp_path)
    with pytest.raises(BadInput) as caught:
        await exporting.export_to(leaky, ids, form, tmp_path / "out")
    for place in where:
        assert place in caught.value.message
    assert len(caught.value.message.splitlines()) == len(where) + 2
    assert KEY not in caught.value.message
    assert tree(tmp_path) == before
    with pytest.raises(BadInput):
        await exporting.export_to(leaky, ids, form)
    assert not leaky.home.exports.exists() or not list(leaky.home.exports.iterdir())


@pytest.mark.parametrize("form", FORMS)
async def test_likely_keys_leave_where_that_is_insisted_on(
    leaky: Library, tmp_path: Path, form: str
) -> None:
    await exporting.export_to(leaky, None, form, tmp_path / "out", allow_secrets=True)
    async with await Library.open(Home(tmp_path / "other")) as other:
        await bring(other, tmp_path / "out")
        assert await other.workflows.document("leaky") == await leaky.workflows.document("leaky")


async def test_one_that_is_safe_leaves_beside_one_that_is_not(
    leaky: Library, tmp_path: Path
) -> None:
    await exporting.export_to(leaky, ["once"], "zip", tmp_path / "out.zip")
    with pytest.raises(BadInput, match="version 1"):
        await exporting.export_to(leaky, ["once"], "files", tmp_path / "out")


def test_the_command_refuses_a_likely_key_with_6(simtui: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(as_bytes(document(blocks=[block("ask", apiKey=KEY)], ident="leaky")))
    assert simtui("import", path).returncode == 0
    refused = simtui("export", "leaky")
    assert (refused.returncode, refused.stdout) == (6, "")
    assert "--allow-secrets" in refused.stderr
    assert KEY not in refused.stderr
    insisted = simtui("export", "leaky", "--allow-secrets")
    assert (insisted.returncode, insisted.stdout.encode()) == (0, path.read_bytes())


# --- what cannot be finished -----------------------------------------------------------------


@pytest.mark.parametrize("allow_secrets", [False, True], ids=["with its scan", "without"])
@pytest.mark.parametrize("form", ["sim", *FORMS])
async def test_a_damaged_document_that_was_asked_for_ends_the_export_with_nothing_left(
    filled: Library, tmp_path: Path, form: str, allow_secrets: bool
) -> None:
    asked = [(await filled.workflows.find("resume")).id]
    await filled.store.write(flip_a_bit, "resume")
    (tmp_path / "empty").mkdir()
    before, rows = tree(tmp_path, without=filled.home.root), await tables_of(filled)
    targets = [tmp_path / "out"] + [tmp_path / "empty"] * (form == "files")
    for target in targets:
        with pytest.raises(Damaged, match="resume"):
            await exporting.export_to(filled, asked, form, target, allow_secrets=allow_secrets)
    assert tree(tmp_path, without=filled.home.root) == before
    assert await tables_of(filled) == rows


@pytest.mark.parametrize("form", FORMS)
async def test_a_damaged_document_does_not_keep_the_others_in(
    filled: Library, tmp_path: Path, form: str
) -> None:
    sound = await filled.workflows.count(trash=False) + await filled.workflows.count(trash=True)
    await filled.store.write(flip_a_bit, "resume")
    done = await exporting.export_to(filled, None, form, tmp_path / "out", allow_secrets=True)
    assert any("resume" in sentence for sentence in done.left_out)
    assert 0 < done.workflows < sound
    async with await Library.open(Home(tmp_path / "other")) as other:
        outcomes = [item.outcome async for item in import_paths(other, [tmp_path / "out"])]
    assert outcomes == ["imported"] * done.workflows


@pytest.mark.parametrize("form", FORMS)
async def test_an_export_that_is_cancelled_anywhere_leaves_nothing(
    filled: Library, tmp_path: Path, form: str
) -> None:
    before = tree(tmp_path, without=filled.home.root)
    whole = 0
    for steps in range(1, 400, 3):
        export = exporting.export_to(filled, None, form, tmp_path / "out")
        task = asyncio.create_task(export)
        for _ in range(steps):
            await asyncio.sleep(0)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                await task
            assert tree(tmp_path, without=filled.home.root) == before
        else:
            whole += 1
            _take_away(tmp_path / "out")
    assert whole < 100


async def test_an_export_that_is_cancelled_ends_when_nobody_writes_any_more(
    filled: Library,
) -> None:
    """What it writes to is about to be closed and taken away."""
    started, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def write(self, content: Any) -> int:
            started.set()
            go_on.wait(30)
            return super().write(content)

    stream = Slow()
    task = asyncio.create_task(exporting.export_sim(filled, "resume", stream))
    await asyncio.to_thread(started.wait, 30)
    task.cancel()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stream.getvalue() == as_bytes(SAMPLE["resume"])


def _take_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_leaves_nothing_and_is_told_in_a_line(
    simtui: Command, home: Home, tmp_path: Path, form: str
) -> None:
    """With the largest file that the process may write in place of the disk's end."""
    for number in range(100):
        value = document(f"W {number}", [block("ask", prompt=os.urandom(2_000).hex())])
        (tmp_path / f"{number}.json").write_bytes(as_bytes(value))
    large = document("W large", [block("ask", prompt=os.urandom(200_000).hex())])
    (tmp_path / "large.json").write_bytes(as_bytes(large))
    assert simtui("import", tmp_path).returncode == 0
    before = tree(tmp_path, without=home.root)
    script = (
        "import resource, runpy, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (99_000, 99_000))\n"
        "runpy.run_module('simtui', run_name='__main__')"
    )
    words = ["--home", home.root, "export", "--all", "--as", form, "--to", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (8, "")
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written: File too large" in done.stderr
    assert tree(tmp_path, without=home.root) == before


async def test_a_workflow_named_twice_leaves_once(filled: Library, tmp_path: Path) -> None:
    done = await exporting.export_to(filled, ["lead", "resume", "lead"], "zip", tmp_path / "a.zip")
    assert done.workflows == 2


# --- you can leave ---------------------------------------------------------------------------


async def test_a_stock_program_reads_the_zip(filled: Library, tmp_path: Path) -> None:
    await exporting.export_to(filled, None, "zip", tmp_path / "out.zip")
    shutil.unpack_archive(tmp_path / "out.zip", tmp_path / "unpacked")
    contents = {path.read_bytes() for path in (tmp_path / "unpacked").rglob("*.json")}
    for row in await filled.workflows.page():
        assert await filled.workflows.document(row.id) in contents


async def test_the_zip_has_sims_layout(filled: Library, tmp_path: Path) -> None:
    await exporting.export_to(filled, None, "zip", tmp_path / "out.zip")
    shutil.unpack_archive(tmp_path / "out.zip", tmp_path / "unpacked")
    found = [path for path in tree(tmp_path / "unpacked") if path.endswith(".json")]
    nameless = next(path for path in found if "Nameless" in path)
    assert nameless.startswith("Ops-Intake/Nameless-in-a-folder-")
    assert sorted(set(found) - {nameless}) == [
        "Lead-enricher-lead.json",
        "Ops-Intake/Täglich-日報/In-a-folder-placed.json",
        "Résumé-naïve-πarser--resume.json",
        "_workspace.json",
    ]
    index = json.loads((tmp_path / "unpacked" / "_workspace.json").read_text())
    names = {item["name"]: item for item in index["folders"]}
    assert names.keys() == {"Ops / Intake", "Täglich 日報", "Empty"}
    assert names["Täglich 日報"]["parentId"] == names["Ops / Intake"]["id"] == "f1"


async def test_plain_files_are_the_documents_themselves(filled: Library, tmp_path: Path) -> None:
    await exporting.export_to(filled, None, "files", tmp_path / "out")
    read = {
        path: (tmp_path / "out" / path).read_bytes()
        for path in tree(tmp_path / "out")
        if path.endswith(".json")
    }
    workflows = tmp_path / "out" / "workflows"
    assert read["workflows/Lead-enricher-lead.json"] == await filled.workflows.document("lead")
    assert (workflows / "Ops-Intake" / "Täglich-日報" / "In-a-folder-placed.json").is_file()
    assert read["trash/AUX--con-.json"] == await filled.workflows.document("con")
    assert {Path(path).parts[0] for path in read} == {"workflows", "trash", "versions"}
    versions = [content for path, content in read.items() if path.startswith("versions/lead/")]
    assert versions == [
        await filled.workflows.version_document("lead", number) for number in (1, 2, 3)
    ]
    for line in (tmp_path / "out" / "index.ndjson").read_text().splitlines():
        assert isinstance(json.loads(line), dict)
