"""`simai.keys`, which lies beside an encrypted library: the vault's rows, which the database itself
holds under the key that they lead to, and that key, sealed by the data key.

Three lines: `simtui-keys` and the version; a JSON object; the SHA-256 of both, in hex. What is
sealed in it has checksums of its own: a file in which a bit has rotted still opens by the ways in
that are whole, and is written anew then.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simtui.errors import Damaged, NotWritable
from simtui.store.filesystem import sync_folder
from simtui.store.vault import VaultRows
from simtui.vault.memory import wipe
from simtui.vault.sealing import (
    KEY_BYTES,
    DataKeys,
    key_id_in,
    library_key_place,
    seal,
    unseal,
)
from simtui.vault.ways import in_force

VERSION = 1
LONGEST_BYTES = 4 << 20
_HEADER = b"simtui-keys "


@dataclass(frozen=True, slots=True)
class Sidecar:
    """`generation` is the number that the table of the vault carries too. `library_key` is sealed.
    `password_file`: where a timer finds the password, "" for nowhere. `is_whole`: its checksum is
    the right one."""

    rows: VaultRows
    generation: int
    library_key: bytes
    password_file: str = ""
    is_whole: bool = True

    def opened(self, keys: DataKeys) -> bytearray:
        """The library's key, for the caller to wipe. Raises `Damaged`, `SealedByAnotherKey`."""
        key = unseal(keys, self.library_key, library_key_place(store_id_of(self.rows)))
        if len(key) != KEY_BYTES:
            wipe(key)
            raise Damaged("The key of the library, in simai.keys, is damaged: it has another size.")
        return key


def store_id_of(found: VaultRows) -> str:
    """By the slots where they say it: the row has no checksum."""
    return next((slot.store_id for slot in in_force(found)), found.store_id)


def sealed_library_key(data_key: bytearray, library_key: bytearray, store_id: str) -> bytes:
    """The library's key as it stands in the file."""
    return seal(data_key, library_key, library_key_place(store_id))


def seals(library_key: bytes, mark: tuple[str, bytes]) -> bool:
    """Whether it is sealed by the data key of this mark."""
    try:
        return key_id_in(library_key, library_key_place(mark[0])) == mark[1]
    except Damaged:
        return False


def packed(sidecar: Sidecar) -> bytes:
    """As it is stored."""
    rows = sidecar.rows
    fields = {
        "generation": sidecar.generation,
        "store_id": rows.store_id,
        "key_id": rows.key_id.hex(),
        "slots": [{"number": number, "packed": _text(slot)} for number, slot in rows.slots],
        "retired": [
            {"key_id": ident.hex(), "sealed": _text(sealed)} for ident, sealed in rows.retired
        ],
        "library_key": _text(sidecar.library_key),
        "password_file": sidecar.password_file,
    }
    body = json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
    signed = _HEADER + str(VERSION).encode() + b"\n" + body + b"\n"
    return signed + hashlib.sha256(signed).hexdigest().encode() + b"\n"


def unpacked(octets: bytes) -> Sidecar:
    """What `packed` made. Raises `Damaged`."""
    if len(octets) > LONGEST_BYTES or not octets.startswith(_HEADER):
        raise _damaged()
    try:
        head, body, checksum = octets.split(b"\n", 2)
        if int(head.removeprefix(_HEADER)) > VERSION:
            raise Damaged("simai.keys was written by a newer simtui; update to open the library.")
        fields = json.loads(body)
        sidecar = Sidecar(
            VaultRows(
                fields["store_id"],
                bytes.fromhex(fields["key_id"]),
                tuple((slot["number"], _octets(slot["packed"])) for slot in fields["slots"]),
                tuple(
                    (bytes.fromhex(key["key_id"]), _octets(key["sealed"]))
                    for key in fields["retired"]
                ),
            ),
            fields["generation"],
            _octets(fields["library_key"]),
            fields["password_file"],
            checksum == hashlib.sha256(head + b"\n" + body + b"\n").hexdigest().encode() + b"\n",
        )
        sound = _is_sound(sidecar)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged() from error
    if not sound or int(head.removeprefix(_HEADER)) != VERSION:
        raise _damaged()
    return sidecar


def _is_sound(sidecar: Sidecar) -> bool:
    numbers: list[Any] = [sidecar.generation, *(number for number, _ in sidecar.rows.slots)]
    texts: list[Any] = [sidecar.rows.store_id, sidecar.password_file]
    return (
        all(type(number) is int and number >= 0 for number in numbers)
        and all(type(text) is str for text in texts)
        and len(set(numbers[1:])) == len(numbers[1:]) > 0
    )


def read(path: Path) -> Sidecar:
    """The file beside an encrypted library. Raises `Damaged`, which says where another lies."""
    return unpacked(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """The file as it lies there, no more of it than there can be."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_BYTES + 1)
    except FileNotFoundError:
        raise Damaged(
            f"{path} is not there, and without it nothing opens the library, which is encrypted. "
            f"{_WAY_OUT}"
        ) from None
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error.strerror}. {_WAY_OUT}") from None


def write(path: Path, octets: bytes) -> None:
    """Puts the file there, in one step, on the disk when this returns. Raises `NotWritable`, and
    `Damaged` where it does not read back; what was there before is there then.

    Whoever writes holds the database's write lock: there is one at a time."""
    temporary = path.with_name(f"{path.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        if temporary.read_bytes() != octets:
            raise Damaged(f"{path.name} did not come back from disk as it was written.")
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}. The ways in are as they were."
        ) from error


_WAY_OUT = (
    "Each encrypted backup holds a copy of it: take simai.keys out of the newest one (`unzip`) and "
    "put it beside simai.db, or restore that backup. The library itself is untouched."
)


def _damaged() -> Damaged:
    return Damaged(f"simai.keys is damaged: nothing can be read out of it. {_WAY_OUT}")


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
