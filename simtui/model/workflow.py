"""One Sim workflow: the row that lists show, its versions, and the pure rules over its document.

A *document* is the workflow's JSON in Sim's export form: an object with `version`, `exportedAt` and
`state` (`blocks`, `edges`, `loops`, `parallels`, `variables`, `metadata`). It may hold anything
else as well, and its values may have any type: nothing here trusts more than "an object".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from simtui.model.block_types import is_known_type

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workflow:
    """One row of the library. Times are Unix milliseconds, UTC; `deleted_at` is set in the trash.

    `folder` is the path as people read it (`Ops / Intake/Täglich`), empty at the top.
    `last_run_*` are None where the workflow never ran; `last_run_duration_ms` also while it runs.
    """

    id: str
    name: str
    folder: str
    description: str
    created_at: int
    updated_at: int
    digest: str
    document_bytes: int
    block_count: int
    edge_count: int
    source: str
    deleted_at: int | None = None
    run_count: int = 0
    last_run_status: str | None = None
    last_run_at: int | None = None
    last_run_duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier document of a workflow. `number` counts up from 1, the oldest; the current
    document is not among them. `saved_at`: when it was replaced, Unix milliseconds."""

    workflow_id: str
    number: int
    digest: str
    name: str
    saved_at: int
    document_bytes: int
    block_count: int
    edge_count: int


@dataclass(frozen=True, slots=True)
class BlockLine:
    """One block as the overview lists it: containers first, their children one `depth` below."""

    id: str
    type: str
    name: str
    depth: int
    sources: tuple[str, ...]
    """Names of the blocks that lead here."""
    note: str
    """The model of an agent, or another word that tells it from its kind; may be empty."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What the overview of a workflow shows. `needs`: the secrets it names, sorted."""

    blocks: tuple[BlockLine, ...]
    variables: tuple[tuple[str, str], ...]
    """(name, type); values are not shown here."""
    needs: tuple[str, ...]
    problems: tuple[str, ...]


_BIG_DIGITS = re.compile(rb"[0-9]{19}")
_NEED = re.compile(r"\{\{\s*([^{}\s][^{}]*?)\s*\}\}")


def state_of(document: Mapping[str, Any]) -> JsonObject:
    """The document's `state`, or an empty object where it has none."""
    state = document.get("state")
    return state if isinstance(state, dict) else {}


def blocks_of(state: Mapping[str, Any]) -> dict[str, JsonObject]:
    """The blocks that are objects, by their key in the map."""
    blocks = state.get("blocks")
    if not isinstance(blocks, dict):
        return {}
    return {key: block for key, block in blocks.items() if isinstance(block, dict)}


def edges_of(state: Mapping[str, Any]) -> list[JsonObject]:
    edges = state.get("edges")
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []


def digest_of(value: JsonObject, document: bytes) -> str:
    """SHA-256 (hex) of a document with its keys sorted and without its two export times.

    `value` is `document` as orjson reads it. orjson rounds an integer past 64 bits to a float, and
    two documents would look alike; where the bytes may hold one, stdlib `json` reads them again.
    """
    dump = _orjson_canonical
    if _BIG_DIGITS.search(document):
        exact: JsonObject = json.loads(document)
        if _holds_big_integer(exact):
            value, dump = exact, _stdlib_canonical
    value = {key: item for key, item in value.items() if key != "exportedAt"}
    state = value.get("state")
    if isinstance(state, dict) and isinstance(metadata := state.get("metadata"), dict):
        metadata = {key: item for key, item in metadata.items() if key != "exportedAt"}
        value["state"] = {**state, "metadata": metadata}
    return hashlib.sha256(dump(value)).hexdigest()


def _orjson_canonical(value: JsonObject) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _stdlib_canonical(value: JsonObject) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def _holds_big_integer(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, int) and not -(2**63) <= item < 2**64:
            return True
    return False


def strings_in(value: Any) -> Iterator[str]:
    """Every string value (not key) in a piece of JSON, in document order."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending.extend(reversed(item.values()))
        elif isinstance(item, list):
            pending.extend(reversed(item))


def needs_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names in `{{NAME}}` anywhere in the document's values, sorted, each once."""
    found: set[str] = set()
    for text in strings_in(document):
        if "{{" in text:
            found.update(_NEED.findall(text))
    return tuple(sorted(found))


