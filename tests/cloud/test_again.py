"""A second time: what is new comes, what was changed at home stays, what was thrown away stays
away."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.model.run_said import RunSaid
from simtui.recording import recording
from simtui.recording.streams import Piece
from simtui.store import runs
from tests.cloud.filling import Sim
from tests.cloud.taking import WF, said_of, state_of, taken
from tests.making import as_bytes, document

FIRST, SECOND = f"{WF}1", f"{WF}2"


def state(said: str) -> dict[str, Any]:
    whole: dict[str, Any] = document()["state"]
    whole["blocks"]["ask"]["subBlocks"]["prompt"]["value"] = said
    return whole


@pytest.fixture
async def first(sim: Sim, library: Library) -> Sim:
    """What was extracted once."""
    sim.owner()
    sim.workflow(FIRST, "Lead enricher", state("one"))
    sim.snapshot("snap-1", FIRST, state("one"))
    sim.run("run-1", FIRST, snapshot="snap-1")
    await taken(sim, library)
    return sim


def say(sim: Sim, text: str) -> None:
    """A change there."""
    sim.execute(
        "UPDATE workflow_blocks SET sub_blocks = jsonb_set(sub_blocks, '{prompt,value}', %s::jsonb)"
        " WHERE id = 'ask'",
        orjson.dumps(text).decode(),
    )


async def prompt(library: Library) -> str:
    came = await state_of(library, FIRST)
    said: str = came["blocks"]["ask"]["subBlocks"]["prompt"]["value"]
    return said


async def change_here(library: Library, tmp_path: Any, text: str) -> None:
    """By hand, as an import of a file does it."""
    value = orjson.loads(await library.workflows.document(FIRST))
    value["state"]["blocks"]["ask"]["subBlocks"]["prompt"]["value"] = text
    path = tmp_path / f"changed-{FIRST}.json"
    path.write_bytes(as_bytes(value))
    outcomes = [item.outcome async for item in import_paths(library, [path])]
    assert outcomes == ["updated"]


async def test_nothing_new_is_nothing_taken(first: Sim, library: Library) -> None:
    report = await taken(first, library)
    assert {counts["taken"] for counts in report.tables.values()} == {0}
    assert report.items == []
    assert len(await library.workflows.versions(FIRST)) == 1


async def test_what_changed_there_takes_its_place(first: Sim, library: Library) -> None:
    say(first, "two")
    report = await taken(first, library)
    assert said_of(report, FIRST)["outcome"] == "updated"
    assert await prompt(library) == "two"
    kept = [
        await library.workflows.version_document(FIRST, each.number)
        for each in await library.workflows.versions(FIRST)
    ]
    assert any(b'"one"' in each for each in kept)


async def test_what_changed_here_stays_and_theirs_is_a_version(
    first: Sim, library: Library, tmp_path: Any
) -> None:
    await change_here(library, tmp_path, "mine")
    say(first, "theirs")
    report = await taken(first, library)
    told = said_of(report, FIRST)
    assert told["outcome"] == "kept"
    assert "was changed here and stays" in told["reason"]
    assert await prompt(library) == "mine"
    newest = (await library.workflows.versions(FIRST))[0]
    assert b'"theirs"' in await library.workflows.version_document(FIRST, newest.number)
    assert (await taken(first, library)).items == [], "told once"


async def test_what_changed_here_alone_is_left_alone(
    first: Sim, library: Library, tmp_path: Any
) -> None:
    await change_here(library, tmp_path, "mine")
    versions = len(await library.workflows.versions(FIRST))
    report = await taken(first, library)
    assert report.items == []
    assert await prompt(library) == "mine"
    assert len(await library.workflows.versions(FIRST)) == versions


async def test_what_was_here_before_stays_the_current_one(
    sim: Sim, library: Library, tmp_path: Any
) -> None:
    """An export that was imported by hand, and perhaps changed since: nobody can tell."""
    path = tmp_path / f"lead-{FIRST}.json"
    path.write_bytes(as_bytes(document("Lead enricher")))
    async for _ in import_paths(library, [path]):
        pass
    sim.owner()
    sim.workflow(FIRST, "Lead enricher", state("theirs"))
    report = await taken(sim, library)
    assert "was here before" in said_of(report, FIRST)["reason"]
    assert await prompt(library) == "Say hello."
    assert len(await library.workflows.versions(FIRST)) == 1


async def test_the_trash_is_left_as_it_is(first: Sim, library: Library) -> None:
    await library.workflows.delete([FIRST])
    say(first, "two")
    report = await taken(first, library)
    assert "in the trash here, and stays there" in said_of(report, FIRST)["reason"]
    assert await library.workflows.count() == 0
    assert await prompt(library) == "two"


async def test_a_folder_that_lies_elsewhere_here_gets_no_twin(sim: Sim, library: Library) -> None:
    """With one workspace it lies at the top, with two in the workspace's."""
    sim.owner()
    sim.folder("f1", "Ops")
    sim.folder("f2", "Empty", "f1")
    sim.workflow(FIRST, state=state("one"), folder_id="f1")
    await taken(sim, library)
    sim.put("workspace", id="ws-2", name="Other", owner_id="owner-1")
    report = await taken(sim, library)
    assert [path for path, _n in await library.workflows.folders()] == ["Ops", "Ops/Empty"]
    assert report.tables["folder"] == {"read": 2, "taken": 0, "unchanged": 2, "refused": 0}


