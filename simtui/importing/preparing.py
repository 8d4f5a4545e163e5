"""From a source to what it holds: every workflow, with its versions and files, ready to be stored.
Runs in a thread."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from simtui.errors import BadInput, Cancelled, NotWritable, SimtuiError, shown
from simtui.formats import bundle, plain_files
from simtui.formats.draft import Folder
from simtui.formats.json_reader import MAX_JSON_BYTES, read_json
from simtui.formats.sim_zip import INDEX_OF, RealNames, ZipBundle, ZipDocument, documents_in
from simtui.formats.zip_reader import MAX_ARCHIVE_BYTES, ZipReader, looks_like_zip
from simtui.importing.bundling import in_bundle
from simtui.importing.documents import filed_version, filed_workflow, read_document, things_of
from simtui.importing.sources import Source, StandardInput, opened, opened_file
from simtui.importing.things import (
    Prepared,
    PreparedAsset,
    PreparedBundle,
    PreparedRuns,
    PreparedSetting,
    Refusal,
    Thing,
)
from simtui.library.assets import chunks_of
from simtui.library.workflows import MAX_FOLDERS

_ZIP_ENDINGS = (".zip", ".simworkflow")
_JSON_STARTS = b"{[ \t\r\n\xef"  # a byte order mark among them; b"" is in it too
_IN_MEMORY_BYTES = 16 << 20


def prepared_from(
    sources: Iterator[Source], stdin: StandardInput, now_ms: int
) -> Generator[Thing, None, None]:
    """Everything in `sources`, in order. Never raises for what a source holds; `NotWritable` where
    the standard input does not fit anywhere."""
    names: dict[Path, RealNames] = {}
    for done, source in enumerate(sources, 1):
        # the index of a workspace's zip that someone unpacked need not name a folder
        found = _is_unpacked_index(source)
        try:
            for thing in _in_source(source, stdin, names, now_ms):
                found = True
                yield replace(_fitting(thing), files_done=done)
            if not found:
                yield Refusal(source=source.name, reason="no workflow inside", files_done=done)
        except (NotWritable, Cancelled):
            raise
        except (SimtuiError, OSError) as error:
            reason = str(error)
            if isinstance(error, OSError):
                reason = f"cannot be read: {error.strerror or error}"
            yield Refusal(source=source.name, reason=shown(reason, 400), files_done=done)


def _is_unpacked_index(source: Source) -> bool:
    return source.file_name in INDEX_OF and source.root is not None and not source.folder


def _fitting(thing: Thing) -> Thing:
    """The thing, or its refusal where it lies deeper than any export could hold it."""
    workflow = thing.workflow if isinstance(thing, PreparedBundle) else thing
    if isinstance(workflow, Prepared) and len(workflow.folder or ()) > MAX_FOLDERS:
        return Refusal(
            source=thing.source,
            entry=thing.entry,
            format=workflow.format,
            reason=f"it lies more than {MAX_FOLDERS} folders deep",
        )
    return thing


def _in_source(
    source: Source, stdin: StandardInput, names: dict[Path, RealNames], now_ms: int
) -> Iterator[Thing]:
    with opened(source, stdin) as stream:
        head = stream.read(4)
        stream.seek(0)
        if looks_like_zip(head):
            yield from _in_zip(source, stream, stdin, now_ms)
        elif source.file_name.lower().endswith(_ZIP_ENDINGS) and head[:1] not in _JSON_STARTS:
            raise BadInput("not a zip, though its name says so: it does not begin as one")
        elif source.path is not None and source.file_name == plain_files.INDEX_NAME:
            yield from _in_plain_files(source.name, source.path.parent, stream)
        elif source.root is not None and _is_unpacked_index(source):
            index, _ = read_json(_whole(stream), "the index")
            names[source.root] = RealNames(index)
            for folder in names[source.root].folders:
                yield from things_of(folder, source.name)
        else:
            content = _whole(stream)
            place = None
            if source.folder is not None and source.root is not None:
                place = names.get(source.root, _NO_NAMES).of(source.folder)
            for thing in read_document(content, source.name, source.file_name, now_ms):
                if isinstance(thing, Prepared) and thing.folder is None:
                    thing = replace(thing, folder=place)
                yield thing


_NO_NAMES = RealNames({})


def _whole(stream: BinaryIO) -> bytes:
    """All of it, or one byte more than may be. To ask for that much each time would take it from
    the system each time."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return stream.read(min(size, MAX_JSON_BYTES) + 1)


