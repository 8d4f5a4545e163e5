"""From a document to a row: examined, packed and ready to be stored.

A document past a megabyte is worked on in a child process, since its parse would hold the GIL for
longer than a key may wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simtui.apart import LARGE_BYTES, apart
from simtui.errors import BadInput
from simtui.formats.detect import drafts
from simtui.formats.draft import Draft, Folder, Refused
from simtui.formats.json_reader import read_json
from simtui.formats.plain_files import FiledVersion, FiledWorkflow
from simtui.importing.things import Prepared, PreparedFolder, PreparedVersion, Refusal, Thing
from simtui.library.content import content_of, examined
from simtui.library.workflows import MAX_FOLDERS
from simtui.model.problems import problems_of
from simtui.model.workflow import name_in

_PAST_INTEGER = 1 << 63  # a column holds no larger one


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
            for thing in things_of(draft, source)
        ]
    except BadInput as error:
        return [Refusal(source=source, reason=error.message)]


def things_of(draft: Draft | Folder | Refused, source: str) -> Iterator[Thing]:
    """What a source says of a workflow, a folder or a refusal."""
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


def filed_workflow(filed: FiledWorkflow, source: str, content: bytes) -> Prepared:
    """A document with what an index or a manifest says of it, which counts. Raises `BadInput`."""
    if len(content) >= LARGE_BYTES:
        return apart(_filed_workflow, filed, source, content)
    return _filed_workflow(filed, source, content)


def filed_version(filed: FiledVersion, source: str, content: bytes) -> PreparedVersion:
    """The same of an earlier document."""
    if len(content) >= LARGE_BYTES:
        return apart(_filed_version, filed, source, content)
    return _filed_version(filed, source, content)


def _filed_workflow(filed: FiledWorkflow, source: str, content: bytes) -> Prepared:
    value, document = read_json(content, "the file")
    if not isinstance(value, dict) or not isinstance(value.get("state"), dict):
        raise BadInput("not a workflow in export form")
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


def _filed_version(filed: FiledVersion, source: str, content: bytes) -> PreparedVersion:
    value, document = read_json(content, "the file")
    if not isinstance(value, dict) or not isinstance(value.get("state"), dict):
        raise BadInput("not a workflow in export form")
    return PreparedVersion(
        source=source,
        entry=filed.file,
        workflow_id=filed.workflow_id,
        number=filed.number,
        name=filed.name,
        saved_at=filed.saved_at,
        content=content_of(document, value),
    )
