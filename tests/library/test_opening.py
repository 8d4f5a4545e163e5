"""An opening that is given up: whatever moment it was at, no thread of it is left, which would keep
the program from ending."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from simtui.library import Library
from simtui.library.keyed import Unlocking
from simtui.paths import Home
from tests.store.threads import assert_none_left
from tests.vault.keyed import by_code, encrypted

MOMENTS = 60


async def given_up(home: Home, after_s: float, unlocking: Unlocking | None) -> None:
    opening = asyncio.create_task(Library.open(home, unlocking=unlocking))
    await asyncio.sleep(after_s)
    opening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await (await opening).close()


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_given_up_at_any_moment_it_leaves_no_thread(home: Home, is_encrypted: bool) -> None:
    await (await Library.open(home)).close()
    unlocking = by_code(await encrypted(home)) if is_encrypted else None
    before = time.perf_counter()
    await (await Library.open(home, unlocking=unlocking)).close()
    whole_s = time.perf_counter() - before
    for moment in range(MOMENTS):
        await given_up(home, whole_s * moment / MOMENTS, unlocking)
        await assert_none_left()
