"""Rows as nobody should have written them: each is taken as it is and its problem told, or refused
by name. Nothing stops the rest."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.library.extracted import Extractions
from simtui.store import runs
from tests.cloud.filling import WORKSPACE, Sim, trace
from tests.cloud.server import Server
from tests.cloud.taking import WF, said_of, state_of, taken
from tests.making import block, document

FIRST, GOOD = f"{WF}1", f"{WF}9"


@pytest.fixture
def sim_with_good(sim: Sim) -> Sim:
    """One sound workflow with a run, which must come whatever else there is."""
    sim.owner()
    sound = document()["state"]
    sound["blocks"] = {"good": {**sound["blocks"]["start"], "id": "good"}}
    sound["edges"] = []
    sim.workflow(GOOD, "Good", sound)
    sim.run("good-run", GOOD)
    for table in ("workflow", "workflow_blocks", "workflow_edges", "workflow_execution_logs"):
        for (column,) in sim.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " AND is_nullable = 'NO' AND column_name <> 'id'",
            table,
        ):
            sim.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
    return sim


@pytest.fixture
async def good_comes(sim_with_good: Sim, library: Library):  # type: ignore[no-untyped-def]  # an async generator of nothing
    yield
    assert (await library.workflows.find("Good")).block_count == 1
    assert await library.store.read(runs.get, "good-run") is not None


pytestmark = pytest.mark.usefixtures("good_comes")


async def test_null_where_none_may_be(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.put("workflow", id=FIRST, name=None, workspace_id=WORKSPACE, updated_at=None)
    sim.execute(
        "INSERT INTO workflow_blocks (id, workflow_id, type, name, position_x, sub_blocks, enabled)"
        " VALUES ('b', %s, NULL, NULL, 'NaN', 'null', NULL)",
        FIRST,
    )
    sim.execute("INSERT INTO workflow_edges (id, workflow_id) VALUES ('e', %s)", FIRST)
    report = await taken(sim, library)
    problems = said_of(report, FIRST)["problems"]
    assert "it has no name there" in problems
    assert 'block "b" has no type' in problems
    assert 'block "b" has no position' in problems
    assert "edge 1 has no source" in problems


async def test_edges_to_nowhere_and_lost_parents(sim_with_good: Sim, library: Library) -> None:
    state = document()["state"]
    state["edges"][0]["target"] = "nowhere"
    state["blocks"]["ask"]["data"] = {"parentId": "gone"}
    sim_with_good.workflow(FIRST, state=state)
    report = await taken(sim_with_good, library)
    told = said_of(report, FIRST)
    assert told["outcome"] == "imported"
    assert 'edge 1 names a block that is not there: "nowhere"' in told["problems"]
    assert any("lies in a container that is not there" in each for each in told["problems"])


async def test_folders_that_go_round_in_a_circle(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.folder("a", "A", "b")
    sim.folder("b", "B", "a")
    sim.folder("self", "Self", "self")
    sim.folder("lost", "Lost", "nobody")
    sim.workflow(FIRST, state=document()["state"], folder_id="a")
    report = await taken(sim, library)
    assert "its folder lies inside itself there" in said_of(report, FIRST)["problems"][0]
    assert (await library.workflows.find(FIRST)).folder == "A"
    assert {path for path, _ in await library.workflows.folders()} == {"A", "B", "Lost", "Self"}


async def test_a_folder_deeper_than_any_here(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    for n in range(30):
        sim.folder(f"f{n}", f"F{n}", f"f{n - 1}" if n else None)
    sim.workflow(FIRST, state=document()["state"], folder_id="f29")
    report = await taken(sim, library)
    assert "it lies 30 folders deep there, and 16 here" in said_of(report, FIRST)["problems"]


async def test_blocks_of_a_workflow_that_is_gone(sim_with_good: Sim, library: Library) -> None:
    sim_with_good.content(FIRST, document()["state"])
    report = await taken(sim_with_good, library)
    told = said_of(report, FIRST)
    assert told["problems"][0] == "its own row is gone there: only its blocks are left"
    found = await library.workflows.get(FIRST)
    assert found is not None
    assert (found.block_count, found.deleted_at is not None) == (2, True)


async def test_what_else_is_left_of_workflows_that_are_gone_is_counted(
    sim_with_good: Sim, library: Library
) -> None:
    sim = sim_with_good
    sim.execute("ALTER TABLE workflow_execution_snapshots ALTER COLUMN workflow_id DROP NOT NULL")
    for n, workflow_id in enumerate((None, f"{WF}7", f"{WF}8")):
        sim.put("workflow_execution_snapshots", id=f"s-{n}", workflow_id=workflow_id,
                state_hash=f"{n}", state_data=document()["state"])  # fmt: skip
    sim.execute("INSERT INTO workflow_edges (id, workflow_id) VALUES ('e', %s)", f"{WF}8")
    report = await taken(sim, library)
    assert "3 rows of workflow_execution_snapshots not read: their workflow is gone there" in (
        report.missing
    )
    assert "1 row of workflow_edges not read: their workflow is gone there" in report.missing


async def test_sub_blocks_that_are_no_object(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    sim.execute("UPDATE workflow_blocks SET sub_blocks = '[1, 2]' WHERE id = 'ask'")
    sim.execute("UPDATE workflow_blocks SET data = '\"text\"' WHERE id = 'start'")
    sim.execute("UPDATE workflow SET variables = '7' WHERE id = %s", FIRST)
    report = await taken(sim, library)
    problems = said_of(report, FIRST)["problems"]
    assert "block ask's sub-blocks are no object" in problems
    assert "block start's data are no object" in problems
    assert "its variables are no object" in problems


async def test_a_subflow_of_an_unknown_kind(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    sim.put("workflow_subflows", id="odd", workflow_id=FIRST, type="spiral", config={})
    report = await taken(sim, library)
    assert said_of(report, FIRST)["problems"] == ["subflow odd is neither a loop nor a parallel"]


async def test_integers_of_any_size_survive(sim_with_good: Sim, library: Library) -> None:
    big = 12345678901234567890123
    state = document(blocks=[block("ask", "agent", "Ask", seed=big)], edges=[])["state"]
    sim_with_good.workflow(FIRST, state=state)
    await taken(sim_with_good, library)
    assert str(big).encode() in await library.workflows.document(FIRST)


async def test_a_number_that_no_reader_takes_is_told(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    sim.execute("UPDATE workflow_blocks SET sub_blocks = '{\"a\": 1e5000}' WHERE id = 'ask'")
    report = await taken(sim, library)
    assert "block ask's sub-blocks: " in said_of(report, FIRST)["problems"][0]


async def test_times_past_every_calendar(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"], updated_at="infinity", created_at="-infinity")
    sim.run("no-time", FIRST, started_at="infinity", ended_at=None)
    sim.run("long-ago", FIRST, started_at="0044-03-15 10:00:00 BC")
    report = await taken(sim, library)
    assert "it does not say when it was changed" in said_of(report, FIRST)["problems"]
    logs = report.tables["workflow_execution_logs"]
    assert logs["read"] == logs["taken"] + logs["refused"]


async def test_a_run_without_an_id_or_a_start(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    sim.run("no-id", FIRST, execution_id=None)
    sim.run("no-start", FIRST, started_at=None, ended_at=None)
    sim.run("odd-data", FIRST, data=["no", "object"])
    report = await taken(sim, library)
    assert "neither runId nor executionId" in said_of(report, "log-no-id")["reason"]
    assert said_of(report, "no-start")["reason"] == "it does not say when it started."
    assert await library.store.read(runs.get, "odd-data") is not None


async def test_runs_and_tools_hold_any_json(sim_with_good: Sim, library: Library) -> None:
    """Deeper than anything here may be, or with numbers past every reader."""
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    big = 12345678901234567890123
    sim.run("big", FIRST, data={**trace("big"), "workflowInput": {"n": big}})
    deep_text = '{"workflowInput":' * 300 + "1" + "}" * 300
    for ident, text in (("deep", deep_text), ("far", "[1e5000]")):
        sim.run(ident, FIRST)
        sim.execute(
            "UPDATE workflow_execution_logs SET execution_data = %s::jsonb WHERE execution_id = %s",
            text, ident,
        )  # fmt: skip
    for ident, deep in (("t-1", 5), ("t-2", 300), ("t-3", 1010)):
        tool = {"id": ident, "workspace_id": WORKSPACE, "title": "T", "code": ""}
        sim.put("custom_tools", **tool, schema={})
        schema = '{"a":' * deep + str(big) + "}" * deep
        sim.execute("UPDATE custom_tools SET schema = %s WHERE id = %s", schema, ident)
    report = await taken(sim, library)
    assert await library.store.read(runs.get, "big") is not None
    assert "too deeply nested" in said_of(report, "deep")["reason"]
    assert "more than 4,300 digits" in said_of(report, "far")["reason"]
    kept = {each.id: each.about or "" for each in await Extractions(library).others()}
    assert str(big) in kept["t-1"]
    assert report.tables["custom_tools"]["read"] == 3
    for ident in {"t-2", "t-3"} - kept.keys():
        assert "too deeply nested" in said_of(report, ident)["reason"]


async def test_a_state_of_twenty_megabytes_and_one_past_all_limits(
    sim_with_good: Sim, library: Library
) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    for ident, size in (("large", 20 << 20), ("vast", 66 << 20)):
        sim.execute(
            "INSERT INTO workflow_deployment_version (id, workflow_id, version, state) VALUES (%s,"
            " %s, %s, jsonb_build_object('blocks', '{}'::jsonb, 'pad', repeat('x', %s)))",
            ident, FIRST, size, size,
        )  # fmt: skip
    report = await taken(sim, library)
    assert "larger than a workflow may be" in said_of(report, "vast")["reason"]
    (version,) = await library.workflows.versions(FIRST)
    assert version.document_bytes > 20 << 20


async def test_a_document_too_deep_is_refused_by_name(sim_with_good: Sim, library: Library) -> None:
    sim = sim_with_good
    sim.workflow(FIRST, state=document()["state"])
    deep = '{"a":' * 300 + "1" + "}" * 300
    sim.execute("UPDATE workflow_blocks SET sub_blocks = %s::jsonb WHERE id = 'ask'", deep)
    report = await taken(sim, library)
    assert "too deeply nested" in said_of(report, FIRST)["reason"]


async def test_an_id_that_is_a_path_is_refused(sim_with_good: Sim, library: Library) -> None:
    sim_with_good.workflow("../../etc", "Up", document()["state"])
    report = await taken(sim_with_good, library)
    assert "none that a workflow can have here" in said_of(report, "../../etc")["reason"]


async def test_invalid_json_in_a_text_column(postgres: Server, library: Library) -> None:
    """`state` was text once."""
    with Sim(postgres.address("2025-03")) as old:
        old.execute("ALTER TABLE workflow ALTER COLUMN state TYPE text")
        for ident, text in (
            (FIRST, '{"blocks": '), (f"{WF}2", "[]"), (f"{WF}3", ""),
            (f"{WF}4", '{"blocks": {"a": {"id": "a", "type": "agent", "name": "A",'
                       ' "position": {"x": 1, "y": 2}, "subBlocks": {}}}, "edges": []}'),
        ):  # fmt: skip
            old.execute(
                "INSERT INTO workflow (id, user_id, name, state) VALUES (%s, 'u', 'Old', %s)",
                ident, text,
            )  # fmt: skip
        report = await taken(old, library)
    assert "a document of it cannot be read: cut short" in said_of(report, FIRST)["problems"][0]
    assert "a document of it has no blocks" in said_of(report, f"{WF}2")["problems"]
    assert "empty" in said_of(report, f"{WF}3")["problems"][0]
    assert set((await state_of(library, f"{WF}4"))["blocks"]) == {"a"}
    await _take_good(postgres, library)


async def _take_good(postgres: Server, library: Library) -> None:
    """For the fixture that looks for it."""
    with Sim(postgres.address("2026-08")) as sim:
        sim.owner()
        sound = document()["state"]
        sound["blocks"] = {"good": {**sound["blocks"]["start"], "id": "good"}}
        sound["edges"] = []
        sim.workflow(GOOD, "Good", sound)
        sim.run("good-run", GOOD)
        await taken(sim, library)


async def test_words_that_a_terminal_would_obey_are_kept_out_of_names(
    sim_with_good: Sim, library: Library
) -> None:
    sim_with_good.workflow(FIRST, "Red \x1b[31m\u202ename", document()["state"])
    await taken(sim_with_good, library)
    found = await library.workflows.get(FIRST)
    assert found is not None
    assert found.name == "Red [31mname"


async def test_without_blocks_the_newest_whole_document_is_taken(
    sim_with_good: Sim, library: Library
) -> None:
    """Sim's "no state": first the active deployment, then what ran last."""
    sim = sim_with_good
    for n, name in enumerate(("deployed", "ran", "nothing"), 1):
        sim.workflow(f"{WF}{n}", name, {})
    deployed, ran = document()["state"], document()["state"]
    deployed["blocks"]["ask"]["name"], ran["blocks"]["ask"]["name"] = "Deployed", "Ran"
    sim.deployment("d", f"{WF}1", 1, deployed)
    sim.snapshot("s-1", f"{WF}1", ran)
    sim.snapshot("s-2", f"{WF}2", ran)
    report = await taken(sim, library)
    assert (await state_of(library, f"{WF}1"))["blocks"]["ask"]["name"] == "Deployed"
    assert (await state_of(library, f"{WF}2"))["blocks"]["ask"]["name"] == "Ran"
    assert said_of(report, f"{WF}3")["problems"] == [
        "it has no blocks there, and no earlier document"
    ]
