"""What can be read but is not sound comes in whole, and each problem is told in a sentence (bad
inputs 43 and 44)."""

from __future__ import annotations

from typing import Any

import pytest

from simtui.model.block_types import is_known_type
from simtui.model.outline import outline_of
from simtui.model.problems import problems_of
from simtui.model.workflow import needs_of
from tests.formats.shapes import f1, one, state
from tests.making import block, edge


def inside(ident: str, parent: Any) -> dict[str, Any]:
    return block(ident) | {"data": {"parentId": parent}}


def blocks(*items: dict[str, Any]) -> dict[str, Any]:
    return {"blocks": {item["id"]: item for item in items}, "edges": []}


def container(*nodes: Any) -> dict[str, Any]:
    return {"nodes": list(nodes)}


A, B = block("a"), block("b")

UNSOUND: list[tuple[dict[str, Any], list[str]]] = [
    (blocks(A, B), []),
    ({"edges": [edge("start", "gone")]}, ['edge 1 names a block that is not there: "gone"']),
    (
        {"edges": [{"id": "e", "source": None, "target": 5}]},
        ["edge 1 has no source", "edge 1 has no target"],
    ),
    ({"edges": [edge("start", "ask") | {"id": None}]}, ["edge 1 has no id"]),
    ({"edges": [edge("start", "ask")] * 2}, ['two edges have the id "start-ask"']),
    ({"edges": ["odd"]}, ["edge 1 is not an object"]),
    ({"edges": None}, ["there is no list of edges"]),
    ({"edges": {}}, ["there is no list of edges"]),
    (blocks(A | {"type": ""}), ['block "a" has no type']),
    (blocks(A | {"type": 7}), ['block "a" has no type']),
    (
        blocks(A | {"type": "teleporter"}),
        ['block "a" has a type that is not known here: "teleporter"'],
    ),
    (blocks(A | {"position": {"x": "1", "y": True}}), ['block "a" has no position']),
    (blocks(A, B | {"position": None}), ['block "b" has no position']),
    (
        {"blocks": {"a": A, "b": A, "c": B | {"id": None}}, "edges": []},
        ['two blocks have the id "a"', 'block "c" has no id'],
    ),
    ({"blocks": {"a": A | {"id": 9}}, "edges": []}, ['block "a" calls itself "9"']),
    ({"blocks": {"a": A, "b": "odd"}, "edges": []}, ['block "b" is not an object']),
    (
        blocks(A, inside("b", "gone")),
        ['block "b" lies in a container that is not there: "gone"'],
    ),
    (blocks(inside("a", "a")), ['block "a" lies inside itself']),
    (
        blocks(inside("a", "b"), inside("b", "c"), inside("c", "b"), inside("d", "a")),
        ['block "b" lies inside itself'],
    ),
    (
        blocks(A) | {"loops": {"l": container("gone", None, "a")}},
        ['loop "l" names a block that is not there: "gone"'],
    ),
    (
        blocks(A) | {"parallels": {"p": container("gone")}},
        ['parallel "p" names a block that is not there: "gone"'],
    ),
    (
        blocks(A, B) | {"loops": {"a": container("b"), "b": container("a")}},
        ['"a" holds itself as a loop or a parallel'],
    ),
    (
        blocks(A, B) | {"loops": {"a": container("b")}, "parallels": {"b": container("b", "a")}},
        ['"b" holds itself as a loop or a parallel', '"a" holds itself as a loop or a parallel'],
    ),
    (
        blocks(A) | {"loops": [], "parallels": 5},
        ["'loops' is not an object", "'parallels' is not an object"],
    ),
    (blocks(A) | {"loops": {"l": 5, "m": {"nodes": {"a": 1}}, "n": {}}}, []),
]


@pytest.mark.parametrize(("change", "wanted"), UNSOUND)
def test_what_is_unsound_comes_in_whole_with_its_problems(
    change: dict[str, Any], wanted: list[str]
) -> None:
    inner = state(**change)
    draft = one(f1(inner))
    assert draft.value["state"] == inner
    assert list(problems_of(draft.value)) == wanted
    assert list(outline_of(draft.value).problems) == wanted


def test_a_long_name_in_a_problem_is_cut() -> None:
    found = problems_of(f1(state(blocks={"x" * 80: A}, edges=[])))
    assert found == ('block "' + "x" * 59 + '…" calls itself "a"',)


def test_blocks_that_lie_inside_themselves_are_still_listed() -> None:
    outline = outline_of(f1(state(**blocks(A, inside("c", "d"), inside("d", "c")))))
    assert [(line.id, line.depth) for line in outline.blocks] == [("a", 0), ("c", 0), ("d", 1)]


def test_ten_thousand_containers_in_one_another_are_no_problem() -> None:
    deep = [inside(f"b{n}", f"b{n - 1}" if n else None) for n in range(10_000)]
    loops = {f"b{n}": container(f"b{n + 1}") for n in range(9_999)}
    assert problems_of(f1(state(**blocks(*deep), loops=loops))) == ()
    loops["b9999"] = container("b0")
    assert problems_of(f1(state(**blocks(*deep), loops=loops))) == (
        '"b0" holds itself as a loop or a parallel',
    )


@pytest.mark.parametrize(
    "kind",
    [
        "agent", "starter", "start_trigger", "loop", "parallel", "condition", "router_v2", "note",
        "gmail", "gmail_v2", "mistral_parse_v3", "file_v5", "human_in_the_loop", "pause_resume",
        "stagehand_agent", "webhook", "twilio_sms", "google_search", "sim_workspace_event",
        "credential_group", "custom_block_9f3c", "evernote", "lambda", "pi", "x",
    ],
)  # fmt: skip
def test_a_type_that_sim_has_had_is_known(kind: str) -> None:
    assert is_known_type(kind)


@pytest.mark.parametrize(
    "kind", ["agent_very_own", "agent_v", "agent_v2b", "_v2", "custom_block", "Agent", "google", ""]
)
def test_any_other_type_is_not(kind: str) -> None:
    assert not is_known_type(kind)


def test_needs_are_the_names_between_double_braces() -> None:
    text = "{{ OPENAI_API_KEY }} {{A B}} {{}} {{ }} {{{C}}} {{{{D}}}} {{E} {{\n\tF\n}} {{<g>}}"
    found = needs_of({"a": [text, {"b": "{{Z}}{{A B}}"}], "{{KEY}}": 1})
    assert found == ("<g>", "A B", "C", "D", "F", "OPENAI_API_KEY", "Z")


def test_braces_that_never_close_do_not_hang() -> None:
    assert needs_of({"a": "{{a" + " " * 2_000_000, "b": "{{" * 500_000}) == ()
