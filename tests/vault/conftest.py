"""A vault, open or locked, and a second process that has the same home open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from simtui.library import Library
from simtui.vault.life import Vault


@pytest.fixture
def vault(library: Library) -> Vault:
    """Of a library that has none yet."""
    return library.vault


@pytest.fixture
async def other(library: Library) -> AsyncIterator[Vault]:
    """The same vault as another process has it: with a store and keys of its own."""
    opened = await Library.open(library.home)
    yield opened.vault
    await opened.close()
