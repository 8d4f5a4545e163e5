"""Every byte of a backup, plain and encrypted, is watched: whichever flips, it is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from simtui import encrypting
from simtui.backup import archive
from simtui.errors import BadInput
from simtui.library import Library
from simtui.paths import Home
from tests.backup.backups import a_backup, fill
from tests.backup.test_keyed import by
from tests.vault.vaults import make_vault

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


async def an_encrypted_backup(home: Home) -> Path:
    async with await Library.open(home) as library:
        await fill(library)
        code = await make_vault(library.vault)
        await encrypting.encrypt(library)
    async with await Library.open(home, unlocking=by(code)) as library:
        made = await library.backups.make()
        assert made is not None
        return made.backup.path


@pytest.mark.parametrize(("make", "step"), [(a_backup, 1), (an_encrypted_backup, 61)])
def test_a_bit_that_flips_in_any_byte_is_found(
    home: Home, tmp_path: Path, make: Callable[[Home], Coroutine[None, None, Path]], step: int
) -> None:
    octets = bytearray(asyncio.run(make(home)).read_bytes())
    harmed = tmp_path / "harmed.zip"
    for place in range(0, len(octets), step):
        octets[place] ^= 1 << place % 8
        harmed.write_bytes(octets)
        octets[place] ^= 1 << place % 8
        with pytest.raises(BadInput), archive.opened(harmed):
            pass


def test_one_that_is_cut_anywhere_is_found(home: Home, tmp_path: Path) -> None:
    octets = asyncio.run(a_backup(home)).read_bytes()
    harmed = tmp_path / "harmed.zip"
    for length in range(0, len(octets), 7):
        harmed.write_bytes(octets[:length])
        with pytest.raises(BadInput), archive.opened(harmed):
            pass
