"""Back again: what was extracted goes out as Sim's JSON and as a workspace zip, whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.cloud.filling import Sim
from tests.cloud.taking import WF
from tests.conftest import Command

FIRST = f"{WF}1"


@pytest.fixture
def real(sim: Sim, real_exports: Path) -> dict[str, Any]:
    """A real state with a loop, a parallel, a table, a custom tool and variables, in the
    database."""
    sim.owner()
    sim.folder("f1", "Ops / Intake")
    path = real_exports / "fixture-2026-08-raw-state-loop-parallel-table-tool.json"
    state: dict[str, Any] = json.loads(path.read_bytes())
    sim.workflow(FIRST, "Größe 🚀", state, folder_id="f1", description="Words.")
    return state


def test_it_goes_out_as_sims_json(
    real: dict[str, Any], sim: Sim, extract: Command, simtui: Command
) -> None:
    assert extract(sim.address).returncode == 0
    done = simtui("export", FIRST, "--allow-secrets")
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert (out["version"], out["state"]["metadata"]["name"]) == ("1.0", "Größe 🚀")
    _check_as_sim_would(out["state"], real)


async def test_it_goes_out_as_a_workspace_zip_and_comes_back(
    real: dict[str, Any], sim: Sim, extract: Command, simtui: Command, tmp_path: Path
) -> None:
    assert extract(sim.address).returncode == 0
    target = tmp_path / "out.zip"
    done = simtui("export", "--all", "--to", target, "--allow-secrets")
    assert done.returncode == 0, done.stderr
    async with await Library.open(Home(tmp_path / "second")) as second:
        items = [item async for item in import_paths(second, [target])]
        assert [item.outcome for item in items] == ["imported"]
        (found,) = await second.workflows.page()
        assert (found.id, found.name, found.folder) == (FIRST, "Größe 🚀", "Ops / Intake")
        value = json.loads(await second.workflows.document(FIRST))
    _check_as_sim_would(value["state"], real)


def _check_as_sim_would(came: dict[str, Any], given: dict[str, Any]) -> None:
    """The rules of Sim's own importer (`parseWorkflowJson`), and nothing of what it takes lost."""
    assert isinstance(came["edges"], list)
    for key, block in came["blocks"].items():
        assert block["id"] == key
        assert block["type"]
        assert isinstance(block["position"]["x"], (int, float))
        before = given["blocks"][key]
        assert block["subBlocks"] == before["subBlocks"]
        assert block["name"] == before["name"]
        assert (block["data"].get("parentId")) == (before.get("data") or {}).get("parentId")
    assert came["blocks"].keys() == given["blocks"].keys()
    for edge in came["edges"]:
        assert edge["id"]
        assert edge["source"] in came["blocks"]
        assert edge["target"] in came["blocks"]
    assert {edge["id"] for edge in came["edges"]} == {edge["id"] for edge in given["edges"]}
    assert came["loops"].keys() == given["loops"].keys()
    assert came["parallels"].keys() == given["parallels"].keys()
    assert came["variables"] == given["variables"]
