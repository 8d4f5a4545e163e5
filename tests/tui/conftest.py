"""A home with the sample workflows in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill_workflows

NOW_MS = 1_795_000_000_000


@pytest.fixture(autouse=True)
def _no_screen_stays() -> Iterator[None]:
    """A screen takes itself out of what is looked through for circles; here more come after it."""
    yield
    gc.unfreeze()


@pytest.fixture
async def filled(home: Home) -> Home:
    async with await Library.open(home) as library:
        await fill_workflows(library, NOW_MS)
    return home
