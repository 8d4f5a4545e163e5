"""Sim's zips come in with their folders and names: Z1 and Z4 by what is in them, Z2 and Z3 by their
index."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder, Refused
from simtui.formats.json_reader import read_json
from simtui.formats.sim_zip import ZipBundle, ZipDocument, documents_in
from tests.formats.shapes import ID, NOW_MS, f1, payload, state
from tests.formats.zips import Entry, archive, opened
from tests.making import as_bytes, document

Found = Draft | Folder | Refused


def taken(*entries: Entry) -> list[Found]:
    """Everything in a zip, each workflow with the shape and the folder that the zip gives it."""
    found: list[Found] = []
    for item in documents_in(opened(archive(*entries))):
        assert not isinstance(item, ZipBundle)
        if not isinstance(item, ZipDocument):
            found.append(item)
            continue
        for draft in drafts(*read_json(item.content, "it"), file_name=item.name, now_ms=NOW_MS):
            assert isinstance(draft, Draft)
            found.append(draft)
            assert draft.folder is None
    return found


def documents(*entries: Entry) -> list[ZipDocument]:
    items = documents_in(opened(archive(*entries)))
    return [item for item in items if isinstance(item, ZipDocument)]


def flow(path: str, value: Any = None) -> Entry:
    return Entry(path, as_bytes(document() if value is None else value))


def index(name: str, folders: Any, **about: Any) -> Entry:
    return Entry(name, as_bytes({**about, "folders": folders}))


FOLDERS = [
    {"id": "f1", "name": "Ops / Intake", "parentId": None, "sortOrder": 0},
    {"id": "f2", "name": "Täglich 日報 🚀", "parentId": "f1", "sortOrder": 1},
    {"id": "f3", "name": "Empty", "parentId": None},
]


@pytest.mark.parametrize(
    ("value", "own", "wanted"),
    [(f1(state()), "F1", "Z1"), (payload(state()), "F4", "Z4"), (state(), "L1", "L1")],
)
def test_a_zip_without_an_index_is_told_by_what_is_in_it(value: Any, own: str, wanted: str) -> None:
    (item,) = documents(flow("my-flow.json", value))
    (draft,) = drafts(*read_json(item.content, "it"), file_name=item.name, now_ms=NOW_MS)
    assert isinstance(draft, Draft)
    assert (draft.format, item.format_of(draft.format)) == (own, wanted)


def test_every_workflow_of_a_flat_zip_is_taken() -> None:
    names = ["flow.json", "flow-1.json", "Straße.JSON"]
    assert [item.name for item in documents(*map(flow, names))] == names


@pytest.mark.parametrize(
    ("name", "about", "code", "top"),
    [
        ("_workspace.json", {"workspace": {"name": "Acme"}}, "Z2", ()),
        ("_folder.json", {"folder": {"name": "Top: one"}}, "Z3", ("Top: one",)),
    ],
)
@pytest.mark.parametrize("index_first", [True, False])
def test_an_index_gives_folders_their_names(
    name: str, about: Any, code: str, top: tuple[str, ...], index_first: bool
) -> None:
    flows = [
        flow(f"at-the-top-{ID}.json"),
        flow("Ops-Intake/in-one.json"),
        flow("Ops-Intake/Täglich-日報-/in-two.json"),
        flow("Ops-Intake/Unnamed/in-another.json"),
        flow("Elsewhere/in-none.json"),
    ]
    listed = index(name, FOLDERS, **about)
    entries = [listed, *flows] if index_first else [*flows, listed]
    items = documents(*entries)
    assert {item.code for item in items} == {code}
    assert [item.folder for item in items] == [
        top,
        (*top, "Ops / Intake"),
        (*top, "Ops / Intake", "Täglich 日報 🚀"),
        (*top, "Ops / Intake", "Unnamed"),
        (*top, "Elsewhere"),
    ]
    folders = [item for item in taken(*entries) if isinstance(item, Folder)]
    assert folders == [
        *([Folder(top)] if top else []),
        Folder((*top, "Ops / Intake"), "f1", 0),
        Folder((*top, "Ops / Intake", "Täglich 日報 🚀"), "f2", 1),
        Folder((*top, "Empty"), "f3"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "Ops-Intake/Täglich-日報-/flow.json",  # since April 2026
        "Ops---Intake/T-glich------/flow.json",  # before: ASCII, a dash for each UTF-16 unit
    ],
)
def test_the_folders_of_an_older_zip_are_found_as_well(path: str) -> None:
    (item,) = documents(index("_workspace.json", FOLDERS), flow(path))
    assert item.folder == ("Ops / Intake", "Täglich 日報 🚀")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a -- b", "a----b"),
        ("Ops ", "Ops-"),
        ("two\u200bparts", "two-parts"),
        ("日" * 60, "日" * 60),
        ("e\u0301t\u00e9", "e-té"),
        ("CON", "CON-"),
    ],
)
def test_a_folder_is_found_by_sims_own_spelling(name: str, place: str) -> None:
    folders = [{"id": "f1", "name": name, "parentId": None}]
    items = documents(index("_workspace.json", folders), flow(f"{place}/flow.json"))
    assert items[0].folder == (name.replace("\u200b", "").strip(),)


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'{"folders": 5}', b'{"folders": [5]}'])
def test_a_broken_index_does_not_stop_the_workflows(content: bytes) -> None:
    found = taken(Entry("_workspace.json", content), flow("Ops-Intake/flow.json"))
    refused = [item for item in found if isinstance(item, Refused)]
    assert [item.reason for item in refused] == (
        ["the index: cut short (line 1, column 2)."] if content == b"{" else []
    )
    assert len(found) == len(refused) + 1
    (item,) = documents(Entry("_workspace.json", content), flow("Ops-Intake/flow.json"))
    assert (item.code, item.folder) == ("Z2", ("Ops-Intake",))


def test_an_index_of_the_other_kind_of_place_is_a_file_like_any_other() -> None:
    items = documents(flow("deep/_workspace.json"), flow("flow.json"))
    assert [(item.name, item.code) for item in items] == [
        ("deep/_workspace.json", ""),
        ("flow.json", ""),
    ]


def test_what_is_no_json_is_passed_over() -> None:
    others = ["README.md", "flow.yaml", "__MACOSX/flow.json", "a/._flow.json", "json", ".DS_Store"]
    assert [item.name for item in documents(*map(flow, others), flow("flow.json"))] == ["flow.json"]


def test_one_bad_workflow_does_not_stop_the_rest() -> None:
    found = taken(flow("a.json"), Entry("bad.json", b"{}", crc=1), flow("c.json"))
    assert [type(item) for item in found] == [Draft, Refused, Draft]
    assert found[1] == Refused("bad.json", '"bad.json": damaged (its checksum is another)', None)


def test_the_id_at_the_end_of_an_entrys_name_is_kept() -> None:
    found = taken(flow(f"Ops/my-flow-{ID}.json", f1(state())))
    assert isinstance(found[0], Draft)
    assert (found[0].id, found[0].name) == (ID, "My Flow")
    assert json.loads(found[0].document) == f1(state())
