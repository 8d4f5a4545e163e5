"""Encrypted homes for tests. They open by a recovery code, which costs no time to try."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simtui import encrypting
from simtui.library import KeyedHome, Library
from simtui.library.keyed import Unlocking
from simtui.paths import Home
from simtui.vault.passwords import normal
from simtui.vault.recovery import read_code
from tests.vault.vaults import make_vault, unlock_by_code

PLANTED = "Quetzalcoatl planted"
"""The name of a workflow, and a word of its prompt: `Xochimilco`."""


def by_code(code: str) -> Unlocking:
    async def unlocking(keyed: KeyedHome) -> None:
        await keyed.vault.unlock("recovery", read_code(code))

    return unlocking


def by_password(password: str) -> Unlocking:
    async def unlocking(keyed: KeyedHome) -> None:
        await keyed.vault.unlock("password", normal(password))

    return unlocking


@asynccontextmanager
async def opened(home: Home, code: str) -> AsyncIterator[Library]:
    """An encrypted library, opened by its code."""
    async with await Library.open(home, create=False, unlocking=by_code(code)) as library:
        yield library


async def encrypted(home: Home, password: str | None = None) -> str:
    """Makes a vault in the home and encrypts its library. The recovery code."""
    async with await Library.open(home) as library:
        code = await make_vault(library.vault, password)
        await encrypting.encrypt(library)
    return code


async def encrypted_by(home: Home, code: str) -> None:
    """Encrypts a home that has a vault."""
    async with await Library.open(home) as library:
        await unlock_by_code(library.vault, code)
        await encrypting.encrypt(library)


def encrypted_home(home: Home, password: str | None = None) -> str:
    """The same for a test that runs no loop."""
    return asyncio.run(encrypted(home, password))