def problems_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not sound in a document that can be kept all the same, a sentence each."""
    state = state_of(document)
    found: list[str] = []
    raw_blocks = state.get("blocks")
    blocks = blocks_of(state)
    if isinstance(raw_blocks, dict):
        found += [
            f"block {_quoted(key)} is not an object"
            for key, block in raw_blocks.items()
            if not isinstance(block, dict)
        ]
    _block_problems(blocks, found)
    _parent_problems(blocks, found)
    _edge_problems(state, blocks, found)
    for kind in ("loops", "parallels"):
        containers = state.get(kind)
        if not isinstance(containers, dict):
            if containers is not None:
                found.append(f"{kind!r} is not an object")
            continue
        for key, container in containers.items():
            nodes = container.get("nodes") if isinstance(container, dict) else None
            for node in nodes if isinstance(nodes, list) else ():
                if isinstance(node, str) and node not in blocks:
                    found.append(
                        f"{kind[:-1]} {_quoted(key)} names a block that is not there: "
                        f"{_quoted(node)}"
                    )
    return tuple(found)


def _block_problems(blocks: Mapping[str, JsonObject], found: list[str]) -> None:
    seen: dict[Any, str] = {}
    for key, block in blocks.items():
        kind, ident = block.get("type"), block.get("id")
        if not isinstance(kind, str) or not kind:
            found.append(f"block {_quoted(key)} has no type")
        elif not is_known_type(kind):
            found.append(f"block {_quoted(key)} has a type that is not known here: {_quoted(kind)}")
        if ident is None:
            found.append(f"block {_quoted(key)} has no id")
        elif isinstance(ident, str) and ident in seen:
            found.append(f"two blocks have the id {_quoted(ident)}")
        elif ident != key:
            found.append(f"block {_quoted(key)} calls itself {_quoted(ident)}")
        if isinstance(ident, str):
            seen[ident] = key
        if not _is_position(block.get("position")):
            found.append(f"block {_quoted(key)} has no position")


def _is_position(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(axis), (int, float)) and not isinstance(value.get(axis), bool)
        for axis in "xy"
    )


def parent_of(block: Mapping[str, Any]) -> str | None:
    """The id of the container that a block lies in. Sim's rule: `data.parentId` is the truth."""
    place = block.get("data")
    parent = place.get("parentId") if isinstance(place, dict) else None
    return parent if isinstance(parent, str) and parent else None


def _parent_problems(blocks: Mapping[str, JsonObject], found: list[str]) -> None:
    sound: set[str] = set()
    for key, block in blocks.items():
        parent = parent_of(block)
        if parent is not None and parent not in blocks:
            found.append(
                f"block {_quoted(key)} lies in a container that is not there: {_quoted(parent)}"
            )
        trail: dict[str, None] = {}
        at: str | None = key
        while at is not None and at in blocks and at not in sound:
            if at in trail:
                found.append(f"block {_quoted(at)} lies inside itself")
                break
            trail[at] = None
            at = parent_of(blocks[at])
        sound.update(trail)


def _edge_problems(
    state: Mapping[str, Any], blocks: Mapping[str, JsonObject], found: list[str]
) -> None:
    edges = state.get("edges")
    if not isinstance(edges, list):
        found.append("there is no list of edges")
        return
    seen: set[str] = set()
    for number, edge in enumerate(edges, 1):
        if not isinstance(edge, dict):
            found.append(f"edge {number} is not an object")
            continue
        ident = edge.get("id")
        if isinstance(ident, str):
            if ident in seen:
                found.append(f"two edges have the id {_quoted(ident)}")
            seen.add(ident)
        for end in ("source", "target"):
            name = edge.get(end)
            if not isinstance(name, str):
                found.append(f"edge {number} has no {end}")
            elif name not in blocks:
                found.append(f"edge {number} names a block that is not there: {_quoted(name)}")


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return '"' + (text if len(text) <= 60 else text[:59] + "…") + '"'


