"""The file of a backup: a zip that any `unzip` opens, deflated by isal, with a digest of all of it
at its end.

isal packs as small as zlib and fifteen times as fast; `zipfile` has no public place for it
(reference: one private attribute, tried on every Python by a test). The zip's comment ends with the
SHA-256 of every byte before it, so that no bit of the file is unwatched.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from isal import isal_zlib

from simtui.backup import manifest as manifests
from simtui.backup.manifest import Manifest, read_manifest
from simtui.errors import BadInput, NotWritable, shown

DATABASE, KEYS, RECOVER, MANIFEST = "simai.db", "simai.keys", "RECOVER.txt", "manifest.json"

_LEVEL = 2
_PIECE = 1 << 20
_MARK = b"A backup by simtui. SHA-256 of all before this: "
_DIGEST_CHARACTERS = 64
_COMMENT_BYTES = len(_MARK) + _DIGEST_CHARACTERS
_LOCAL = struct.Struct("<26xHH")
_MAX_KEYS_BYTES = 4 << 20
_BROKEN: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error, RuntimeError,
)  # fmt: skip
_NOT_DEFLATED = cast("type[Exception]", isal_zlib.error)
_UNREADABLE: tuple[type[Exception], ...] = (*_BROKEN, OSError, KeyError, BadInput, zlib.error)


# -- written


def pack(
    target: Path, database: Path, describe: Callable[[int, str], Manifest], keys: bytes | None
) -> Manifest:
    """Writes the archive of a database, and it is on the disk when this returns. `describe` makes
    the manifest from the database's size and SHA-256. `keys`: the slots beside an encrypted one,
    which is stored as it is. Raises `OSError` where the disk is full."""
    with target.open("x+b") as file:
        os.fchmod(file.fileno(), 0o600)
        with zipfile.ZipFile(file, "w") as archive:
            size, digest = _add_database(archive, database, deflated=keys is None)
            manifest = describe(size, digest)
            from simtui.backup.recovering import RECOVER_TXT  # 9 MB of cryptography with it

            texts = {RECOVER: RECOVER_TXT[keys is not None].encode(), MANIFEST: manifest.packed()}
            if keys is not None:
                texts[KEYS] = keys
            for name, content in texts.items():
                archive.writestr(_entry(name, manifest.created_at), content)
            archive.comment = _MARK + b"0" * _DIGEST_CHARACTERS
        file.flush()
        size = file.seek(0, os.SEEK_END)
        digest = _digest_of(file, size - _DIGEST_CHARACTERS)
        file.seek(size - _DIGEST_CHARACTERS)
        file.write(digest.encode())
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _add_database(archive: zipfile.ZipFile, database: Path, *, deflated: bool) -> tuple[int, str]:
    """Its size and SHA-256."""
    entry = _entry(DATABASE, int(database.stat().st_mtime * 1000))
    if deflated:
        entry.compress_type = zipfile.ZIP_DEFLATED
    digest, size = hashlib.sha256(), 0
    with database.open("rb") as source, archive.open(entry, "w", force_zip64=True) as packed:
        if deflated:
            compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, -15)
            cast(Any, packed)._compressor = compressor
        while piece := source.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            packed.write(piece)
    return size, digest.hexdigest()


def _entry(name: str, at_ms: int) -> zipfile.ZipInfo:
    when = datetime.fromtimestamp(at_ms // 1000, UTC)
    year = min(max(when.year, 1980), 2107)  # what a zip can say
    entry = zipfile.ZipInfo(name, (year, when.month, when.day, when.hour, when.minute, when.second))
    entry.external_attr = 0o600 << 16
    return entry


def _digest_of(file: BinaryIO | IO[bytes], end: int) -> str:
    """The SHA-256 of the first `end` bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while end > 0 and (piece := file.read(min(end, _PIECE))):
        digest.update(piece)
        end -= len(piece)
    return digest.hexdigest()


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


# -- read


