"""An extraction that is killed at any moment, or whose server is: the same command goes on, and
what is there in the end is as if nothing had happened. And a large one, in flat memory."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simtui.library import Library, doctor
from simtui.paths import Home
from simtui.store import run_pages
from tests.bench.cloud import fill
from tests.bench.peak import peak_of
from tests.cloud import server
from tests.cloud.server import Server

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

COUNT = 400


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if server.programs() is None:
        pytest.skip("postgresql is not installed")
    running = server.start()
    yield running
    running.stop("immediate")


@pytest.fixture(scope="module")
def address(postgres: Server) -> str:
    made = postgres.address("2026-08")
    fill(made, COUNT)
    return made


@pytest.fixture(scope="module")
def whole(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one that nothing befell leaves."""
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    report = extracted(home, address)
    return {"tables": report["tables"], "there": asyncio.run(what_is_there(home))}


def command(home: Home, address: str) -> list[str]:
    return [
        sys.executable, "-m", "simtui.cloud", address, "--home", str(home.root), "-o", "json"
    ]  # fmt: skip


def extracted(home: Home, address: str) -> dict[str, Any]:
    done = subprocess.run(
        command(home, address), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


async def what_is_there(home: Home) -> dict[str, Any]:
    async with await Library.open(home, create=False) as library:
        rows = await library.workflows.page(limit=100_000, count_runs=True)
        found: dict[str, Any] = {
            row.id: (
                row.digest,
                row.run_count,
                [each.digest for each in await library.workflows.versions(row.id)],
            )
            for row in rows
        }
        found["runs"] = await library.store.read(run_pages.count)
    return found


async def counts(home: Home) -> tuple[int, int]:
    """Of workflows, of runs."""
    async with await Library.open(home, create=False) as library:
        return await library.workflows.count(), await library.store.read(run_pages.count)


async def check_sound(home: Home) -> None:
    assert [found for found in await doctor.examine(home) if found.ok is False] == []


def wait_for(home: Home, child: subprocess.Popen[str], some: random.Random) -> None:
    """Until the library is being filled, and some way into that."""
    while not home.database.exists() and child.poll() is None:
        time.sleep(0.01)
    time.sleep(some.random() * 3.5)


def wait_until_gone(group: int) -> None:
    """A process beside notices the end of its parent within a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("a process was left behind")


@pytest.mark.parametrize("moment", range(8))
def test_it_is_killed_and_goes_on(
    home: Home, address: str, whole: dict[str, Any], moment: int
) -> None:
    some = random.Random(moment)
    for _ in range(2):
        with subprocess.Popen(
            command(home, address), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            text=True, start_new_session=True,
        ) as child:  # fmt: skip
            wait_for(home, child, some)
            child.kill()
            child.wait()
        wait_until_gone(child.pid)
        if home.database.exists():
            asyncio.run(check_sound(home))
    report = extracted(home, address)
    assert asyncio.run(what_is_there(home)) == whole["there"]
    if not report["went_on"]:
        return
    for table, told in whole["tables"].items():
        found = report["tables"][table]
        # runs that were written, and not yet noted, when it was killed are met again, unchanged
        assert found["taken"] + found["unchanged"] == told["taken"] + told["unchanged"]
        assert (found["read"], found["refused"]) == (told["read"], told["refused"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_is_ended_by_a_signal_and_goes_on(
    home: Home, address: str, whole: dict[str, Any], number: int, code: int
) -> None:
    """It says so, and leaves no process behind."""
    with subprocess.Popen(
        command(home, address),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        while not home.database.exists():
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(1.5)
        child.send_signal(number)
        _out, err = child.communicate(timeout=60)
        assert child.returncode == code, err
    assert "What was done before stays whole." in err
    wait_until_gone(child.pid)
    extracted(home, address)
    assert asyncio.run(what_is_there(home)) == whole["there"]


@pytest.mark.parametrize("moment", range(4))
def test_the_server_crashes_and_it_goes_on(
    home: Home, postgres: Server, address: str, whole: dict[str, Any], moment: int
) -> None:
    some = random.Random(100 + moment)
    with subprocess.Popen(
        command(home, address), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        wait_for(home, child, some)
        postgres.restart()
        _out, err = child.communicate(timeout=120)
        assert child.returncode in (0, 4, 7), err
        assert "fault of ours" not in err
    extracted(home, address)
    asyncio.run(check_sound(home))
    assert asyncio.run(what_is_there(home)) == whole["there"]


def test_ten_thousand_workflows_in_flat_memory(postgres: Server, tmp_path: Path) -> None:
    few, many = postgres.address("2026-08"), postgres.address("2026-08")
    fill(few, 1_000, blocks=5, runs_each=2)
    fill(many, 10_000, blocks=5, runs_each=2)
    peaks = {}
    for name, address in (("few", few), ("many", many)):
        code, peaks[name], _out = peak_of(command(Home(tmp_path / name), address))
        assert code == 0
    assert asyncio.run(counts(Home(tmp_path / "many"))) == (10_000, 20_000)
    assert peaks["many"] < 1.3 * peaks["few"]
