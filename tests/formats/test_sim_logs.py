"""Sim's accounts of runs, in every shape they leave Sim in, as events."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from simtui.errors import BadInput
from simtui.formats.sim_logs import events_in_csv, events_in_json, is_csv
from simtui.model.run_said import BadLine, EndSaid, RunSaid, SpanSaid

AT = "2026-01-15T10:30:00.000Z"


def log(**said: Any) -> dict[str, Any]:
    return {
        "id": "row-1", "executionId": "e-1", "workflowId": "w-1", "level": "info",
        "trigger": "api", "startedAt": AT, "endedAt": "2026-01-15T10:30:01.250Z",
        "totalDurationMs": 1250, "cost": {"total": 0.0032},
    } | said  # fmt: skip


def read(value: Any) -> list[Any]:
    return list(events_in_json(json.dumps(value).encode(), "file"))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda record: {"data": [record], "nextCursor": None},
        lambda record: {"data": record},
        lambda record: [record],
        lambda record: record,
    ],
)
def test_a_list_a_detail_and_what_the_command_prints_are_the_same_run(wrap: Any) -> None:
    run, end = read(wrap(log()))
    assert (run.id, run.workflow_id, run.trigger, run.level) == ("e-1", "w-1", "api", "info")
    assert (end.status, end.duration_ms, end.cost_usd) == ("completed", 1250, 0.0032)
    assert run.more == {"sim": {"id": "row-1"}}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"level": "error"}, "failed"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "failed", "level": "error"}, "failed"),
    ],
)
def test_v1_tells_the_status_by_its_level(said: dict[str, Any], status: str) -> None:
    _, end = read(log(**said))
    assert end.status == status


@pytest.mark.parametrize("status", ["running", "pending", "redacting", "a new word"])
def test_what_has_not_ended_has_no_end_and_its_status_stays(status: str) -> None:
    (run,) = read(log(status=status, endedAt=None, totalDurationMs=None))
    assert (run.status, run.still_running) == (status, True)


def test_the_credits_of_a_v2_run_are_never_dollars() -> None:
    run, end = read(
        {"data": {"runId": "r", "workflowId": "w", "status": "completed", "startedAt": AT,
                  "durationMs": 5, "cost": {"total": 12}, "error": None, "output": {"a": 1}}}
    )  # fmt: skip
    assert (run.cost_other, run.cost_unit, end.cost_usd) == (12, "credits", None)
    assert end.output == {"a": 1}


def test_a_cost_that_nobody_said_is_none() -> None:
    _, end = read(log(cost=None))
    assert end.cost_usd is None


def test_a_detail_has_its_error_its_block_and_its_input() -> None:
    run, end = read(
        log(
            level="error",
            executionData={
                "workflowInput": {"rows": 3},
                "finalOutput": {"error": "never mind"},
                "errorDetails": {"blockId": "b", "blockName": "Slack", "error": "not found"},
                "tokens": {"input": 3, "output": 4},
                "models": {"m": {"total": 1}},
            },
        )
    )
    assert run.input == {"rows": 3}
    assert (end.error, end.error_block_id, end.error_block_name) == ("not found", "b", "Slack")
    assert end.tokens == 7
    assert run.more["sim"]["models"] == {"m": {"total": 1}}


def test_spans_come_with_their_parents_and_what_is_not_known_is_kept() -> None:
    trace = [
        {"id": "a", "name": "Workflow", "type": "workflow", "startTime": AT, "duration": 1200.4,
         "status": "error", "children": [
             {"id": "b", "name": "Agent", "type": "agent", "startTime": AT, "endTime":
              "2026-01-15T10:30:00.500Z", "tokens": {"total": 12}, "cost": {"total": 0.5},
              "model": "m", "output": {"error": "boom"}, "status": "error", "ttft": 5,
              "toolCalls": [{"name": "search", "duration": 3, "input": {"q": 1}}]},
             {"id": "b", "name": "Agent", "relativeStartMs": 700},
         ]},
    ]  # fmt: skip
    spans = [said for said in read(log(traceSpans=trace)) if isinstance(said, SpanSaid)]
    assert [(s.id, s.parent_id, s.name) for s in spans] == [
        ("a", None, "Workflow"), ("b", "a", "Agent"), ("b#2", "a", "Agent"),
        ("span-4", "b", "search"),
    ]  # fmt: skip
    whole, agent, second, tool = spans
    assert whole.duration_ms == 1200
    assert (agent.duration_ms, agent.tokens, agent.cost_usd, agent.error) == (500, 12, 0.5, "boom")
    assert agent.payload is not None and tool.payload is not None
    assert orjson.loads(agent.payload) == {"output": {"error": "boom"}, "sim": {"ttft": 5}}
    assert second.started_at - whole.started_at == 700
    assert (tool.type, orjson.loads(tool.payload)) == ("tool", {"input": {"q": 1}})


def test_a_thing_that_is_no_run_is_told_by_its_place_and_does_not_stop_the_others() -> None:
    first, *_ = read([{"name": "no run"}, log(), log(startedAt=None, endedAt=None)])
    assert isinstance(first, BadLine)
    assert [said.number for said in read([log(startedAt=None, endedAt=None)])] == [1]


@pytest.mark.parametrize("value", [{}, {"data": {"state": {}}}, 5, "text"])
def test_what_holds_no_run_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        read(value)


HEAD = (
    "startedAt,level,workflow,trigger,durationMs,costTotal,workflowId,executionId,message"
    ",traceSpans"
)


def rows(text: str) -> list[Any]:
    return list(events_in_csv(io.BytesIO(f"{HEAD}\r\n{text}".encode())))


def test_csv_is_known_by_its_head_and_read_row_by_row() -> None:
    assert is_csv(HEAD.encode())
    run, end = rows(f'{AT},info,Mine,api,1250,0.0032,w-1,e-1,"{{""a"":\n""b,c""}}",[]\r\n')
    assert (run.workflow_name, run.id) == ("Mine", "e-1")
    assert (end.output, end.cost_usd, end.duration_ms) == ({"a": "b,c"}, 0.0032, 1250)


def test_csv_of_a_failure_has_its_message_as_the_error_and_an_empty_cost_as_none() -> None:
    _, end = rows(f"{AT},error,Mine,api,12,,w-1,e-1,it broke,\r\n")
    assert (end.status, end.error, end.cost_usd) == ("failed", "it broke", None)


def test_a_row_of_csv_that_is_no_run_is_told_with_its_line() -> None:
    bad, run, _ = rows(f",,,,,,,,,\r\n{AT},info,Mine,api,1,,w,e-1,,\r\n")
    assert isinstance(bad, BadLine)
    assert bad.number == 2
    assert isinstance(run, RunSaid)


def test_real_answers_of_the_api_are_read(real_exports: Path) -> None:
    said = {}
    for name in ("api-v2-log-detail", "api-v2-logs-list", "api-v2-run-status"):
        run, end = events_in_json((real_exports / f"{name}.json").read_bytes(), name)
        assert isinstance(run, RunSaid)
        assert isinstance(end, EndSaid)
        said[name] = (run, end)
    assert said["api-v2-log-detail"][0].workflow_name == "Customer Support Agent"
    assert said["api-v2-log-detail"][1].output == {"result": "Hello, world!"}
    assert said["api-v2-logs-list"][1].cost_usd == 0.0032
    assert (said["api-v2-run-status"][0].cost_other, said["api-v2-run-status"][1].cost_usd) == (
        12, None,
    )  # fmt: skip
