"""Two thousand workflows to import, a way to look at what an import left behind, and a disk that
fails or kills at a call."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests import starting
from tests.bench.exports import exports

COUNT = 2000


@dataclass(frozen=True, slots=True)
class Exports:
    """A folder of exports, and their contents by the workflow's name. Half of the files name an
    id, so that both ways of knowing a workflow again are tried."""

    folder: Path
    contents: Mapping[str, bytes]


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    folder = tmp_path_factory.mktemp("exports")
    contents = {}
    for n, (name, content) in enumerate(exports(COUNT)):
        stem = name.removesuffix(".json")
        file = f"{stem}-{UUID(int=n, version=4)}.json" if n % 2 else name
        (folder / file).write_bytes(content)
        contents[json.loads(content)["state"]["metadata"]["name"]] = content
    assert len(contents) == COUNT
    return Exports(folder, contents)


def command(home: Home, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "simtui", "--home", str(home.root), *map(str, arguments)]


def ask(home: Home, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs the real command to its end; with options of `subprocess.run`, from its very start."""
    if not options:
        done = starting.run(["--home", home.root, *arguments], timeout=240)
        return starting.as_text(done)
    return subprocess.run(
        command(home, *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        **options,
    )


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory, tool: Callable[[str], str]) -> Path:
    made = tmp_path_factory.mktemp("shim") / "failing_disk.so"
    source = Path(__file__).with_name("failing_disk.c")
    strict = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run([tool("cc"), *strict, "-o", made, source, "-ldl"], check=True)
    return made


def failing(shim: Path, home: Home, count: Path, call: int) -> dict[str, str]:
    """An environment in which that call to the home's disk fails (0: none); `count` is the file in
    which they are counted, native 64 bits."""
    count.write_bytes(bytes(8))
    return {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "FAILING_BELOW": str(home.root),
        "FAILING_COUNT": str(count),
        "FAILING_AT": str(call),
    }


def killed_at_writes(
    shim: Path, words: Sequence[object], again: Callable[[], Home], points: int, seed: int = 0
) -> Iterator[tuple[Home, bool]]:
    """Each home, and whether the command ran to its end there: first it does, then it is killed
    before one of the writes, syncs or changes of a name that it made; the first, the last, and
    `points` spread over the others."""

    def run(call: int) -> tuple[Home, int, int]:
        home = again()
        count = home.root.with_name(f"{home.root.name}.count")
        environment = {**failing(shim, home, count, call), "FAILING_KILLS": "yes"}
        done = ask(home, *words, env=environment, start_new_session=True)
        assert done.returncode in (0, -9), done.stderr
        return home, done.returncode, int.from_bytes(count.read_bytes(), sys.byteorder)

    home, code, calls = run(0)
    assert code == 0
    assert calls > points, "so few that each could be tried"
    yield home, True
    chance = random.Random(seed)
    spread = (1 + int((n + chance.random()) * calls / points) for n in range(points))
    for call in sorted({1, calls, *spread}):
        home, code, _ = run(call)
        yield home, code == 0


def check_whole(home: Home, contents: Mapping[str, bytes]) -> int:
    """How many workflows are there, after making sure that the library opens, checks clean, and
    holds each of them once, with every byte of its file."""
    doctor = ask(home, "doctor", "-o", "json")
    wrong = [each for each in json.loads(doctor.stdout) if each["ok"] is False]
    assert doctor.returncode == 0, wrong

    async def names() -> list[str]:
        found = []
        async with await Library.open(home, create=False) as library:
            after = None
            while rows := await library.workflows.page(after=after):
                for row in rows:
                    document = await library.workflows.document(row.id)
                    assert document == contents[row.name], row.name
                    found.append(row.name)
                after = (rows[-1].updated_at, rows[-1].id)
        return found

    found = Counter(asyncio.run(names()))
    assert all(times == 1 for times in found.values()), found.most_common(3)
    return len(found)


def complete(home: Home, exports: Exports) -> dict[str, int]:
    """Runs the import to its end; how many items had which outcome."""
    done = ask(home, "import", exports.folder, "-o", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert check_whole(home, exports.contents) == len(exports.contents)
    return {key: value for key, value in answer.items() if isinstance(value, int)}


Check = Callable[[Home, Mapping[str, bytes]], int]
