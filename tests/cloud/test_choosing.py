"""What comes and what never does: workspaces, days, people; tools and settings."""

from __future__ import annotations

import orjson
import pytest

from simtui.errors import NotFound
from simtui.library import Library
from simtui.library.extracted import Extractions
from simtui.paths import Home
from simtui.store import run_pages, runs
from tests.cloud.filling import OWNER, WORKSPACE, Sim
from tests.cloud.taking import WF, taken
from tests.conftest import Command
from tests.making import document

FIRST, SECOND = f"{WF}1", f"{WF}2"
STATE = document()["state"]


async def test_nobody_elses_tables_are_read(sim: Sim, library: Library) -> None:
    """The server refuses whoever touches them."""
    sim.workflow(FIRST, state=STATE)
    sim.owner()
    sim.execute("CREATE ROLE reader LOGIN")
    sim.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    for table in ("session", "account", "api_key"):
        sim.execute(f"REVOKE ALL ON {table} FROM reader")
    try:
        with Sim(sim.address.replace("user=tester", "user=reader")) as as_reader:
            report = await taken(as_reader, library)
    finally:
        sim.execute("DROP OWNED BY reader")
        sim.execute("DROP ROLE reader")
    assert report.tables["workflow"]["taken"] == 1


async def test_a_persons_settings_come_as_they_are(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.put("settings", id="s-1", user_id=OWNER, theme="dark", email_preferences={"tips": False})
    sim.put("settings", id="s-2", user_id="someone", theme="light")
    sim.workflow(FIRST, state=STATE)
    await taken(sim, library)
    (kept,) = [each for each in await Extractions(library).others() if each.kind == "settings"]
    assert kept.id == "s-1"
    about = orjson.loads(kept.about or "")
    assert (about["theme"], about["email_preferences"]) == ("dark", {"tips": False})


async def test_custom_tools_come_as_they_are(sim: Sim, library: Library) -> None:
    sim.owner()
    schema = {"function": {"name": "add", "parameters": {}}}
    sim.put(
        "custom_tools", id="t-1", workspace_id=WORKSPACE, user_id=OWNER, title="Add",
        schema=schema, code="return a + b",
    )  # fmt: skip
    await taken(sim, library)
    (tool,) = await Extractions(library).others()
    about = orjson.loads(tool.about or "")
    assert (tool.kind, about["title"], about["code"]) == ("custom tool", "Add", "return a + b")
    assert about["schema"] == schema


async def test_only_what_is_wanted_comes(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.put("workspace", id="ws-2", name="Other", owner_id="someone")
    sim.workflow(FIRST, "Mine", STATE)
    sim.workflow(SECOND, "Theirs", workspace_id="ws-2")
    sim.run("old", FIRST, started_at="2025-12-31 23:59:59", ended_at="2026-01-01 00:00:01")
    sim.run("new", FIRST)
    await taken(sim, library, workspaces=("acme",), since_ms=1_767_225_600_000)
    assert [each.name for each in await library.workflows.page()] == ["Mine"]
    assert await library.store.read(runs.get, "old") is None
    assert await library.store.read(runs.get, "new") is not None
    report = await taken(sim, library, workspaces=(WORKSPACE,))
    assert report.tables["workflow_execution_logs"]["taken"] == 1, "the older one, asked for now"


async def test_no_runs_means_none(sim: Sim, library: Library) -> None:
    sim.workflow(FIRST, state=STATE)
    sim.run("run-1", FIRST)
    report = await taken(sim, library, with_runs=False)
    assert await library.store.read(run_pages.count) == 0
    assert "runs were not wanted (--no-runs)" in report.missing


async def test_an_mcp_servers_headers_stay_there(sim: Sim, library: Library) -> None:
    """They hold tokens in clear."""
    sim.owner()
    sim.put(
        "mcp_servers", id="m-1", workspace_id=WORKSPACE, name="Search", transport="http",
        url="https://mcp.example.com", headers={"Authorization": "Bearer planted-token"},
        oauth_client_secret="planted-secret",
    )  # fmt: skip
    await taken(sim, library)
    (kept,) = await Extractions(library).others()
    assert "https://mcp.example.com" in (kept.about or "")
    assert "planted" not in (kept.about or "")


async def test_of_several_people_nobody_is_guessed(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.owner("owner-2", "ws-2", "Other")
    sim.workflow(FIRST, "Mine", STATE)
    sim.workflow(SECOND, "Theirs", workspace_id="ws-2", user_id="owner-2")
    sim.environment(MINE="x")
    report = await taken(sim, library)
    assert "MINE" not in report.secrets
    assert any("--user says who you are" in sentence for sentence in report.missing)
    report = await taken(sim, library, user=f"{OWNER}@example.com")
    assert report.secrets == {"MINE": "needs a value"}


async def test_several_workspaces_are_folders(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.put("workspace", id="ws-2", name="Other", owner_id=OWNER)
    sim.folder("f1", "Ops")
    sim.workflow(FIRST, "Mine", STATE, folder_id="f1")
    sim.workflow(SECOND, "Theirs", workspace_id="ws-2")
    await taken(sim, library)
    folders = {each.name: each.folder for each in await library.workflows.page()}
    assert folders == {"Mine": "Acme/Ops", "Theirs": "Other"}


async def test_what_is_named_and_not_there_is_told(sim: Sim) -> None:
    sim.owner()
    with pytest.raises(NotFound, match=r'"Acne". There are: Acme\.'):
        await taken(sim, None, dry_run=True, workspaces=("Acne",))
    with pytest.raises(NotFound, match="No user there"):
        await taken(sim, None, dry_run=True, user="nobody@example.com")


async def test_what_was_archived_comes_into_the_trash(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.folder("f1", "Gone", deleted_at="2026-08-01 10:00:00")
    sim.workflow(FIRST, "Old", STATE, archived_at="2026-08-01 10:00:00", folder_id="f1")
    await taken(sim, library)
    assert await library.workflows.count() == 0
    found = await library.workflows.find("Old", trash=True)
    assert (found.deleted_at, found.folder) == (1_785_578_400_000, "Gone")


async def test_deployments_are_versions_the_oldest_first(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.workflow(FIRST, "Lead enricher", STATE)
    for number in (1, 2, 3):
        deployed = document()["state"]
        deployed["blocks"]["ask"]["name"] = "Same" if number > 1 else "First"
        sim.deployment(
            f"d-{number}", FIRST, number, deployed, name=f"v{number}", is_active=number == 3,
            created_at=f"2026-03-0{number} 10:00:00",
        )  # fmt: skip
    report = await taken(sim, library)
    versions = await library.workflows.versions(FIRST)
    assert [(each.number, each.name) for each in versions] == [
        (2, "Lead enricher"), (1, "Lead enricher"),
    ]  # fmt: skip
    assert b"First" in await library.workflows.version_document(FIRST, 1)
    assert report.tables["workflow_deployment_version"] == {
        "read": 3, "taken": 2, "unchanged": 1, "refused": 0,
    }  # fmt: skip
    kept = {each.id: orjson.loads(each.about or "") for each in await Extractions(library).others()}
    assert kept["d-2"]["name"] == "v2"


async def test_runs_of_deleted_workflows_come_too(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.run("lost", None)
    await taken(sim, library)
    run = await library.store.read(runs.get, "lost")
    assert run is not None
    assert run.workflow_name == "(deleted workflow)"


async def test_traces_in_object_storage_are_counted(sim: Sim, library: Library) -> None:
    sim.owner()
    sim.workflow(FIRST, state=STATE)
    elsewhere = {"traceStoreRef": {"__simLargeValueRef": True, "key": "execution/a"}}
    sim.run("there", FIRST)
    sim.run("elsewhere", FIRST, data=elsewhere, cost=None)
    report = await taken(sim, library)
    assert report.traces_elsewhere == 1
    run = await library.store.read(runs.get, "elsewhere")
    assert run is not None
    assert run.cost_usd is None, "an unknown cost is unknown"


def test_the_command_tells_what_else_came(sim: Sim, extract: Command) -> None:
    sim.owner()
    sim.put("skill", id="k-1", workspace_id=WORKSPACE, name="Writing", description="", content="#")
    sim.workflow(FIRST, "Lead enricher", STATE)
    assert extract(sim.address).returncode == 0
    (line,) = extract("--others").stdout.splitlines()
    told = orjson.loads(line)
    assert (told["kind"], told["is"]["name"]) == ("skill", "Writing")


def test_what_came_is_told_in_a_sentence_and_kept(sim: Sim, home: Home, extract: Command) -> None:
    sim.owner()
    sim.workflow(FIRST, "Lead enricher", STATE)
    sim.run("run-1", FIRST)
    sim.run("run-2", FIRST)
    would = extract(sim.address, "--dry-run")
    assert would.stderr.endswith(
        "Dry run: 1 workflow and 2 runs would come; nothing was written.\n"
    )
    assert not home.root.exists()
    did = extract(sim.address)
    assert did.stderr.endswith(f"1 workflow and 2 runs came into {home}.\n")
    assert would.stdout == did.stdout == extract("--last-report").stdout
    again = extract(sim.address)
    assert again.stderr.endswith(f"Nothing new there for {home}.\n")
    assert again.returncode == 0


def test_what_was_refused_is_in_the_exit_code(sim: Sim, extract: Command) -> None:
    sim.owner()
    sim.workflow("../up", "Up", STATE)
    done = extract(sim.address)
    assert done.returncode == 6
    assert "none that a workflow can have here" in done.stdout
    sim.folder("f1", "Ops")
    assert extract(sim.address, "-o", "jsonl").returncode == 3
