"""A pruning that is killed at any moment: what was to stay is whole, what was to go is gone or
whole, and the same command again completes it."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import shutil
from pathlib import Path

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.paths import Home
from simtui.store import checks, engine, runs
from simtui.store.runs import Kept
from tests.making import as_bytes, block, document
from tests.soak.conftest import ask, killed_at_writes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

WORKFLOWS, VERSIONS, TRASHED, MOMENTS = 12, 12, 6, 50


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Twelve workflows of twelve versions, half of them in the trash for long, with runs."""
    folder = tmp_path_factory.mktemp("filled")
    home = Home(folder / "SimAI")

    async def fill() -> None:
        chance = random.Random(3)
        async with await Library.open(home) as library:
            for n in range(VERSIONS + 1):
                paths = []
                for w in range(WORKFLOWS):
                    path = folder / f"{w}.json"
                    prompt = chance.randbytes(15_000).hex()
                    made = document(f"Workflow {w}", [block("a", prompt=prompt)], ident=f"w{w:02}")
                    path.write_bytes(as_bytes(made))
                    paths.append(path)
                async for item in import_paths(library, paths):
                    assert item.outcome == ("updated" if n else "imported")
            for w in range(TRASHED):
                rows = [
                    Kept(f"{w}-{n}", w * 100 + n, w * 100 + n, f"w{w:02}", "failed", 1)
                    for n in range(1, 61)
                ]
                await library.store.write(runs.insert, rows)
            await library.store.write(
                lambda c: c.execute(
                    "UPDATE workflows SET deleted_at = ? WHERE id < ?",
                    (now_ms() - 400 * 86_400_000, f"w{TRASHED:02}"),
                )
            )

    asyncio.run(fill())
    return home


PRUNE = ("workflows", "prune", "--keep-versions", 3, "--trash-days", 30, "--yes", "-o", "json")


def look(home: Home) -> tuple[int, int]:
    """(workflows left in the trash, versions left), after making sure of all that was to stay."""

    async def read() -> tuple[int, int]:
        async with await Library.open(home, create=False) as library:
            assert await library.store.read(checks.broken_links) == 0
            assert (await library.store.read(checks.index_both_ways))[1] == 0
            versions = 0
            for row in await library.workflows.page():
                await library.workflows.document(row.id)
                found = [each.number for each in await library.workflows.versions(row.id)]
                assert found[:3] == [VERSIONS, VERSIONS - 1, VERSIONS - 2]
                for number in found:
                    await library.workflows.version_document(row.id, number)
                versions += len(found)
            assert await library.workflows.count() == WORKFLOWS - TRASHED
            for row in await library.workflows.page(trash=True):
                await library.workflows.document(row.id)
            return await library.workflows.count(trash=True), versions

    connection = engine.connect(home.database)
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    return asyncio.run(read())


def test_a_pruning_that_is_killed_leaves_what_was_to_stay(
    filled: Home, shim: Path, tmp_path: Path
) -> None:
    names = map(str, itertools.count())

    def copied() -> Home:
        home = Home(tmp_path / next(names))
        shutil.copytree(filled.root, home.root)
        return home

    states = set()
    whole = (0, (WORKFLOWS - TRASHED) * 3)
    for home, over in killed_at_writes(shim, PRUNE, copied, MOMENTS):
        states.add(left := look(home))
        assert left == whole or not over
        assert ask(home, *PRUNE).returncode == 0
        assert look(home) == whole
        again = json.loads(ask(home, *PRUNE).stdout)
        assert again["items"] == []
        shutil.rmtree(home.root)
    assert len(states) > 7, states  # it was killed between most of its steps
