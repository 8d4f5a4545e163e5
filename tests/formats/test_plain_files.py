"""The index of the plain files comes back as it was written, and leads nowhere but to the files
beside it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.draft import Folder
from simtui.formats.naming import folded
from simtui.formats.plain_files import (
    INDEX_NAME,
    BadLine,
    Filed,
    FiledSetting,
    FiledVersion,
    FiledWorkflow,
    IndexWriter,
    PathPicker,
    checked_path,
    read_index,
)
from simtui.model.workflow import Version, Workflow
from tests.formats.strategies import folders, names, patiently, texts

HEAD = {"format": "simtui-files", "version": 1, "made_by": "simtui", "exported_at": None}

times = st.integers(0, (1 << 47) - 1)
ids = st.uuids().map(str) | st.sampled_from(["w1", "CON", "a.b", "日報", "x" * 200])


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    return Workflow(
        id=draw(ids),
        name=draw(names),
        folder="",
        description=draw(texts),
        created_at=draw(times),
        updated_at=draw(times),
        digest="d" * 64,
        document_bytes=draw(times),
        block_count=1,
        edge_count=0,
        source=draw(st.sampled_from(["F1", "Z2", ""])),
        deleted_at=draw(st.none() | times),
    )


@st.composite
def versions(draw: st.DrawFn) -> Version:
    return Version(
        workflow_id=draw(ids),
        number=draw(st.integers(1, 10**6)),
        digest=draw(st.text("0123456789abcdef", min_size=64, max_size=64)),
        name=draw(names),
        saved_at=draw(times),
        document_bytes=1,
        block_count=0,
        edge_count=0,
    )


def index_of(*lines: Any, head: Any = None) -> io.BytesIO:
    """An index with these lines below its head; what is no text is written as JSON."""
    whole = [HEAD if head is None else head, *lines]
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in whole]
    return io.BytesIO(b"\n".join(raw) + b"\n")


def read(*lines: Any) -> list[Filed]:
    return list(read_index(index_of(*lines)))


@patiently
@given(
    st.lists(st.tuples(workflows(), st.lists(names, max_size=40).map(tuple)), max_size=6),
    st.lists(versions(), max_size=6),
    st.lists(st.tuples(texts, texts), max_size=4),
    st.lists(folders.filter(len), max_size=4),
)
def test_everything_in_an_index_comes_back(
    flows: list[tuple[Workflow, tuple[str, ...]]],
    older: list[Version],
    settings: list[tuple[str, str]],
    places: list[tuple[str, ...]],
) -> None:
    stream = io.BytesIO()
    index = IndexWriter(stream, made_by="simtui", exported_at_ms=0)
    picker = PathPicker()
    wanted: list[Filed] = []
    for number, path in enumerate(places):
        index.folder(Folder(path, f"f{number}", number))
        wanted.append(Folder(path, f"f{number}", number))
    for key, value in settings:
        index.setting(key, value)
        wanted.append(FiledSetting(key, value))
    for flow, folder in flows:
        file = picker.workflow(flow, folder)
        index.workflow(flow, folder, file)
        wanted.append(
            FiledWorkflow(
                id=flow.id,
                name=flow.name,
                folder=folder,
                description=flow.description,
                source=flow.source,
                created_at=flow.created_at,
                updated_at=flow.updated_at,
                deleted_at=flow.deleted_at,
                file=file,
            )
        )
    for version in older:
        file = picker.version(version)
        index.version(version, file)
        wanted.append(
            FiledVersion(version.workflow_id, version.number, version.name, version.saved_at, file)
        )
    stream.seek(0)
    assert list(read_index(stream)) == wanted


@patiently
@given(st.lists(st.tuples(workflows(), st.lists(names, max_size=40).map(tuple)), max_size=8))
def test_each_document_has_a_path_of_its_own_on_every_system(
    flows: list[tuple[Workflow, tuple[str, ...]]],
) -> None:
    picker = PathPicker()
    paths = [picker.workflow(*flow) for flow in flows * 2]
    assert len({folded(path) for path in [*paths, INDEX_NAME]}) == len(paths) + 1
    for path in paths:
        assert checked_path(path) == path
        assert path.startswith(("workflows/", "trash/"))
        assert len(path.encode()) < 2500
        assert max(len(part.encode()) for part in path.split("/")) <= 250


@pytest.mark.parametrize(
    "file",
    [
        "../../.ssh/authorized_keys", "/etc/passwd", "workflows/../../x", "a//b", ".", "", "a/",
        "C:\\x", "C:x", "a\\b", "a\0b", "a\nb", "a\u202eb", "d/" * 20 + "x", None, 5, ["a"],
    ],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_not_followed(file: Any) -> None:
    workflow = {"id": "w1", "name": "A", "file": file}
    version = {"workflow_id": "w1", "name": "A", "number": 1, "file": file}
    assert read({"workflow": workflow}, {"version": version}) == [
        BadLine(2, "a workflow without what one needs"),
        BadLine(3, "a version without what one needs"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'{"a": NaN}', "not a JSON object"),
        (b"\xff", "not a JSON object"),
        ({}, "neither a workflow, a version, a file, runs, a folder nor a setting"),
        ({"workflow": 5}, "neither a workflow, a version, a file, runs, a folder nor a setting"),
        ({"workflow": {}}, "a workflow without what one needs"),
        ({"workflow": {"id": "..", "name": "A", "file": "a"}}, "a workflow without what one needs"),
        ({"version": {"number": "1"}}, "a version without what one needs"),
        ({"folder": {"path": "Ops"}}, "a folder without what one needs"),
        ({"setting": {"key": "a", "value": 1}}, "a setting without what one needs"),
    ],
)
def test_a_bad_line_does_not_stop_the_rest(line: Any, reason: str) -> None:
    good = {"setting": {"key": "a", "value": "1"}}
    assert read(good, line, b"", good) == [
        FiledSetting("a", "1"),
        BadLine(3, reason),
        FiledSetting("a", "1"),
    ]


@pytest.mark.parametrize("head", [b"", b"{}", b"[]", {"format": "other", "version": 1}, b"\xff\0"])
def test_an_index_of_something_else_is_refused(head: Any) -> None:
    with pytest.raises(BadInput) as caught:
        list(read_index(index_of(head=head)))
    assert caught.value.message == (
        "its first line does not say that it is an index of plain files"
    )


@pytest.mark.parametrize(("version", "shown"), [(3, "3"), ("\x1b", "\\x1b"), (None, "None")])
def test_an_index_of_a_newer_form_is_refused_with_its_number(version: Any, shown: str) -> None:
    with pytest.raises(BadInput) as caught:
        list(read_index(index_of(head=HEAD | {"version": version})))
    assert caught.value.message == (
        f"it was written by a newer simtui (form {shown}; this one reads 2); "
        "update simtui to import it"
    )


def test_a_line_without_end_is_read_in_bounds() -> None:
    endless = b'{"setting": {"key": "a", "value": "' + b"x" * (3 << 20)
    good = {"setting": {"key": "a", "value": "1"}}
    assert read(endless, good)[-1] == FiledSetting("a", "1")
