"""The plain-files form: a folder of JSON files that a person can read, with an index beside them.

`index.ndjson` has a first line that names the form, then one line a thing. The documents lie in
`workflows/<folder>/<name>-<id>.json`, the trash in `trash/…`, earlier documents in
`versions/<id>/<number>-<digest>.json`, the workflows' files in `assets/<id>/<name>`, and the runs
in `runs.ndjson`. Everything but secrets comes back from it as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from simtui.errors import BadInput, shown
from simtui.formats.draft import Folder
from simtui.formats.naming import (
    UniquePaths,
    checked_id,
    clean_name,
    portable_part,
    safe_part,
)
from simtui.formats.sim_json import iso, ms_of
from simtui.model.asset import Asset, is_asset_name
from simtui.model.workflow import Version, Workflow

INDEX_NAME = "index.ndjson"
RUNS_NAME = "runs.ndjson"
FORMAT = "simtui-files"
FORMAT_VERSION = 2  # 2 has files of workflows, and runs
MAX_LINE_BYTES = 1 << 20
_MAX_PARTS = 20
_MAX_FOLDERS = 16


@dataclass(frozen=True, slots=True)
class FiledWorkflow:
    """One workflow of the index; `file` is a path below the index's folder."""

    id: str
    name: str
    folder: tuple[str, ...]
    description: str
    source: str
    created_at: int | None
    updated_at: int | None
    deleted_at: int | None
    file: str


@dataclass(frozen=True, slots=True)
class FiledVersion:
    """A line of the index about an earlier document of a workflow."""

    workflow_id: str
    number: int
    name: str
    saved_at: int
    file: str


@dataclass(frozen=True, slots=True)
class FiledAsset:
    """A line of the index about a file of a workflow; `digest` is the SHA-256 of its bytes."""

    workflow_id: str
    name: str
    digest: str
    added_at: int
    file: str


@dataclass(frozen=True, slots=True)
class FiledRuns:
    """A line of the index about the file with the runs of the workflows, as run events."""

    file: str


@dataclass(frozen=True, slots=True)
class FiledSetting:
    """A line of the index about a setting."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read; the others can."""

    number: int
    reason: str


Filed = FiledWorkflow | FiledVersion | FiledAsset | FiledRuns | FiledSetting | Folder | BadLine


class PathPicker:
    """Where each document goes, below the folder of the index. A path has no more than 16 of the
    folders, so that every system can hold it; the index has them all."""

    def __init__(self) -> None:
        self._unique = UniquePaths([INDEX_NAME, RUNS_NAME])

    def workflow(self, workflow: Workflow, folder: tuple[str, ...]) -> str:
        """Where the workflow's document goes, below the root."""
        top = "workflows" if workflow.deleted_at is None else "trash"
        name = f"{safe_part(workflow.name)}-{safe_part(workflow.id, 60)}.json"
        return self._unique.take("/".join((top, *map(safe_part, folder[:_MAX_FOLDERS]), name)))

    def version(self, version: Version) -> str:
        """Where an earlier document of the workflow before goes."""
        name = f"{version.number:04d}-{version.digest[:12]}.json"
        return self._unique.take(f"versions/{safe_part(version.workflow_id)}/{name}")

    def asset(self, asset: Asset) -> str:
        """Where a file of the workflow before goes."""
        name = portable_part(asset.name)
        return self._unique.take(f"assets/{safe_part(asset.workflow_id)}/{name}")


class IndexWriter:
    """Writes the index, a line at a time, to a binary stream."""

    def __init__(self, stream: BinaryIO, *, made_by: str, exported_at_ms: int) -> None:
        self._stream = stream
        self._line(
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "made_by": made_by,
                "exported_at": iso(exported_at_ms),
            }
        )

    def workflow(self, workflow: Workflow, folder: tuple[str, ...], file: str) -> None:
        """A line about a workflow."""
        deleted_at = workflow.deleted_at
        self._line(
            {
                "workflow": {
                    "id": workflow.id,
                    "name": workflow.name,
                    "folder": folder,
                    "description": workflow.description,
                    "source": workflow.source,
                    "created_at": iso(workflow.created_at),
                    "updated_at": iso(workflow.updated_at),
                    "deleted_at": None if deleted_at is None else iso(deleted_at),
                    "file": file,
                }
            }
        )

    def version(self, version: Version, file: str) -> None:
        """A line about an earlier document; its workflow's line came before."""
        self._line(
            {
                "version": {
                    "workflow_id": version.workflow_id,
                    "number": version.number,
                    "digest": version.digest,
                    "name": version.name,
                    "saved_at": iso(version.saved_at),
                    "file": file,
                }
            }
        )

    def asset(self, asset: Asset, file: str) -> None:
        """A line about a file of a workflow; the workflow's line came before."""
        self._line(
            {
                "asset": {
                    "workflow_id": asset.workflow_id,
                    "name": asset.name,
                    "digest": asset.digest,
                    "bytes": asset.size_bytes,
                    "added_at": iso(asset.added_at),
                    "file": file,
                }
            }
        )

    def runs(self, file: str) -> None:
        """A line about the file with the runs; the lines of their workflows came before."""
        self._line({"runs": {"file": file}})

    def folder(self, folder: Folder) -> None:
        """A line about a folder that was named."""
        self._line(
            {"folder": {"path": folder.path, "id": folder.id, "sort_order": folder.sort_order}}
        )

    def setting(self, key: str, value: str) -> None:
        """A line about a setting."""
        self._line({"setting": {"key": key, "value": value}})

    def _line(self, thing: Any) -> None:
        self._stream.write(json.dumps(thing, ensure_ascii=False).encode() + b"\n")


