"""The bounded zip reader: an archive is checked whole before a byte of it is unpacked.

Python's `zipfile` inflates; what it lets through is refused here first (the answers to each bad
archive are measured: duplicate names, lying sizes, names cut at a NUL, garbage before the start).
The table of contents is parsed by hand, so that a hundred thousand entries cost nothing.
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from simtui.errors import BadInput, shown
from simtui.formats.json_reader import MAX_JSON_BYTES
from simtui.formats.naming import folded

MAX_ARCHIVE_BYTES = 512 << 20
MAX_ENTRIES = 20_000
MAX_NAME_BYTES = 200
MAX_FOLDERS = 16
MAX_RATIO = 200
RATIO_FROM_BYTES = 1 << 20

_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_CHUNK = 1 << 16
_MAX_TABLE_BYTES = 48 << 20  # 20,000 entries, each with the longest path that we write
_RESERVED = {
    "con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file in an archive: its name, its size unpacked in bytes."""

    name: str
    size: int


def looks_like_zip(head: bytes) -> bool:
    """Whether a file that starts so is meant to be a zip."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class ZipReader:
    """Raises `BadInput` for the whole archive at once, or for one entry when it is read. `what`
    names the archive in messages; `max_bytes` is how large it may be (None: as the disk holds)."""

    def __init__(
        self, stream: BinaryIO, what: str, *, max_bytes: int | None = MAX_ARCHIVE_BYTES
    ) -> None:
        self._what = what
        self._stream = stream
        self._size_bytes = size = stream.seek(0, 2)
        if max_bytes is not None:
            self.check_size(max_bytes)
        count = self._check_table(stream, size)
        try:
            infos = zipfile.ZipFile(stream).infolist()
        except (
            zipfile.BadZipFile,
            ValueError,
            EOFError,
            OSError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise BadInput(f"{what}: not a whole zip ({shown(str(error))})") from None
        if len(infos) != count:
            raise BadInput(f"{what}: its end counts {count:,} entries, its table {len(infos):,}")
        self.folders: tuple[str, ...] = ()
        self.entries: tuple[ZipEntry, ...] = ()
        self._places: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        self._check_entries(stream, infos)

    def check_size(self, max_bytes: int) -> None:
        """Raises `BadInput` where the archive is larger."""
        if self._size_bytes > max_bytes:
            raise BadInput(f"{self._what}: larger than an archive may be ({max_bytes >> 20} MB)")

    def _check_table(self, stream: BinaryIO, size: int) -> int:
        """Reads the end record by itself: how many entries there are, and that they and their
        table fill the file from its first byte to the record. The number of entries."""
        tail_bytes = min(size, _END.size + 0xFFFF)
        stream.seek(size - tail_bytes)
        tail = stream.read(tail_bytes)
        place = tail.rfind(b"PK\x05\x06")
        if place < 0 or len(tail) - place < _END.size:
            raise BadInput(f"{self._what}: not a whole zip (its end is missing)")
        _, disk, table_disk, _, count, table_bytes, table_at, comment = _END.unpack_from(
            tail, place
        )
        end_at = size - tail_bytes + place
        if end_at + _END.size + comment != size:
            raise BadInput(f"{self._what}: something follows the end of the zip")
        # past 2 GB a writer puts a long end record before this one, whose fields may still fit
        stream.seek(max(end_at - _END64_PLACE.size, 0))
        long = stream.read(4) == b"PK\x06\x07"
        if long or 0xFFFF in (count, disk, table_disk) or 0xFFFFFFFF in (table_bytes, table_at):
            count, table_bytes, table_at, end_at = self._end64(stream, end_at)
        if count > MAX_ENTRIES:
            raise BadInput(f"{self._what}: {count:,} entries; at most {MAX_ENTRIES:,} are read")
        if table_at + table_bytes != end_at:
            raise BadInput(f"{self._what}: something that is no zip stands before or inside it")
        if count:
            stream.seek(0)
            if stream.read(4) != b"PK\x03\x04":
                raise BadInput(f"{self._what}: something that is no zip stands before it")
        if table_bytes > _MAX_TABLE_BYTES:
            raise BadInput(f"{self._what}: its table of contents is far larger than its entries")
        stream.seek(table_at)
        table = stream.read(table_bytes)
        if table.count(b"PK\x01\x02") > MAX_ENTRIES:
            raise BadInput(f"{self._what}: more than {MAX_ENTRIES:,} entries")
        self._table_at = table_at
        return int(count)

    def _end64(self, stream: BinaryIO, end_at: int) -> tuple[int, int, int, int]:
        try:
            stream.seek(end_at - _END64_PLACE.size)
            mark, _, at, _ = _END64_PLACE.unpack(stream.read(_END64_PLACE.size))
            stream.seek(at)
            found = _END64.unpack(stream.read(_END64.size))
        except (struct.error, OSError, ValueError, OverflowError):
            mark, at, found = b"", 0, (b"",)
        if mark != b"PK\x06\x07" or found[0] != b"PK\x06\x06":
            raise BadInput(f"{self._what}: not a whole zip (its long end record is missing)")
        count, table_bytes, table_at = found[7:10]
        return count, table_bytes, table_at, at

    def _check_entries(self, stream: BinaryIO, infos: list[zipfile.ZipInfo]) -> None:
        files, folders = [], []
        seen: dict[str, bool] = {}
        spans: list[tuple[int, int]] = []
        for info in infos:
            is_folder = info.orig_filename.endswith("/")
            name = self._checked_name(info)
            key = folded(name)
            if key in seen:
                raise BadInput(f"{self._what}: two entries are called {self._named(name)}")
            seen[key] = is_folder
            self._check_kind(info, name)
            start = self._start_of(stream, info, name)
            spans.append((info.header_offset, start + info.compress_size))
            if is_folder:
                folders.append(name)
            else:
                files.append(ZipEntry(name, info.file_size))
                self._places[name] = (info, start)
        for key in seen:
            parent = key
            while "/" in parent:
                parent = parent.rpartition("/")[0]
                if seen.get(parent) is False:
                    raise BadInput(f"{self._what}: {self._named(parent)} is a file and a folder")
        spans.sort()
        spans.append((self._table_at, self._table_at))
        for (_, end), (following, _) in pairwise(spans):
            if end > following:
                raise BadInput(f"{self._what}: entries lie over one another")
        self.entries, self.folders = tuple(files), tuple(folders)

    def _checked_name(self, info: zipfile.ZipInfo) -> str:
        name = info.orig_filename
        said = f"{self._what}: the name {self._named(name)}"
        if shown(name, len(name) + 1) != name:
            raise BadInput(f"{said} holds a control, bidirectional or invisible character")
        if "\\" in name or ":" in name or name.startswith("/"):
            raise BadInput(f"{said} is a path of another system, or starts at the root")
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") for part in parts):
            raise BadInput(f"{said} leads elsewhere")
        if any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
            raise BadInput(f"{said} has a part of more than {MAX_NAME_BYTES} bytes")
        if len(parts) - 1 > MAX_FOLDERS:
            raise BadInput(f"{said} lies more than {MAX_FOLDERS} folders deep")
        for part in parts:
            if part != part.rstrip(" .") or part.split(".")[0].casefold() in _RESERVED:
                raise BadInput(f"{said} cannot be a file's on every system")
        return name.removesuffix("/")

    def _check_kind(self, info: zipfile.ZipInfo, name: str) -> None:
        said = f"{self._what}: {self._named(name)}"
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise BadInput(f"{said} is a link or a device, not a file")
        if info.flag_bits & 0x1:
            raise BadInput(f"{said}: password-protected archives are not supported")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInput(f"{said} is packed in a way that is not supported")
        large = info.file_size > RATIO_FROM_BYTES
        if large and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise BadInput(f"{said} says it unpacks to more than {MAX_RATIO} times its size")

    def _start_of(self, stream: BinaryIO, info: zipfile.ZipInfo, name: str) -> int:
        """Where an entry's data begins. Its own header must tell the same as the table."""
        try:
            stream.seek(info.header_offset)
            header = _LOCAL.unpack(stream.read(_LOCAL.size))
        except (struct.error, OSError, ValueError):
            header = (b"",)
        raw = stream.read(header[-2]) if header[0] == b"PK\x03\x04" else b""
        utf8 = info.flag_bits & 0x800
        try:
            same = raw.decode("utf-8" if utf8 else "cp437") == info.orig_filename
        except UnicodeDecodeError:
            same = False
        if not same:
            raise BadInput(f"{self._what}: {self._named(name)} is called otherwise in its header")
        return int(info.header_offset + _LOCAL.size + header[-2] + header[-1])

    def read(self, entry: ZipEntry, limit: int = MAX_JSON_BYTES) -> bytes:
        """The content of an entry, unpacked in pieces so that a size that lies is found out before
        it is in memory. Raises `BadInput` for this entry alone."""
        if entry.size > limit:
            said = self._named(entry.name)
            raise BadInput(f"{said}: larger than a workflow may be ({limit >> 20} MB)")
        return b"".join(self.pieces(entry))

    def pieces(self, entry: ZipEntry) -> Iterator[bytes]:
        """The same in small pieces, of any size; it is whole only when the last one came."""
        said = self._named(entry.name)
        info, start = self._places[entry.name]
        size, crc = 0, 0
        try:
            for piece in self._unpacked(info, start):
                size += len(piece)
                if size > entry.size:
                    raise BadInput(f"{said}: holds more than it says")
                crc = zlib.crc32(piece, crc)
                yield piece
        except (zlib.error, EOFError, OSError) as error:
            raise BadInput(f"{said}: damaged ({shown(str(error), 80)})") from None
        if size != entry.size:
            raise BadInput(f"{said}: holds less than it says")
        if crc != info.CRC:
            raise BadInput(f"{said}: damaged (its checksum is another)")

    def _unpacked(self, info: zipfile.ZipInfo, start: int) -> Iterator[bytes]:
        """An entry's content in small pieces. `zipfile` would stop at the size that the entry says
        and call what it got so far whole."""
        place, left = start, info.compress_size
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while left:
            self._stream.seek(place)  # somebody else may read between two pieces
            packed = self._stream.read(min(_CHUNK, left))
            if not packed:
                raise EOFError("cut short")
            left -= len(packed)
            place += len(packed)
            if info.compress_type == zipfile.ZIP_STORED:
                yield packed
                continue
            while packed:
                yield inflate.decompress(packed, _CHUNK)
                packed = inflate.unconsumed_tail
            if inflate.unused_data:
                raise EOFError("something follows its end")
        if info.compress_type == zipfile.ZIP_DEFLATED:
            yield inflate.flush()
            if not inflate.eof:
                raise EOFError("cut short")

    def _named(self, name: str) -> str:
        return f'"{shown(unicodedata.normalize("NFC", name), 80)}"'
