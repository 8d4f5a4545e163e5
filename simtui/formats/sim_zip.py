"""Sim's zips: a handful of workflows (Z1, Z4), a workspace (Z2) or a folder (Z3), in and out.

The paths in a zip are Sim's sanitized names; the real names of folders stand in `_workspace.json`
(or `_folder.json`), and are found again by sanitizing them the same way.
"""

from __future__ import annotations

import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from simtui.errors import BadInput
from simtui.formats.detect import folder_paths
from simtui.formats.draft import Folder, Refused
from simtui.formats.json_reader import read_json
from simtui.formats.naming import UniquePaths, ascii_sim_part, clean_name, safe_part, sim_part
from simtui.formats.sim_json import dump, iso
from simtui.formats.zip_reader import (
    MAX_ARCHIVE_BYTES,
    MAX_ENTRIES,
    MAX_FOLDERS,
    MAX_RATIO,
    RATIO_FROM_BYTES,
    ZipEntry,
    ZipReader,
)
from simtui.model.workflow import JsonObject

INDEX_OF = {"_workspace.json": "Z2", "_folder.json": "Z3"}

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZipDocument:
    """One JSON document of an archive, to be read by itself. `code` is the archive's shape where
    its index tells (`Z2`, `Z3`), else empty; `folder` is where the document lies, by real names."""

    name: str
    content: bytes
    code: str
    folder: Segments

    def format_of(self, own: str) -> str:
        """The code of a workflow in it: `own` is the shape of the document alone."""
        return self.code or {"F1": "Z1", "F4": "Z4"}.get(own, own)


@dataclass(frozen=True, slots=True)
class ZipBundle:
    """A bundle in an archive, as yet packed."""

    entry: ZipEntry


def documents_in(archive: ZipReader) -> Iterator[ZipDocument | ZipBundle | Folder | Refused]:
    """Every JSON document of an archive, unpacked one at a time, and every bundle in it. One that
    cannot be unpacked is `Refused`, and the rest goes on. What is neither JSON nor an archive is
    passed over."""
    code, names = "", RealNames({})
    for entry in archive.entries:
        if entry.name not in INDEX_OF:
            continue
        code = INDEX_OF[entry.name]
        try:
            names = RealNames(read_json(archive.read(entry), "the index")[0])
        except BadInput as error:
            yield Refused(entry.name, error.message, code)
    yield from names.folders
    for entry in archive.entries:
        last = entry.name.rsplit("/", 1)[-1]
        if entry.name in INDEX_OF or entry.name.startswith("__MACOSX/") or last.startswith("._"):
            continue
        ending = PurePosixPath(last).suffix.lower()
        if ending == ".simworkflow":
            yield ZipBundle(entry)
        elif ending == ".zip":
            yield Refused(entry.name, "a zip inside a zip is not opened", code or None)
        elif ending == ".json":
            folder = names.of(tuple(entry.name.split("/")[:-1]))
            try:
                yield ZipDocument(entry.name, archive.read(entry), code, folder)
            except BadInput as error:
                yield Refused(entry.name, error.message, code or None)


class RealNames:
    """The folders that an index names, found by the paths that they have in the archive."""

    def __init__(self, index: Any) -> None:
        index = index if isinstance(index, dict) else {}
        listed = index.get("folders")
        found = folder_paths(listed)
        folder = index.get("folder")
        name = folder.get("name") if isinstance(folder, dict) else None
        self._top = (clean_name(name),) if isinstance(name, str) and name.strip() else ()
        self.folders = [
            *([Folder(self._top)] if self._top else []),
            *(Folder(self._top + path, ident, order) for ident, (path, order) in found.items()),
        ]
        places = _places(listed)
        self._by_path = {place: found[ident][0] for ident, place in places.items()}
        for rule in (sim_part, safe_part, ascii_sim_part):
            for ident, (path, _order) in folder_paths(listed, rule).items():
                if ident not in places:
                    self._by_path.setdefault(path, found[ident][0])

    def of(self, path: Segments) -> Segments:
        """The real folders of a path in the archive; a part that no folder is named for stays as
        it is."""
        for length in range(len(path), 0, -1):
            real = self._by_path.get(path[:length])
            if real is not None:
                return self._top + real + tuple(map(clean_name, path[length:]))
        return self._top + tuple(map(clean_name, path))


def _places(listed: Any) -> dict[str, Segments]:
    """Where our own zips have a folder, if Sim's rule does not lead from its name there."""
    items = listed if isinstance(listed, list) else []
    return {
        item["id"]: tuple(item["path"].split("/"))
        for item in items
        if isinstance(item, dict) and all(isinstance(item.get(k), str) for k in _PLACED)
    }


