"""A home whose library is encrypted: what is known of it before it is open, and what opens it.

Everything lies under the library's key, so a way into the vault comes first; `simai.keys` beside
the database has them all.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from simtui.errors import Damaged, Locked, SimtuiError
from simtui.paths import Home
from simtui.store.store import Migrating, Store

if TYPE_CHECKING:
    from simtui.vault.keyed import KeyedVault
    from simtui.vault.life import Vault

_PLAIN = b"SQLite format 3\x00"
_LOCKED_OUT = "locked-out"
_LONGEST_BYTES = 16_384
PLAIN_HEAD_BYTES = len(_PLAIN)


def is_plain_head(head: bytes) -> bool:
    """Whether a file that begins so is a database that is not encrypted."""
    return head.startswith(_PLAIN)


def is_keyed(home: Home) -> bool:
    """Whether the library there is encrypted. A file that begins as a plain database is one,
    whatever lies beside it; a new one is empty."""
    try:
        with home.database.open("rb") as file:
            head = file.read(PLAIN_HEAD_BYTES)
    except OSError:
        return False  # whoever opens it says why
    return head != b"" and not is_plain_head(head) and home.keys.exists()


class Vaulted(Protocol):
    """A library, or an encrypted home before its library is open."""

    @property
    def vault(self) -> Vault | KeyedVault:
        """What is tried, and opened."""
        ...


class KeyedHome:
    """Before it is open. `vault` is tried as the vault of an open library is."""

    def __init__(self, home: Home) -> None:
        from simtui.vault.keyed import KeyedVault

        self.home = home
        self.vault: KeyedVault = KeyedVault(home.keys)

    async def store(self, *, network: bool, migrating: Migrating | None = None) -> Store:
        """The open database, once a way in has opened the vault. Raises `Locked` before, and
        `Damaged` where its own key does not open it."""
        if self.vault.opened is None:
            raise Locked(await self.refusal())
        try:
            return await Store.open(
                self.home.database,
                key=self.vault.opened.library_key,
                network=network,
                migrating=migrating,
            )
        except Damaged as error:
            raise Damaged(
                f"{error.message} Its key is the right one: simai.keys was opened. Restore an "
                "encrypted backup."
            ) from error

    async def refusal(self) -> str:
        """That it is locked, and what opens it."""
        from simtui.library.secrets import WORDS

        ways = (await self.vault.status()).ways
        told = ", ".join(WORDS[way] for way in dict.fromkeys(ways)) or "none that is whole"
        return f"The library in {self.home} is encrypted, and locked. Ways in: {told}."

    async def hand_over(self, store: Store) -> tuple[Vault, str]:
        """The vault of the open library, open as well, and what should be known of it."""
        from simtui.vault.beside import Beside
        from simtui.vault.changes import KeyChanged
        from simtui.vault.life import Vault

        opened = self.vault.opened
        assert opened is not None
        vault, said = Vault(store, Beside(self.home.keys)), ""
        try:
            await vault.take_over(opened.slot, opened.held.copied())
        except KeyChanged as error:
            said = error.message
        finally:
            self.vault.lock()
        return vault, said


Unlocking = Callable[[KeyedHome], Awaitable[None]]
"""Opens the vault of an encrypted home, by asking whoever can be asked."""


def not_there(home: Home, error: Damaged) -> Damaged:
    """For a file that is no plain database, and has nothing beside it that would open it."""
    if is_plain(home) or home.keys.exists():
        return error
    return Damaged(
        f"{error.message} If it is encrypted, {home.keys.name} is missing beside it: each "
        "encrypted backup holds a copy of that file."
    )


def is_plain(home: Home) -> bool:
    """Whether the file begins as a database that is not encrypted."""
    try:
        with home.database.open("rb") as file:
            return is_plain_head(file.read(PLAIN_HEAD_BYTES))
    except OSError:
        return True


def forget_rewritten(home: Home) -> None:
    """Takes away what a process left that was killed while it wrote the library anew. Nobody is at
    it now: the library is open, and whoever rewrites it has it alone."""
    with contextlib.suppress(OSError):
        home.rewritten.unlink(missing_ok=True)


# -- a backup that was due, and locked out


def put_down_locked_out(home: Home, words: str) -> None:
    """Nothing can be written into a library that is locked: the failure waits beside its backups
    until somebody opens it."""
    if not is_keyed(home):
        return
    with contextlib.suppress(OSError):
        home.backups.mkdir(mode=0o700, exist_ok=True)
        file = home.backups / _LOCKED_OUT
        descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as lines:
            if lines.tell() < _LONGEST_BYTES:
                lines.write(json.dumps([time.time_ns() // 1_000_000, words]) + "\n")


async def take_locked_out(home: Home, store: Store) -> None:
    """Counts such failures among the others, now that it is open."""
    file = home.backups / _LOCKED_OUT
    if not file.exists():
        return
    from simtui.store import backups

    with contextlib.suppress(OSError, SimtuiError):
        failed = []
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError, TypeError):
                at_ms, words = json.loads(line)
                failed.append(backups.Attempt(None, "daily", int(at_ms), False, str(words)))
        for attempt in failed:
            await store.write(backups.add, attempt)
        file.unlink()
