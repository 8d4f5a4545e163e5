"""Files and folders that an export fills: whole under their names or not there at all, and never
over what is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from simtui.errors import NotWritable, UsageError


@contextmanager
def appearing(target: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """A file beside `target`, which takes its name when all went well and is gone otherwise. What
    bears the name already stays, unless `replace`."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".simtui-", dir=target.parent)
    except OSError as error:
        raise NotWritable(
            f"{target.parent} cannot be written: {error.strerror}. Nothing was exported."
        ) from error
    partial = Path(name)
    try:
        with told(target), os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        if replace:
            with told(target):
                partial.rename(target)
        else:
            _name(partial, target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _name(partial: Path, target: Path) -> None:
    """Gives a file its name, if it is free."""
    try:
        os.link(partial, target)  # unlike a rename, this never replaces a file
    except FileExistsError:
        raise UsageError(f"{target} appeared meanwhile, and stays as it is.") from None
    except OSError:  # a file system without links
        partial.rename(target)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A new file, on the disk when all went well."""
    with told(path), _created(path) as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _created(path: Path) -> BinaryIO:
    """A new file that only its owner reads, wherever it lies."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600), "wb")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turns what the disk says into our error."""
    try:
        yield
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}. The library is unchanged."
        ) from error


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file with its folders, to be written in pieces."""
    with told(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _created(path) as stream:
            yield stream


def write_file(path: Path, content: bytes) -> None:
    """A new file with its folders. Raises `NotWritable`."""
    with new_file(path) as stream:
        stream.write(content)


@contextmanager
def filling(folder: Path, names: Iterable[str]) -> Iterator[None]:
    """A new or empty folder, which is as it was where something goes wrong: `names` are what is put
    into it."""
    with told(folder):
        new = not folder.exists()
        if not new and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} is not an empty folder, and stays as it is. Choose a new one for the "
                "files."
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with told(folder):
            yield
    except BaseException:
        for name in names:
            shutil.rmtree(folder / name, ignore_errors=True)
            with suppress(OSError):
                (folder / name).unlink()
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise


def sync_folder(folder: Path) -> None:
    """A name that was given in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
