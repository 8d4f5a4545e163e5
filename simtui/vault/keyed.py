"""The vault of an encrypted library before the library is open: all that is known of it stands in
`simai.keys`, and what opens it opens the library too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simtui.vault import sidecar
from simtui.vault.held import Held
from simtui.vault.memory import close_this_process, wipe
from simtui.vault.slots import Slot
from simtui.vault.tries import Tries
from simtui.vault.ways import Status, lines_of


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class OpenedKeys:
    """What a way in led to: the slot itself, the data keys, and the library's key."""

    slot: Slot
    held: Held
    library_key: bytearray

    def wipe(self) -> None:
        """Overwrites every key."""
        self.held.wipe()
        wipe(self.library_key)


class KeyedVault:
    """As `simai.keys` has it. `opened` is there once a way in has opened it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tries = Tries()
        self.opened: OpenedKeys | None = None

    @property
    def is_open(self) -> bool:
        """Whether it holds keys."""
        return self.opened is not None

    @property
    def seconds_to_wait(self) -> float:
        """Until the next try is allowed, after a wrong one; 0 or less where it is."""
        return self._tries.seconds_to_wait

    @property
    def password_file(self) -> str:
        """Where a timer finds the password; "" for nowhere."""
        return sidecar.read(self._path).password_file

    async def status(self) -> Status:
        """Raises `Damaged` where there is no such file, or nothing can be read out of it. How many
        secrets there are it does not know."""
        found = sidecar.read(self._path).rows
        return Status(True, self.is_open, tuple(lines_of(found)))

    async def unlock(self, way: str, secret: bytearray) -> None:
        """Opens with a password's bytes, a code's bits or the keyring's token; wipes it. Raises as
        `Vault.unlock` does."""
        try:
            there = sidecar.read(self._path)
            close_this_process()
            slot, key = await self._tries.open(there.rows, way, secret)
        finally:
            wipe(secret)
        held = Held(slot.store_id, slot.key_id, {slot.key_id: key}, there.rows.mark)
        try:
            held.add_retired(there.rows.retired)
            library_key = there.opened(held.keys)
        except BaseException:
            held.wipe()
            raise
        self.lock()
        self.opened = OpenedKeys(slot, held, library_key)

    def lock(self) -> None:
        """Wipes the keys."""
        if self.opened is not None:
            self.opened.wipe()
            self.opened = None
