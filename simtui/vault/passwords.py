"""From a password to a key: Argon2id, its cost chosen here and bounded when read."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from simtui.errors import Damaged, Locked, UsageError, shown
from simtui.vault.memory import wipe
from simtui.vault.sealing import KEY_BYTES

MAX_PASSWORD_BYTES = 1024
MIN_NEW_CHARACTERS = 8
TARGET_MS = 500


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters. `memory_kib` in KiB."""

    passes: int
    memory_kib: int
    lanes: int


FLOOR = Cost(passes=3, memory_kib=64 * 1024, lanes=4)
"""RFC 9106, second recommendation. More time is bought by passes: memory that a small machine does
not have would keep its owner out."""

CEILING = Cost(passes=64, memory_kib=256 * 1024, lanes=16)
"""Past this a slot is refused unread: it would only eat the machine."""


def checked(cost: Cost, what: str) -> Cost:
    """Raises `Damaged` for parameters that we would never have written."""
    for name in ("passes", "memory_kib", "lanes"):
        value = getattr(cost, name)
        lowest, highest = getattr(FLOOR, name), getattr(CEILING, name)
        if type(value) is not int or not lowest <= value <= highest:
            raise Damaged(
                f"{what} asks for {name} {shown(str(value), 20)}, which simtui never writes; it "
                "was not tried. The password may be right: try another way in."
            )
    return cost


def normal(password: str) -> bytearray:
    """The password as bytes: NFC, so that the same letters typed on another machine are the same.
    Raises `UsageError` where it is empty or too long."""
    encoded = bytearray(_composed(password).encode("utf-8", "surrogatepass"))
    if not encoded:
        raise UsageError("An empty password is none.")
    if len(encoded) > MAX_PASSWORD_BYTES:
        wipe(encoded)
        raise UsageError(f"A password has at most {MAX_PASSWORD_BYTES:,} bytes.")
    return encoded


def checked_new(password: str) -> bytearray:
    """`normal`, for a password that is being chosen. Raises `UsageError`."""
    if len(_composed(password)) < MIN_NEW_CHARACTERS:
        raise UsageError(
            f"A master password has at least {MIN_NEW_CHARACTERS} characters; four or five words "
            "are better than one."
        )
    return normal(password)


def _composed(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def derive(password: bytearray, salt: bytes, cost: Cost) -> bytearray:
    """The key. Takes about half a second and lets go of the GIL; not for the loop's thread.
    Raises `Locked` where the machine has not the memory for it."""
    key = bytearray(KEY_BYTES)
    argon = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    try:
        argon.derive_into(password, key)  # type: ignore[arg-type]  # takes any buffer; its stub says bytes
    except MemoryError:
        raise Locked(
            f"A password needs {cost.memory_kib // 1024} MiB of free memory to be tried, which is "
            "not there. It was not tried; the recovery code and the keyring need none."
        ) from None
    return key


def calibrated(target_ms: int = TARGET_MS) -> Cost:
    """The cost that takes about `target_ms` on this machine, by passes; never below the floor."""
    started = time.perf_counter()
    derive(bytearray(b"calibration"), bytes(16), FLOOR)
    spent_ms = (time.perf_counter() - started) * 1000
    passes = round(FLOOR.passes * target_ms / max(spent_ms, 1))
    return Cost(
        passes=max(FLOOR.passes, min(passes, CEILING.passes // 2)),
        memory_kib=FLOOR.memory_kib,
        lanes=FLOOR.lanes,
    )