def _in_zip(source: Source, stream: BinaryIO, given: StandardInput, now_ms: int) -> Iterator[Thing]:
    # a bundle may be as large as the disk holds, and only what is in a zip tells that it is one
    may_be_bundle = bundle.begins_as_bundle(stream.read(100))
    most = None if may_be_bundle else MAX_ARCHIVE_BYTES
    archive = ZipReader(stream, "the zip", max_bytes=most)
    names = {entry.name for entry in archive.entries}
    if "manifest.json" in names and "simai.db" in names:
        raise BadInput("a backup of a whole library, not workflows to import")
    if bundle.is_bundle(archive) or source.file_name.lower().endswith(bundle.ENDING):
        yield from in_bundle(archive, source.name, given.spool_folder, given.unwanted)
        return
    archive.check_size(MAX_ARCHIVE_BYTES)
    for item in documents_in(archive):
        if isinstance(item, ZipBundle):
            yield from _in_inner_bundle(archive, item, source.name, given)
            continue
        if not isinstance(item, ZipDocument):
            yield from things_of(item, source.name)
            continue
        for thing in read_document(item.content, source.name, item.name, now_ms):
            entry = f"{item.name} {thing.entry}" if thing.entry else item.name
            if isinstance(thing, Prepared):
                place = item.folder if thing.folder is None else thing.folder
                code = item.format_of(thing.format)
                yield replace(thing, entry=entry, folder=place, format=code)
            elif isinstance(thing, Refusal):
                yield replace(thing, entry=entry, format=thing.format or item.code or None)


def _in_inner_bundle(
    archive: ZipReader, item: ZipBundle, source: str, given: StandardInput
) -> Iterator[Thing]:
    """A bundle inside a zip, put by first, since it must be read to and fro. What it holds is not
    opened in turn."""
    try:
        if item.entry.size > MAX_ARCHIVE_BYTES:
            raise BadInput(f"larger than a bundle in a zip may be ({MAX_ARCHIVE_BYTES >> 20} MB)")
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=given.spool_folder) as spool:
            for piece in archive.pieces(item.entry):
                spool.write(piece)
            stream = cast(BinaryIO, spool)
            for thing in in_bundle(
                ZipReader(stream, "the bundle"), source, given.spool_folder, given.unwanted
            ):
                yield replace(
                    thing,
                    entry=item.entry.name,
                    workflow=replace(thing.workflow, entry=item.entry.name),
                )
    except BadInput as error:
        yield Refusal(source=source, entry=item.entry.name, reason=error.message)
    except OSError as error:
        raise NotWritable(
            f"{item.entry.name} does not fit anywhere: {error.strerror}. Nothing of it was taken."
        ) from error


def _in_plain_files(source: str, root: Path, stream: BinaryIO) -> Iterator[Thing]:
    for filed in plain_files.read_index(stream):
        entry = getattr(filed, "file", None)
        try:
            match filed:
                case plain_files.FiledWorkflow():
                    yield filed_workflow(filed, source, _filed_content(root, filed.file))
                case plain_files.FiledVersion():
                    yield filed_version(filed, source, _filed_content(root, filed.file))
                case plain_files.FiledAsset():
                    yield _filed_asset(filed, source, root)
                case plain_files.FiledRuns():
                    _filed_path(root, filed.file)
                    pieces = partial(_filed_pieces, root, filed.file)
                    yield PreparedRuns(source=source, entry=filed.file, runs=pieces)
                case plain_files.FiledSetting():
                    yield PreparedSetting(source=source, key=filed.key, value=filed.value)
                case plain_files.BadLine():
                    yield Refusal(source=source, entry=f"line {filed.number}", reason=filed.reason)
                case Folder():
                    yield from things_of(filed, source)
        except SimtuiError as error:
            yield Refusal(source=source, entry=entry, reason=error.message)


def _filed_asset(filed: plain_files.FiledAsset, source: str, root: Path) -> Thing:
    """A file of a workflow, whose digest must be what the index says. Raises `BadInput`."""
    digest = hashlib.sha256()
    for piece in _filed_pieces(root, filed.file):
        digest.update(piece)
    if digest.hexdigest() != filed.digest:
        raise BadInput("its bytes are not what the index says (its digest is another)")
    return PreparedAsset(
        source=source,
        entry=filed.file,
        workflow_id=filed.workflow_id,
        name=filed.name,
        added_at=filed.added_at,
        digest=filed.digest,
        pieces=partial(_filed_pieces, root, filed.file),
    )


def _filed_pieces(root: Path, file: str) -> Iterator[bytes]:
    with opened_file(_filed_path(root, file), file) as stream:
        yield from chunks_of(stream)


def _filed_content(root: Path, file: str) -> bytes:
    with opened_file(_filed_path(root, file), file) as stream:
        return stream.read(MAX_JSON_BYTES + 1)


def _filed_path(root: Path, file: str) -> Path:
    """A file that an index names. The path was checked; a link on the way is not followed."""
    path = root
    for part in file.split("/"):
        path = path / part
        if path.is_symlink():
            raise BadInput("a link, where the index promises a file")
    return path
