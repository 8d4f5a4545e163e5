"""Real files, as Sim wrote them: what comes in goes out the same, value for value and in the same
order of keys, but for the time of the export; and an F1 file byte for byte."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simtui.exporting import export_sim
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder
from simtui.formats.json_reader import read_json
from simtui.formats.sim_zip import ZipDocument, documents_in
from simtui.formats.zip_reader import ZipReader
from simtui.importing import ImportItem, import_paths
from simtui.library import Library
from simtui.model.problems import problems_of
from simtui.model.workflow import digest_of
from tests.formats.shapes import NOW_MS, in_order, leaves

SHAPES = {
    "api-v2-export-response.json": "F3",
    "fixture-2026-08-raw-state-loop-parallel-table-tool.json": "L1",
    "legacy-2025-03-serialized-invalid.json": "S1",
    "legacy-2025-03-state-agentwithtools.json": "L1",
    "legacy-2025-03-state-complex.json": "L1",
    "legacy-2025-03-state-conditional.json": "L1",
    "legacy-2025-03-state-invalid.json": "L1",
    "legacy-2025-03-state-loop.json": "L1",
    "legacy-2025-03-state-minimal.json": "L1",
    "sim-single-variables.json": "F1",
    "tpl-brand-mention.json": "F1",
    "tpl-competitor-monitor.json": "F1",
    "tpl-customer-feedback-digest.json": "F1",
    "tpl-email-triage.json": "F1",
    "tpl-gh-release-agent.json": "F1",
    "tpl-knowledge-base-qa.json": "F1",
    "tpl-meeting-followup-agent.json": "F1",
}
ZIPS = {"sim-multi.zip": 7, "sim-workspace.zip": 6, "sim-folder.zip": 3}
ANSWERS = {
    "api-v2-import-response.json",
    "api-v2-log-detail.json",
    "api-v2-logs-list.json",
    "api-v2-run-status.json",
}


def only_draft(raw: bytes, name: str) -> Draft:
    (draft,) = drafts(*read_json(raw, name), file_name=name, now_ms=NOW_MS)
    assert isinstance(draft, Draft)
    return draft


def without_times(value: Any) -> Any:
    """A document in order of its keys, without its two times of export."""
    kind, pairs = value
    kept = []
    for key, item in pairs:
        if key == "state":
            inner = [
                (name, ("object", tuple(p for p in part[1] if p[0] != "exportedAt")))
                if name == "metadata"
                else (name, part)
                for name, part in item[1]
            ]
            kept.append((key, (item[0], tuple(inner))))
        elif key != "exportedAt":
            kept.append((key, item))
    return kind, tuple(kept)


def assert_the_same(code: str, raw: bytes, out: bytes) -> None:
    """What went out holds what came in, in the words of the shape that it came in."""
    if code == "F1":
        assert out == raw.removeprefix(b"\xef\xbb\xbf")
        return
    wanted, found = in_order(raw), in_order(out)
    if code == "L1":
        assert dict(found[1])["state"] == wanted
    elif code == "F3":
        assert found == dict(wanted[1])["data"]
    else:
        assert code == "S1"
        held = Counter(map(repr, leaves(json.loads(out))))
        assert Counter(map(repr, leaves(json.loads(raw)))) <= held


def test_every_real_file_is_accounted_for(real_exports: Path) -> None:
    there = {path.name for path in real_exports.iterdir() if path.suffix in (".json", ".zip")}
    assert there == SHAPES.keys() | ZIPS.keys() | ANSWERS


@pytest.mark.parametrize("name", SHAPES)
def test_a_real_file_comes_in_and_goes_out_the_same(real_exports: Path, name: str) -> None:
    raw = (real_exports / name).read_bytes()
    draft = only_draft(raw, name)
    assert draft.format == SHAPES[name]
    assert_the_same(draft.format, raw, draft.document)


@pytest.mark.parametrize("name", SHAPES)
def test_what_goes_out_comes_in_again_as_the_same_workflow(real_exports: Path, name: str) -> None:
    draft = only_draft((real_exports / name).read_bytes(), name)
    again = only_draft(draft.document, name)
    assert again.document == draft.document
    digests = [digest_of(each.value, each.document) for each in (draft, again)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", [name for name, code in SHAPES.items() if code == "F1"])
def test_a_byte_order_mark_is_all_that_a_real_file_loses(real_exports: Path, name: str) -> None:
    raw = (real_exports / name).read_bytes()
    assert only_draft(b"\xef\xbb\xbf" + raw, name).document == raw


@pytest.mark.parametrize("name", ZIPS)
def test_every_workflow_of_a_real_zip_comes_in_byte_for_byte(real_exports: Path, name: str) -> None:
    whole = (real_exports / name).read_bytes()
    found = [
        item for item in documents_in(ZipReader(io.BytesIO(whole), name))
        if isinstance(item, ZipDocument)
    ]  # fmt: skip
    assert len(found) == ZIPS[name]
    with zipfile.ZipFile(io.BytesIO(whole)) as plain:
        for item in found:
            draft = only_draft(item.content, item.name)
            assert draft.format == "F1"
            assert draft.document == plain.read(item.name)


def test_the_folders_of_the_real_workspace_have_their_names(real_exports: Path) -> None:
    whole = io.BytesIO((real_exports / "sim-workspace.zip").read_bytes())
    found = list(documents_in(ZipReader(whole, "it")))
    folders = {item.path for item in found if isinstance(item, Folder)}
    assert folders == {
        ("Ops / Intake",),
        ("Ops / Intake", "Täglich 日報"),
        ("Ops / Intake", "Täglich 日報", "deep"),
        ("Empty",),
    }
    places = {item.folder for item in found if isinstance(item, ZipDocument)}
    assert places == folders - {("Empty",)} | {()}


UNSOUND = {
    "legacy-2025-03-state-invalid.json": ['block "invalid" has a type that is not known here'],
    "legacy-2025-03-serialized-invalid.json": ['block "invalid" has a type that is not known here'],
}


@pytest.mark.parametrize("name", SHAPES)
def test_real_blocks_are_known_and_real_workflows_are_sound(real_exports: Path, name: str) -> None:
    found = problems_of(only_draft((real_exports / name).read_bytes(), name).value)
    assert [problem.partition(": ")[0] for problem in found] == UNSOUND.get(name, [])


@pytest.mark.parametrize("name", [*SHAPES, *ZIPS])
async def test_the_library_gives_back_every_real_file_as_it_came(
    real_exports: Path, library: Library, name: str
) -> None:
    items = [item async for item in import_paths(library, [real_exports / name])]
    assert len(items) == ZIPS.get(name, 1)
    for item in items:
        await assert_given_back(library, item)


async def assert_given_back(library: Library, item: ImportItem) -> None:
    assert item.workflow_id is not None
    stream = io.BytesIO()
    await export_sim(library, item.workflow_id, stream, allow_secrets=True)
    source = Path(item.source)
    if item.entry is None:
        raw = source.read_bytes()
    else:
        with zipfile.ZipFile(source) as plain:
            raw = plain.read(item.entry)
    if item.outcome == "imported":
        assert_the_same(SHAPES.get(source.name, "F1"), raw, stream.getvalue())
    else:  # the same workflow, exported at another time, was there already
        assert item.outcome == "unchanged"
        assert without_times(in_order(raw)) == without_times(in_order(stream.getvalue()))


async def test_the_library_refuses_the_answers_of_the_api_by_name(
    real_exports: Path, library: Library
) -> None:
    paths = [real_exports / name for name in sorted(ANSWERS)]
    items = [item async for item in import_paths(library, paths)]
    assert [(Path(item.source).name, item.outcome, item.reason) for item in items] == [
        (
            "api-v2-import-response.json",
            "refused",
            "Sim's answer to an import: it names a workflow, and does not hold it",
        ),
        (
            "api-v2-log-detail.json",
            "refused",
            "Sim's log of one run, no workflow: `simtui runs import` takes it",
        ),
        (
            "api-v2-logs-list.json",
            "refused",
            "Sim's list of logs, no workflow: `simtui runs import` takes it",
        ),
        (
            "api-v2-run-status.json",
            "refused",
            "Sim's answer about one run, no workflow: `simtui runs import` takes it",
        ),
    ]
    assert await library.workflows.count() == 0
