"""What goes out as a workspace zip comes back as it was, with every name, folder and document; and
stock tools read it."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import uuid
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder
from simtui.formats.json_reader import read_json
from simtui.formats.sim_zip import SimZipWriter, ZipDocument, documents_in
from simtui.formats.zip_reader import MAX_ENTRIES, MAX_NAME_BYTES, ZipReader
from tests.formats.shapes import NOW_MS
from tests.formats.strategies import exports, folders, names, patiently
from tests.making import as_bytes, document

Segments = tuple[str, ...]
Placed = tuple[str | None, str, Segments, bytes]
"""A workflow's id, name, folder and document."""

ID = "3b1f7c92-8d4e-4a6b-9c0d-5e2f8a714b36"


def written(
    flows: list[Placed], named: list[tuple[Segments, str | None, int | None]] | None = None
) -> io.BytesIO:
    stream = io.BytesIO()
    writer = SimZipWriter(stream, workspace="home", exported_at_ms=NOW_MS)
    for path, ident, order in named or []:
        writer.add_folder(path, ident, order)
    for ident, name, folder, raw in flows:
        assert ident is not None
        writer.add(ident, name, folder, raw)
    writer.close()
    return stream


def come_back(stream: io.BytesIO) -> tuple[list[Placed], list[Folder]]:
    flows: list[Placed] = []
    places: list[Folder] = []
    for item in documents_in(ZipReader(stream, "the zip")):
        if isinstance(item, Folder):
            places.append(item)
            continue
        assert isinstance(item, ZipDocument)
        assert item.code == "Z2"
        (draft,) = drafts(*read_json(item.content, "it"), file_name=item.name, now_ms=0)
        assert isinstance(draft, Draft)
        flows.append((draft.id, draft.name, item.folder, draft.document))
    return flows, places


def named_flow(name: str, ident: str = ID, folder: Segments = ()) -> Placed:
    return (ident, name, folder, as_bytes(document(name)))


@patiently
@given(st.lists(st.tuples(st.uuids(), names, folders), max_size=12))
def test_every_name_and_every_folder_comes_back(
    flows: list[tuple[uuid.UUID, str, Segments]],
) -> None:
    put_in = [named_flow(name, str(ident), folder) for ident, name, folder in flows]
    taken, places = come_back(written(put_in))
    assert taken == put_in
    every = {folder[:depth] for _, _, folder, _ in put_in for depth in range(1, len(folder) + 1)}
    assert {place.path for place in places} == every
    assert len(places) == len(every)


@patiently
@given(exports(), st.uuids())
def test_every_document_comes_back_byte_for_byte(value: Any, ident: uuid.UUID) -> None:
    raw = as_bytes(value)
    taken, _ = come_back(written([(str(ident), "flow", (), raw)]))
    assert [(found[0], found[3]) for found in taken] == [(str(ident), raw)]


@patiently
@given(
    st.dictionaries(
        folders.filter(len),
        st.tuples(st.none() | st.sampled_from(["f1", "f2", "f3"]), st.none() | st.integers(0, 99)),
        max_size=8,
    )
)
def test_every_folders_id_and_order_come_back(
    named: dict[Segments, tuple[str | None, int | None]],
) -> None:
    _, places = come_back(written([], [(path, *told) for path, told in named.items()]))
    found = {place.path: place for place in places}
    assert len({place.id for place in places}) == len(places)
    for path, (ident, order) in named.items():
        if order is not None:
            assert found[path].sort_order == order
        if ident is not None and [told[0] for told in named.values()].count(ident) == 1:
            assert found[path].id == ident


def test_a_folder_that_is_named_after_what_lies_in_it_keeps_it() -> None:
    named = [(("Ops", "Täglich"), None, None), (("Ops",), "f1", 7), (("Empty",), None, None)]
    taken, places = come_back(written([named_flow("a", folder=("Ops", "Täglich"))], named))
    assert taken[0][2] == ("Ops", "Täglich")
    by_path = {place.path: place for place in places}
    assert set(by_path) == {("Ops",), ("Ops", "Täglich"), ("Empty",)}
    assert (by_path["Ops",].id, by_path["Ops",].sort_order) == ("f1", 7)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a/b",), ("a", "b")),
        (("a b",), ("a?b",)),
        (("Ops",), ("OPS",)),
        (("é",), ("e\u0301",)),
        (("a b", "c"), ("a?b", "c")),
        (("日" * 60,), ("日" * 61,)),
    ],
)
def test_folders_that_look_alike_in_a_path_stay_apart(one: Segments, other: Segments) -> None:
    flows = [named_flow("w", str(uuid.uuid4()), place) for place in (one, other, one, other)]
    assert come_back(written(flows))[0] == flows


