"""A slot opens by what it was made with; one that rotted is damaged, and never a wrong password."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import Damaged
from simtui.vault.passwords import CEILING, FLOOR, Cost
from simtui.vault.sealing import new_key
from simtui.vault.slots import (
    KEYRING,
    PASSWORD,
    RECOVERY,
    WAYS,
    Slot,
    WrongWayIn,
    new_slot,
    open_slot,
    read_slot,
)

STORE = "0b9a2c1e-6d43-4e0a-9d55-3f6f1a7c0001"
KEY = new_key()
SECRET = bytearray(b"opens it")
COST = {"passes": 3, "memory_kib": 65536, "lanes": 4}


@pytest.fixture(scope="module")
def slots() -> dict[str, Slot]:
    """One of each way, numbered from 1."""
    return {
        way: new_slot(STORE, number, way, SECRET, KEY, 1000, FLOOR if way == PASSWORD else None)
        for number, way in enumerate(WAYS, 1)
    }


def with_checksum(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def rewritten(slot: Slot, **fields: Any) -> bytes:
    """With other fields, by somebody who mends the checksum."""
    return with_checksum(json.dumps(json.loads(slot.packed()[:-32]) | fields).encode())


@pytest.mark.parametrize("way", WAYS)
def test_a_slot_opens_by_what_it_was_made_with(slots: dict[str, Slot], way: str) -> None:
    slot = slots[way]
    assert read_slot(slot.packed(), slot.number) == slot
    assert open_slot(slot, SECRET) == KEY
    assert bytearray(b"opens it") == SECRET


@pytest.mark.parametrize("way", WAYS)
def test_what_does_not_open_a_slot_is_told_by_its_way(slots: dict[str, Slot], way: str) -> None:
    words = {KEYRING: "keyring entry", PASSWORD: "password", RECOVERY: "recovery code"}
    with pytest.raises(WrongWayIn, match=f"This {words[way]} does not open it"):
        open_slot(slots[way], bytearray(b"opens it not"))


@pytest.mark.parametrize("way", WAYS)
def test_every_bit_of_a_slot_is_looked_at(slots: dict[str, Slot], way: str) -> None:
    slot = slots[way]
    packed = slot.packed()
    for position in range(len(packed)):
        for bit in range(8):
            flipped = bytearray(packed)
            flipped[position] ^= 1 << bit
            with pytest.raises(Damaged, match=f"slot {slot.number}"):
                read_slot(bytes(flipped), slot.number)


@pytest.mark.parametrize("way", [KEYRING, RECOVERY])
def test_a_slot_that_was_altered_on_purpose_gives_its_key_or_none(
    slots: dict[str, Slot], way: str
) -> None:
    slot = slots[way]
    body = slot.packed()[:-32]
    opened = set()
    for position in range(len(body)):
        flipped = bytearray(body)
        flipped[position] ^= 1
        try:
            altered = read_slot(with_checksum(bytes(flipped)), slot.number)
            assert open_slot(altered, SECRET) == KEY
        except (Damaged, WrongWayIn):
            continue
        opened.add(replace(altered, created_at=0))
    assert opened == {replace(slot, created_at=0)}, "when it was made is bound to nothing"


@given(cut=st.integers(0, 600), more=st.binary(max_size=50))
def test_a_slot_that_was_cut_or_put_on_is_damaged(
    slots: dict[str, Slot], cut: int, more: bytes
) -> None:
    packed = slots[KEYRING].packed()
    changed = packed[:cut] + more
    if changed != packed:
        with pytest.raises(Damaged, match="slot 1"):
            read_slot(changed, 1)


def test_slots_that_were_swapped_are_damaged(slots: dict[str, Slot]) -> None:
    with pytest.raises(Damaged, match="slot 3"):
        read_slot(slots[KEYRING].packed(), 3)


def test_a_slot_of_another_store_opens_nothing_here(slots: dict[str, Slot]) -> None:
    moved = read_slot(rewritten(slots[RECOVERY], store_id="another"), 3)
    with pytest.raises(WrongWayIn):
        open_slot(moved, SECRET)


def test_a_slot_under_another_id_opens_nothing(slots: dict[str, Slot]) -> None:
    renamed = read_slot(rewritten(slots[RECOVERY], id="another"), 3)
    with pytest.raises(WrongWayIn):
        open_slot(renamed, SECRET)


def test_one_way_is_not_taken_for_another(slots: dict[str, Slot]) -> None:
    posing = read_slot(rewritten(slots[KEYRING], way=RECOVERY), 1)
    with pytest.raises(WrongWayIn):
        open_slot(posing, SECRET)


COSTS = {
    "too few passes": replace(FLOOR, passes=2),
    "no pass": replace(FLOOR, passes=0),
    "too little memory": replace(FLOOR, memory_kib=FLOOR.memory_kib - 1),
    "too few lanes": replace(FLOOR, lanes=3),
    "too many passes": replace(CEILING, passes=CEILING.passes + 1),
    "all the memory there is": replace(FLOOR, memory_kib=2**40),
    "too much memory": replace(CEILING, memory_kib=CEILING.memory_kib + 1),
    "too many lanes": replace(CEILING, lanes=CEILING.lanes + 1),
    "less than nothing": replace(FLOOR, passes=-3),
}


@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_a_cost_that_we_never_write_is_refused_when_read(
    slots: dict[str, Slot], cost: Cost
) -> None:
    """Before any password is tried: it would eat the machine, or weaken the lock."""
    with pytest.raises(Damaged, match=r"slot 2 asks for .* not tried\. The password may be right"):
        read_slot(replace(slots[PASSWORD], cost=cost).packed(), 2)


@pytest.mark.parametrize("cost", [FLOOR, CEILING])
def test_a_cost_within_the_bounds_is_read(slots: dict[str, Slot], cost: Cost) -> None:
    assert read_slot(replace(slots[PASSWORD], cost=cost).packed(), 2).cost == cost


@pytest.mark.parametrize("value", ["3", 3.0, True, None, [3]])
def test_a_cost_that_is_no_number_is_damage(slots: dict[str, Slot], value: Any) -> None:
    with pytest.raises(Damaged, match="slot 2"):
        read_slot(rewritten(slots[PASSWORD], cost={**COST, "passes": value}), 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("id", 7), ("store_id", None), ("created_at", "now"), ("way", ["keyring"]), ("key_id", 7)],
)
def test_a_field_of_another_type_is_damage(slots: dict[str, Slot], name: str, value: Any) -> None:
    with pytest.raises(Damaged, match="slot 3"):
        read_slot(rewritten(slots[RECOVERY], **{name: value}), 3)


def test_a_cheaper_cost_does_not_open_it(slots: dict[str, Slot]) -> None:
    """What a slot says it cost is bound to what is wrapped."""
    dearer = new_slot(STORE, 2, PASSWORD, SECRET, KEY, 1000, replace(FLOOR, passes=4))
    cheaper = read_slot(rewritten(dearer, cost=COST), 2)
    with pytest.raises(WrongWayIn):
        open_slot(cheaper, SECRET)


def test_a_newer_slot_says_so_whatever_else_is_in_it() -> None:
    body = json.dumps({"version": 2, "way": "face"}).encode()
    with pytest.raises(Damaged, match="slot 7 was written by a newer simtui; update to open it"):
        read_slot(with_checksum(body), 7)


def test_no_two_slots_share_salt_nonce_or_id() -> None:
    made = [new_slot(STORE, 1, RECOVERY, SECRET, KEY, 1000) for _ in range(200)]
    for part in ("id", "salt", "nonce", "wrapped"):
        assert len({getattr(slot, part) for slot in made}) == 200


@pytest.mark.parametrize("way", WAYS)
def test_neither_the_key_nor_what_opens_it_is_in_a_slot(slots: dict[str, Slot], way: str) -> None:
    packed = slots[way].packed()
    for hidden in (KEY, SECRET):
        for form in (bytes(hidden), base64.b64encode(hidden), hidden.hex().encode()):
            assert form not in packed
