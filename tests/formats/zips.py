"""Makes zips by hand, byte by byte, so that they can lie where a library would not let them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

import pytest

from simtui.errors import BadInput
from simtui.formats.zip_reader import ZipReader

_LOCAL = struct.Struct("<4s2B4HL2L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_PLACE = struct.Struct("<4sLQL")

_REGULAR = 0o100644
_UTF8 = 0x800


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a zip. What is None is told as it is; the rest are lies."""

    name: str
    content: bytes = b"{}"
    method: int = zipfile.ZIP_DEFLATED
    flags: int = _UTF8
    mode: int = _REGULAR
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    local_name: bytes | None = None
    offset: int | None = None
    needs_version: int = 20

    @property
    def raw_name(self) -> bytes:
        return self.name.encode("utf-8" if self.flags & _UTF8 else "cp437")

    @property
    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return self.content if self.method == zipfile.ZIP_STORED else deflated(self.content)

    @property
    def _told(self) -> tuple[int, int, int, int, int, int, int]:
        size = len(self.content) if self.size is None else self.size
        packed_size = len(self.data) if self.packed_size is None else self.packed_size
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return self.flags, self.method, 0, 33, crc, packed_size, size

    def local(self) -> bytes:
        name = self.raw_name if self.local_name is None else self.local_name
        return _LOCAL.pack(b"PK\3\4", 20, 0, *self._told, len(name), 0) + name + self.data

    def central(self, offset: int) -> bytes:
        name, mode = self.raw_name, self.mode << 16
        version = (20, 3, self.needs_version, 0)
        rest = (len(name), 0, 0, 0, 0, mode, offset if self.offset is None else self.offset)
        return _CENTRAL.pack(b"PK\1\2", *version, *self._told, *rest) + name


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def archive(
    *entries: Entry,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    shifted: bool = True,
    long_end: bool = False,
) -> bytes:
    """A zip of `entries`. `before` stands ahead of it (counted in its offsets if `shifted`),
    `after` behind it; `count` is the number of entries that its end tells."""
    body, table = bytearray(before), bytearray()
    start = 0 if shifted else len(before)
    for entry in entries:
        table += entry.central(len(body) - start)
        body += entry.local()
    number = len(entries) if count is None else count
    table_at = len(body) - start
    end = bytearray()
    if long_end:
        numbers = (number, number, len(table), table_at)
        end += _END64.pack(b"PK\6\6", 44, 45, 45, 0, 0, *numbers)
        end += _END64_PLACE.pack(b"PK\6\7", 0, table_at + len(table), 1)
        number = table_at = 0xFFFF
    places = (number & 0xFFFF, number & 0xFFFF, len(table), table_at)
    end += _END.pack(b"PK\5\6", 0, 0, *places, len(comment)) + comment
    return bytes(body + table + end + after)


def opened(data: bytes) -> ZipReader:
    return ZipReader(io.BytesIO(data), "the zip")


def contents(data: bytes) -> dict[str, bytes]:
    """Every file of a zip that is let in."""
    reader = opened(data)
    return {entry.name: reader.read(entry) for entry in reader.entries}


def refusal(data: bytes) -> str:
    """Why the whole archive is refused: before anything of it is unpacked, in words that are safe
    to print."""
    with pytest.raises(BadInput) as caught:
        opened(data)
    assert caught.value.message.isprintable()
    return caught.value.message


def refusal_of(data: bytes, name: str) -> str:
    """Why one entry of an archive that was let in is refused."""
    reader = opened(data)
    (entry,) = (entry for entry in reader.entries if entry.name == name)
    with pytest.raises(BadInput) as caught:
        reader.read(entry)
    assert caught.value.message.isprintable()
    return caught.value.message
