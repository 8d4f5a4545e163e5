"""Sim's zips: a handful of workflows (Z1, Z4), a workspace (Z2) or a folder (Z3), in and out.

The paths in a zip are Sim's sanitized names; the real names of folders stand in `_workspace.json`
(or `_folder.json`), and are found again by sanitizing them the same way.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from simtui.errors import BadInput
from simtui.formats.detect import folder_paths
from simtui.formats.draft import Folder, Refused
from simtui.formats.json_reader import read_json
from simtui.formats.naming import UniquePaths, clean_name, safe_part
from simtui.formats.sim_json import dump, iso
from simtui.formats.zip_reader import MAX_ENTRIES, ZipReader
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


def documents_in(archive: ZipReader) -> Iterator[ZipDocument | Folder | Refused]:
    """Every JSON document of an archive, unpacked one at a time. One that cannot be unpacked is
    `Refused`, and the rest goes on. What is neither JSON nor an archive is passed over."""
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
        ending = last.rsplit(".", 1)[-1].lower()
        if ending in ("zip", "simworkflow"):
            yield Refused(entry.name, "a zip inside a zip is not opened", code or None)
        elif ending == "json":
            folder = names.of(tuple(entry.name.split("/")[:-1]))
            try:
                yield ZipDocument(entry.name, archive.read(entry), code, folder)
            except BadInput as error:
                yield Refused(entry.name, error.message, code or None)


class RealNames:
    """The folders that an index names, found by the paths that they have in the archive."""

    def __init__(self, index: Any) -> None:
        found = folder_paths(index.get("folders")) if isinstance(index, dict) else {}
        top: Segments = ()
        if isinstance(index, dict) and isinstance(index.get("folder"), dict):
            name = index["folder"].get("name")
            top = (clean_name(name),) if isinstance(name, str) and name.strip() else ()
        self._top = top
        self.folders = [
            *([Folder(top)] if top else []),
            *(Folder(top + path, ident, order) for ident, (path, order) in found.items()),
        ]
        self._by_path: Mapping[Segments, Segments] = {
            tuple(map(safe_part, path)): path for path, _ in found.values()
        }

    def of(self, path: Segments) -> Segments:
        """The real folders of a path in the archive; a part that no folder is named for stays as
        it is."""
        for length in range(len(path), 0, -1):
            real = self._by_path.get(path[:length])
            if real is not None:
                return self._top + real + tuple(map(clean_name, path[length:]))
        return self._top + tuple(map(clean_name, path))


class SimZipWriter:
    """Writes a workspace zip as Sim does (Z2), one workflow after another, to a binary stream."""

    def __init__(self, stream: BinaryIO, *, workspace: str, exported_at_ms: int) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._workspace = workspace
        self._exported_at_ms = exported_at_ms
        self._folders: dict[Segments, JsonObject] = {}
        self._paths: dict[Segments, str] = {(): ""}
        self._unique = UniquePaths(INDEX_OF)
        self._count = 0

    def add_folder(self, path: Segments, ident: str | None = None, order: int | None = None) -> str:
        """Makes sure that a folder and those above it are in the index. Its path in the zip."""
        known = self._paths.get(path)
        if known is not None and ident is None:
            return known
        parent = self.add_folder(path[:-1])
        if known is None:
            known = self._unique.take(f"{parent}{safe_part(path[-1])}") + "/"
            self._paths[path] = known
            self._count += 1
            self._put(known, b"")
        above = self._folders.get(path[:-1])
        self._folders[path] = {
            # an id of our own making is the same each time
            "id": ident or str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(path))),
            "name": path[-1],
            "parentId": above["id"] if above else None,
            "sortOrder": len(self._folders) if order is None else order,
        }
        return known

    def add(self, workflow_id: str, name: str, folder: Segments, document: bytes) -> None:
        """Raises `BadInput` past the number of entries that an archive may have."""
        self._count += 1
        if self._count >= MAX_ENTRIES:
            raise BadInput(
                f"more than {MAX_ENTRIES:,} workflows and folders do not go into one zip; "
                "`--as files` has no such limit"
            )
        path = f"{self.add_folder(folder)}{safe_part(name)}-{safe_part(workflow_id)}.json"
        self._put(self._unique.take(path), document)

    def close(self) -> None:
        index = {
            "workspace": {"name": self._workspace, "exportedAt": iso(self._exported_at_ms)},
            "folders": list(self._folders.values()),
        }
        self._put("_workspace.json", dump(index))
        self._zip.close()

    def _put(self, name: str, content: bytes) -> None:
        # a fixed date: two exports of the same library differ in nothing but `exportedAt`
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.external_attr = (0o40755 << 16 | 0x10) if name.endswith("/") else 0o644 << 16
        info.compress_type = zipfile.ZIP_STORED if name.endswith("/") else zipfile.ZIP_DEFLATED
        self._zip.writestr(info, content, compresslevel=1)
