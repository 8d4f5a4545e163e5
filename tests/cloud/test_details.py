"""June 2025, when a run had a row, a row for each of its blocks, and log lines too: all of it is
one run here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simtui.library import Library
from simtui.model.run import Span
from simtui.store import log_lines, run_pages, runs, spans
from tests.cloud.filling import Sim
from tests.cloud.server import Server
from tests.cloud.taking import WF, said_of, taken
from tests.making import document

FIRST = f"{WF}1"
BLOCKS, LINES = "workflow_execution_blocks", "workflow_logs"


@pytest.fixture
def sim(postgres: Server) -> Iterator[Sim]:
    with Sim(postgres.address("2025-06")) as made:
        made.owner()
        made.workflow(FIRST, "Lead enricher", document()["state"])
        yield made


async def spans_of(library: Library, run_id: str) -> list[Span]:
    run = await library.store.read(runs.get, run_id)
    assert run is not None
    return await library.store.read(lambda connection: list(spans.each(connection, run)))


async def test_blocks_as_they_ran_are_spans(sim: Sim, library: Library) -> None:
    sim.run("run-1", FIRST, data={})
    sim.ran_block(
        "b-2", "run-1", started_at="2026-03-09 21:40:20", status="error", cost_total=None,
        block_name=None, error_message="No such host", error_stack_trace="at fetch",
        output_data=None, tokens_total=None, duration_ms=None, ended_at=None,
    )  # fmt: skip
    sim.ran_block(
        "b-1", "run-1",
        metadata={
            "toolCalls": [{"name": "search", "duration": 5}], "iterationIndex": 2,
            "environmentSnapshot": {"TOKEN": "planted-token"},
        },
    )  # fmt: skip
    report = await taken(sim, library)
    first, second, tool = await spans_of(library, "run-1")
    assert (first.name, first.type, first.status, first.block_id) == (
        "Agent", "agent", "success", "ask",
    )  # fmt: skip
    assert (first.started_at, first.duration_ms) == (1_773_092_419_010, 900)
    assert (first.tokens, first.cost_usd, first.model) == (30, 0.02, "gpt-4o")
    assert first.payload is not None
    assert first.payload["input"] == {"prompt": "Say hello."}
    assert first.payload["output"] == {"content": "Hello."}
    assert first.payload["sim"] == {"metadata": {"iterationIndex": 2}}, "and no variables"
    assert (tool.name, tool.type, tool.parent_id) == ("search", "tool", "b-1")
    assert (second.name, second.error, second.cost_usd, second.tokens) == (
        "ask", "No such host", None, 30,
    )  # fmt: skip
    assert second.payload == {
        "input": {"prompt": "Say hello."}, "sim": {"errorStackTrace": "at fetch"},
    }  # fmt: skip
    assert report.tables[BLOCKS] == {"read": 2, "taken": 2, "unchanged": 0, "refused": 0}
    assert report.not_taken[BLOCKS] == ["created_at"]
    again = await taken(sim, library)
    assert again.tables.get(BLOCKS, {}).get("taken", 0) == 0


async def test_a_trace_of_its_own_counts_more(sim: Sim, library: Library) -> None:
    sim.run("run-1", FIRST)
    sim.ran_block("b-1", "run-1")
    await taken(sim, library)
    assert [span.id for span in await spans_of(library, "run-1")] == [
        "run-1-workflow", "run-1-agent",
    ]  # fmt: skip


async def test_each_run_gets_its_own_blocks(
    sim: Sim, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few runs at a time, in the order of their ids, which is not that of their times."""
    monkeypatch.setattr("simtui.cloud.details._FEW_RUNS", 3)
    for n in range(10):
        sim.run(f"run-{9 - n}", FIRST, data={}, started_at=f"2026-03-09 21:40:1{n}")
        for side in "ab":
            sim.ran_block(f"block-{side}{n}", f"run-{9 - n}", block_name=f"Of run-{9 - n}")
    report = await taken(sim, library)
    for n in range(10):
        assert {span.name for span in await spans_of(library, f"run-{n}")} == {f"Of run-{n}"}
    assert report.tables[BLOCKS]["taken"] == 20


