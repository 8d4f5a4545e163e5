"""Secrets that lie elsewhere than in the library: in a backup, tried with the keys held here."""

from __future__ import annotations

from collections.abc import Iterable

from simtui.errors import Damaged
from simtui.store.secrets import SealedSecret
from simtui.store.vault import VaultRows
from simtui.vault import sidecar
from simtui.vault.held import Held
from simtui.vault.life import Vault
from simtui.vault.memory import wipe
from simtui.vault.sealing import SealedByAnotherKey, key_id_in, secret_place
from simtui.vault.tries import Tries
from simtui.vault.ways import in_force


def damaged_among(vault: Vault, sealed: Iterable[SealedSecret]) -> list[str]:
    """Opens each secret once; what is wrong with those that are damaged, in words. One that another
    key sealed cannot be judged."""
    wrong, held = [], vault.held()
    for row in sealed:
        try:
            wipe(held.unseal(row))
        except Damaged as error:
            wrong.append(error.message)
        except SealedByAnotherKey:
            continue
    return wrong


# -- the keys of a backup


async def opened_ways(found: VaultRows, way: str, secret: bytearray) -> Held:
    """The keys that a way into another vault leads to; wipes the secret. Raises `WrongWayIn`,
    `Locked` where there is no such way, `Damaged`."""
    try:
        slot, key = await Tries().open(found, way, secret)
    finally:
        wipe(secret)
    held = Held(slot.store_id, slot.key_id, {slot.key_id: key}, found.mark)
    held.add_retired(found.retired)
    return held


async def opened_keys(octets: bytes, way: str, secret: bytearray) -> tuple[Held, bytearray]:
    """The same of `simai.keys`, with the key of its library."""
    there = sidecar.unpacked(octets)
    held = await opened_ways(there.rows, way, secret)
    try:
        return held, there.opened(held.keys)
    except BaseException:
        held.wipe()
        raise


def ways_of(found: VaultRows) -> list[str]:
    """The ways in that are whole: keyring, password, recovery."""
    return list(dict.fromkeys(slot.way for slot in in_force(found)))


def ways_in_keys(octets: bytes) -> list[str]:
    """The same of `simai.keys`. Raises `Damaged`."""
    return ways_of(sidecar.unpacked(octets).rows)


# -- what one vault sealed, under the key of another


def foreign(present: VaultRows, sealed: Iterable[SealedSecret]) -> list[SealedSecret]:
    """Those that none of the present keys sealed. Damaged ones are not among them: nobody can do
    anything for them."""
    known = {
        present.key_id, *dict(present.retired), *(slot.key_id for slot in in_force(present)),
    }  # fmt: skip
    return [row for row in sealed if _key_id(row) not in (None, *known)]


def resealed(
    vault: Vault, theirs: Held, sealed: Iterable[SealedSecret]
) -> list[tuple[str, bytes, bytes]]:
    """(name, before, after): each that `theirs` opens, sealed by the key in force here. Raises
    `Locked` where the vault is."""
    held, found = vault.held(), []
    for row in sealed:
        try:
            plain = theirs.unseal(row)
        except (Damaged, SealedByAnotherKey):
            continue
        try:
            found.append((row.name, row.sealed, held.seal(row.name, plain)))
        finally:
            wipe(plain)
    return found


def _key_id(row: SealedSecret) -> bytes | None:
    try:
        return key_id_in(row.sealed, secret_place("", row.name))
    except Damaged:
        return None
