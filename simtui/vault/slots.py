"""Slots: the data key, wrapped once for each way in. Changing one way in re-wraps one slot.

A slot is a JSON object with a plain SHA-256 of itself, looked at before any password is tried: so a
slot that rotted is "damaged", and only a whole one can say "wrong password".
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from simtui.errors import Damaged, Locked
from simtui.vault import passwords
from simtui.vault.memory import wipe
from simtui.vault.sealing import (
    KEY_BYTES,
    KEY_ID_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    bound,
    decrypted,
    derived,
    encrypted,
    key_id_of,
)

VERSION = 1
SALT_BYTES = 16
KEYRING, PASSWORD, RECOVERY = "keyring", "password", "recovery"
WAYS = (KEYRING, PASSWORD, RECOVERY)
_LONGEST_BYTES = 4096
_HKDF, _ARGON2ID = "hkdf-sha256", "argon2id"
_KDF_OF = {KEYRING: _HKDF, PASSWORD: _ARGON2ID, RECOVERY: _HKDF}


class WrongWayIn(Locked):
    """The slot is whole, and this password, code or token does not open it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """`way` is keyring, password or recovery; `cost` is None where the KDF has none. `key_id` names
    the data key inside. `number` is how people call it, from 1; it is not bound to what is wrapped.
    """

    id: str
    store_id: str
    number: int
    way: str
    cost: passwords.Cost | None
    salt: bytes
    nonce: bytes
    wrapped: bytes
    key_id: bytes
    created_at: int

    @property
    def name(self) -> str:
        """How it is called to a person."""
        return f"slot {self.number} ({self.way})"

    def packed(self) -> bytes:
        """As it is stored: canonical JSON, then its SHA-256."""
        body = _canonical(
            {
                "version": VERSION,
                "id": self.id,
                "store_id": self.store_id,
                "number": self.number,
                "way": self.way,
                "kdf": _KDF_OF[self.way],
                "cost": asdict(self.cost) if self.cost else None,
                "salt": _text(self.salt),
                "nonce": _text(self.nonce),
                "wrapped": _text(self.wrapped),
                "key_id": self.key_id.hex(),
                "created_at": self.created_at,
            }
        )
        return body + hashlib.sha256(body).digest()


def new_slot(
    store_id: str, number: int, way: str, secret: bytearray, data_key: bytearray, now_ms: int,
    cost: passwords.Cost | None = None,
) -> Slot:  # fmt: skip
    """Wraps the data key for one way in. `secret`: the password's bytes, the code's bits, or the
    keyring's token. A password takes half a second."""
    ident, salt = str(uuid.uuid4()), os.urandom(SALT_BYTES)
    if way == PASSWORD:
        cost = cost or passwords.calibrated()
    key_id = key_id_of(data_key)
    key = _key_of(way, secret, salt, cost)
    try:
        nonce, wrapped = encrypted(
            key, data_key, _associated(store_id, ident, way, cost, salt, key_id)
        )
    finally:
        wipe(key)
    return Slot(ident, store_id, number, way, cost, salt, nonce, wrapped, key_id, now_ms)


def read_slot(packed: bytes, number: int) -> Slot:
    """A stored slot. Raises `Damaged`, which names its number."""
    body, checksum = packed[:-32], packed[-32:]
    what = f"slot {number}"
    if len(packed) > _LONGEST_BYTES or hashlib.sha256(body).digest() != checksum:
        raise _damaged(what)
    try:
        fields = json.loads(body)
        if fields["version"] > VERSION:
            raise Damaged(f"The lock's {what} was written by a newer simtui; update to open it.")
        slot = Slot(
            id=fields["id"],
            store_id=fields["store_id"],
            number=fields["number"],
            way=fields["way"],
            cost=passwords.Cost(**fields["cost"]) if fields["cost"] else None,
            salt=base64.b64decode(fields["salt"], validate=True),
            nonce=base64.b64decode(fields["nonce"], validate=True),
            wrapped=base64.b64decode(fields["wrapped"], validate=True),
            key_id=bytes.fromhex(fields["key_id"]),
            created_at=fields["created_at"],
        )
        sound = _is_sound(slot, fields) and slot.number == number
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(what) from error
    if not sound:
        raise _damaged(what)
    if slot.cost is not None:
        passwords.checked(slot.cost, f"The lock's {what}")
    return slot


def _is_sound(slot: Slot, fields: dict[str, Any]) -> bool:
    lengths = [len(part) for part in (slot.salt, slot.nonce, slot.wrapped, slot.key_id)]
    types = [type(fields[name]) for name in ("id", "store_id", "created_at")]
    return (
        (fields["version"], fields["kdf"]) == (VERSION, _KDF_OF[slot.way])
        and lengths == [SALT_BYTES, NONCE_BYTES, KEY_BYTES + TAG_BYTES, KEY_ID_BYTES]
        and types == [str, str, int]
        and (slot.way == PASSWORD) == (slot.cost is not None)
    )


def open_slot(slot: Slot, secret: bytearray) -> bytearray:
    """The data key. Raises `WrongWayIn`, or `Damaged` where what comes out is not that key. A
    password takes half a second."""
    key = _key_of(slot.way, secret, slot.salt, slot.cost)
    associated = _associated(slot.store_id, slot.id, slot.way, slot.cost, slot.salt, slot.key_id)
    try:
        data_key = decrypted(key, slot.nonce, slot.wrapped, associated)
    finally:
        wipe(key)
    if data_key is None:
        raise WrongWayIn(f"This {_WORDS[slot.way]} does not open it.")
    if key_id_of(data_key) != slot.key_id:
        wipe(data_key)
        raise _damaged(slot.name)
    return data_key


_WORDS = {KEYRING: "keyring entry", PASSWORD: "password", RECOVERY: "recovery code"}


def _key_of(way: str, secret: bytearray, salt: bytes, cost: passwords.Cost | None) -> bytearray:
    if way == PASSWORD:
        assert cost is not None
        return passwords.derive(secret, salt, cost)
    return derived(secret, f"simtui/v1/kek/{way}".encode(), salt)


def _associated(
    store_id: str, ident: str, way: str, cost: passwords.Cost | None, salt: bytes, key_id: bytes
) -> bytes:
    parameters = _canonical(asdict(cost) if cost else None)
    return bound(store_id, ident, way, _KDF_OF[way], parameters, salt, key_id, bytes([VERSION]))


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _damaged(what: str) -> Damaged:
    return Damaged(
        f"The lock itself is damaged ({what}). The password may be right. Other ways in are not "
        "touched by it, and a backup holds the slot as it was."
    )
