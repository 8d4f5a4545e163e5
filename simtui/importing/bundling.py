"""A bundle on its way in: every entry is checked against the manifest before anything is kept, and
what belongs to the workflow stays together.

The earlier documents wait in an unnamed file, since there may be more of them than the memory has
room for; the files of the workflow stay in the bundle until their bytes are wanted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TypeVar

from simtui.errors import BadInput, Cancelled, NotWritable
from simtui.formats.bundle import DOCUMENT, RUNS, BundleReader
from simtui.formats.plain_files import FiledVersion, FiledWorkflow
from simtui.formats.zip_reader import ZipReader
from simtui.importing.documents import filed_version, filed_workflow
from simtui.importing.things import PreparedAsset, PreparedBundle, PreparedVersion

Result = TypeVar("Result")

_IN_MEMORY_BYTES = 16 << 20


def in_bundle(
    archive: ZipReader, source: str, folder: str | None, unwanted: Event
) -> Iterator[PreparedBundle]:
    """The one thing that a bundle holds. Its versions wait in `folder`, or where the system keeps
    such files. Raises `BadInput`, `NotWritable`, or `Cancelled` when nobody wants it any more."""
    reader = BundleReader(archive)
    about = reader.manifest
    for file in [RUNS] * reader.has_runs + [asset.file for asset in about.assets]:
        for _piece in reader.pieces(file):
            if unwanted.is_set():
                raise Cancelled("A bundle was not read to its end.")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=folder) as spool:
        frames = _Frames(spool)
        filed = FiledWorkflow(
            id=about.id,
            name=about.name,
            folder=about.folder,
            description=about.description,
            source=about.source,
            created_at=about.created_at,
            updated_at=about.updated_at,
            deleted_at=None,
            file=DOCUMENT,
        )
        workflow = _of(DOCUMENT, lambda: filed_workflow(filed, source, reader.document()))
        versions = []
        for each in about.versions:
            if unwanted.is_set():
                raise Cancelled("A bundle was not read to its end.")
            version = FiledVersion(about.id, each.number, each.name, each.saved_at, each.file)
            ready = _of(each.file, partial(_version, version, source, reader))
            versions.append(frames.put_by(ready))
        yield PreparedBundle(
            source=source,
            workflow=replace(workflow, entry=None),
            versions=tuple(versions),
            assets=tuple(
                PreparedAsset(
                    source=source,
                    entry=asset.file,
                    workflow_id=about.id,
                    name=asset.name,
                    added_at=asset.added_at,
                    digest=about.entries[asset.file].sha256,
                    pieces=partial(reader.pieces, asset.file),
                )
                for asset in about.assets
            ),
            runs=partial(reader.pieces, RUNS) if reader.has_runs else None,
        )


def _version(filed: FiledVersion, source: str, reader: BundleReader) -> PreparedVersion:
    return filed_version(filed, source, reader.whole(filed.file))


def _of(file: str, read: Callable[[], Result]) -> Result:
    """What `read` gives; a refusal says which entry it is about."""
    try:
        return read()
    except BadInput as error:
        said = error.message
        raise BadInput(said if file in said else f"{file}: {said}") from None


class _Frames:
    """Payloads put by in a file, each to be fetched again."""

    def __init__(self, spool: tempfile.SpooledTemporaryFile[bytes]) -> None:
        self._spool = spool
        self._end = 0

    def put_by(self, version: PreparedVersion) -> tuple[PreparedVersion, Callable[[], bytes]]:
        """The version without its payload, and where that is. Raises `NotWritable`."""
        frame = version.content.frame
        try:
            self._spool.seek(self._end)
            self._spool.write(frame)
        except OSError as error:
            raise NotWritable(
                f"There is no room for what came in: {error.strerror}. Nothing of it was taken."
            ) from error
        fetch = partial(self._fetch, self._end, len(frame))
        self._end += len(frame)
        # only the current document is searched
        return replace(version, content=replace(version.content, frame=b"", text="")), fetch

    def _fetch(self, at: int, length: int) -> bytes:
        self._spool.seek(at)
        return self._spool.read(length)
