"""A library that holds something already, and a way to see that a refusal left it alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simtui.importing import ImportItem, import_paths
from simtui.library import Library
from tests.looking import tables_of, tree
from tests.making import as_bytes, document

Importing = Callable[..., Awaitable[list[ImportItem]]]
KEPT = "6f0f5b1e-6d3c-4e3a-9d0e-3d1f6f1c0001"


@pytest.fixture
def importing(library: Library) -> Importing:
    """Imports paths into the test's library: every item, in order."""

    async def run(*paths: str | Path, **options: Any) -> list[ImportItem]:
        return [item async for item in import_paths(library, paths, **options)]

    return run


@pytest.fixture
async def refused(
    library: Library, importing: Importing, tmp_path: Path
) -> Callable[[str, bytes], Awaitable[ImportItem]]:
    """Imports a file with these bytes into a library that holds one workflow; the refusal, after
    making sure that nothing changed in the library or beside it."""
    seed = tmp_path / "seed.json"
    seed.write_bytes(as_bytes(document("Kept as it is", ident=KEPT)))
    await importing(seed)

    async def run(name: str, content: bytes) -> ImportItem:
        path = tmp_path / name
        path.write_bytes(content)
        async with nothing_changes(library, tmp_path):
            (item,) = await importing(path)
        assert item.outcome == "refused"
        assert item.source == str(path)
        assert item.reason is not None
        assert item.reason.isprintable()
        return item

    return run


@asynccontextmanager
async def nothing_changes(library: Library, around: Path) -> AsyncIterator[None]:
    """Every row of the library, and every file around its home, is the same afterwards."""
    rows, files = await tables_of(library), tree(around, without=library.home.root)
    yield
    assert await tables_of(library) == rows
    assert tree(around, without=library.home.root) == files
    assert {path.name.split("-")[0] for path in library.home.root.iterdir()} == {"simai.db"}