class Archive:
    """An archive that is open for reading. Its entries are those that we write, each once."""

    def __init__(self, file: BinaryIO, entries: dict[str, zipfile.ZipInfo]) -> None:
        self._file = file
        self._entries = entries
        self.manifest = read_manifest(self._content(MANIFEST, manifests.MAX_BYTES))
        if self.manifest.encrypted != (KEYS in entries):
            raise BadInput("its keys and its manifest do not agree")

    @property
    def database_bytes(self) -> int:
        """How large its database is, unpacked."""
        return self.manifest.database_bytes

    def keys(self) -> bytes | None:
        """The slots beside an encrypted library; None beside a plain one."""
        if KEYS not in self._entries:
            return None
        keys = self._content(KEYS, _MAX_KEYS_BYTES)
        if sha256(keys) != self.manifest.keys_sha256:
            raise BadInput(f"{KEYS} is not what the manifest says")
        return keys

    def extract_database(self, target: Path) -> None:
        """Unpacks the database into a new private file. Raises `BadInput` where it is not what the
        manifest says, and `NotWritable`."""
        digest, size = hashlib.sha256(), 0
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
                for piece in self._pieces(DATABASE):
                    size += len(piece)
                    if size > self.manifest.database_bytes:
                        raise BadInput(f"{DATABASE} is larger than the manifest says")
                    digest.update(piece)
                    file.write(piece)
        except OSError as error:
            raise NotWritable(
                f"The backup cannot be unpacked in {target.parent.parent}: {error.strerror}. "
                "Nothing was changed; free some space and try again."
            ) from error
        if (size, digest.hexdigest()) != (
            self.manifest.database_bytes, self.manifest.database_sha256,
        ):  # fmt: skip
            raise BadInput(f"{DATABASE} is not what the manifest says: its SHA-256 is another")

    def _content(self, name: str, limit: int) -> bytes:
        if self._entries[name].file_size > limit:
            raise BadInput(f"{name} is larger than one is")
        content = b"".join(self._pieces(name))
        if len(content) > limit:
            raise BadInput(f"{name} is larger than one is")
        return content

    def _pieces(self, name: str) -> Iterator[bytes]:
        """The content of an entry, held against its CRC. Inflated by isal."""
        entry = self._entries[name]
        self._file.seek(entry.header_offset)
        head = self._file.read(_LOCAL.size)
        if len(head) < _LOCAL.size:
            raise BadInput(f"{name} is cut short")
        self._file.seek(sum(_LOCAL.unpack(head)), os.SEEK_CUR)
        inflating = (
            isal_zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
        )
        left, size, crc = entry.compress_size, 0, 0
        try:
            while left and (piece := self._file.read(min(left, _PIECE))):
                left -= len(piece)
                if inflating is not None:
                    piece = inflating.decompress(piece)
                size += len(piece)
                crc = isal_zlib.crc32(piece, crc)
                yield piece
        except _NOT_DEFLATED as error:
            raise BadInput(f"{name} cannot be unpacked ({error})") from None
        if left or size != entry.file_size or crc != entry.CRC:
            raise BadInput(f"{name} is damaged: its checksum is another")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Opens an archive and looks at every byte of it. Raises `BadInput`, with what is wrong in a
    few words, and `NotWritable` where the file cannot be read."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInput(f"it cannot be read: {error.strerror}") from None
    with file:
        try:
            entries = _entries_of(file)
            archive = Archive(file, entries)
        except OSError as error:
            raise BadInput(f"it cannot be read: {error.strerror}") from None
        yield archive


def _entries_of(file: BinaryIO) -> dict[str, zipfile.ZipInfo]:
    try:
        infos = zipfile.ZipFile(file).infolist()
    except _BROKEN as error:
        raise BadInput(f"not a whole zip ({shown(str(error), 80)})") from None
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _COMMENT_BYTES))
    comment = file.read()
    if not comment.startswith(_MARK):
        raise BadInput("a zip, and not a backup by simtui, or one that was packed anew")
    if _digest_of(file, size - _DIGEST_CHARACTERS).encode() != comment[len(_MARK) :]:
        raise BadInput("damaged: its bytes are not those that were written")
    entries = {info.filename: info for info in infos}
    wanted = {DATABASE, RECOVER, MANIFEST}
    if len(entries) != len(infos) or not wanted <= entries.keys() <= wanted | {KEYS}:
        raise BadInput("what is in it is not what a backup holds")
    if any(info.flag_bits & 1 for info in infos):
        raise BadInput("an entry of it is encrypted by another program")
    return entries


def peek(path: Path) -> Manifest | None:
    """The manifest of a backup that nobody has looked at; None where it cannot be read. Nothing is
    proven by it."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            entry = archive.getinfo(MANIFEST)
            if entry.file_size > manifests.MAX_BYTES:
                return None
            return read_manifest(archive.read(entry))
    except _UNREADABLE:
        return None
