"""The life of a vault: made, unlocked, locked, its ways in changed, its key rotated.

Rules that hold at every moment: a second way in besides the keyring is there before the first
secret is; a new slot is opened once from disk before an old one goes; a key is never made where
something is sealed already; nothing is thrown away because it cannot be opened.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.errors import Damaged, Locked, NotFound, UsageError, shown
from simtui.store import secrets
from simtui.store import vault as rows
from simtui.vault import sealing
from simtui.vault.memory import close_this_process, wipe
from simtui.vault.sealing import Place
from simtui.vault.slots import KEYRING, WrongWayIn, open_slot, read_slot
from simtui.vault.ways import (
    Prepared,
    SlotLine,
    Ways,
    check_second_way_in,
    in_force,
    lines_of,
    next_number,
    now_ms,
    prepared_ways,
)

if TYPE_CHECKING:
    from simtui.store.store import Store

MAX_WAIT_SECONDS = 30
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Status:
    """What can be known of the vault without opening it."""

    exists: bool
    is_open: bool
    slots: tuple[SlotLine, ...] = ()
    secret_count: int = 0

    @property
    def ways(self) -> list[str]:
        """The ways in that are whole."""
        return [line.slot.way for line in self.slots if line.slot]


class Vault:
    """The vault of one library. Keys are held while it is open, and wiped by `lock`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[bytes, bytearray] = {}
        self._key_id = b""
        self._store_id = ""
        self._failures = 0
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        return bool(self._key_id)

    # -- what there is

    async def status(self) -> Status:
        """Never raises for a damaged slot: it is listed as one."""
        found = await self._store.read(rows.read)
        count = await self._store.read(secrets.count)
        if found is None:
            return Status(False, False, secret_count=count)
        return Status(True, self.is_open, tuple(lines_of(found)), count)

    async def _rows(self) -> rows.VaultRows:
        found = await self._store.read(rows.read)
        if found is None:
            raise Locked("There is no vault yet. `simtui vault init` makes one.")
        return found

    # -- made

    async def prepare(self, ways: Ways) -> Prepared:
        """A new vault, not yet kept. Raises `UsageError` where there is one, or where the keyring
        would be the only way in."""
        if await self._store.read(rows.read) is not None:
            raise UsageError(
                "There is a vault already; `simtui vault passwd` changes its password."
            )
        if await self._store.read(secrets.count):
            raise Damaged(
                "Secrets are here, and the lock that they were sealed with is not. No new key is "
                "made over them: restore a backup that has the lock."
            )
        check_second_way_in(ways)
        close_this_process()
        return await prepared_ways(str(uuid.uuid4()), 1, sealing.new_key(), ways)

    async def keep(self, prepared: Prepared) -> None:
        """Puts a prepared vault in force; it is open then."""
        key_id = sealing.key_id_of(prepared.data_key)
        await self._store.write(rows.create, prepared.store_id, key_id, prepared.packed(), now_ms())
        await self._prove(prepared)
        self._hold(prepared.store_id, key_id, {key_id: prepared.data_key})

    async def _prove(self, prepared: Prepared) -> None:
        """Opens each new slot once as it lies on disk. Raises `Damaged`."""
        found = dict((await self._rows()).slots)
        for slot, secret in prepared.made:
            read = read_slot(found[slot.number], slot.number)
            key = await asyncio.to_thread(open_slot, prepared.store_id, read, secret)
            same = key == prepared.data_key
            wipe(key, secret)
            if not same:
                raise Damaged(f"{slot.name} did not come back from disk as it was written.")

    # -- unlocked and locked

    async def unlock(self, way: str, secret: bytearray) -> None:
        """Opens with a password's bytes, a code's bits or the keyring's token; wipes it.

        Raises `WrongWayIn`, `Damaged` where a slot is that might have been it, `Locked` where there
        is no such way, or the last wrong try was a moment ago.
        """
        wait = self._not_before - time.monotonic()
        if wait > 0:
            raise Locked(f"{max(1, round(wait))} s until the next try.")
        found = await self._rows()
        close_this_process()
        try:
            key = await self._key_by(found, way, secret)
        finally:
            wipe(secret)
        keys = {found.key_id: key}
        for key_id, sealed in found.retired:
            keys[key_id] = sealing.unseal(keys, sealed, _retired(found.store_id, key_id))
        self._hold(found.store_id, found.key_id, keys)
        await self._finish_rotation(found)

    async def _key_by(self, found: rows.VaultRows, way: str, secret: bytearray) -> bytearray:
        wrong: WrongWayIn | None = None
        for slot in in_force(found):
            if slot.way == way:
                try:
                    key = await asyncio.to_thread(open_slot, found.store_id, slot, secret)
                except WrongWayIn as error:
                    wrong = error
                else:
                    self._failures, self._not_before = 0, 0.0
                    return key
        if wrong is not None:
            raise self._refused(wrong)
        others = ", ".join(sorted({slot.way for slot in in_force(found)})) or "none"
        damaged = [line.words for line in lines_of(found) if line.slot is None]
        if damaged:
            raise Damaged(f"{damaged[0]} Ways in that are whole: {others}.")
        raise Locked(f"There is no {way} among the ways in. There are: {others}.")

    def _refused(self, error: WrongWayIn) -> WrongWayIn:
        """Each wrong try makes the next one wait longer: 1, 2, 4 … 30 s."""
        wait = min(2**self._failures, MAX_WAIT_SECONDS)
        self._failures += 1
        self._not_before = time.monotonic() + wait
        return WrongWayIn(f"{error.message} {wait} s until the next try.")

    def _hold(self, store_id: str, key_id: bytes, keys: dict[bytes, bytearray]) -> None:
        self.lock()
        self._store_id, self._key_id, self._keys = store_id, key_id, keys

    def lock(self) -> None:
        """Wipes the keys."""
        wipe(*self._keys.values())
        self._keys, self._key_id = {}, b""

    def _key(self) -> bytearray:
        if not self._key_id:
            raise Locked("The vault is locked.")
        return self._keys[self._key_id]

    # -- the ways in

    async def prepare_ways(self, ways: Ways) -> Prepared:
        """New slots for the key in force: another password, another code, the keyring."""
        key = self._key()
        found = await self._rows()
        return await prepared_ways(found.store_id, next_number(found), bytearray(key), ways)

    async def keep_ways(self, prepared: Prepared) -> None:
        """Adds the prepared slots; those of the same ways before them go, once the new ones have
        opened from disk."""
        self._key()
        found = await self._rows()
        await self._store.write(rows.add_slots, prepared.packed())
        await self._prove(prepared)
        replaced = {slot.way for slot, _ in prepared.made}
        gone = [line.number for line in lines_of(found) if line.slot and line.slot.way in replaced]
        await self._store.write(rows.remove_slots, gone)

    async def remove_slot(self, number: int) -> None:
        """Takes a way in away. Raises `NotFound`, and `UsageError` where only the keyring, or
        nothing, would be left."""
        self._key()
        found = await self._rows()
        if number not in dict(found.slots):
            raise NotFound(f"There is no slot {number}. `simtui vault slots` lists them.")
        left = [slot for slot in in_force(found) if slot.number != number]
        if all(slot.way == KEYRING for slot in left):
            raise UsageError(
                f"Slot {number} is the last way in besides the keyring; it stays. Make another one "
                "first: `simtui vault passwd`, `simtui vault recovery`."
            )
        await self._store.write(rows.remove_slots, [number])

    # -- another data key

    async def prepare_rotation(self, ways: Ways) -> Prepared:
        """A new data key with new ways in, not yet in force. Today's ways in go when it is."""
        self._key()
        check_second_way_in(ways)
        found = await self._rows()
        return await prepared_ways(found.store_id, next_number(found), sealing.new_key(), ways)

    async def keep_rotation(
        self, prepared: Prepared, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Puts the new key in force, then seals every secret anew. Broken off at any point, every
        secret can be read, and the next unlocking goes on where it stopped."""
        self._key()
        found = await self._rows()
        await self._store.write(rows.add_slots, prepared.packed())
        await self._prove(prepared)
        new_id = sealing.key_id_of(prepared.data_key)
        retired = [
            (ident, sealing.seal(prepared.data_key, key, _retired(found.store_id, ident)))
            for ident, key in self._keys.items()
        ]
        gone = [number for number, _ in found.slots]
        await self._store.write(rows.put_in_force, new_id, retired, gone, now_ms())
        keys = {ident: bytearray(key) for ident, key in self._keys.items()}
        self._hold(found.store_id, new_id, {**keys, new_id: prepared.data_key})
        await self.seal_anew(on_progress)

    async def _finish_rotation(self, found: rows.VaultRows) -> None:
        """Goes on with a rotation that was broken off: slots of a key that never came in force go,
        and what older keys sealed is sealed by the present one."""
        leading = {slot.number for slot in in_force(found)}
        never = [
            line.number for line in lines_of(found) if line.slot and line.number not in leading
        ]
        if never:
            await self._store.write(rows.remove_slots, never)
        await self.seal_anew()

    async def seal_anew(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Seals what an older key sealed under the key in force. How many; what cannot be opened
        stays as it is."""
        key = self._key()
        stored = await self._store.read(secrets.all_of)
        older = [row for row in stored if self._sealed_by_older(row)]
        for done, row in enumerate(older, 1):
            place = self._place(row.name)
            plain = sealing.unseal(self._keys, row.sealed, place)
            sealed = sealing.seal(key, plain, place)
            wipe(plain)
            await self._store.write(secrets.reseal, row.name, row.sealed, sealed)
            if on_progress:
                on_progress(done, len(older))
        return len(older)

    def _sealed_by_older(self, row: secrets.SealedSecret) -> bool:
        try:
            key_id = sealing.key_id_in(row.sealed, self._place(row.name))
        except Damaged:
            return False
        return key_id != self._key_id and key_id in self._keys

    # -- secrets

    def _place(self, name: str) -> Place:
        return Place(self._store_id, "secrets", name, "encrypted_value")

    async def names(self) -> list[tuple[str, int, int]]:
        """(name, created, updated) of every secret; opens nothing, and needs no key."""
        stored = await self._store.read(secrets.all_of)
        return [(row.name, row.created_at, row.updated_at) for row in stored]

    async def set(self, name: str, value: bytes | bytearray) -> None:
        """Seals a value under its name. Raises `UsageError` for a name that cannot be one."""
        sealed = sealing.seal(self._key(), value, self._place(checked_name(name)))
        await self._store.write(secrets.put, name, sealed, now_ms())

    async def get(self, name: str) -> bytearray:
        """The value; whoever asks wipes it. Raises `NotFound`, `Damaged`, `SealedByAnotherKey`."""
        self._key()
        row = await self._store.read(secrets.get, name)
        if row is None:
            raise NotFound(f'There is no secret "{shown(name, 80)}".')
        return sealing.unseal(self._keys, row.sealed, self._place(name))

    async def delete(self, name: str) -> None:
        """Needs no key: what is thrown away need not be read. Raises `NotFound`."""
        if not await self._store.write(secrets.delete, name):
            raise NotFound(f'There is no secret "{shown(name, 80)}".')


def checked_name(name: str) -> str:
    """A secret's name as documents refer to it. Raises `UsageError`."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'"{shown(name, 80)}" cannot name a secret: letters, digits and _ only, not a digit '
            "first, at most 100."
        )
    return name


def _retired(store_id: str, key_id: bytes) -> Place:
    return Place(store_id, "vault_retired_keys", key_id.hex(), "sealed")
