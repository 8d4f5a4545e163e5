"""A home with the sample workflows in it."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill_workflows

NOW_MS = 1_795_000_000_000


@pytest.fixture
async def filled(home: Home) -> Home:
    async with await Library.open(home) as library:
        await fill_workflows(library, NOW_MS)
    return home
