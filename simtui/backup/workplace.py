"""Where backups are worked on: a private folder beside them, held by a lock for as long as its
process lives, and one maker at a time.

The locks are on folders, so that no file of theirs lies about, and they end with their process,
however it ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from simtui.errors import Busy, NotWritable
from simtui.model import wording
from simtui.store.filesystem import sync_folder

PREFIX = ".tmp-"
_LEFT_OVER_SECONDS = 3600
_POLL_SECONDS = 0.05
_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


def make_folder(folder: Path) -> None:
    """The folder of the backups, where it is not there yet. Raises `NotWritable`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(
            f"{folder} cannot be made: {error.strerror}. The library is unchanged."
        ) from error


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """A folder that only we can read, gone afterwards. Raises `NotWritable`."""
    try:
        place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    except OSError as error:
        raise NotWritable(
            f"{parent} cannot be written: {error.strerror}. The library and the backups in it are "
            "unchanged."
        ) from error
    held = _locked(place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        if held is not None:
            os.close(held)


@asynccontextmanager
async def one_at_a_time(folder: Path, patience_seconds: float = 0) -> AsyncIterator[None]:
    """Nobody else makes or restores a backup of this folder meanwhile. Raises `Busy` where somebody
    does for longer than we wait."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            held = _locked(folder)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy(
                    f"Another simtui is at work on the backups in {folder}. Nothing was changed; "
                    "try again when it is done."
                ) from None
        await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def _locked(folder: Path) -> int | None:
    """The descriptor that holds the lock; None where the file system has none: there the database
    itself lets in one process only. Raises `BlockingIOError` where somebody holds it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise NotWritable(f"{folder} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in _TAKEN:
            raise BlockingIOError from None
        return None
    return descriptor


def sweep(parent: Path) -> None:
    """Takes away what a process left behind that was killed more than an hour ago."""
    for place in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, NotWritable):
            # a clock that was set back or forth makes nothing younger
            age = abs(time.time() - place.stat().st_mtime)
            if age < _LEFT_OVER_SECONDS or not place.is_dir() or place.is_symlink():
                continue
            held = _locked(place)
            shutil.rmtree(place, ignore_errors=True)
            if held is not None:
                os.close(held)


def check_room(folder: Path, needed: int, what: str, safe: str) -> None:
    """Raises `NotWritable` where the disk has no room for so many bytes. `what` was wanted, `safe`
    is untouched."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # it will be told when it is written
    if free < needed:
        raise NotWritable(
            f"{what}: {wording.size(needed)} needed, {wording.size(free)} free on this disk. "
            f"{safe} Free some space, or let go of backups with `simtui backups prune`."
        )


def publish(file: Path, target: Path) -> None:
    """Gives a finished file its final name, on the disk when this returns. Raises
    `FileExistsError` where the name is taken: nothing is ever replaced."""
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links; only one makes backups here at a time
        if target.exists():
            raise FileExistsError(target) from None
        file.rename(target)
    try:
        sync_folder(target.parent)
    except OSError:
        with contextlib.suppress(OSError):  # what is told as not made is not there
            target.unlink()
        raise


def remove(files: Sequence[Path]) -> None:
    """Takes these away, and it stays so after a power cut. Raises `OSError`."""
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        sync_folder(files[0].parent)
