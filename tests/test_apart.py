"""Work in a child process: its result, its errors, its death, and a caller that gives it up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from simtui.apart import LARGE_BYTES, apart, off_the_loop, run_apart, stream_apart
from simtui.errors import BadInput, SimtuiError


def whose() -> int:
    return os.getpid()


def refuse(words: str) -> None:
    raise BadInput(words)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def count_until(place: str, most: int, end: str) -> Iterator[int]:
    Path(place).write_text(str(os.getpid()))
    yield from range(most)
    if end == "refuses":
        raise BadInput("no more of it")
    if end == "dies":
        die()
    if end == "waits":
        signal.pause()


def announce_and_wait(place: str) -> None:
    Path(place).write_text(str(os.getpid()))
    signal.pause()


def interrupt_and_answer() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"


async def test_it_runs_in_another_process_and_answers() -> None:
    assert await run_apart(whose) != os.getpid()
    assert apart(whose) != os.getpid()


async def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(BadInput, match="that will not do"):
        await run_apart(refuse, "that will not do")


async def test_a_child_that_dies_is_told() -> None:
    with pytest.raises(SimtuiError, match=r"ended by itself \(-9\)"):
        await run_apart(die)


async def test_a_caller_that_gives_up_takes_the_child_with_it(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    task = asyncio.create_task(run_apart(announce_and_wait, str(place)))
    while not (place.exists() and place.read_text()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    child = int(place.read_text())
    while Path(f"/proc/{child}").exists():
        await asyncio.sleep(0.01)


async def test_a_child_that_was_given_up_before_it_started_never_runs(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    task = asyncio.create_task(run_apart(announce_and_wait, str(place)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # one worker only: what comes after it in the pool runs when it has ended
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not place.exists() or not Path(f"/proc/{place.read_text()}").exists()


def test_what_it_yields_comes_a_piece_at_a_time_until_its_end(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    assert list(stream_apart(Event(), count_until, str(place), 1000, "ends")) == [*range(1000)]
    assert int(place.read_text()) != os.getpid()


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        ("refuses", BadInput, "no more of it"),
        ("dies", SimtuiError, r"ended by itself \(-9\); what was there before is unchanged"),
    ],
)
def test_a_fault_on_the_way_is_raised_behind_what_came(
    tmp_path: Path, end: str, error: type[Exception], words: str
) -> None:
    coming = stream_apart(Event(), count_until, str(tmp_path / "pid"), 3, end)
    assert [next(coming), next(coming), next(coming)] == [0, 1, 2]
    with pytest.raises(error, match=words):
        next(coming)


@pytest.mark.parametrize("given_up", ["closed", "unwanted"])
def test_a_stream_that_is_given_up_takes_its_child_with_it(tmp_path: Path, given_up: str) -> None:
    place, unwanted = tmp_path / "pid", Event()
    coming = stream_apart(unwanted, count_until, str(place), 1, "waits")
    assert next(coming) == 0
    if given_up == "closed":
        coming.close()
    else:
        unwanted.set()
        assert list(coming) == []
    deadline = time.monotonic() + 20
    while Path(f"/proc/{place.read_text()}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


async def test_an_interrupt_at_the_keyboard_is_the_parents_to_answer() -> None:
    assert await run_apart(interrupt_and_answer) == "still here"


async def test_only_what_is_large_goes_into_a_process() -> None:
    assert await off_the_loop(LARGE_BYTES - 1, whose) == os.getpid()
    assert await off_the_loop(LARGE_BYTES, whose) != os.getpid()


def test_a_child_starts_where_the_screen_has_taken_stderr(tmp_path: Path) -> None:
    """Textual's stands for no file. In a process of its own, since the first child counts."""
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, os, sys\n"
        "from simtui.apart import run_apart\n"
        "class Taken:\n"
        "    def fileno(self): return -1\n"
        "    def write(self, text): pass\n"
        "    def flush(self): pass\n"
        "if __name__ == '__main__':\n"
        "    sys.stderr = taken = Taken()\n"
        "    print(asyncio.run(run_apart(os.path.basename, '/a/b')), sys.stderr is taken)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout == "b True\n"
