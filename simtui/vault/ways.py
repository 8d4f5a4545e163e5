"""Ways in, as they are made, kept and read: what a person chose, turned into slots."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from simtui.errors import Damaged, UsageError
from simtui.store.vault import PackedSlot, VaultRows
from simtui.vault import recovery
from simtui.vault.passwords import Cost, calibrated
from simtui.vault.slots import KEYRING, PASSWORD, RECOVERY, Slot, new_slot, read_slot


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A slot as it is listed. `slot` is None where it is damaged; `words` say how."""

    number: int
    slot: Slot | None
    words: str = ""


@dataclass(slots=True)
class Ways:
    """What the ways in are made from. `password` as bytes, `token` for the keyring; `recovery` is
    whether a code is wanted. Wiped when used."""

    password: bytearray | None = None
    token: bytearray | None = None
    recovery: bool = True
    cost: Cost | None = None


@dataclass(slots=True)
class Prepared:
    """A data key with ways in that nobody has yet: the code is shown and asked back before it is
    put in force. `made` holds each slot with what opens it, wiped when it was tried."""

    store_id: str
    data_key: bytearray
    code: str
    made: list[tuple[Slot, bytearray]] = field(default_factory=list)

    def packed(self) -> list[PackedSlot]:
        return [(slot.number, slot.packed()) for slot, _ in self.made]


def check_second_way_in(ways: Ways) -> None:
    if ways.password is None and not ways.recovery:
        raise UsageError(
            "The keyring alone is no way in: it does not come along to another machine. Choose a "
            "password, a recovery code, or both."
        )


async def prepared_ways(store_id: str, number: int, key: bytearray, ways: Ways) -> Prepared:
    code = recovery.new_code() if ways.recovery else ""
    given = [
        (KEYRING, ways.token),
        (PASSWORD, ways.password),
        (RECOVERY, recovery.read_code(code) if code else None),
    ]
    cost = ways.cost
    if cost is None and ways.password is not None:
        cost = await asyncio.to_thread(calibrated)
    prepared = Prepared(store_id, key, code)
    for way, secret in given:
        if secret is not None:
            slot = await asyncio.to_thread(
                new_slot,
                store_id,
                number + len(prepared.made),
                way,
                secret,
                key,
                now_ms(),
                cost if way == PASSWORD else None,
            )
            prepared.made.append((slot, secret))
    return prepared


def next_number(found: VaultRows) -> int:
    return max((number for number, _ in found.slots), default=0) + 1


def lines_of(found: VaultRows) -> list[SlotLine]:
    lines = []
    for number, packed in found.slots:
        try:
            lines.append(SlotLine(number, read_slot(packed, number)))
        except Damaged as error:
            lines.append(SlotLine(number, None, error.message))
    return lines


def in_force(found: VaultRows) -> list[Slot]:
    """The whole slots that lead to the key in force. A slot of a rotation that never came to its
    end leads to a key that seals nothing."""
    return [line.slot for line in lines_of(found) if line.slot and line.slot.key_id == found.key_id]
