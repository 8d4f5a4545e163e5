"""Where an import reads from: files, the files of a folder, and the standard input.

Names are only ever shown; a file is opened so that a pipe, a device or a folder under a file's name
is refused at once instead of waiting for ever.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import BinaryIO, cast

from simtui.errors import BadInput, Cancelled, NotWritable, shown
from simtui.formats.bundle import begins_as_bundle
from simtui.formats.plain_files import INDEX_NAME
from simtui.formats.sim_zip import INDEX_OF
from simtui.formats.zip_reader import MAX_ARCHIVE_BYTES

TAKEN_ENDINGS = (".json", ".zip", ".simworkflow")
STDIN = "-"

_SPOOL_BYTES = 16 << 20
_CHUNK = 1 << 20
_ESCAPED = "backslashreplace"
_MANY_FILES = 500
_MUCH_BYTES = 50_000_000
_PACKED_TIMES = 8  # how much larger the workflows in a zip are than the zip


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read, or the standard input where `path` is None. `folder` is where the file lies
    below `root`, the folder that was named; both are None where a file was named by itself."""

    path: Path | None
    folder: tuple[str, ...] | None = None
    root: Path | None = None

    @property
    def name(self) -> str:
        """What people see: the path, with what in it is no text written out."""
        return STDIN if self.path is None else str(self.path).encode(errors=_ESCAPED).decode()

    @property
    def file_name(self) -> str:
        """The file's own name; "" for the standard input."""
        return self.path.name if self.path else ""


@dataclass(frozen=True, slots=True)
class StandardInput:
    """The standard input, where there is one; a long one is put by in an unnamed file in `folder`,
    or in memory where there is none. `unwanted` is set when nobody waits for it any more."""

    stream: BinaryIO | None
    folder: Path | None
    unwanted: Event

    @property
    def spool_folder(self) -> str | None:
        """Where an unnamed file goes; None where the system decides."""
        return None if self.folder is None else str(self.folder)


def sources_in(paths: Sequence[str | Path]) -> Iterator[Source]:
    """Every file meant by `paths`, in a stable order. In a folder: each `.json`, `.zip` and
    `.simworkflow` below it; a folder that holds an index of ours is read by that index."""
    for given in paths:
        if str(given) == STDIN:
            yield Source(None)
        elif os.path.isdir(given):  # noqa: PTH112  # Path.is_dir raises where a name is too long
            yield from _in_folder(Path(given))
        else:
            yield Source(Path(given))


def count_of(paths: Sequence[str | Path]) -> int:
    """How many sources there will be."""
    return sum(1 for _ in sources_in(paths))


def is_large(paths: Sequence[str | Path]) -> bool:
    """Whether so much comes in that the library is backed up before. Reads no file."""
    size_bytes = 0
    for files, source in enumerate(sources_in(paths), 1):
        if source.path is not None:
            with contextlib.suppress(OSError):
                size = source.path.stat().st_size
                is_packed = source.path.suffix.lower() in (".zip", ".simworkflow")
                size_bytes += size * _PACKED_TIMES if is_packed else size
        if files >= _MANY_FILES or size_bytes > _MUCH_BYTES:
            return True
    return False


def _in_folder(root: Path) -> Iterator[Source]:
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                # what names the folders comes before what lies in them
                entries = sorted(listing, key=lambda item: (item.name not in INDEX_OF, item.name))
        except OSError:
            # a folder that cannot be listed is told as one refused source
            yield Source(folder)
            continue
        if any(entry.name == INDEX_NAME for entry in entries):
            yield Source(folder / INDEX_NAME)
            continue
        below = folder.relative_to(root).parts
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False) and entry.name.lower().endswith(
                TAKEN_ENDINGS
            ):
                yield Source(Path(entry.path), below, root)
        pending.extend(
            Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)
        )


@contextmanager
def opened(source: Source, stdin: StandardInput) -> Iterator[BinaryIO]:
    """The source as a seekable binary stream. Raises `BadInput` with what is wrong with it."""
    if source.path is None:
        with _spooled(stdin) as spool:
            yield spool
    else:
        with opened_file(source.path, source.name) as stream:
            yield stream


@contextmanager
def opened_file(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file that is one. `name` is what people see. Raises `BadInput`, and never waits."""
    try:
        # without O_NONBLOCK a pipe that nobody writes to would hold the import for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadInput(f"{shown(name)}: cannot be opened: {error.strerror}.") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise BadInput(f"{shown(name)}: is {_kind(mode)}, not a file.")
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def _kind(mode: int) -> str:
    for test, word in (
        (stat.S_ISDIR, "a folder that cannot be listed"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return word
    return "something else"


@contextmanager
def _spooled(stdin: StandardInput) -> Iterator[BinaryIO]:
    """The standard input as a seekable stream: in memory while small, else in an unnamed file.
    Raises `BadInput` past the size of the largest archive (a bundle may be as large as the disk
    holds), `NotWritable` where it does not fit."""
    if stdin.stream is None:
        raise BadInput("-: there is no standard input here.")
    folder, in_memory_bytes, most = None, MAX_ARCHIVE_BYTES, MAX_ARCHIVE_BYTES
    if stdin.folder is not None:
        folder, in_memory_bytes = str(stdin.folder), _SPOOL_BYTES
    with tempfile.SpooledTemporaryFile(in_memory_bytes, dir=folder) as spool:
        size = 0
        while chunk := _next_chunk(stdin.stream, stdin.unwanted):
            if not size and folder is not None and begins_as_bundle(chunk):
                most = sys.maxsize
            size += len(chunk)
            if size > most:
                raise BadInput(f"-: more than {MAX_ARCHIVE_BYTES >> 20} MB on the standard input.")
            try:
                spool.write(chunk)
            except OSError as error:
                raise NotWritable(
                    f"-: it does not fit into {stdin.folder}: {error.strerror}. Nothing of it was "
                    "taken."
                ) from error
        spool.seek(0)
        yield cast(BinaryIO, spool)


def _next_chunk(stream: BinaryIO, unwanted: Event) -> bytes:
    """What has come by now; b"" at the end. A pipe that nobody writes to is waited for no longer
    than anyone wants it."""
    try:
        descriptor = stream.fileno()
    except (OSError, io.UnsupportedOperation):  # in memory
        return stream.read(_CHUNK)
    while not select.select([descriptor], [], [], 0.1)[0]:
        if unwanted.is_set():
            raise Cancelled("-: not read to its end.")
    return os.read(descriptor, _CHUNK)
