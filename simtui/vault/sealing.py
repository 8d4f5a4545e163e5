"""Sealing: AES-256-GCM under a data key, bound to the place where the sealed value lies.

Sealed: `S1`, cipher (1 byte), key id (8), nonce (12), the ciphertext with its tag, and
8 bytes of a plain SHA-256 of all that. The checksum is looked at first, so that rot is "damaged"
and never "another key". A value that was moved to another row or column does not open.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from simtui.errors import Damaged, Locked, shown
from simtui.vault.memory import wipe

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
KEY_ID_BYTES = 8

_FORMAT = b"S1"
_AES_256_GCM = 1
_CHECKSUM_BYTES = 8
_HEAD_BYTES = len(_FORMAT) + 1 + KEY_ID_BYTES + NONCE_BYTES
_SUB_KEY = b"simtui/v1/secrets"
_KEY_ID = b"simtui/v1/key-id"

SECRETS, RETIRED_KEYS, KEYS_FILE = "secrets", "vault_retired_keys", "simai.keys"

DataKeys = Mapping[bytes, bytearray]
"""Data keys by their ids."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies. It opens nowhere else."""

    store_id: str
    table: str
    row: str
    column: str


def secret_place(store_id: str, name: str) -> Place:
    """Where a secret's value lies."""
    return Place(store_id, SECRETS, name, "encrypted_value")


def retired_place(store_id: str, key_id: bytes) -> Place:
    """Where a data key lies that is no longer in force, sealed by the one that is."""
    return Place(store_id, RETIRED_KEYS, key_id.hex(), "sealed")


def library_key_place(store_id: str) -> Place:
    """Where the key of an encrypted library lies."""
    return Place(store_id, KEYS_FILE, "library", "library_key")


class SealedByAnotherKey(Locked):
    """The value is whole, and none of the keys at hand sealed it."""


def new_key() -> bytearray:
    """A random data key."""
    return bytearray(os.urandom(KEY_BYTES))


def derived(key: bytearray, purpose: bytes, salt: bytes | None = None) -> bytearray:
    """HKDF-SHA256 of a key for one purpose."""
    # here and below: 9 MB that a backup of a library without a vault never needs
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    out = bytearray(KEY_BYTES)
    HKDF(hashes.SHA256(), KEY_BYTES, salt=salt, info=purpose).derive_into(key, out)
    return out


def key_id_of(key: bytearray) -> bytes:
    """What tells a data key from another, and nothing of it."""
    return hashlib.sha256(derived(key, _KEY_ID)).digest()[:KEY_ID_BYTES]


def bound(*parts: str | bytes) -> bytes:
    """Associated data: each part behind its length, so that no two lists of parts look alike."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def encrypted(key: bytearray, plain: bytes | bytearray, associated: bytes) -> tuple[bytes, bytes]:
    """A fresh nonce, and the ciphertext with its tag."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, plain, associated)


def decrypted(key: bytearray, nonce: bytes, sealed: bytes, associated: bytes) -> bytearray | None:
    """The plain text; None where key, place or bytes are others than they were."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(nonce) != NONCE_BYTES or len(sealed) < TAG_BYTES:
        return None
    plain = bytearray(len(sealed) - TAG_BYTES)
    try:
        AESGCM(key).decrypt_into(nonce, sealed, associated, plain)
    except InvalidTag:
        wipe(plain)
        return None
    return plain


def seal(key: bytearray, plain: bytes | bytearray, place: Place) -> bytes:
    """Seals a value for its place."""
    head = _FORMAT + bytes([_AES_256_GCM]) + key_id_of(key)
    sub_key = derived(key, _SUB_KEY)
    try:
        nonce, ciphertext = encrypted(sub_key, plain, _associated(place, head))
    finally:
        wipe(sub_key)
    body = head + nonce + ciphertext
    return body + _checksum(body)


def unseal(keys: DataKeys, sealed: bytes, place: Place) -> bytearray:
    """Opens what `seal` made. Raises `Damaged` where a bit or the place is another, and
    `SealedByAnotherKey`."""
    key_id = key_id_in(sealed, place)
    key = keys.get(key_id)
    if key is None:
        raise SealedByAnotherKey(
            f"{_name(place)} was sealed by another data key ({key_id.hex()}), which none of the "
            "present ways in opens. It is kept as it is."
        )
    head, nonce = (
        sealed[: _HEAD_BYTES - NONCE_BYTES],
        sealed[_HEAD_BYTES - NONCE_BYTES : _HEAD_BYTES],
    )
    ciphertext = sealed[_HEAD_BYTES:-_CHECKSUM_BYTES]
    sub_key = derived(key, _SUB_KEY)
    try:
        plain = decrypted(sub_key, nonce, ciphertext, _associated(place, head))
    finally:
        wipe(sub_key)
    if plain is None:
        raise Damaged(f"{_name(place)} is damaged: it was altered, or moved from another place.")
    return plain


def key_id_in(sealed: bytes, place: Place) -> bytes:
    """Which data key sealed it; needs no key. Raises `Damaged`."""
    body, checksum = sealed[:-_CHECKSUM_BYTES], sealed[-_CHECKSUM_BYTES:]
    if len(sealed) < _HEAD_BYTES + TAG_BYTES + _CHECKSUM_BYTES or _checksum(body) != checksum:
        raise Damaged(f"{_name(place)} is damaged: its bytes are not those that were written.")
    if not body.startswith(_FORMAT) or body[len(_FORMAT)] != _AES_256_GCM:
        raise Damaged(f"{_name(place)} is sealed in a form that this simtui does not know.")
    start = len(_FORMAT) + 1
    return body[start : start + KEY_ID_BYTES]


def _associated(place: Place, head: bytes) -> bytes:
    return bound(place.store_id, place.table, place.row, place.column, head)


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECKSUM_BYTES]


def _name(place: Place) -> str:
    if place.table == KEYS_FILE:
        return f"The key of the library, in {KEYS_FILE},"
    what = "retired key" if place.table == RETIRED_KEYS else "secret"
    return f'The {what} "{shown(place.row, 80)}"'