def outline_of(document: Mapping[str, Any]) -> Outline:
    """What the overview shows of a document: its blocks in the order of the file, children under
    their container, with what leads to each."""
    state = state_of(document)
    blocks = blocks_of(state)
    leads: dict[str, list[str]] = {}
    for edge in edges_of(state):
        source, target = edge.get("source"), edge.get("target")
        if isinstance(source, str) and isinstance(target, str) and source in blocks:
            leads.setdefault(target, []).append(name_of(source, blocks[source]))
    children: dict[str | None, list[str]] = {}
    for key, block in blocks.items():
        parent = parent_of(block)
        children.setdefault(parent if parent in blocks else None, []).append(key)

    lines: list[BlockLine] = []
    seen: set[str] = set()
    # blocks that lie inside themselves hang on no root; they follow at the end, at the top level
    for root in (*children.get(None, ()), *blocks):
        pending = [(root, 0)]
        while pending:
            key, depth = pending.pop()
            if key in seen:
                continue
            seen.add(key)
            block = blocks[key]
            lines.append(
                BlockLine(
                    id=key,
                    type=_string(block.get("type")) or "?",
                    name=name_of(key, block),
                    depth=depth,
                    sources=tuple(dict.fromkeys(leads.get(key, ()))),
                    note=_note_of(block),
                )
            )
            pending.extend((child, depth + 1) for child in reversed(children.get(key, [])))
    return Outline(tuple(lines), _variables(state), needs_of(document), problems_of(document))


def name_of(key: str, block: Mapping[str, Any]) -> str:
    """What a block is called: its name, else its type, else its key."""
    return _string(block.get("name")) or _string(block.get("type")) or key


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _note_of(block: Mapping[str, Any]) -> str:
    sub_blocks = block.get("subBlocks")
    model = sub_blocks.get("model") if isinstance(sub_blocks, dict) else None
    return _string(model.get("value")) if isinstance(model, dict) else ""


def variables_of(state: Mapping[str, Any]) -> list[JsonObject]:
    """The workflow's variables, from any of the three forms Sim wrote: a map by id, a list
    (November 2025 to February 2026), or either of them as a JSON string (the database)."""
    variables = state.get("variables")
    if isinstance(variables, str):
        try:
            variables = orjson.loads(variables)
        except orjson.JSONDecodeError:
            return []
    if isinstance(variables, dict):
        variables = list(variables.values())
    if not isinstance(variables, list):
        return []
    return [item for item in variables if isinstance(item, dict)]


def _variables(state: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_string(item.get("name")) or _string(item.get("id")) or "?", _string(item.get("type")))
        for item in variables_of(state)
    )


def searchable_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a search finds in a document, as (where, text): descriptions, block names, prompts,
    code, notes and every other string in a sub-block's value, and the variables."""
    state = state_of(document)
    metadata = state.get("metadata")
    if isinstance(metadata, dict):
        for key in ("name", "description"):
            if text := _string(metadata.get(key)):
                yield key, text
    for key, block in blocks_of(state).items():
        name = name_of(key, block)
        yield name, name
        if kind := _string(block.get("type")):
            yield name, kind
        sub_blocks = block.get("subBlocks")
        if isinstance(sub_blocks, dict):
            for sub_key, sub_block in sub_blocks.items():
                value = sub_block.get("value") if isinstance(sub_block, dict) else sub_block
                if isinstance(value, str):
                    if value:
                        yield f"{name} · {sub_key}", value
                elif value is not None:
                    for text in strings_in(value):
                        yield f"{name} · {sub_key}", text
    for variable in variables_of(state):
        for text in strings_in([variable.get("name"), variable.get("value")]):
            yield "variable", text


def name_in(document: Mapping[str, Any]) -> str | None:
    """The name that a document itself bears. Sim's rule: `state.metadata.name`, then
    `workflow.name` (import-export.ts)."""
    return _own(document, "name")


def description_in(document: Mapping[str, Any]) -> str:
    """The description that a document itself bears, or "". Placeholders of Sim's count as none."""
    text = _own(document, "description") or ""
    return "" if text in _PLACEHOLDERS or text == name_in(document) else text


_PLACEHOLDERS = ("New workflow", "Your first workflow - start building here!")


def _own(document: Mapping[str, Any], key: str) -> str | None:
    for holder in (state_of(document).get("metadata"), document.get("workflow")):
        text = holder.get(key) if isinstance(holder, dict) else None
        if isinstance(text, str) and text.strip():
            return text
    return None
