"""A library with workflows in it, and what its rows are called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.making import as_bytes

Stock = Callable[..., None]

ALPHA = "aaaa1111-0000-4000-8000-000000000001"
BETA = "aaaa2222-0000-4000-8000-000000000002"


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    """A folder with a file for each document."""
    folder.mkdir(parents=True, exist_ok=True)
    for value in documents:
        number = sum(1 for _ in folder.iterdir())
        (folder / f"{number:05d}.json").write_bytes(as_bytes(value))
    return folder


def bring(home: Home, folder: Path) -> None:
    """Imports a folder."""

    async def run() -> None:
        async with await Library.open(home) as library:
            outcomes = [item.outcome async for item in import_paths(library, [folder])]
        assert set(outcomes) <= {"imported", "updated"}, outcomes

    asyncio.run(run())


@pytest.fixture
def stock(home: Home, tmp_path: Path) -> Stock:
    """Puts documents into the test's library: `stock(document("Alpha", ident=ALPHA))`."""
    calls = 0

    def put(*documents: dict[str, Any]) -> None:
        nonlocal calls
        calls += 1
        bring(home, written(tmp_path / f"stock {calls}", *documents))

    return put


def rows_of(stdout: str) -> Any:
    """What `-o json` said."""
    return json.loads(stdout)
