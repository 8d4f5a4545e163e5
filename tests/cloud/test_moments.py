"""Every moment of Sim's history comes home whole, told by its columns alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from simtui.library import Library
from simtui.library.extracted import Extractions
from simtui.store import runs, spans
from tests.cloud.filling import Sim
from tests.cloud.server import MOMENTS, Server
from tests.cloud.taking import WF, state_of, taken
from tests.making import block, document, edge

FIRST = f"{WF}1"


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def sim(postgres: Server, moment: str) -> Iterator[Sim]:
    with Sim(postgres.address(moment)) as made:
        made.owner()
        yield made


def state(**variables: Any) -> dict[str, Any]:
    """A trigger, a loop with an agent in it, and a parallel, as Sim has them."""
    loop = {**block("again", "loop", "Again"), "data": {"loopType": "forEach", "collection": "[1]"}}
    side = {**block("side", "parallel", "Side"), "data": {"parallelType": "count", "count": 3}}
    agent = block("ask", "agent", "Ask", prompt="Say {{GREETING}}.", tools=[{"title": "t"}])
    agent |= {"data": {"parentId": "again", "extent": "parent"}, "position": {"x": 50.5, "y": 50}}
    blocks = [block("start", "start_trigger", "Start"), loop, agent, side]
    edges = [edge("start", "again"), {**edge("again", "ask"), "sourceHandle": "loop-start-source"}]
    whole: dict[str, Any] = document(blocks=blocks, edges=edges)["state"]
    for n, each in enumerate(blocks):
        each["position"].setdefault("x", n)
        each["position"] = {**each["position"], "x": each["position"]["x"] + n * 100}
    whole["loops"] = {"again": {
        "id": "again", "nodes": ["ask"], "iterations": 4, "loopType": "forEach",
        "forEachItems": "[1]",
    }}  # fmt: skip
    whole["parallels"] = {"side": {"id": "side", "nodes": [], "count": 3, "parallelType": "count"}}
    whole["variables"] = {
        key: {"id": key, "name": key, "type": "string", "value": value}
        for key, value in variables.items()
    }
    return whole


async def test_a_workflow_comes_as_sim_would_load_it(sim: Sim, library: Library) -> None:
    sim.workflow(FIRST, "Lead enricher", state(host="example.com"), description="Finds them.")
    await taken(sim, library)
    came = await state_of(library, FIRST)
    assert set(came["blocks"]) == {"start", "again", "ask", "side"}
    ask = came["blocks"]["ask"]
    assert ask["subBlocks"]["prompt"]["value"] == "Say {{GREETING}}."
    assert ask["subBlocks"]["tools"]["value"] == [{"title": "t"}]
    assert ask["position"] == {"x": 250.5, "y": 50}
    assert (ask["data"]["parentId"], ask["data"]["extent"]) == ("again", "parent")
    assert [each["source"] for each in sorted(came["edges"], key=lambda e: e["id"])] == [
        "again", "start",
    ]  # fmt: skip
    assert came["loops"]["again"]["iterations"] == 4
    assert came["loops"]["again"]["forEachItems"] == "[1]"
    assert came["parallels"]["side"]["count"] == 3
    if sim.has("workflow", "variables"):
        assert came["variables"]["host"]["value"] == "example.com"
    assert came["metadata"]["name"] == "Lead enricher"
    found = await library.workflows.find("Lead enricher")
    assert (found.description, found.source) == ("Finds them.", "postgres")
    assert found.block_count == 4
    assert found.updated_at == 1_773_092_419_010


async def test_its_folder_comes_where_there_are_folders(sim: Sim, library: Library) -> None:
    sim.folder("f1", "Ops")
    sim.folder("f2", "Täglich", "f1", sort_order=3)
    sim.folder("f3", "Empty")
    sim.workflow(FIRST, state=state(), folder_id="f2")
    report = await taken(sim, library)
    found = await library.workflows.get(FIRST)
    assert found is not None
    if sim.has("workflow", "folder_id"):
        assert found.folder == "Ops/Täglich"
        assert [path for path, _n in await library.workflows.folders()] == [
            "Empty", "Ops", "Ops/Täglich",
        ]  # fmt: skip
    else:
        assert found.folder == ""
        assert "no folders: everything lies at the top" in report.missing


async def test_its_runs_come_with_spans_and_costs(sim: Sim, library: Library) -> None:
    sim.workflow(FIRST, state=state())
    sim.snapshot("snap", FIRST, state())
    sim.run("run-1", FIRST, snapshot="snap")
    await taken(sim, library)
    run = await library.store.read(runs.get, "run-1")
    assert run is not None
    assert (run.workflow_id, run.status, run.trigger) == (FIRST, "completed", "manual")
    assert (run.duration_ms, run.cost_usd, run.source) == (1500, 0.25, "postgres")
    tree = await library.store.read(lambda connection: list(spans.each(connection, run)))
    assert [(span.name, span.parent_id) for span in tree] == [
        ("Workflow Execution", None), ("Agent", "run-1-workflow"),
    ]  # fmt: skip
    if sim.has("workflow_execution_snapshots"):
        (version,) = await library.workflows.versions(FIRST)
        assert run.version_digest == version.digest
    said = (await library.store.read(runs.payloads, run)).more
    assert "variables" not in str(said), "a run keeps what was encrypted nowhere else"


async def test_what_is_missing_is_said(sim: Sim, moment: str, library: Library) -> None:
    report = await taken(sim, library)
    told = " ".join(report.missing)
    assert ("no tables of blocks" in told) is (moment == "2025-03")
    assert ("no deployment versions" in told) is (moment < "2025-11")
    assert ("no variables of workspaces" in told) is (moment < "2025-11")
    assert ("runs have no status" in told) is ("2025-06" <= moment <= "2025-11")
    assert report.not_taken.get("workflow", []) != []
    assert {"account", "api_key", "session"} <= set(report.not_read)
    assert not set(report.not_read) & report.not_taken.keys()


@pytest.mark.parametrize("moment", ["2025-03", "2025-08", "2026-08"], indirect=True)
async def test_the_real_states_come_whole(
    sim: Sim, moment: str, library: Library, real_exports: Path
) -> None:
    """Whatever Sim's own importer would take of a state is in what came."""
    files = sorted(real_exports.glob("tpl-*.json"))
    old = sorted(real_exports.glob("legacy-2025-03-state-*.json"))
    states = [orjson.loads(path.read_bytes())["state"] for path in files]
    if moment == "2025-03":
        states = [orjson.loads(path.read_bytes()) for path in old]
    assert states
    for n, each in enumerate(states):
        sim.workflow(f"{WF}{n}", f"Workflow {n}", _own(each, n))
    report = await taken(sim, library)
    assert report.tables["workflow"]["taken"] == len(states)
    for n, each in enumerate(states):
        given, came = _own(each, n), await state_of(library, f"{WF}{n}")
        assert set(came["blocks"]) == set(given["blocks"])
        for key, block_given in given["blocks"].items():
            block_came = came["blocks"][key]
            for part in ("id", "type", "name", "position", "subBlocks", "outputs", "enabled"):
                if part in block_given:
                    assert block_came[part] == block_given[part], (key, part)
            _within(block_given.get("data") or {}, block_came.get("data") or {})
        assert _ends(came) == _ends(given)
        assert set(came["loops"]) == set(given.get("loops") or {})


