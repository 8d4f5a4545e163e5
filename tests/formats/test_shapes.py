"""Each JSON shape that Sim wrote comes in whole, told by what it holds and never by its name."""

from __future__ import annotations

from typing import Any

import pytest

from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder, Refused
from simtui.model.outline import outline_of
from simtui.model.problems import problems_of
from simtui.model.workflow import digest_of, variables_of
from tests.formats import shapes
from tests.formats.shapes import ID, NOW, SINGLE, TIME, header, in_order, one, payload, read, state
from tests.making import as_bytes, block, document, edge


def in_shape(code: str, inner: Any) -> Any:
    return SINGLE[code](inner)


@pytest.mark.parametrize(
    "name", ["", "flow.json", "_workspace.json", "F5.yaml", "export.zip", "C1 copilot view"]
)
@pytest.mark.parametrize("code", SINGLE)
def test_a_shape_is_told_by_what_it_holds(code: str, name: str) -> None:
    draft = one(in_shape(code, state()), name)
    assert draft.format == code
    assert draft.value["state"]["blocks"] == state()["blocks"]


@pytest.mark.parametrize("code", SINGLE)
def test_a_state_is_the_same_in_every_shape_in_the_order_of_its_keys(code: str) -> None:
    inner = state(parallels={}, aUnknown={"z": 1, "a": [None, "", 0.5, 2**80]})
    whole = one(in_shape(code, inner))
    _, pairs = in_order(whole.document)
    _, found = dict(pairs)["state"]
    _, wanted = in_order(as_bytes(inner))
    assert found[: len(wanted)] == wanted


@pytest.mark.parametrize("code", sorted(SINGLE.keys() - {"F1"}))
def test_what_becomes_export_form_is_f1_with_its_header_or_without(code: str) -> None:
    value = one(in_shape(code, state())).value
    assert value["version"] == "1.0"
    assert value["exportedAt"] == TIME
    assert set(value) - {"workflow"} == {"version", "exportedAt", "state"}


def test_the_bytes_of_f1_stay_as_they_are() -> None:
    raw = b'{ "state":{"blocks" : {},"edges":[]},\t"exportedAt":null, "x":1e2, "x":1.0e2 }\n'
    assert one(raw).document == raw
    assert one(b"\xef\xbb\xbf" + raw).document == raw


@pytest.mark.parametrize(
    ("code", "named"), [("F1", False), ("L1", False), ("F2", True), ("L2", True)]
)
def test_the_id_of_the_header_is_kept_before_that_of_the_file(code: str, named: bool) -> None:
    other = "AAAAAAAA-8d4e-4a6b-9c0d-5e2f8a714b36"
    draft = one(in_shape(code, state()), f"folder/my_flow-{other}.json")
    assert draft.id == (ID if named else other.lower())
    assert draft.name == ("Triage" if named else "My Flow")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("my-first_flow.json", "My First Flow"),
        ("deep/er/gmail v2.json", "Gmail V2"),
        (f"flow-{ID}.json", "Flow"),
        (f"{ID}.json", "Imported Workflow"),
        ("", "Imported Workflow"),
        ("日報.json", "日報"),
        (".json", ".json"),
    ],
)
def test_a_workflow_without_a_name_has_that_of_its_file(name: str, wanted: str) -> None:
    assert one(shapes.f1(state()), name).name == wanted