def read_index(stream: BinaryIO) -> Iterator[Filed]:
    """What an index lists, in its order. Raises `BadInput` where the first line is not ours, or is
    of a newer simtui."""
    head = _object(stream.readline(MAX_LINE_BYTES))
    if head is None or head.get("format") != FORMAT:
        raise BadInput("its first line does not say that it is an index of plain files")
    version = head.get("version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise BadInput(
            f"it was written by a newer simtui (form {shown(str(version), 20)}; this one reads "
            f"{FORMAT_VERSION}); update simtui to import it"
        )
    number = 1
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        if line.strip():
            yield _filed(line, number)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _filed(line: bytes, number: int) -> Filed:
    value = _object(line)
    if value is None:
        return BadLine(number, "not a JSON object")
    for kind, read in (
        ("workflow", _workflow),
        ("version", _version),
        ("asset", _asset),
        ("runs", _runs),
        ("folder", _folder),
        ("setting", _setting),
    ):
        fields = value.get(kind)
        if isinstance(fields, dict):
            thing = read(fields)
            return thing or BadLine(number, f"a {kind} without what one needs")
    return BadLine(number, "neither a workflow, a version, a file, runs, a folder nor a setting")


def _workflow(fields: dict[str, Any]) -> FiledWorkflow | None:
    ident, file = checked_id(fields.get("id")), checked_path(fields.get("file"))
    name, description = fields.get("name"), fields.get("description")
    if ident is None or file is None or not isinstance(name, str):
        return None
    source = fields.get("source")
    return FiledWorkflow(
        id=ident,
        name=clean_name(name),
        folder=_segments(fields.get("folder")),
        description=description[:2000] if isinstance(description, str) else "",
        source=source[:40] if isinstance(source, str) else "",
        created_at=ms_of(fields.get("created_at")),
        updated_at=ms_of(fields.get("updated_at")),
        deleted_at=ms_of(fields.get("deleted_at")),
        file=file,
    )


def _version(fields: dict[str, Any]) -> FiledVersion | None:
    ident, file = checked_id(fields.get("workflow_id")), checked_path(fields.get("file"))
    number, name = fields.get("number"), fields.get("name")
    if ident is None or file is None or not isinstance(name, str) or not isinstance(number, int):
        return None
    return FiledVersion(ident, number, clean_name(name), ms_of(fields.get("saved_at")) or 0, file)


def _asset(fields: dict[str, Any]) -> FiledAsset | None:
    ident, file = checked_id(fields.get("workflow_id")), checked_path(fields.get("file"))
    name, digest = fields.get("name"), fields.get("digest")
    if ident is None or file is None or not isinstance(digest, str):
        return None
    if not isinstance(name, str) or not is_asset_name(name):
        return None
    return FiledAsset(ident, name, digest, ms_of(fields.get("added_at")) or 0, file)


def _runs(fields: dict[str, Any]) -> FiledRuns | None:
    file = checked_path(fields.get("file"))
    return None if file is None else FiledRuns(file)


def _folder(fields: dict[str, Any]) -> Folder | None:
    path, ident, order = _segments(fields.get("path")), fields.get("id"), fields.get("sort_order")
    if not path:
        return None
    return Folder(path, checked_id(ident), order if isinstance(order, int) else None)


def _setting(fields: dict[str, Any]) -> FiledSetting | None:
    key, value = fields.get("key"), fields.get("value")
    if not isinstance(key, str) or not isinstance(value, str):
        return None
    return FiledSetting(key[:100], value[:10_000])


def _segments(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else []
    return tuple(clean_name(part) for part in parts if isinstance(part, str))


def checked_path(value: Any) -> str | None:
    """A path in the index, if it leads to a file below the index's folder and nowhere else."""
    if not isinstance(value, str) or not value or shown(value, len(value) + 1) != value:
        return None
    parts = value.split("/")
    if len(parts) > _MAX_PARTS or any(part in ("", ".", "..") for part in parts):
        return None
    return None if "\\" in value or ":" in value else value