def _own(state: dict[str, Any], n: int) -> dict[str, Any]:
    """The state with ids of its own, since a table has each once."""
    text = orjson.dumps(state).decode()
    for key in state["blocks"]:
        text = text.replace(f'"{key}"', f'"{key}-{n}"')
    for each in state["edges"]:
        text = text.replace(f'"{each["id"]}"', f'"{each["id"]}-{n}"')
    made: dict[str, Any] = orjson.loads(text)
    for each in made["edges"]:
        if each.get("sourceHandle") is None:
            each.pop("sourceHandle", None)
    return made


def _ends(state: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {
        tuple(map(each.get, ("id", "source", "target", "sourceHandle"))) for each in state["edges"]
    }


def _within(given: dict[str, Any], came: dict[str, Any]) -> None:
    assert {key: came.get(key) for key in given} == given


@pytest.mark.parametrize("moment", ["2025-03", "2026-08"], indirect=True)
async def test_a_dry_run_says_the_same_and_writes_nothing(sim: Sim, library: Library) -> None:
    sim.folder("f1", "Ops")
    sim.workflow(FIRST, state=state())
    sim.snapshot("snap", FIRST, state())
    sim.run("run-1", FIRST, snapshot="snap")
    without = await taken(sim, None, dry_run=True)
    would = await taken(sim, library, dry_run=True)
    assert await library.workflows.count() == 0
    assert await Extractions(library).last() is None
    did = await taken(sim, library)
    assert without.tables == would.tables == did.tables
    again = await taken(sim, library, dry_run=True)
    assert {counts["taken"] for counts in again.tables.values()} == {0}


@pytest.mark.parametrize("moment", ["2026-08"], indirect=True)
async def test_the_order_is_ours_and_the_same_each_time(sim: Sim, library: Library) -> None:
    sim.workflow(FIRST, state=state())
    report = await taken(sim, library)
    came = await state_of(library, FIRST)
    assert list(came["blocks"]) == ["start", "again", "ask", "side"], "from left to right"
    assert list(came["blocks"]["ask"]["subBlocks"]) == ["prompt", "tools"]
    assert "the order of blocks and sub-blocks is ours: the database keeps none" in report.missing
    assert list(came["blocks"]["ask"]["subBlocks"]["prompt"]) == ["id", "type", "value"]
