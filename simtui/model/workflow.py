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

JsonObject = dict[str, Any]

PLACEHOLDER = "placeholder"
"""The `source` of one that is not here itself: only runs of it are."""


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

    @property
    def is_placeholder(self) -> bool:
        """Whether only runs of it are here."""
        return self.source == PLACEHOLDER


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


# an integer past 64 bits has nineteen digits; twenty times as fast to look for as by an expression
_EVERY_DIGIT_ONE = bytes(ord("1") if chr(n) in "0123456789" else n for n in range(256))
_NINETEEN_DIGITS = b"1" * 19
_NEED = re.compile(r"\{\{([^{}]++)\}\}")


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
    """The edges that are objects, in the file's order."""
    edges = state.get("edges")
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []


def digest_of(value: JsonObject, document: bytes) -> str:
    """SHA-256 (hex) of a document with its keys sorted and without its two export times.

    `value` is `document` as orjson reads it. orjson rounds an integer past 64 bits to a float, and
    two documents would look alike; where the bytes may hold one, stdlib `json` reads them again.
    """
    dump = _orjson_canonical
    if _NINETEEN_DIGITS in document.translate(_EVERY_DIGIT_ONE):
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
            found.update(map(str.strip, _NEED.findall(text)))
    return tuple(sorted(found - {""}))


def parent_of(block: Mapping[str, Any]) -> str | None:
    """The id of the container that a block lies in. Sim's rule: `data.parentId` is the truth."""
    place = block.get("data")
    parent = place.get("parentId") if isinstance(place, dict) else None
    return parent if isinstance(parent, str) and parent else None


def name_of(key: str, block: Mapping[str, Any]) -> str:
    """What a block is called: its name, else its type, else its key."""
    return string(block.get("name")) or string(block.get("type")) or key


def string(value: Any) -> str:
    """The value where it is text, else "": documents may hold anything anywhere."""
    return value if isinstance(value, str) else ""


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


def searchable_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a search finds in a document, as (where, text): descriptions, block names, prompts,
    code, notes and every other string in a sub-block's value, and the variables."""
    state = state_of(document)
    metadata = state.get("metadata")
    if isinstance(metadata, dict):
        for key in ("name", "description"):
            if text := string(metadata.get(key)):
                yield key, text
    for key, block in blocks_of(state).items():
        name = name_of(key, block)
        yield name, name
        if kind := string(block.get("type")):
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
