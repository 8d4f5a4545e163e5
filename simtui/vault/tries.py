"""Trying what a person typed on the slots. Each wrong try makes the next one wait longer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence

from simtui.errors import Damaged, Locked
from simtui.store.vault import VaultRows
from simtui.vault.slots import KEYRING, Slot, WrongWayIn
from simtui.vault.ways import in_force, lines_of, opened

MAX_WAIT_SECONDS = 30


class Tries:
    """The tries of one process. Guessing with a copy of the file they do not stop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0

    @property
    def seconds_to_wait(self) -> float:
        """Until the next try is allowed; 0 or less where it is."""
        return self._not_before - self._clock()

    async def open(self, found: VaultRows, way: str, secret: bytearray) -> tuple[Slot, bytearray]:
        """The slot that it opens, and the data key. Raises `WrongWayIn`, `Damaged` where a slot is
        that might have been it, `Locked` where there is no such way, or the last wrong try was a
        moment ago."""
        async with self._one_at_a_time:
            if self.seconds_to_wait > 0:
                raise Locked(f"{math.ceil(self.seconds_to_wait)} s until the next try.")
            return await self._open(found, way, secret)

    async def _open(self, found: VaultRows, way: str, secret: bytearray) -> tuple[Slot, bytearray]:
        wrong: WrongWayIn | None = None
        leading = in_force(found)
        for slot in leading:
            if slot.way == way:
                try:
                    key = await opened(slot, secret)
                except WrongWayIn as error:
                    wrong = error
                else:
                    self._failures, self._not_before = 0, 0.0
                    return slot, key
        damaged = [line for line in lines_of(found) if line.slot is None]
        if wrong is not None:
            raise self._refused(wrong, way, [line.number for line in damaged])
        others = ", ".join(sorted({slot.way for slot in leading})) or "none"
        if damaged:
            raise Damaged(f"{damaged[0].words} Ways in that are whole: {others}.")
        if not leading:
            raise Damaged(
                "The lock has no way in left. What it sealed is untouched: restore a backup that "
                "has its slots."
            )
        raise Locked(f"There is no {way} among the ways in. There are: {others}.")

    def _refused(self, error: WrongWayIn, way: str, damaged: Sequence[int]) -> WrongWayIn:
        words = [error.message]
        if damaged:
            words.append(f"Not tried, because damaged: slot {', '.join(map(str, damaged))}.")
        if way != KEYRING:  # what the keyring holds is no guess
            wait = min(2**self._failures, MAX_WAIT_SECONDS)
            self._failures += 1
            self._not_before = self._clock() + wait
            words.append(f"{wait} s until the next try.")
        return WrongWayIn(" ".join(words))