def test_the_layout_is_sims() -> None:
    flows = [named_flow("Daily: digest", folder=("Ops / Intake", "Täglich 日報"))]
    with zipfile.ZipFile(written(flows, [(("Ops / Intake",), "f1", 4)])) as plain:
        assert plain.testzip() is None
        assert plain.namelist() == [
            "Ops-Intake/",
            "Ops-Intake/Täglich-日報/",
            f"Ops-Intake/Täglich-日報/Daily-digest-{ID}.json",
            "_workspace.json",
        ]
        index = json.loads(plain.read("_workspace.json"))
    assert index["workspace"] == {"name": "home", "exportedAt": "2027-01-15T08:00:00.000Z"}
    first, second = index["folders"]
    assert first == {"id": "f1", "name": "Ops / Intake", "parentId": None, "sortOrder": 4}
    assert second == {
        "id": second["id"], "name": "Täglich 日報", "parentId": "f1", "sortOrder": 1
    }  # fmt: skip


def test_two_exports_of_the_same_library_are_the_same() -> None:
    flows = [named_flow("a", folder=("Ops", "Daily"))]
    assert written(flows).getvalue() == written(flows).getvalue()


@patiently
@given(names, st.text(min_size=1, max_size=200))
def test_no_name_in_the_zip_is_longer_than_is_read(name: str, ident: str) -> None:
    with zipfile.ZipFile(written([named_flow(name, ident, (name,) * 3)])) as plain:
        parts = [part for entry in plain.namelist() for part in entry.split("/")]
    assert max(len(part.encode()) for part in parts) <= MAX_NAME_BYTES
    assert all(re.fullmatch(r'[^./\\:*?"<>|\s]+(\.json)?', part) for part in parts if part)


def test_a_document_that_packs_too_well_is_stored_as_it_is() -> None:
    raw = as_bytes(document(variables="x" * (3 << 20)))
    stream = written([(ID, "flow", (), raw)])
    assert come_back(stream)[0][0][3] == raw


def test_more_than_one_zip_may_hold_is_refused_when_it_is_written() -> None:
    writer = SimZipWriter(io.BytesIO(), workspace="home", exported_at_ms=0)
    for number in range(MAX_ENTRIES - 2):
        writer.add(str(number), "w", (), b"{}")
    writer.add_folder(("the last that goes in",))
    with pytest.raises(BadInput) as caught:
        writer.add("x", "w", (), b"{}")
    assert caught.value.message == (
        "more than 20,000 workflows and folders do not go into one zip; "
        "`--as files` has no such limit"
    )


def test_as_much_as_one_zip_may_hold_is_read_again() -> None:
    stream = io.BytesIO()
    writer = SimZipWriter(stream, workspace="home", exported_at_ms=0)
    for number in range(MAX_ENTRIES - 1):
        writer.add_folder((str(number),))
    writer.close()
    assert len(ZipReader(stream, "the zip").folders) == MAX_ENTRIES - 1


def test_a_zip_larger_than_is_read_is_refused_when_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("simtui.formats.sim_zip.MAX_ARCHIVE_BYTES", 2 << 20)
    writer = SimZipWriter(io.BytesIO(), workspace="home", exported_at_ms=0)
    writer.add("1", "fits", (), os.urandom(1 << 20))
    with pytest.raises(BadInput) as caught:
        writer.add("2", "does not", (), os.urandom(1 << 20))
    assert caught.value.message == (
        "more than 2 MB do not go into one zip; `--as files` has no such limit"
    )


def test_a_zip_that_is_broken_off_is_left_as_it_is() -> None:
    stream = io.BytesIO()
    writer = SimZipWriter(stream, workspace="home", exported_at_ms=0)
    writer.add(ID, "w", (), b"{}")
    size = len(stream.getvalue())
    del writer
    gc.collect()
    assert len(stream.getvalue()) == size


def test_folders_deeper_than_are_read_are_refused_when_they_are_written() -> None:
    writer = SimZipWriter(io.BytesIO(), workspace="home", exported_at_ms=0)
    writer.add_folder(("d",) * 16)
    with pytest.raises(BadInput) as caught:
        writer.add(ID, "w", ("d",) * 17, b"{}")
    assert caught.value.message == (
        "folders more than 16 deep do not go into a zip; `--as files` has no such limit"
    )