async def test_what_was_archived_there_since_stays_here(first: Sim, library: Library) -> None:
    first.execute("UPDATE workflow SET archived_at = now()")
    report = await taken(first, library)
    assert said_of(report, FIRST)["reason"] == "it is archived there; it stays here"
    assert await library.workflows.count() == 1


async def test_a_placeholder_of_its_runs_becomes_the_workflow(sim: Sim, library: Library) -> None:
    async with recording(library) as recorder:
        said = RunSaid("heard-before", 1_700_000_000_000, FIRST, "Lead enricher")
        await recorder.take(Piece("a test", None, [said]))
    sim.owner()
    sim.folder("f1", "Ops")
    sim.workflow(FIRST, "Lead enricher", state("one"), folder_id="f1")
    report = await taken(sim, library)
    assert said_of(report, FIRST)["reason"] == "runs of it were here before"
    found = await library.workflows.find("Lead enricher")
    assert (found.folder, found.block_count) == ("Ops", 2)
    assert await library.workflows.versions(FIRST) == []


async def test_only_new_runs_are_read(first: Sim, library: Library) -> None:
    """One that the person deleted here does not come back."""
    first.run("run-old", FIRST, started_at="2026-03-01 10:00:00")
    first.run("run-new", FIRST, started_at=_soon(first), ended_at=_soon(first))
    report = await taken(first, library)
    logs = report.tables["workflow_execution_logs"]
    assert (logs["read"], logs["taken"]) == (1, 1)
    assert await library.store.read(runs.get, "run-new") is not None
    assert await library.store.read(runs.get, "run-old") is None


def _soon(sim: Sim) -> str:
    return str(sim.execute("SELECT now()::timestamp")[0][0])


async def test_a_run_that_was_going_on_gets_its_end(first: Sim, library: Library) -> None:
    first.run("going", FIRST, status="running", ended_at=None, total_duration_ms=None, cost=None)
    first.execute("UPDATE workflow_execution_logs SET started_at = %s WHERE execution_id = 'going'",
                  _soon(first))  # fmt: skip
    await taken(first, library)
    run = await library.store.read(runs.get, "going")
    assert run is not None
    assert (run.status, run.has_end) == ("running", False)
    first.execute(
        "UPDATE workflow_execution_logs SET status = 'completed', started_at = '2026-03-01',"
        " ended_at = '2026-03-01 00:00:07', total_duration_ms = 7000 WHERE execution_id = 'going'"
    )
    await taken(first, library)
    run = await library.store.read(runs.get, "going")
    assert run is not None
    assert (run.status, run.duration_ms) == ("completed", 7000)


async def test_a_new_workflow_comes_with_all_its_runs(first: Sim, library: Library) -> None:
    other = document()["state"]
    other["blocks"] = {"b": {**other["blocks"]["start"], "id": "b"}}
    other["edges"] = []
    first.workflow(SECOND, "Another", other)
    first.run("long-ago", SECOND, started_at="2026-01-01 10:00:00")
    await taken(first, library)
    assert await library.workflows.count() == 2
    assert await library.store.read(runs.get, "long-ago") is not None
