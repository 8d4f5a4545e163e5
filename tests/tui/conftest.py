"""A home with the sample workflows in it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill_workflows

NOW_MS = 1_795_000_000_000


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to copy."""
    home = Home(tmp_path_factory.mktemp("samples") / "SimAI")

    async def fill() -> None:
        async with await Library.open(home) as library:
            await fill_workflows(library, NOW_MS)

    asyncio.run(fill())
    return home.root


@pytest.fixture
def filled(home: Home, samples: Path) -> Home:
    shutil.copytree(samples, home.root)
    return home