def test_the_name_in_the_state_goes_before_that_of_the_header() -> None:
    inner = state(metadata={"name": "In the state", "description": "D"})
    draft = one(shapes.f2(inner), "in-the-file.json")
    assert (draft.name, draft.description) == ("In the state", "D")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("  spaced  ", "spaced"),
        ("tab\tand\x1b[2Jmore", "taband[2Jmore"),
        ("\0", "Imported Workflow"),
        ("evil\u202egnp", "evilgnp"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_is_kept_as_it_can_be_shown_and_the_document_as_it_is(
    name: str, wanted: str
) -> None:
    draft = one(shapes.f1(state(metadata={"name": name})))
    assert draft.name == wanted
    assert draft.value["state"]["metadata"]["name"] == name


@pytest.mark.parametrize("ident", ["", " ", "a/b", "..", "x" * 201, "a\nb", None, 7])
def test_an_id_that_can_be_none_is_not_taken(ident: Any) -> None:
    assert one({"data": payload(state(), id=ident)}).id is None


@pytest.mark.parametrize(
    "text", ["New workflow", "Your first workflow - start building here!", "Triage"]
)
def test_a_placeholder_is_no_description(text: str) -> None:
    assert one({"data": payload(state(), description=text)}).description == ""


def test_the_header_tells_the_times_and_the_folder() -> None:
    times = {"createdAt": "2026-05-01T09:00:00.000Z", "updatedAt": "2026-05-01T11:00:00.001+02:00"}
    draft = one({"data": payload(state(), folderPath="/Operations//Täglich/", **times)})
    assert draft.format == "F3"
    assert draft.folder == ("Operations", "Täglich")
    assert (draft.created_at, draft.updated_at) == (1_777_626_000_000, 1_777_626_000_001)
    assert one(shapes.f2(state())).folder is None


@pytest.mark.parametrize(
    "time", ["yesterday", "", 1741, None, "0001-01-01T00:00:00Z", "9999-12-31"]
)
def test_a_time_that_is_none_is_unknown(time: Any) -> None:
    assert one({"data": payload(state(), createdAt=time)}).created_at is None


def test_a_bare_state_without_a_time_has_that_of_the_import() -> None:
    draft = one(state())
    assert (draft.format, draft.value["exportedAt"]) == ("L1", NOW)
    again = drafts(draft.value, draft.document, file_name="", now_ms=1)
    (same,) = again
    assert isinstance(same, Draft)
    assert digest_of(same.value, same.document) == digest_of(draft.value, draft.document)


def test_each_workflow_of_a_list_comes_in_by_itself() -> None:
    items = [payload(state()), payload(state(blocks=[])), "no object", payload(state(), name="B")]
    first, bad, worse, last = read(shapes.f5(*items))
    assert isinstance(first, Draft)
    assert isinstance(last, Draft)
    assert [first.name, last.name] == ["Triage", "B"]
    assert [first.entry, last.entry] == ["data[0]", "data[3]"]
    assert {first.format, last.format} == {"F5"}
    assert bad == Refused(
        "data[1]",
        "its blocks are a list without connections: neither Sim's export (a map of blocks) nor its "
        "serializer's form",
        "F5",
    )
    assert worse == Refused("data[2]", "without a state", "F5")


FOLDERS = [
    {"id": "f1", "name": "Ops / Intake", "parentId": None, "sortOrder": 3},
    {"id": "f2", "name": "Täglich", "parentId": "f1"},
    {"id": "f3", "name": "Lost", "parentId": "gone"},
    {"id": "c1", "name": "Round", "parentId": "c2"},
    {"id": "c2", "name": "Round again", "parentId": "c1"},
    {"name": "without an id"},
    "no object",
]


@pytest.mark.parametrize(
    ("around", "code", "top"),
    [(shapes.f6, "F6", ()), (shapes.f7, "F7", ("Ops / Intake",))],
)
def test_a_workspace_and_a_folder_come_in_with_their_folders(
    around: Any, code: str, top: tuple[str, ...]
) -> None:
    items = [
        {"workflow": header(id="w1", folderId="f2"), "state": state()},
        {"workflow": header(id="w2", folderId="unknown"), "state": state()},
        {"workflow": None, "state": state()},
        {"workflow": header(id="w3")},
        None,
    ]
    found = read(around(items, FOLDERS))
    folders = [item for item in found if isinstance(item, Folder)]
    assert folders == [
        Folder((*top, "Ops / Intake"), "f1", 3),
        Folder((*top, "Ops / Intake", "Täglich"), "f2"),
        Folder((*top, "Lost"), "f3"),
        Folder((*top, "Round"), "c1"),
        Folder((*top, "Round again"), "c2"),
    ]
    taken = [item for item in found if isinstance(item, Draft)]
    assert [(item.id, item.folder, item.format) for item in taken] == [
        ("w1", (*top, "Ops / Intake", "Täglich"), code),
        ("w2", top, code),
        (None, top, code),
    ]
    assert taken[0].value["exportedAt"] == TIME
    refused = [item for item in found if isinstance(item, Refused)]
    assert refused == [
        Refused("workflows[3]", "without a state", code),
        Refused("workflows[4]", "without a state", code),
    ]


def test_a_workspace_without_workflows_holds_its_folders() -> None:
    assert read(shapes.f6([], FOLDERS[:1])) == [Folder(("Ops / Intake",), "f1", 3)]


def test_the_values_beside_an_editors_state_are_the_ones_that_count() -> None:
    inner = state(blocks={"ask": block("ask", prompt="old", apiKey="kept")})
    values = {"ask": {"prompt": "new", "model": {"of": "any kind"}}}
    draft = one(shapes.l3(inner, values))
    subs = draft.value["state"]["blocks"]["ask"]["subBlocks"]
    assert {key: sub["value"] for key, sub in subs.items()} == {
        "prompt": "new", "apiKey": "kept", "model": {"of": "any kind"}
    }  # fmt: skip
    assert "subBlockValues" not in draft.value


def test_values_that_belong_nowhere_stay_beside_the_state() -> None:
    inner = state(blocks={"ask": block("ask") | {"subBlocks": None}, "next": block("next")})
    values = {"gone": {"prompt": "kept"}, "ask": {"prompt": "kept"}, "next": "kept"}
    assert one(shapes.l3(inner, values)).value["subBlockValues"] == values


def test_the_serializers_form_becomes_a_state() -> None:
    draft = one(shapes.s1(), "flow.json")
    found = draft.value["state"]
    assert draft.format == "S1"
    assert found["blocks"]["ask"] == {
        "id": "ask",
        "type": "agent",
        "name": "Ask",
        "position": {"x": 5, "y": 0},
        "subBlocks": {
            "model": {"id": "model", "type": "short-input", "value": "gpt-4o"},
            "temperature": {"id": "temperature", "type": "short-input", "value": 0.5},
        },
        "outputs": {"content": "string"},
        "enabled": False,
        "serialized": {
            "inputs": {"prompt": "string"},
            "retry": {"enabled": True, "maxTries": 3},
            "config.tool": "openai_chat",
            "metadata.category": "blocks",
        },
    }
    assert found["edges"] == [{"id": "edge-0", **shapes.s1()["connections"][0]}]
    assert found["workflowId"] == "w1"
    assert problems_of(draft.value) == ()


def test_no_block_of_the_serializers_form_is_lost_to_another() -> None:
    blocks = [{"id": "block-1"}, {"id": "block-1"}, {}, "odd", {"id": "block-3"}, {"id": 5}]
    found = one(shapes.s1() | {"blocks": blocks, "position": 1}).value["state"]["blocks"]
    assert [item.get("id") for item in found.values()] == [
        "block-1", "block-1", None, None, "block-3", 5
    ]  # fmt: skip
    assert list(found) == ["block-1", "block-1-", "block-2", "block-3", "block-4", "block-5"]


def test_the_first_serialized_form_and_odd_parts_lose_nothing() -> None:
    old = {
        "id": "a",
        "type": "agent",
        "config": {"inputs": {"prompt": "p1"}, "outputs": {"o": "p2"}},
    }
    odd = {"id": "b", "config": "p3", "metadata": ["p4"], "position": None}
    params = {"id": "c", "config": {"params": ["p5"]}, "metadata": {"id": "agent", "name": "p6"}}
    more = {"edges": ["p7"], "blocks": [old, odd, params], "connections": [["p8"]], "loops": "p9"}
    found = one(shapes.s1() | more).value
    assert found["state"]["blocks"]["a"]["type"] == "agent"
    texts = {leaf for leaf in shapes.leaves(found) if isinstance(leaf, str)}
    assert {f"p{n}" for n in range(1, 10)} <= texts


@pytest.mark.parametrize(
    "variables",
    [
        {"v1": {"id": "v1", "name": "host", "type": "string", "value": "h"}},
        [{"id": "v1", "name": "host", "type": "string", "value": "h"}],
        '{"v1": {"id": "v1", "name": "host", "type": "string", "value": "h"}}',
        '[{"name": "host", "type": "string", "value": "h"}]',
    ],
    ids=["map", "list", "map-as-text", "list-as-text"],
)
@pytest.mark.parametrize("code", SINGLE)
def test_variables_are_read_in_every_form_and_kept_in_theirs(code: str, variables: Any) -> None:
    found = one(in_shape(code, state(variables=variables))).value
    assert found["state"]["variables"] == variables
    assert outline_of(found).variables == (("host", "string"),)


@pytest.mark.parametrize("variables", [None, 5, "not JSON", '"text"', ["odd", None], {"v": 1}])
def test_variables_that_are_none_are_kept_all_the_same(variables: Any) -> None:
    found = one(shapes.f1(state(variables=variables))).value
    assert found["state"]["variables"] == variables
    assert variables_of(found["state"]) == []


@pytest.mark.parametrize("code", SINGLE)
def test_old_loops_null_handles_and_absent_parts_are_sound(code: str) -> None:
    link = edge("start", "ask")
    inner = {
        "blocks": {"start": block("start", "starter"), "ask": block("ask")},
        "edges": [link | {"sourceHandle": None, "targetHandle": None}],
        "loops": {
            "2025-02": {"id": "2025-02", "nodes": ["ask"], "maxIterations": 10, "minIterations": 0},
            "2025-04": {"id": "2025-04", "nodes": ["ask"], "loopType": "forEach", "iterations": 5},
        },
    }
    found = one(in_shape(code, inner)).value
    assert found["state"].items() >= inner.items()
    assert problems_of(found) == ()


@pytest.mark.parametrize("code", SINGLE)
def test_what_nobody_knows_is_kept(code: str) -> None:
    odd = block("odd", "teleporter_v9") | {"beam": {"width": 3}, "__proto__": {"admin": True}}
    odd["subBlocks"] |= {"undefined": "bare", "x": {"id": "x", "type": "unknown", "value": [1]}}
    inner = state(blocks={"odd": odd}, edges=[], constructor={"__class__": "dict"}, __init__=0)
    found = one(in_shape(code, inner)).value
    assert found["state"].items() >= inner.items()
    assert problems_of(found) == ('block "odd" has a type that is not known here: "teleporter_v9"',)


@pytest.mark.parametrize("code", SINGLE)
def test_a_workflow_without_blocks_is_one(code: str) -> None:
    assert one(in_shape(code, {"blocks": {}, "edges": []})).format == code


def test_an_export_of_ours_with_an_id_is_kept_in_the_order_of_its_keys() -> None:
    value = {"state": state(), "workflow": header(), "exportedAt": TIME, "z": 1, "version": "1.0"}
    draft = one(value)
    assert (draft.format, draft.id) == ("F4", ID)
    assert in_order(draft.document) == in_order(as_bytes(value))
    assert one(document(ident="w1")).id == "w1"
