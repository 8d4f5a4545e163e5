"""A recording that is killed at any moment: what was told as done is there, whole, and the same
stream again completes it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.store import engine
from tests.making import as_lines, run_events

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

COUNT = 6000


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stream") / "runs.ndjson"
    with path.open("wb") as out:
        for n in range(COUNT):
            at = f"2026-11-22T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"
            out.write(as_lines(run_events(f"run-{n:05}", at=at, ended={"output": f"word{n}"})))
    return path


def importing(home: Home, stream: Path) -> list[str]:
    base = [sys.executable, "-m", "simtui", "--home", str(home.root), "runs", "import"]
    return [*base, str(stream), "-o", "jsonl"]


async def leave(home: Home) -> bytes:
    async with await Library.open(home) as library:
        return b"".join([lines async for lines in library.runs.events()])


@pytest.fixture(scope="module")
def whole(stream: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the library holds after it all."""
    home = Home(tmp_path_factory.mktemp("whole") / "SimAI")
    subprocess.run(importing(home, stream), stdout=subprocess.DEVNULL, check=True)
    return asyncio.run(leave(home))


@pytest.mark.parametrize("moment", range(8))
def test_a_recording_that_is_killed_has_what_it_told_and_is_completed_by_the_next(
    home: Home, stream: Path, whole: bytes, moment: int
) -> None:
    told: list[Any] = []
    with subprocess.Popen(importing(home, stream), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            told.append(json.loads(line))
            if len(told) == 1 + moment * 550:
                break
        child.kill()
        told += [json.loads(line) for line in child.stdout if line.endswith("}\n")]
        assert child.wait() == -9, "the recording was over before it was killed"

    connection = engine.connect(home.database)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    there = {
        ident: (status, lines, spans)
        for ident, status, lines, spans in connection.execute(
            "SELECT id, status, (SELECT count(*) FROM log_lines WHERE run_number = number),"
            " (SELECT count(*) FROM spans WHERE run_number = number) FROM runs"
        )
    }
    connection.close()
    for item in told:
        assert there[item["run_id"]] == ("completed", 2, 2)
    assert len(there) < COUNT

    subprocess.run(importing(home, stream), stdout=subprocess.DEVNULL, check=True)
    assert asyncio.run(leave(home)) == whole


def test_ten_writers_at_once_lose_nothing(home: Home, tmp_path: Path) -> None:
    asyncio.run(leave(home))  # the home is there
    writers = []
    for n in range(10):
        path = tmp_path / f"{n}.ndjson"
        said = [event for k in range(200) for event in run_events(f"w{n}-{k}", lines=5, spans=1)]
        path.write_bytes(as_lines(said))
        writers.append(subprocess.Popen(importing(home, path), stdout=subprocess.DEVNULL))
    assert [writer.wait(200) for writer in writers] == [0] * 10
    connection = engine.connect(home.database)
    rows = connection.execute(
        "SELECT (SELECT count(*) FROM runs WHERE status = 'completed'),"
        " (SELECT count(*) FROM log_lines), (SELECT count(*) FROM spans)"
    ).fetchone()
    connection.close()
    assert rows == (2000, 10_000, 2000)
