"""What looks like a workflow and is none is refused by name: one sentence says what it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.shapes import SINGLE, f5, f6, refusal, state
from tests.making import as_bytes

COPILOT = (
    "this is Sim's copilot view: it has no positions and only part of each block. Export the "
    "workflow from Sim as JSON instead"
)
YAML = (
    "Sim's YAML form of 2025 written as JSON: it has no positions and only part of each block. "
    "Export the workflow from Sim as JSON instead"
)
LIST_OF_BLOCKS = (
    "its blocks are a list without connections: neither Sim's export (a map of blocks) nor its "
    "serializer's form"
)
NO_POSITIONS = "a map of blocks, none of which has a position or sub-blocks: no workflow of Sim's"

TAKEN = ", no workflow: `simtui runs import` takes it"


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ({"blocks": {"a": {"type": "agent", "name": "A", "inputs": {"model": "gpt-4o"}}}}, COPILOT),
        ({"blocks": {"a": {"type": "agent", "connections": {"success": "b"}}}}, COPILOT),
        ({"blocks": {"l": {"type": "loop", "nestedNodes": {"a": {}}}}, "edges": []}, COPILOT),
        ({"blocks": {"a": {"type": "agent", "preceding": ["b"], "inputs": {}}}}, YAML),
        ({"blocks": {"a": {"type": "agent", "following": []}}}, YAML),
        ({"blocks": [{"id": "a"}], "edges": [{"source": "a", "target": "b"}]}, LIST_OF_BLOCKS),
        ({"blocks": [], "edges": []}, LIST_OF_BLOCKS),
        ({"blocks": {"a": {"type": "agent"}}, "edges": []}, NO_POSITIONS),
        ({"blocks": {"a": "agent"}, "edges": []}, NO_POSITIONS),
        ({"blocks": {}}, "a JSON object with no blocks and no edges: there is no workflow in it"),
    ],
)
@pytest.mark.parametrize("code", SINGLE)
def test_a_look_alike_is_refused_by_name_in_every_shape(
    code: str, inner: dict[str, Any], reason: str
) -> None:
    assert refusal(SINGLE[code](inner), "flow.json") == reason


@pytest.mark.parametrize("code", sorted(SINGLE.keys() - {"L1"}))
def test_a_state_without_blocks_is_refused_by_name(code: str) -> None:
    assert refusal(SINGLE[code]({"edges": []})) == "a workflow's state without blocks"
    assert refusal(SINGLE[code]({"blocks": "none"})) == "a workflow's state without blocks"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "a list, where a workflow is a JSON object"),
        ([state()], "a list, where a workflow is a JSON object"),
        ("text", "a single value, where a workflow is a JSON object"),
        (7, "a single value, where a workflow is a JSON object"),
        (None, "a single value, where a workflow is a JSON object"),
        ({}, 'a JSON object, but no workflow: neither "state" nor "blocks"'),
        (
            {"name": "npm", "version": "1.0", "\x1b[2J": 1, "a": 1, "b": 2},
            'a JSON object, but no workflow: neither "state" nor "blocks" '
            "(it has name, version, \\x1b[2J, a)",
        ),
        (
            {"state": "text", "version": "1.0"},
            'a JSON object, but no workflow: neither "state" nor "blocks" (it has state, version)',
        ),
        (
            {"version": "1.0", "blocks": ["start", None], "connections": []},
            "a list of blocks, none of which is an object: no workflow of Sim's",
        ),
        ({"data": {"state": None, "workflow": {}}}, "its state is not an object"),
        (f5(), "a list under `data`, in which no item has a workflow's state"),
        (f5({"workflow": {}}, 5), "a list under `data`, in which no item has a workflow's state"),
        (
            {"data": [{"executionId": "e"}]},
            f"Sim's list of logs{TAKEN}",
        ),
        (
            {"data": {"executionData": {}}},
            f"Sim's log of one run{TAKEN}",
        ),
        ({"traceSpans": []}, f"Sim's log of one run{TAKEN}"),
    ],
)
def test_another_document_is_refused_by_name(value: Any, reason: str) -> None:
    assert refusal(value, "flow.json") == reason


def test_a_workspace_that_is_broken_is_refused_by_name() -> None:
    broken = f6([], [])
    broken["data"]["workflows"] = {"w1": state()}
    assert refusal(broken) == (
        'a JSON object, but no workflow: neither "state" nor "blocks" (it has data)'
    )


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (
            "api-v2-import-response.json",
            "Sim's answer to an import: it names a workflow, and does not hold it",
        ),
        (
            "api-v2-log-detail.json",
            f"Sim's log of one run{TAKEN}",
        ),
        ("api-v2-logs-list.json", f"Sim's list of logs{TAKEN}"),
        (
            "api-v2-run-status.json",
            f"Sim's answer about one run{TAKEN}",
        ),
    ],
)
def test_an_answer_of_the_api_is_refused_by_name(
    real_exports: Path, file: str, reason: str
) -> None:
    assert refusal((real_exports / file).read_bytes(), file) == reason


def test_a_key_that_is_given_twice_counts_as_it_was_given_last() -> None:
    raw = as_bytes({"state": state(), "version": "1.0"})
    twice = raw.rstrip(b"}\n") + b', "state": []}'
    assert json.loads(twice)["state"] == []
    assert refusal(twice).startswith("a JSON object, but no workflow")
