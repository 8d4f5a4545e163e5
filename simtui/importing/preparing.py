"""From bytes to rows: every workflow of a source, examined, packed and ready to be stored.

Runs in a thread; a document past a megabyte is worked on in a child process, since its parse would
hold the GIL for longer than a key may wait.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from simtui.apart import LARGE_BYTES, apart
from simtui.errors import BadInput, NotWritable, SimtuiError, shown
from simtui.formats import plain_files
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder, Refused
from simtui.formats.json_reader import MAX_JSON_BYTES, read_json
from simtui.formats.sim_zip import INDEX_OF, RealNames, ZipDocument, documents_in
from simtui.formats.zip_reader import ZipReader, looks_like_zip
from simtui.importing.sources import Source, StandardInput, opened, opened_file
from simtui.library.content import content_of, examined
from simtui.library.workflows import MAX_FOLDERS
from simtui.model.problems import problems_of
from simtui.model.workflow import name_in
from simtui.store.workflows import Content

_ZIP_ENDINGS = (".zip", ".simworkflow")
_JSON_STARTS = b"{[ \t\r\n\xef"  # a byte order mark among them; b"" is in it too
_PAST_INTEGER = 1 << 63  # a column holds no larger one


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that a source held. `files_done`: how many sources were finished before it."""

    source: str
    entry: str | None = None
    files_done: int = 0

    @property
    def size_bytes(self) -> int:
        """How much of a batch it fills."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Thing):
    """A workflow. `folder` is None where the source says nothing of it; `own_name` is the name that
    the document itself bears."""

    format: str
    id: str | None
    name: str
    own_name: str | None
    folder: tuple[str, ...] | None
    description: str
    created_at: int | None = None
    updated_at: int | None = None
    deleted_at: int | None = None
    content: Content
    problems: tuple[str, ...]
    key_count: int

    @property
    def size_bytes(self) -> int:
        return self.content.document_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedVersion(Thing):
    """An earlier document of a workflow that came before it in the same source."""

    workflow_id: str
    name: str
    saved_at: int
    content: Content

    @property
    def size_bytes(self) -> int:
        return self.content.document_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFolder(Thing):
    """A folder that a source names, by its real segments."""

    path: tuple[str, ...]
    id: str | None
    sort_order: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSetting(Thing):
    """A setting that a source holds, as text."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Thing):
    """What could not be taken, and why."""

    format: str | None = None
    reason: str


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
        except NotWritable:
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
    if isinstance(thing, Prepared) and len(thing.folder or ()) > MAX_FOLDERS:
        return Refusal(
            source=thing.source,
            entry=thing.entry,
            format=thing.format,
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
            yield from _in_zip(source, stream, now_ms)
        elif source.file_name.lower().endswith(_ZIP_ENDINGS) and head[:1] not in _JSON_STARTS:
            raise BadInput("not a zip, though its name says so: it does not begin as one")
        elif source.path is not None and source.file_name == plain_files.INDEX_NAME:
            yield from _in_plain_files(source.name, source.path.parent, stream)
        elif source.root is not None and _is_unpacked_index(source):
            index, _ = read_json(_whole(stream), "the index")
            names[source.root] = RealNames(index)
            for folder in names[source.root].folders:
                yield from _things(folder, source.name)
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


def _in_zip(source: Source, stream: BinaryIO, now_ms: int) -> Iterator[Thing]:
    archive = ZipReader(stream, "the zip")
    names = {entry.name for entry in archive.entries}
    if "manifest.json" in names and "workflow.json" in names:
        raise BadInput("a .simworkflow bundle, which this simtui does not read yet")
    if "manifest.json" in names and "simai.db" in names:
        raise BadInput("a backup of a whole library, not workflows to import")
    for item in documents_in(archive):
        if not isinstance(item, ZipDocument):
            yield from _things(item, source.name)
            continue
        for thing in read_document(item.content, source.name, item.name, now_ms):
            entry = f"{item.name} {thing.entry}" if thing.entry else item.name
            if isinstance(thing, Prepared):
                place = item.folder if thing.folder is None else thing.folder
                code = item.format_of(thing.format)
                yield replace(thing, entry=entry, folder=place, format=code)
            elif isinstance(thing, Refusal):
                yield replace(thing, entry=entry, format=thing.format or item.code or None)


def _in_plain_files(source: str, root: Path, stream: BinaryIO) -> Iterator[Thing]:
    for filed in plain_files.read_index(stream):
        entry = getattr(filed, "file", None)
        try:
            match filed:
                case plain_files.FiledWorkflow() | plain_files.FiledVersion():
                    content = _filed_content(root, filed.file)
                    if len(content) >= LARGE_BYTES:
                        yield apart(_filed, filed, source, content)
                    else:
                        yield _filed(filed, source, content)
                case plain_files.FiledSetting():
                    yield PreparedSetting(source=source, key=filed.key, value=filed.value)
                case plain_files.BadLine():
                    yield Refusal(source=source, entry=f"line {filed.number}", reason=filed.reason)
                case Folder():
                    yield from _things(filed, source)
        except SimtuiError as error:
            yield Refusal(source=source, entry=entry, reason=error.message)


def _filed_content(root: Path, file: str) -> bytes:
    """A file that an index names. The path was checked; a link on the way is not followed."""
    path = root
    for part in file.split("/"):
        path = path / part
        if path.is_symlink():
            raise BadInput("a link, where the index promises a file")
    with opened_file(path, file) as stream:
        return stream.read(MAX_JSON_BYTES + 1)


def _filed(
    filed: plain_files.FiledWorkflow | plain_files.FiledVersion, source: str, content: bytes
) -> Thing:
    """A document with what the index says of it, which counts."""
    value, document = read_json(content, "the file")
    if not isinstance(value, dict) or not isinstance(value.get("state"), dict):
        raise BadInput("not a workflow in export form")
    if isinstance(filed, plain_files.FiledVersion):
        return PreparedVersion(
            source=source,
            entry=filed.file,
            workflow_id=filed.workflow_id,
            name=filed.name,
            saved_at=filed.saved_at,
            content=content_of(document, value),
        )
    draft = Draft(
        format=filed.source or "F1",
        document=document,
        value=value,
        name=filed.name,
        id=filed.id,
        folder=filed.folder,
        description=filed.description,
        entry=filed.file,
        created_at=filed.created_at,
        updated_at=filed.updated_at,
    )
    return replace(prepared(draft, source), deleted_at=filed.deleted_at)


def read_document(content: bytes, source: str, file_name: str, now_ms: int) -> list[Thing]:
    """Every workflow of one JSON document, in a child process where it is large."""
    if len(content) >= LARGE_BYTES:
        return apart(_read_document, content, source, file_name, now_ms)
    return _read_document(content, source, file_name, now_ms)


def _read_document(content: bytes, source: str, file_name: str, now_ms: int) -> list[Thing]:
    try:
        value, document = read_json(content, "the file")
        return [
            thing
            for draft in drafts(value, document, file_name=file_name, now_ms=now_ms)
            for thing in _things(draft, source)
        ]
    except BadInput as error:
        return [Refusal(source=source, reason=error.message)]


def _things(draft: Draft | Folder | Refused, source: str) -> Iterator[Thing]:
    if isinstance(draft, Refused):
        yield Refusal(source=source, entry=draft.entry, format=draft.format, reason=draft.reason)
    elif isinstance(draft, Folder):
        if len(draft.path) <= MAX_FOLDERS:
            order = draft.sort_order
            fits = order is not None and abs(order) < _PAST_INTEGER
            yield PreparedFolder(
                source=source, path=draft.path, id=draft.id, sort_order=order if fits else None
            )
    else:
        try:
            yield prepared(draft, source)
        except BadInput as error:
            yield Refusal(
                source=source, entry=draft.entry, format=draft.format, reason=error.message
            )


def prepared(draft: Draft, source: str) -> Prepared:
    """A workflow ready to be stored. Raises `BadInput` where it is larger than one may be."""
    content, keys = examined(draft.document, draft.value)
    return Prepared(
        source=source,
        entry=draft.entry,
        format=draft.format,
        id=draft.id,
        name=draft.name,
        own_name=draft.name if name_in(draft.value) else None,
        folder=draft.folder,
        description=draft.description,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
        content=content,
        problems=problems_of(draft.value),
        key_count=len(keys),
    )
