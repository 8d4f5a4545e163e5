"""Which of Sim's JSON shapes a document is, told by what it holds and never by its name.

The codes are: F1 the web app's export; F2, F3 the API's (v1, v2); F4–F7 the admin API's (one, many,
a workspace, a folder); L1 a bare state; L2 the export of July 2025; L3 the editor's full JSON; S1
what Sim's serializer hands to its executor. What looks like a workflow and is none is refused by
name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from simtui.errors import BadInput, shown
from simtui.formats.draft import Draft, Folder, Refused
from simtui.formats.naming import checked_id, clean_name, id_in_name, name_from_file
from simtui.formats.serialized import state_from_serialized
from simtui.formats.sim_json import dump, exact, in_export_form, iso, ms_of
from simtui.model.workflow import JsonObject, blocks_of, description_in, name_in

# a state may carry these of Sim's database; none of them belongs to the workflow
_STATE_TIME = ("lastSaved", "lastUpdate")


@dataclass(frozen=True, slots=True)
class _File:
    """What is known of a file beside its content. `bytes_as_read` is read again where integers
    must survive a rewrite."""

    name: str
    bytes_as_read: bytes
    now_ms: int


def drafts(
    value: Any, document: bytes, *, file_name: str, now_ms: int
) -> Iterator[Draft | Folder | Refused]:
    """The workflows in one JSON document. `file_name` gives a name and an id to a workflow that
    bears none; `now_ms` is the export time of one that has none.

    Raises `BadInput` where the document is none of Sim's shapes; the reason names what it is.
    """
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise BadInput(f"{kind}, where a workflow is a JSON object")
    file = _File(file_name, document, now_ms)
    inner = value.get("data")
    if isinstance(inner, list) and any(_is_payload(item) for item in inner):
        yield from _many(inner, file, "F5", lambda whole: whole["data"])
    elif isinstance(inner, dict) and isinstance(inner.get("workflows"), list):
        yield from _collection(inner, file)
    elif isinstance(inner, dict) and "state" in inner:
        yield _enveloped(inner, file, _api_code(inner), lambda whole: whole["data"])
    else:
        yield _single(value, file)


def _is_payload(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("state"), dict)


def _single(value: JsonObject, file: _File) -> Draft:
    """The shapes that hold one workflow without an envelope."""
    if isinstance(value.get("state"), dict):
        _check_state(value["state"])
        if "subBlockValues" in value:
            return _editor_export(value, file)
        if isinstance(value.get("workflow"), dict):
            header = value["workflow"]
            old = "color" in header and "workspaceId" not in header
            return _enveloped(value, file, "L2" if old else "F4", lambda whole: whole)
        return _plain_export(value, file)
    blocks = value.get("blocks")
    if isinstance(blocks, list) and isinstance(value.get("connections"), list):
        if blocks and not any(isinstance(block, dict) for block in blocks):
            raise BadInput("a list of blocks, none of which is an object: no workflow of Sim's")
        whole = exact(file.bytes_as_read)
        return _draft(
            "S1", dump(in_export_form(state_from_serialized(whole), iso(file.now_ms))), file
        )
    if isinstance(blocks, dict | list):
        _check_state(value)
        saved = next((value[key] for key in _STATE_TIME if ms_of(value.get(key))), iso(file.now_ms))
        return _draft("L1", dump(in_export_form(exact(file.bytes_as_read), saved)), file)
    raise BadInput(_what_it_is(value))


def _check_state(state: JsonObject) -> None:
    """Refuses a state that cannot be kept as a workflow. Raises `BadInput`."""
    blocks = state.get("blocks")
    if isinstance(blocks, list):
        raise BadInput(
            "its blocks are a list without connections: neither Sim's export (a map of blocks) "
            "nor its serializer's form"
        )
    if not isinstance(blocks, dict):
        raise BadInput("a workflow's state without blocks")
    if not blocks:
        if not isinstance(state.get("edges"), list):
            raise BadInput("a JSON object with no blocks and no edges: there is no workflow in it")
        return
    items = blocks_of(state).values()
    if any("position" in block or "subBlocks" in block for block in items):
        return
    if any("preceding" in block or "following" in block for block in items):
        raise BadInput(_YAML)
    if any(key in block for block in items for key in ("inputs", "connections", "nestedNodes")):
        raise BadInput(
            "this is Sim's copilot view: it has no positions and only part of each block. Export "
            "the workflow from Sim as JSON instead"
        )
    raise BadInput(
        "a map of blocks, none of which has a position or sub-blocks: no workflow of Sim's"
    )


_YAML = (
    "Sim's YAML form of 2025 written as JSON: it has no positions and only part of each block. "
    "Export the workflow from Sim as JSON instead"
)


def _api_code(inner: JsonObject) -> str:
    header = inner.get("workflow")
    if isinstance(header, dict):
        if "folderPath" in header:
            return "F3"
        if "workspaceId" in header:
            return "F2"
    return "F4"


def _plain_export(value: JsonObject, file: _File) -> Draft:
    """F1: the bytes are kept as they are."""
    return _draft("F1", file.bytes_as_read, file, value)


def _enveloped(inner: JsonObject, file: _File, code: str, pick: Any) -> Draft:
    """A payload with a header: version, time and header go along into the document."""
    if not isinstance(inner.get("state"), dict):
        raise BadInput("its state is not an object")
    _check_state(inner["state"])
    return _draft(code, dump(_document_of(pick(exact(file.bytes_as_read)), file)), file)


def _document_of(payload: JsonObject, file: _File) -> JsonObject:
    needed = {"version": "1.0", "exportedAt": iso(file.now_ms)}
    return {key: item for key, item in needed.items() if key not in payload} | payload


def _editor_export(value: JsonObject, file: _File) -> Draft:
    """L3: the values beside the state are the ones that count, and are put where they belong. Those
    that belong nowhere stay beside it."""
    whole = exact(file.bytes_as_read)
    values = whole.pop("subBlockValues")
    if rest := _placed_values(blocks_of(whole["state"]), values):
        whole["subBlockValues"] = rest
    return _draft("L3", dump(_document_of(whole, file)), file)


def _placed_values(blocks: dict[str, JsonObject], values: Any) -> Any:
    """What is left of `values` when each is at its sub-block."""
    if not isinstance(values, dict):
        return values
    rest: JsonObject = {}
    for block_id, of_block in values.items():
        block = blocks.get(block_id)
        if block is None or not isinstance(of_block, dict):
            rest[block_id] = of_block
            continue
        sub_blocks = block.setdefault("subBlocks", {})
        if not isinstance(sub_blocks, dict):
            rest[block_id] = of_block
            continue
        for sub_id, content in of_block.items():
            if isinstance(sub_blocks.get(sub_id), dict):
                sub_blocks[sub_id]["value"] = content
            else:
                sub_blocks[sub_id] = {"id": sub_id, "type": "short-input", "value": content}
    return rest


def _many(items: list[Any], file: _File, code: str, pick: Any) -> Iterator[Draft | Refused]:
    """Payloads in a list; one that cannot be taken does not stop the rest."""
    whole = pick(exact(file.bytes_as_read))
    for number, item in enumerate(items):
        entry = f"data[{number}]" if code == "F5" else f"workflows[{number}]"
        try:
            if not _is_payload(item):
                raise BadInput("without a state")
            _check_state(item["state"])
            draft = _draft(code, dump(_document_of(whole[number], file)), replace(file, name=""))
        except BadInput as error:
            yield Refused(entry, error.message, code)
        else:
            yield replace(draft, entry=entry)


def _collection(inner: JsonObject, file: _File) -> Iterator[Draft | Folder | Refused]:
    """F6 and F7: the workflows of a workspace or a folder, with the folders' real names."""
    file = replace(file, now_ms=ms_of(inner.get("exportedAt")) or file.now_ms)
    code = "F7" if isinstance(inner.get("folder"), dict) else "F6"
    paths = folder_paths(inner.get("folders"))
    top: tuple[str, ...] = ()
    if code == "F7" and isinstance(inner["folder"].get("name"), str):
        top = (clean_name(inner["folder"]["name"]),)
    for ident, (path, order) in paths.items():
        yield Folder(top + path, ident, order)
    for draft, item in zip(
        _many(inner["workflows"], file, code, lambda whole: whole["data"]["workflows"]),
        inner["workflows"],
        strict=True,
    ):
        if isinstance(draft, Refused):
            yield draft
            continue
        header = item.get("workflow")
        folder_id = header.get("folderId") if isinstance(header, dict) else None
        place = paths.get(folder_id, ((), None))[0] if isinstance(folder_id, str) else ()
        yield replace(draft, folder=top + place)


