"""Where else a value stands in clear: other workflows, exports, and the backups that may hold it.

What left the home is out of reach; that is said by whoever shows this.
"""

from __future__ import annotations

import asyncio
import json
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from simtui.errors import Damaged
from simtui.model.redact import EVERYWHERE_CHARACTERS, forms_of
from simtui.store import checks, documents, payload

if TYPE_CHECKING:
    from simtui.library import Library
    from simtui.store.checks import StoredDocument

_BATCH = 100
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ClearCopies:
    """`workflows`: (id, name) of those that hold a value in a document, current or earlier.
    `exports`: files in the home's exports that do. `unread`: those that cannot be looked into.
    `backups`: files from before now, which hold what was there then."""

    workflows: tuple[tuple[str, str], ...]
    exports: tuple[Path, ...]
    unread: tuple[Path, ...]
    backups: tuple[Path, ...]


async def clear_copies(library: Library, values: Collection[str]) -> ClearCopies:
    """Looks through the whole library and the home's exports."""
    needles = [needle for value in values for needle in _needles(value)]
    owners = await library.store.read(documents.owners)
    holding: dict[str, None] = {}
    after: tuple[str, int] | None = None
    while batch := await library.store.read(checks.documents_after, after, _BATCH):
        after = (batch[-1].workflow_id, batch[-1].number)
        holding |= dict.fromkeys(await asyncio.to_thread(_holders, batch, needles))
    exports, unread = await asyncio.to_thread(_files, library.home.exports, needles)
    backups = await asyncio.to_thread(_all_files, library.home.backups)
    return ClearCopies(
        tuple((ident, owners[ident][0]) for ident in holding if ident in owners),
        tuple(exports),
        tuple(unread),
        tuple(backups),
    )


def _needles(value: str) -> Iterator[bytes]:
    """What to look for in JSON. A short value may be a word like any other: only a string that is
    nothing else is meant."""
    if len(value) >= EVERYWHERE_CHARACTERS:
        yield from (form.encode() for form in forms_of(value))
    else:
        yield from {json.dumps(value, ensure_ascii=ascii).encode() for ascii in (True, False)}


def _holders(batch: list[StoredDocument], needles: list[bytes]) -> list[str]:
    found = []
    for item in batch:
        try:
            document = payload.decode(item.frame, "")
        except Damaged:
            continue  # doctor tells of it
        if any(needle in document for needle in needles):
            found.append(item.workflow_id)
    return found


def _files(folder: Path, needles: list[bytes]) -> tuple[list[Path], list[Path]]:
    """(those that hold one of the needles, those that could not be read)"""
    found, unread = [], []
    for path in _all_files(folder):
        try:
            if _file_holds(path, needles):
                found.append(path)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            unread.append(path)
    return found, unread


def _all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _file_holds(path: Path, needles: list[bytes]) -> bool:
    with path.open("rb") as file:
        if _holds(file, needles):
            return True
        if not zipfile.is_zipfile(file):
            return False
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as content:
                    if _holds(content, needles):
                        return True
    return False


def _holds(file: IO[bytes], needles: list[bytes]) -> bool:
    overlap = max(map(len, needles)) - 1
    tail = b""
    while piece := file.read(_PIECE_BYTES):
        window = tail + piece
        if any(needle in window for needle in needles):
            return True
        tail = window[-overlap:] if overlap else b""
    return False
