"""Ways in, as they are made, opened and read: what a person chose, turned into slots."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from simtui.errors import Damaged, UsageError
from simtui.store.store import to_its_end
from simtui.store.vault import VaultRows
from simtui.vault import recovery
from simtui.vault.memory import wipe
from simtui.vault.passwords import Cost, calibrated
from simtui.vault.slots import KEYRING, PASSWORD, RECOVERY, Slot, new_slot, open_slot, read_slot


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A slot as it is listed. `slot` is None where it is damaged. `words` say why it is no way in,
    "" where it is one."""

    number: int
    slot: Slot | None
    words: str = ""


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
        return [line.slot.way for line in self.slots if line.slot and not line.words]


@dataclass(slots=True, repr=False, eq=False)
class Ways:
    """What the ways in are made from. `password` as bytes, `token` for the keyring; `recovery` is
    whether a code is wanted. They are the vault's from then on: it wipes them when it has tried
    them, will not have them, or is locked."""

    password: bytearray | None = None
    token: bytearray | None = None
    recovery: bool = True
    cost: Cost | None = None

    def wipe(self) -> None:
        """Overwrites what opens."""
        wipe(*(secret for secret in (self.password, self.token) if secret is not None))


@dataclass(slots=True, repr=False, eq=False)
class Prepared:
    """A data key with ways in that nobody has yet: the code is shown and asked back before it is
    put in force. `made` holds each slot with what opens it; the slots are numbered when kept."""

    store_id: str
    data_key: bytearray
    code: str
    made: list[tuple[Slot, bytearray]] = field(default_factory=list)

    @property
    def slots(self) -> list[Slot]:
        """Without what opens them."""
        return [slot for slot, _ in self.made]

    def wipe(self) -> None:
        """Overwrites the key and what opens it; for whoever gives it up, too."""
        wipe(self.data_key, *(secret for _, secret in self.made))

    @property
    def is_wiped(self) -> bool:
        """It can no longer be kept."""
        return not all(any(secret) for secret in (self.data_key, *(each for _, each in self.made)))


@contextlib.contextmanager
def wiped_on_failure(ways: Ways) -> Iterator[None]:
    """What opens is overwritten where it comes to nothing."""
    try:
        yield
    except BaseException:
        ways.wipe()
        raise


def check_second_way_in(ways: Ways) -> None:
    """Raises `UsageError` where the keyring would be the only way in."""
    if ways.password is None and not ways.recovery:
        raise UsageError(
            "The keyring alone is no way in: it does not come along to another machine. Choose a "
            "password, a recovery code, or both."
        )


async def prepared_ways(store_id: str, key: bytearray, ways: Ways) -> Prepared:
    """Slots for a data key. The key is the caller's no more; it is wiped where this fails. Raises
    `UsageError` where nothing was chosen."""
    code = recovery.new_code() if ways.recovery else ""
    given = [
        (KEYRING, ways.token),
        (PASSWORD, ways.password),
        (RECOVERY, recovery.read_code(code) if code else None),
    ]
    prepared = Prepared(store_id, key, code)
    try:
        if not any(secret for _, secret in given):
            raise UsageError("No way in was chosen: a password, a recovery code, or the keyring.")
        cost = ways.cost
        if cost is None and ways.password is not None:
            cost = await asyncio.to_thread(calibrated)
        for number, (way, secret) in enumerate(given, 1):
            if secret is not None:
                slot = await asyncio.to_thread(
                    new_slot, store_id, number, way, secret, key, now_ms(),
                    cost if way == PASSWORD else None,
                )  # fmt: skip
                prepared.made.append((slot, secret))
    except BaseException:
        wipe(key, *(secret for _, secret in given if secret is not None))
        raise
    return prepared


async def opened(slot: Slot, secret: bytearray) -> bytearray:
    """`open_slot` on a thread, to its end also where the caller is cancelled: what comes out then
    is wiped, not left lying."""
    work = asyncio.create_task(asyncio.to_thread(open_slot, slot, secret))
    try:
        return await to_its_end(work)
    except asyncio.CancelledError:
        if work.exception() is None:
            wipe(work.result())
        raise


def next_number(found: VaultRows) -> int:
    """For a slot that is added."""
    return max((number for number, _ in found.slots), default=0) + 1


def lines_of(found: VaultRows) -> list[SlotLine]:
    """Every slot, also those that are no way in."""
    lines = _read(found)
    leading = in_force(found)
    return [
        SlotLine(line.number, line.slot, "It leads to a key that is not in force.")
        if line.slot and line.slot not in leading
        else line
        for line in lines
    ]


def whole(found: VaultRows) -> list[Slot]:
    """The slots that can be read, wherever they lead."""
    return [line.slot for line in _read(found) if line.slot]


def in_force(found: VaultRows) -> list[Slot]:
    """The whole slots that lead to the key in force. A slot of a rotation that never came to its
    end leads to a key that seals nothing."""
    slots = whole(found)
    named = [slot for slot in slots if (slot.store_id, slot.key_id) == found.mark]
    if named or not slots:
        return named
    # the row that names them rotted: what is in force came before what a rotation prepared
    first = (slots[0].store_id, slots[0].key_id)
    return [slot for slot in slots if (slot.store_id, slot.key_id) == first]


def _read(found: VaultRows) -> list[SlotLine]:
    lines = []
    for number, packed in found.slots:
        try:
            lines.append(SlotLine(number, read_slot(packed, number)))
        except Damaged as error:
            lines.append(SlotLine(number, None, error.message))
    return lines
