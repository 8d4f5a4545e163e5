"""Zips put together by hand, in which every field can lie. None of it is what `zipfile` writes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from tests.making import as_bytes, document

DOCUMENT = as_bytes(document())


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. What is None is told as it is; `header_name` and `header_size` are what its own
    header says, `at` where the table says that it lies, and `bare` leaves its bytes out."""

    name: str | bytes
    content: bytes = DOCUMENT
    mode: int = 0o100644
    method: int = 8
    flags: int = 0x800
    size: int | None = None
    crc: int | None = None
    header_name: bytes | None = None
    at: int | None = None
    bare: bool = False

    @property
    def name_bytes(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()


def archive(
    *entries: Entry,
    before: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    after: bytes = b"",
) -> bytes:
    """A zip of these entries. `count` is what the end record says of how many there are."""
    body, table = bytearray(before), bytearray()
    for entry in entries:
        packed = entry.content
        if entry.method == 8:
            # only repetitions are looked for: it is what the large ones are made of
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15, strategy=zlib.Z_RLE)
            packed = deflate.compress(entry.content) + deflate.flush()
        size = len(entry.content) if entry.size is None else entry.size
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        at = len(body) - len(before) if entry.at is None else entry.at
        fields = (entry.flags, entry.method, 0, 0x21, crc, len(packed), size)
        if not entry.bare:
            name = entry.name_bytes if entry.header_name is None else entry.header_name
            body += struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, *fields, len(name), 0)
            body += name + packed
        table += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x314, 20, *fields, len(entry.name_bytes), 0, 0, 0, 0,
            entry.mode << 16, at,
        )  # fmt: skip
        table += entry.name_bytes
    number = len(entries) if count is None else count
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(table), len(body) - len(before),
        len(comment),
    )  # fmt: skip
    return bytes(body + table + end + comment + after)


def named(*names: str | bytes) -> bytes:
    """A zip in which a workflow lies under each of these names."""
    return archive(*map(Entry, names))


def covered() -> bytes:
    """A quoted bomb: the second entry lies inside what the first one unpacks to."""
    inner = Entry("inner.json", method=0)
    header = archive(inner)
    outer = Entry("outer.json", header[: 30 + len("inner.json") + len(DOCUMENT)], method=0)
    return archive(outer, Entry("inner.json", method=0, at=30 + len("outer.json"), bare=True))


def many(number: int, count: int | None = None) -> bytes:
    """A zip of so many empty entries."""
    entries: Iterable[Entry] = (Entry(f"{n:06}", b"", method=0) for n in range(number))
    return archive(*entries, count=number & 0xFFFF if count is None else count)