def folder_paths(
    folders: Any, spelled: Callable[[str], str] = clean_name
) -> dict[str, tuple[tuple[str, ...], int | None]]:
    """The path of each folder in an export's list (`id`, `name`, `parentId`), each part `spelled`,
    and its sort order. A parent that is not there, or a cycle, puts a folder at the top."""
    items = {
        item["id"]: item
        for item in (folders if isinstance(folders, list) else ())
        if isinstance(item, dict)
        and isinstance(item.get("id"), str)
        and isinstance(item.get("name"), str)
    }
    found: dict[str, tuple[tuple[str, ...], int | None]] = {}
    for ident, item in items.items():
        trail: dict[str, str] = {}
        at: Any = ident
        while isinstance(at, str) and at in items and at not in trail and len(trail) < 64:
            trail[at] = spelled(items[at]["name"])
            at = items[at].get("parentId")
        path = tuple(reversed(trail.values()))
        if isinstance(at, str) and at in trail:
            path = path[-1:]
        order = item.get("sortOrder")
        found[ident] = (path, order if isinstance(order, int) else None)
    return found


def _draft(code: str, document: bytes, file: _File, value: JsonObject | None = None) -> Draft:
    if value is None:
        value = orjson.loads(document)
    header = value.get("workflow")
    header = header if isinstance(header, dict) else {}
    path = header.get("folderPath")
    folder = None
    if isinstance(path, str):
        folder = tuple(clean_name(part) for part in path.split("/") if part.strip())
    name = name_in(value)
    return Draft(
        format=code,
        document=document,
        value=value,
        name=clean_name(name) if name else name_from_file(file.name),
        id=checked_id(header.get("id")) or id_in_name(file.name),
        folder=folder,
        description=description_in(value)[:2000],
        created_at=ms_of(header.get("createdAt")),
        updated_at=ms_of(header.get("updatedAt")),
    )


def _what_it_is(value: JsonObject) -> str:
    """Why an object is no workflow, by name where it is known."""
    inner = value.get("data")
    logs = ", no workflow: `simtui runs import` takes it"
    if isinstance(inner, list):
        if inner and isinstance(inner[0], dict) and {"runId", "executionId"} & inner[0].keys():
            return f"Sim's list of logs{logs}"
        return "a list under `data`, in which no item has a workflow's state"
    if isinstance(inner, dict):
        if {"traceSpans", "workflowState", "executionData"} & inner.keys():
            return f"Sim's log of one run{logs}"
        if {"runId", "executionId"} & inner.keys():
            return f"Sim's answer about one run{logs}"
        if "id" in inner or "workflow" in inner:
            return "Sim's answer to an import: it names a workflow, and does not hold it"
    if "executionState" in value or "traceSpans" in value:
        return f"Sim's log of one run{logs}"
    keys = ", ".join(shown(str(key), 30) for key in list(value)[:4])
    return 'a JSON object, but no workflow: neither "state" nor "blocks"' + (
        f" (it has {keys})" if keys else ""
    )
