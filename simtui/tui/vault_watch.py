"""Whether the vault is open, and when it locks by itself: after a while without a key, when the
program is suspended, and when the clock has jumped, as it does while a machine sleeps."""

from __future__ import annotations

import time

from simtui.library import Library

JUMP_SECONDS = 60
"""A clock that jumps by more than this between two looks, a second apart, was asleep."""


class VaultWatch:
    """`lock_after_s`: how long it stays open without a key; None while the program runs."""

    def __init__(self) -> None:
        self.lock_after_s: int | None = 600
        self.exists = False
        self._touched = time.monotonic()
        self._looked = time.time()

    async def look(self, library: Library) -> None:
        """Whether there is a vault; loads no cryptography."""
        self.exists = await library.has_vault()

    def words(self, library: Library) -> str:
        """Its state, for the line of areas."""
        if library.vault_is_open:
            return "vault open"
        return "vault locked" if self.exists else "no vault yet"

    def touched(self) -> None:
        """A key was pressed."""
        self._touched = time.monotonic()

    def overdue(self, library: Library) -> str:
        """Why it should be locked now, in words; "" where it need not be."""
        before, self._looked = self._looked, time.time()
        if not (library.vault_is_open or library.is_encrypted):
            return ""
        if abs(self._looked - before) > JUMP_SECONDS:
            return "The vault was locked: the machine slept, or its clock was set."
        idle = time.monotonic() - self._touched
        if self.lock_after_s is not None and idle >= self.lock_after_s:
            return f"The vault was locked after {round(idle / 60) or 1} min without a key."
        return ""
