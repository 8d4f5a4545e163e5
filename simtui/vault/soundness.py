"""What can be told of a vault without a key: the checksums of what is sealed, and where each of it
leads. That a value opens, only opening it can tell."""

from __future__ import annotations

from collections.abc import Sequence

from simtui.errors import Damaged, shown
from simtui.model import wording
from simtui.store.secrets import SealedSecret
from simtui.store.vault import VaultRows
from simtui.vault.sealing import Place, key_id_in, retired_place, secret_place
from simtui.vault.slots import KEYRING
from simtui.vault.ways import in_force, lines_of

Told = tuple[str, list[str]]
"""What there is, in a line, and what is wrong with it, a sentence each."""

_NAMED = 5


def of_ways(found: VaultRows) -> Told:
    """The slots, and the row that says which of them count."""
    lines, leading = lines_of(found), in_force(found)
    ways = ", ".join(slot.way for slot in leading) or "none"
    wrong = [line.words for line in lines if line.slot is None]
    if leading and (leading[0].store_id, leading[0].key_id) != found.mark:
        wrong.append("Its own row is damaged; `simtui vault rotate` writes it anew.")
    if not leading:
        wrong.append("No way in is left. Restore a backup that has its slots.")
    elif all(slot.way == KEYRING for slot in leading):
        wrong.append("No way in is left besides the keyring. Make one: `simtui vault recovery`.")
    whole = sum(line.slot is not None for line in lines)
    return f"{whole} of {len(lines)} slots whole; ways in: {ways}", wrong


def of_sealed(found: VaultRows, sealed: Sequence[SealedSecret]) -> Told:
    """Secrets and retired keys, by their checksums and the ids of their keys."""
    store_id = next((slot.store_id for slot in in_force(found)), found.store_id)
    known = {found.key_id, *(slot.key_id for slot in in_force(found)), *dict(found.retired)}
    damaged, foreign = [], []
    for row in sealed:
        key_id = _key_id(row.sealed, secret_place(store_id, row.name))
        if key_id is None:
            damaged.append(row.name)
        elif key_id not in known:
            foreign.append(row.name)
    wrong = []
    if damaged:
        wrong.append(f"Damaged: {_names(damaged)}. Set again, or restore a backup.")
    if foreign:
        wrong.append(f"Sealed by a key that is not here: {_names(foreign)}.")
    lost = sum(_key_id(key, retired_place(store_id, ident)) is None for ident, key in found.retired)
    if lost:
        wrong.append(f"{lost} retired keys damaged: what only they open stays closed.")
    return f"{wording.count(len(sealed))} sealed, {len(damaged)} damaged", wrong


def damaged_in(found: VaultRows, sealed: Sequence[SealedSecret]) -> list[str]:
    """The secrets that rotted. One that another key sealed is whole."""
    store_id = next((slot.store_id for slot in in_force(found)), found.store_id)
    damaged = [
        row.name for row in sealed if _key_id(row.sealed, secret_place(store_id, row.name)) is None
    ]
    return [f"secrets are damaged: {_names(damaged)}"] if damaged else []


def _key_id(sealed: bytes, place: Place) -> bytes | None:
    try:
        return key_id_in(sealed, place)
    except Damaged:
        return None


def _names(names: Sequence[str]) -> str:
    return ", ".join(shown(name, 80) for name in names[:_NAMED]) + "…" * (len(names) > _NAMED)
