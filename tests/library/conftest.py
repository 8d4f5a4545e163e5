"""A library with a few workflows of known words in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from tests.making import as_bytes, block, document

Adding = Callable[..., Awaitable[bytes]]


@pytest.fixture
def add(library: Library, tmp_path: Path) -> Adding:
    """Brings one workflow in, or another document of it: `add("a", "Name", prompt="…")`. The
    document's bytes."""

    async def run(ident: str, name: str = "Lead enricher", **values: Any) -> bytes:
        path = tmp_path / f"{ident}.json"
        path.write_bytes(as_bytes(document(name, [block("ask", **values)], ident=ident)))
        (item,) = [item async for item in import_paths(library, [path])]
        assert item.outcome in ("imported", "updated")
        return path.read_bytes()

    return run
