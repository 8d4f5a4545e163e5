"""An import that is ended leaves whole workflows only, and is completed by running it again."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from contextlib import aclosing
from pathlib import Path

import pytest

from simtui.importing import ImportItem, Progress, import_paths
from simtui.library import Library
from simtui.library.doctor import examine
from simtui.paths import Home
from tests.making import as_bytes, block, document

COUNT = 900


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files enough for several batches, each with a word of its own."""
    path = tmp_path_factory.mktemp("many")
    for number in range(COUNT):
        blocks = [block("ask", prompt=f"word{number:04} " + "and others " * 50)]
        content = as_bytes(document(f"W {number}", blocks, ident=f"w{number:04}"))
        (path / f"{number:04}.json").write_bytes(content)
    return path


async def whole(library: Library) -> int:
    """How many workflows there are, after making sure that each one is whole and can be found."""
    findings = {finding.name: finding for finding in await examine(library.home)}
    for name in ("quick check", "links", "documents", "search index"):
        assert findings[name].ok, findings[name]
    rows = await library.workflows.page(limit=COUNT + 1)
    for row in rows[:: max(1, len(rows) // 5)]:
        assert [hit.id for hit in await library.search(f"word{row.id[1:]}")] == [row.id]
    return len(rows)


async def all_items(library: Library, folder: Path) -> list[ImportItem]:
    return [item async for item in import_paths(library, [folder])]


@pytest.mark.parametrize("at", [0, 1, 2, 4])
async def test_a_cancelled_import_leaves_whole_workflows_and_a_second_completes_it(
    library: Library, folder: Path, at: int
) -> None:
    """Cancelled at the beginning of a batch: while the next one is read and this one is written."""
    yielded: list[ImportItem] = []
    batches: list[Progress] = []
    reached = asyncio.Event()

    def on_progress(progress: Progress) -> None:
        batches.append(progress)
        if len(batches) == at:
            reached.set()

    async def run() -> None:
        async for item in import_paths(library, [folder], on_progress=on_progress):
            yielded.append(item)  # noqa: PERF401  # as they come, since it never ends

    task = asyncio.create_task(run())
    if at:
        await reached.wait()
    else:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    there = await whole(library)
    assert len(yielded) <= there < COUNT
    assert {item.workflow_id for item in yielded} <= {
        row.id for row in await library.workflows.page(limit=COUNT)
    }
    items = await all_items(library, folder)
    assert [item.outcome for item in items].count("imported") == COUNT - there
    assert [item.outcome for item in items].count("unchanged") == there
    assert await whole(library) == COUNT


async def test_an_iterator_that_is_closed_ends_the_import(library: Library, folder: Path) -> None:
    items = import_paths(library, [folder])
    async with aclosing(items):
        async for item in items:
            assert item.outcome == "imported"
            break
    assert 0 < await whole(library) < COUNT


async def test_many_that_are_cancelled_one_after_another_come_to_the_end(
    library: Library, folder: Path
) -> None:
    """The library, its connections and the threads are as good as before each time."""
    for steps in range(0, 60, 3):
        task = asyncio.create_task(all_items(library, folder))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(await all_items(library, folder)) == COUNT
    assert await whole(library) == COUNT


def _unread_in(pipe: int) -> int:
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


async def test_a_standard_input_that_never_ends_can_be_given_up(library: Library) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb"):
        os.write(writing, b'{"state": ')
        task = asyncio.create_task(anext(import_paths(library, ["-"], stdin=stdin)))
        while _unread_in(reading):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # what comes now is for whoever reads next: the import has let go of it
        os.write(writing, b"more")
        for _ in range(100):
            await asyncio.sleep(0)
        assert _unread_in(reading) == 4
    assert await whole(library) == 0


def test_a_terminated_command_leaves_a_library_that_the_next_one_completes(
    home: Home, folder: Path
) -> None:
    command = [sys.executable, "-m", "simtui", "--home", str(home.root), "import"]
    with subprocess.Popen(
        [*command, str(folder), "-", "-o", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        lines = [json.loads(child.stdout.readline()) for _ in range(COUNT // 2)]
        child.send_signal(signal.SIGTERM)
        _, talk = child.communicate(timeout=60)
    assert child.returncode == 128 + signal.SIGTERM
    assert b"What was done before stays whole" in talk
    assert {line["outcome"] for line in lines} == {"imported"}
    again = subprocess.run(
        [*command, str(folder), "-o", "json"], capture_output=True, check=True, text=True
    )
    answer = json.loads(again.stdout)
    assert answer["imported"] + answer["unchanged"] == COUNT
    assert answer["unchanged"] >= len(lines)


def test_two_imports_at_the_same_time_bring_each_workflow_in_once(home: Home, folder: Path) -> None:
    command = [sys.executable, "-m", "simtui", "--home", str(home.root), "import", str(folder)]
    both = [
        subprocess.Popen([*command, "-o", "json"], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [json.loads(child.communicate(timeout=60)[0]) for child in both]
    assert [child.returncode for child in both] == [0, 0]
    assert sum(answer["imported"] for answer in answers) == COUNT
    assert sum(answer["unchanged"] for answer in answers) == COUNT
