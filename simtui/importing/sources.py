"""Where an import reads from: files, the files of a folder, and the standard input.

Names are only ever shown; a file is opened so that a pipe, a device or a folder under a file's name
is refused at once instead of waiting for ever.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from simtui.errors import BadInput, shown
from simtui.formats.plain_files import INDEX_NAME
from simtui.formats.zip_reader import MAX_ARCHIVE_BYTES

TAKEN_ENDINGS = (".json", ".zip", ".simworkflow")
STDIN = "-"

_SPOOL_BYTES = 16 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read. `name` is what people see, `stem` the file's own name; `folder` is where it
    lies below the folder that was named, or None where a file was named by itself."""

    name: str
    path: Path | None
    folder: tuple[str, ...] | None = None
    root: Path | None = None
    stream: BinaryIO | None = None

    @property
    def file_name(self) -> str:
        return self.path.name if self.path else ""


def sources_in(
    paths: Sequence[str | Path], stdin: BinaryIO | None, spool_folder: Path
) -> Iterator[Source]:
    """Every file meant by `paths`, in a stable order. In a folder: each `.json`, `.zip` and
    `.simworkflow` below it; a folder that holds an index of ours is read by that index."""
    for given in paths:
        if str(given) == STDIN:
            yield Source("-", None, stream=_spooled(stdin, spool_folder))
            continue
        path = Path(given)
        if path.is_dir():
            yield from _in_folder(path)
        else:
            yield Source(str(given), path)


def count_of(paths: Sequence[str | Path]) -> int:
    """How many sources there will be."""
    total = 0
    for given in paths:
        path = Path(given)
        total += sum(1 for _ in _in_folder(path)) if path.is_dir() else 1
    return total


def _in_folder(root: Path) -> Iterator[Source]:
    if (root / INDEX_NAME).is_file():
        yield Source(str(root / INDEX_NAME), root / INDEX_NAME, root=root)
        return
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            # a folder that cannot be listed is told as one refused source
            yield Source(str(folder), folder)
            continue
        below = folder.relative_to(root).parts
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False) and entry.name.lower().endswith(
                TAKEN_ENDINGS
            ):
                yield Source(entry.path, Path(entry.path), below, root)
        pending.extend(
            Path(entry.path) for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)
        )


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The source as a seekable binary stream. Raises `BadInput` with what is wrong with it."""
    if source.stream is not None:
        yield source.stream
        return
    assert source.path is not None
    name = shown(source.name)
    try:
        # without O_NONBLOCK a pipe that nobody writes to would hold the import for ever
        descriptor = os.open(source.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadInput(f"{name}: cannot be opened: {error.strerror}.") from error
    with os.fdopen(descriptor, "rb") as stream:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise BadInput(f"{name}: is {_kind(mode)}, not a file.")
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


def _spooled(stdin: BinaryIO | None, folder: Path) -> BinaryIO:
    """The standard input as a seekable stream: in memory while small, else in an unnamed file in
    the home. Raises `BadInput` past the size of the largest archive."""
    if stdin is None:
        raise BadInput("-: there is no standard input here.")
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES, dir=str(folder))  # noqa: SIM115  # handed on
    size = 0
    while chunk := stdin.read(_CHUNK):
        size += len(chunk)
        if size > MAX_ARCHIVE_BYTES:
            raise BadInput(f"-: more than {MAX_ARCHIVE_BYTES >> 20} MB on the standard input.")
        spool.write(chunk)
    spool.seek(0)
    return cast(BinaryIO, spool)