_PLACED = ("id", "name", "path")


class _ZipFile(zipfile.ZipFile):
    """One that was broken off stays so: `zipfile` would finish it when it is forgotten, in a stream
    that is closed by then, and complain on stderr."""

    def __del__(self) -> None:
        pass


@dataclass(slots=True)
class _WrittenFolder:
    """A folder in the index: its place in the zip, and what is known of it beside its name."""

    place: str
    id: str | None = None
    order: int | None = None


class SimZipWriter:
    """Writes a workspace zip as Sim does (Z2), one workflow after another, to a binary stream.
    Raises `BadInput` where the zip would be one that `ZipReader` refuses."""

    def __init__(self, stream: BinaryIO, *, workspace: str, exported_at_ms: int) -> None:
        self._zip = _ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._workspace = workspace
        self._exported_at_ms = exported_at_ms
        self._folders: dict[Segments, _WrittenFolder] = {}
        self._unique = UniquePaths(INDEX_OF)
        self._count = 0
        self._size_bytes = 0

    def add_folder(self, path: Segments, ident: str | None = None, order: int | None = None) -> str:
        """Makes sure that a folder and those above it are in the index. Its path in the zip."""
        if not path:
            return ""
        folder = self._folders.get(path)
        if folder is None:
            if len(path) > MAX_FOLDERS:
                raise BadInput(
                    f"folders more than {MAX_FOLDERS} deep do not go into a zip; "
                    "`--as files` has no such limit"
                )
            above = self.add_folder(path[:-1])
            folder = _WrittenFolder(self._unique.take(above + safe_part(path[-1])) + "/")
            self._folders[path] = folder
            self._put(folder.place, b"")
        if ident is not None:
            folder.id = ident
        if order is not None:
            folder.order = order
        return folder.place

    def add(self, workflow_id: str, name: str, folder: Segments, document: bytes) -> None:
        """Puts one workflow into the zip."""
        file = f"{safe_part(name)}-{safe_part(workflow_id, 60)}.json"
        self._put(self._unique.take(self.add_folder(folder) + file), document)

    def close(self) -> None:
        """Writes the index of folders and the zip's own end. Without it there is no zip."""
        index = {
            "workspace": {"name": self._workspace, "exportedAt": iso(self._exported_at_ms)},
            "folders": self._index(),
        }
        self._put("_workspace.json", dump(index))
        self._zip.close()

    def _index(self) -> list[JsonObject]:
        ids: dict[Segments, str] = {}
        taken: set[str] = set()
        lines: list[JsonObject] = []
        for number, (path, folder) in enumerate(self._folders.items()):
            ident = folder.id
            if ident is None or ident in taken:
                # one of our own making is the same each time
                ident = str(uuid.uuid5(uuid.NAMESPACE_URL, "\0".join(path)))
            ids[path] = ident
            taken.add(ident)
            line = {
                "id": ident,
                "name": path[-1],
                "parentId": ids.get(path[:-1]),
                "sortOrder": number if folder.order is None else folder.order,
            }
            place = folder.place.removesuffix("/")
            if tuple(place.split("/")) != tuple(map(sim_part, path)):
                line["path"] = place
            lines.append(line)
        return lines

    def _put(self, name: str, content: bytes) -> None:
        # a fixed date: two exports of the same library differ in nothing but `exportedAt`
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o644 << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        if name.endswith("/") or _too_dense(content):
            info.compress_type = zipfile.ZIP_STORED
        self._zip.writestr(info, content, compresslevel=1)
        self._count += 1
        self._size_bytes += info.compress_size + 2 * len(name.encode()) + _HEADERS_BYTES
        # one place is for the index
        if self._count + (name != "_workspace.json") > MAX_ENTRIES:
            raise BadInput(
                f"more than {MAX_ENTRIES:,} workflows and folders do not go into one zip; "
                "`--as files` has no such limit"
            )
        if self._size_bytes > MAX_ARCHIVE_BYTES:
            raise BadInput(
                f"more than {MAX_ARCHIVE_BYTES >> 20} MB do not go into one zip; "
                "`--as files` has no such limit"
            )


_HEADERS_BYTES = 76


def _too_dense(content: bytes) -> bool:
    """Whether the content would be packed to a ratio that is refused as an attack."""
    if len(content) <= RATIO_FROM_BYTES:
        return False
    return len(content) > MAX_RATIO * len(zlib.compress(content, 1, -zlib.MAX_WBITS))
