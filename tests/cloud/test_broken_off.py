"""Broken off anywhere, on either side, it goes on where it stopped, and the library and the report
are as if nothing had happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from simtui.cloud import extracting, workflows
from simtui.cloud.address import find_address
from simtui.cloud.choosing import Wanted
from simtui.cloud.report import Report
from simtui.errors import Busy, NotFound
from simtui.library import Library
from simtui.library.extracted import Extractions
from simtui.paths import Home
from simtui.store import run_pages
from tests.cloud.filling import Sim
from tests.cloud.server import Server
from tests.cloud.taking import taken
from tests.making import document

COUNT = 24


@pytest.fixture
def full(sim: Sim, monkeypatch: pytest.MonkeyPatch) -> Sim:
    """Workflows of three hundreds, a hundred being eight here."""
    sim.owner()
    for n in range(COUNT):
        state = document()["state"]
        state["blocks"] = {f"b{n}": {**state["blocks"]["ask"], "id": f"b{n}"}}
        state["edges"] = []
        sim.workflow(f"wf-{n:02}", f"Workflow {n}", state)
        sim.snapshot(f"snap-{n}", f"wf-{n:02}", document()["state"])
        sim.run(f"run-{n}", f"wf-{n:02}", snapshot=f"snap-{n}")
    monkeypatch.setattr(workflows, "HUNDRED", 8)
    monkeypatch.setattr("simtui.cloud.taking_runs.HUNDRED", 8)
    monkeypatch.setattr("simtui.cloud.entries._BATCH_THINGS", 4)
    return sim


BACKENDS = (
    "FROM pg_stat_activity WHERE application_name = 'simtui-extract'"
    " AND datname = current_database()"
)


def ended_by_the_server(sim: Sim) -> None:
    """The connection is cut, as an administrator does it."""
    sim.execute(f"SELECT pg_terminate_backend(pid) {BACKENDS}")


def killed(sim: Sim) -> None:
    """The process of the server that answers is; the server then begins anew with all."""
    for (pid,) in sim.execute(f"SELECT pid {BACKENDS}"):
        os.kill(pid, signal.SIGKILL)


async def broken_off(
    sim: Sim,
    library: Library,
    what: str,
    after: int,
    how: Callable[[Sim], object] = ended_by_the_server,
) -> None:
    """The connection is cut once so many were taken."""
    done: list[object] = []

    def cut(kind: str, number: int) -> None:
        if kind == what and number >= after and not done:
            done.append(how(sim))

    plan = await extracting.prepare(find_address(sim.address, None, {}), Wanted(), None)
    try:
        with pytest.raises(Busy, match="goes on where it stopped"):
            await extracting.extract(plan, library, on_progress=cut)
    finally:
        plan.close()


async def told(library: Library) -> dict[str, Any]:
    """All that matters of what is there."""
    return {
        each.id: (each.digest, each.run_count, len(await library.workflows.versions(each.id)))
        for each in await library.workflows.page(limit=100, count_runs=True)
    }


@pytest.mark.parametrize(("what", "after"), [("workflows", 1), ("workflows", 9), ("runs", 1)])
async def test_the_connection_is_cut(
    full: Sim, library: Library, tmp_path: Any, what: str, after: int
) -> None:
    await broken_off(full, library, what, after)
    last = await Extractions(library).last()
    assert last is not None
    assert last.ended_at is None
    report = await taken(full, library)
    assert report.went_on
    async with await Library.open(Home(tmp_path / "whole")) as whole:
        expected = await taken(full, whole)
        assert await told(library) == await told(whole)
        assert report.tables == expected.tables
        assert await library.store.read(run_pages.count) == COUNT


@pytest.mark.parametrize("how", ["killed", "restarted"])
async def test_the_server_goes_down_and_comes_up(
    full: Sim, library: Library, postgres: Server, tmp_path: Any, how: str
) -> None:
    await broken_off(
        full, library, "workflows", 9, killed if how == "killed" else lambda _: postgres.restart()
    )
    until_it_answers(full.address)
    report = await taken(full, library)
    assert report.went_on
    async with await Library.open(Home(tmp_path / "whole")) as whole:
        await taken(full, whole)
        assert await told(library) == await told(whole)


def until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(psycopg.Error):
            psycopg.connect(address).close()
            return
        time.sleep(0.05)
    raise AssertionError("the server did not come up again")


async def test_a_server_that_stopped_is_told_and_nothing_is_lost(
    full: Sim, library: Library, postgres: Server
) -> None:
    await taken(full, library)
    postgres.pause()
    try:
        with pytest.raises(NotFound, match="PostgreSQL is not running there"):
            await taken(full, library)
    finally:
        postgres.go_on()
    assert await library.workflows.count() == COUNT


async def test_what_was_done_is_not_read_again(full: Sim, library: Library) -> None:
    await broken_off(full, library, "runs", 1)
    full.execute("DELETE FROM workflow_blocks")  # nobody will look
    report = await taken(full, library)
    assert report.went_on
    assert report.tables["workflow_blocks"]["taken"] == COUNT


async def test_it_is_cancelled(full: Sim, library: Library) -> None:
    """As by an interrupt; no thread and no statement is left behind."""
    plan = await extracting.prepare(find_address(full.address, None, {}), Wanted(), None)
    reached = asyncio.Event()
    work = asyncio.create_task(
        extracting.extract(plan, library, on_progress=lambda _what, _number: reached.set())
    )
    await reached.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    plan.close()
    assert (await taken(full, library)).tables["workflow"]["taken"] == COUNT


async def test_another_selection_begins_anew(full: Sim, library: Library) -> None:
    await broken_off(full, library, "workflows", 1)
    report = await taken(full, library, with_runs=False)
    assert not report.went_on
    assert report.tables["workflow"]["read"] == COUNT


async def test_the_report_of_what_was_broken_off_is_kept(full: Sim, library: Library) -> None:
    await broken_off(full, library, "workflows", 9)
    last = await Extractions(library).last()
    assert last is not None
    counted = Report.loads(last.report).tables["workflow"]["taken"]
    assert 9 <= counted == await library.workflows.count() < COUNT