async def test_a_run_with_log_lines_too_is_one_run(sim: Sim, library: Library) -> None:
    """Its status, times and cost are its row's; the lines are its log."""
    sim.run("both", FIRST, data={}, level="error", total_duration_ms=7)
    sim.lines("both", FIRST)
    sim.lines("lines-alone", FIRST)
    report = await taken(sim, library)
    assert await library.store.read(run_pages.count) == 2
    run = await library.store.read(runs.get, "both")
    assert run is not None
    assert (run.status, run.duration_ms, run.cost_usd) == ("failed", 7, 0.25)
    found = await library.store.read(lambda connection: list(log_lines.each(connection, run)))
    assert [line.message for line in found] == ["Block Agent (agent): ok", "Workflow executed"]
    assert [span.id for span in await spans_of(library, "both")] == [
        "both-workflow", "both-agent",
    ], "the trace that a line of it bears"  # fmt: skip
    assert report.tables[LINES] == {"read": 4, "taken": 4, "unchanged": 0, "refused": 0}
    again = await taken(sim, library)
    assert {counts["taken"] for counts in again.tables.values()} == {0}


async def test_a_row_that_cannot_be_read_is_refused_alone(sim: Sim, library: Library) -> None:
    sim.execute(f"ALTER TABLE {BLOCKS} ALTER COLUMN input_data TYPE text")
    for column in ("block_id", "block_type", "started_at", "status"):
        sim.execute(f"ALTER TABLE {BLOCKS} ALTER COLUMN {column} DROP NOT NULL")
    sim.run("run-1", FIRST, data={})
    deep = '{"a":' * 300 + "1" + "}" * 300
    for ident, text in (("bad", '{"a": '), ("good", "{}"), ("deep", deep)):
        sim.ran_block(ident, "run-1")
        sim.execute(f"UPDATE {BLOCKS} SET input_data = %s WHERE id = %s", text, ident)
    sim.ran_block(
        "null", "run-1", block_id=None, block_name=None, block_type=None, started_at=None,
        status=None, input_data=None, metadata=[1], cost_total="NaN",
    )  # fmt: skip
    report = await taken(sim, library)
    assert {span.id for span in await spans_of(library, "run-1")} == {"good", "null"}
    told = said_of(report, "bad")
    assert (told["table"], told["outcome"]) == (BLOCKS, "refused")
    assert told["reason"].startswith("cut short")
    assert "too deeply nested" in said_of(report, "deep")["reason"]
    counts = report.tables[BLOCKS]
    assert counts["read"] == counts["taken"] + counts["refused"] == 4


async def test_blocks_of_what_is_gone_are_counted(sim: Sim, library: Library) -> None:
    """Of a workflow that was deleted, they come with its run; of a run that was, nobody knows."""
    sim.execute("ALTER TABLE workflow_execution_logs ALTER COLUMN workflow_id DROP NOT NULL")
    sim.run("of-nobody", None, data={})
    sim.ran_block("b-1", "of-nobody")
    sim.run("of-the-gone", f"{WF}8", data={})
    sim.ran_block("b-2", "of-the-gone", workflow_id=f"{WF}8")
    for n in range(3):
        sim.ran_block(f"lost-{n}", "no-run")
    report = await taken(sim, library)
    for run_id in ("of-nobody", "of-the-gone"):
        assert len(await spans_of(library, run_id)) == 1
    assert said_of(report, "3 rows")["reason"] == "the runs that they are of are not there"
    assert report.tables[BLOCKS] == {"read": 5, "taken": 2, "unchanged": 0, "refused": 3}


async def test_lines_that_say_less_than_they_might_are_told(sim: Sim, library: Library) -> None:
    sim.execute(f"ALTER TABLE {LINES} ALTER COLUMN metadata TYPE text")
    deep = '{"traceSpans":' * 300 + "1" + "}" * 300
    for ident, metadata in (("odd", '{"traceSpans": '), ("deep", deep), ("list", "[1, 2]")):
        sim.lines(ident, FIRST)
        sim.execute(f"UPDATE {LINES} SET metadata = %s WHERE id = %s", metadata, f"{ident}-1")
    report = await taken(sim, library)
    assert "its metadata cannot be read: cut short" in said_of(report, "odd-1")["reason"]
    for ident in ("odd", "deep", "list"):
        assert [span.id for span in await spans_of(library, ident)] == [
            f"{ident}-workflow", f"{ident}-agent",
        ], "the other line has one"  # fmt: skip
