"""What changes a vault, each one write: what was decided before is looked at again in it, since
another process may have changed the vault meanwhile.

`mark` is the vault's row as it was when this process opened it. Where it is another one now, the
keys that are held are not those in force, and nothing is done with them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from simtui.errors import Busy, Damaged, Locked, NotFound, UsageError
from simtui.store import secrets
from simtui.store import vault as rows
from simtui.vault.sealing import key_id_in, secret_place
from simtui.vault.slots import KEYRING, Slot
from simtui.vault.ways import in_force, next_number, now_ms, whole

if TYPE_CHECKING:
    from sqlite3 import Connection

Mark = tuple[str, bytes]


class KeyChanged(Locked):
    """The keys that are held are not those in force."""


def current(connection: Connection, mark: Mark) -> rows.VaultRows:
    """The vault. Raises `KeyChanged` where another key is in force."""
    found = rows.read(connection)
    if found is None or found.mark != mark:
        raise KeyChanged(
            "Another simtui put a new key in force meanwhile. Nothing was changed here; unlock "
            "again, with its password or code."
        )
    return found


def check_none(connection: Connection) -> None:
    """Raises `UsageError` where there is a vault, and `Damaged` where secrets are without one."""
    if rows.read(connection) is not None:
        raise UsageError("There is a vault already; `simtui vault passwd` changes its password.")
    if secrets.count(connection):
        raise Damaged(
            "Secrets are here, and the lock that they were sealed with is not. No new key is made "
            "over them: restore a backup that has the lock."
        )


def create(connection: Connection, slots: Sequence[Slot]) -> list[Slot]:
    """A vault with these slots, as they are stored."""
    check_none(connection)
    slots = _numbered(slots, 1)
    rows.create(connection, slots[0].store_id, slots[0].key_id, _packed(slots), now_ms())
    return slots


def uncreate(connection: Connection, slots: Sequence[Slot]) -> None:
    """Takes the vault of these slots away, which did not open, if nothing was sealed since."""
    found, idents = rows.read(connection), {slot.id for slot in slots}
    if found is None or secrets.count(connection):
        return
    if found.store_id == slots[0].store_id and all(slot.id in idents for slot in whole(found)):
        rows.take_away(connection)


def add(connection: Connection, mark: Mark, slots: Sequence[Slot]) -> list[Slot]:
    """Adds slots beside those that are there; as they are stored."""
    slots = _numbered(slots, next_number(current(connection, mark)))
    rows.add_slots(connection, _packed(slots))
    return slots


def take_back(connection: Connection, mark: Mark, slots: Sequence[Slot]) -> None:
    """Takes slots away again that were added and not put in the place of others."""
    found = current(connection, mark)
    idents = {slot.id for slot in slots}
    _check_left(slot for slot in in_force(found) if slot.id not in idents)
    rows.remove_slots(connection, [slot.number for slot in whole(found) if slot.id in idents])


def supersede(connection: Connection, mark: Mark, slots: Sequence[Slot]) -> None:
    """Takes away the slots of the same ways before these."""
    found = current(connection, mark)
    _check_stored(found, slots)
    first, ways = slots[0].number, {slot.way for slot in slots}
    gone = [slot.number for slot in in_force(found) if slot.way in ways and slot.number < first]
    rows.remove_slots(connection, gone)


def remove(connection: Connection, mark: Mark, number: int) -> None:
    """Takes one slot away. Raises `NotFound`, and `UsageError` where only the keyring, or nothing,
    would be left."""
    found = current(connection, mark)
    if number not in dict(found.slots):
        raise NotFound(f"There is no slot {number}. `simtui vault slots` lists them.")
    _check_left(slot for slot in in_force(found) if slot.number != number)
    rows.remove_slots(connection, [number])


def put_in_force(
    connection: Connection,
    mark: Mark,
    slots: Sequence[Slot],
    retired: Sequence[tuple[bytes, bytes]],
) -> None:
    """Puts the key in force that these slots lead to; all other slots go."""
    found = current(connection, mark)
    _check_stored(found, slots)
    _check_left(slots)
    kept = {slot.number for slot in slots}
    gone = [number for number, _ in found.slots if number not in kept]
    store_id, key_id = slots[0].store_id, slots[0].key_id
    rows.put_in_force(connection, store_id, key_id, retired, gone, now_ms())


def left_over(
    connection: Connection, mark: Mark, opened: Slot, keys: Collection[bytes]
) -> list[int]:
    """The numbers of slots that a process left behind that was killed: those before `opened` of its
    own way, which it has taken the place of, and those to a key that never came in force. `keys`:
    the ids of the keys that are known."""
    found = current(connection, mark)
    known = {*keys, *dict(found.retired), *_sealing_keys(connection, opened.store_id)}

    def is_left_over(slot: Slot) -> bool:
        if (slot.key_id, slot.way) == (opened.key_id, opened.way):
            return slot.number < opened.number
        return slot.key_id not in known

    ours = [slot for slot in whole(found) if slot.store_id == opened.store_id]
    return [slot.number for slot in ours if is_left_over(slot)]


def remove_left_over(
    connection: Connection, mark: Mark, opened: Slot, keys: Collection[bytes]
) -> None:
    """Takes `left_over` away."""
    rows.remove_slots(connection, left_over(connection, mark, opened, keys))


def put_secret(connection: Connection, mark: Mark, name: str, sealed: bytes) -> None:
    """Keeps what was sealed under the key in force."""
    current(connection, mark)
    secrets.put(connection, name, sealed, now_ms())


def reseal(connection: Connection, mark: Mark, name: str, before: bytes, after: bytes) -> bool:
    """The same value under the key in force. False where the row changed meanwhile."""
    current(connection, mark)
    return secrets.reseal(connection, name, before, after)


def secret(connection: Connection, mark: Mark, name: str) -> secrets.SealedSecret | None:
    """The secret of this name."""
    current(connection, mark)
    return secrets.get(connection, name)


def _sealing_keys(connection: Connection, store_id: str) -> Iterator[bytes]:
    for row in secrets.all_of(connection):
        with contextlib.suppress(Damaged):
            yield key_id_in(row.sealed, secret_place(store_id, row.name))


def _check_left(slots: Iterable[Slot]) -> None:
    if all(slot.way == KEYRING for slot in slots):
        raise UsageError(
            "That would leave no way in besides the keyring, so nothing was changed. Make another "
            "one first: `simtui vault passwd`, `simtui vault recovery`."
        )


def _check_stored(found: rows.VaultRows, slots: Sequence[Slot]) -> None:
    if not set(_packed(slots)) <= set(found.slots):
        raise Busy(
            "Another simtui changed the ways in meanwhile. Nothing was changed here; try again."
        )


def _numbered(slots: Sequence[Slot], first: int) -> list[Slot]:
    return [replace(slot, number=number) for number, slot in enumerate(slots, first)]


def _packed(slots: Sequence[Slot]) -> list[rows.PackedSlot]:
    return [(slot.number, slot.packed()) for slot in slots]
