"""A large file that is read in a process beside says what it says to this one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from threading import Event
from typing import Any

from simtui.library import Library
from simtui.recording import import_runs, reading, streams
from tests.making import as_lines, run_events

AT = "2026-11-22T14:02:11Z"
ODD: list[dict[str, Any]] = [
    {"event": "log", "run_id": "odd", "at": AT, "message": "\x00 ✗ \ud83d", "seq": 7},
    {
        "event": "span", "run_id": "odd", "id": "s", "name": "é", "started_at": AT,
        "cost_usd": 0.1, "tokens": 1 << 40,
        "output": {"deep": [[[{"a": None}]]], "more": [1.5, True]},
    },
    {"event": "end", "run_id": "odd", "status": "failed", "error": {"message": "no", "code": 3}},
]  # fmt: skip
BAD = b'{"event":"odd"}\nno json\n[]\n'


def large(path: Path) -> Path:
    """More than is read in this process, with lines that cannot be read."""
    ended = {"output": {"x": "y" * 500}}
    runs = [
        run_events(f"r{n}", lines=20, spans=20, input={"n": n}, ended=ended) for n in range(1600)
    ]
    odd = [run_events("odd", status=None), ODD[1:]]
    split = json.dumps(ODD[0]).encode() + b"\n"  # half of a character
    path.write_bytes(b"".join(map(as_lines, [*runs, *odd])) + split + BAD)
    assert path.stat().st_size > reading.LARGE_BYTES
    return path


def test_it_is_read_to_the_same_and_by_another_process(tmp_path: Path) -> None:
    path = large(tmp_path / "runs.ndjson")
    beside = list(reading.pieces_of([path], None, Event()))
    here = list(streams.pieces_of([path], None, Event()))
    assert beside == here
    for one, other in zip(beside, here, strict=True):
        assert [type(said) for said in one.said] == [type(said) for said in other.said]
    assert sum(len(piece.said) for piece in beside) > 60_000


def test_what_cannot_be_read_says_so_there_as_here(tmp_path: Path) -> None:
    """The second cannot be parsed; the third is not there."""
    path = tmp_path / "broken.json"
    path.write_bytes(b'{"data": [' + b" " * reading.LARGE_BYTES)
    given = [path, tmp_path / "gone", tmp_path]
    found = [piece.trouble for piece in reading.pieces_of(given, None, Event())]
    assert found == [piece.trouble for piece in streams.pieces_of(given, None, Event())]
    assert None not in found


async def test_an_import_that_is_given_up_leaves_no_process(
    library: Library, tmp_path: Path
) -> None:
    path = large(tmp_path / "runs.ndjson")

    async def bring() -> None:
        async for _ in import_runs(library, [path]):
            pass

    importing = asyncio.create_task(bring())
    async with asyncio.timeout(60):
        while not await library.runs.page():
            await asyncio.sleep(0)
        assert children() != []
        importing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await importing
        while children():
            await asyncio.sleep(0.01)
    assert all(run.status != "running" for run in await library.runs.page())


def children() -> list[str]:
    """The processes beside that read."""
    found = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return [pid for pid in found.split() if b"spawn_main" in _command_of(pid)]


def _command_of(pid: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
