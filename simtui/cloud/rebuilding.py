"""A workflow's document from its rows, as Sim itself loads one (packages/workflow-persistence,
`loadWorkflowFromNormalizedTablesRaw`).

`jsonb` does not keep the order of keys and a table none of rows: blocks stand from left to right
here, sub-blocks by name, edges by id. That order is ours; the digest does not depend on it but for
the edges, whose order is theirs by id each time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

from simtui.cloud.tables import BlockRow, EdgeRow, SubflowRow
from simtui.errors import BadInput
from simtui.formats.json_reader import check_bounds, read_json
from simtui.formats.sim_json import dump, in_export_form
from simtui.model.workflow import JsonObject, string

_HANDLES = {
    f"{plain}-{side}": plain
    for plain in ("source", "target")
    for side in ("left", "right", "top", "bottom")
}
_LOOP_TYPES = ("for", "forEach", "while", "doWhile")
_DEFAULT_LOOP, _DEFAULT_COUNT, _MAX_BATCH = 1, 5, 20

_EVERY_DIGIT_ONE = bytes(ord("1") if chr(n) in "0123456789" else n for n in range(256))
_NINETEEN_DIGITS = b"1" * 19


def value_of(text: str | None) -> Any:
    """What JSON of the database holds; integers of any size stay. None for NULL. Raises
    `BadInput`."""
    if text is None:
        return None
    content = text.encode("utf-8", "surrogatepass")
    if _NINETEEN_DIGITS in content.translate(_EVERY_DIGIT_ONE):
        read_json(content, "it")  # bounded, and strict where the next is lax
        return json.loads(content)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return read_json(content, "it")[0]  # says in words what is wrong


def bounded_value_of(text: str | None) -> Any:
    """The same for what is no document, but kept of a run: as deep as anything here may be, and an
    integer past 64 bits is a number like any other. Raises `BadInput`."""
    if text is None:
        return None
    return read_json(text.encode("utf-8", "surrogatepass"), "it")[0]


def written(document: JsonObject) -> tuple[bytes, JsonObject]:
    """A document's bytes, and what a reader finds in them. Raises `BadInput` where it is larger or
    deeper than a workflow may be."""
    try:
        content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    except (TypeError, orjson.JSONEncodeError):  # an integer past 64 bits, or half a character
        value, content = read_json(dump(document), "the document")
        assert isinstance(value, dict)
        return content, value
    check_bounds(content, "the document")
    return content, document


def state_of_rows(
    blocks: Sequence[BlockRow],
    edges: Sequence[EdgeRow],
    subflows: Sequence[SubflowRow],
    problems: list[str],
) -> JsonObject:
    """The state of a workflow. What of a row cannot be read is left out, and told in `problems`."""
    built = [_block(row, problems) for row in blocks]
    built.sort(key=lambda block: (_number(block["position"].get("x")), block["id"]))
    by_id = {block["id"]: block for block in built}
    state: JsonObject = {
        "blocks": by_id,
        "edges": [_edge(row) for row in sorted(edges, key=lambda row: row.id)],
        "loops": {},
        "parallels": {},
    }
    for row in sorted(subflows, key=lambda row: row.id):
        config = _object(row.config, f"the {row.type} {row.id}", problems)
        container = by_id.get(row.id)
        if row.type == "loop":
            state["loops"][row.id] = _loop(row.id, config, container)
        elif row.type == "parallel":
            state["parallels"][row.id] = _parallel(row.id, config, container)
        else:
            problems.append(f"subflow {row.id} is neither a loop nor a parallel")
    return state


def _block(row: BlockRow, problems: list[str]) -> JsonObject:
    what = f"block {row.id}"
    place = {
        axis: number
        for axis, text in (("x", row.position_x), ("y", row.position_y))
        if (number := number_of(text)) is not None
    }
    sub_blocks = _object(row.sub_blocks, f"{what}'s sub-blocks", problems)
    inner = _object(row.data, f"{what}'s data", problems)
    if row.parent_id and "parentId" not in inner:
        inner["parentId"] = row.parent_id
    if row.extent and "extent" not in inner:
        inner["extent"] = row.extent
    block: JsonObject = {
        "id": row.id,
        "type": row.type,
        "name": row.name,
        "position": place,
        "subBlocks": {key: _sub_block(sub_blocks[key]) for key in sorted(sub_blocks)},
        "outputs": _object(row.outputs, f"{what}'s outputs", problems),
        "enabled": row.enabled,
        "horizontalHandles": row.horizontal_handles,
        "advancedMode": row.advanced_mode,
        "errorEnabled": row.error_enabled,
        "triggerMode": row.trigger_mode,
        "locked": row.locked,
        "height": number_of(row.height) or 0,
        "data": inner,
        "retry": _retry(_object(row.retry, f"{what}'s retry", problems)),
    }
    # what this database has no column for, or nothing in it, is not said
    return {key: item for key, item in block.items() if item is not None}


def _sub_block(value: Any) -> Any:
    """With `id`, `type` and `value` first, as Sim writes it."""
    if not isinstance(value, dict):
        return value
    first = {key: value[key] for key in ("id", "type", "value") if key in value}
    return first if len(first) == len(value) else first | value


def _retry(value: JsonObject) -> JsonObject | None:
    if not value:
        return None
    tries, wait = value.get("maxTries"), value.get("waitBetweenTriesMs")
    if isinstance(tries, (int, float)):
        value["maxTries"] = max(2, min(5, tries))
    if isinstance(wait, (int, float)):
        value["waitBetweenTriesMs"] = max(0, min(5000, wait))
    return value


def _edge(row: EdgeRow) -> JsonObject:
    edge: JsonObject = {
        "id": row.id,
        "source": row.source_block_id,
        "target": row.target_block_id,
        "sourceHandle": _handle(row.source_handle),
        "targetHandle": _handle(row.target_handle),
        "type": "default",
        "data": {},
    }
    return {key: item for key, item in edge.items() if item is not None}


def _handle(name: str | None) -> str | None:
    """A handle of a short-lived kind (`source-right`) is a plain one."""
    return _HANDLES.get(name, name) if name else None


def _loop(ident: str, config: JsonObject, block: JsonObject | None) -> JsonObject:
    kind = config.get("loopType")
    loop: JsonObject = {
        "id": ident,
        "nodes": _nodes(config),
        "iterations": _or(config.get("iterations"), _DEFAULT_LOOP),
        "loopType": kind if kind in _LOOP_TYPES else "for",
        "forEachItems": _or(config.get("forEachItems"), ""),
        "whileCondition": _or(config.get("whileCondition"), ""),
        "doWhileCondition": _or(config.get("doWhileCondition"), ""),
    }
    if block is not None:
        loop["enabled"] = block.get("enabled", True)
        block.setdefault("data", {}).update(
            collection=loop["forEachItems"],
            whileCondition=loop["whileCondition"],
            doWhileCondition=loop["doWhileCondition"],
        )
    return loop


def _parallel(ident: str, config: JsonObject, block: JsonObject | None) -> JsonObject:
    kind, batch = config.get("parallelType"), config.get("batchSize")
    parallel: JsonObject = {
        "id": ident,
        "nodes": _nodes(config),
        "count": _or(config.get("count"), _DEFAULT_COUNT),
        "distribution": _or(config.get("distribution"), ""),
        "parallelType": kind if kind in ("count", "collection") else "count",
        "batchSize": max(1, min(_MAX_BATCH, batch)) if isinstance(batch, int) else _MAX_BATCH,
    }
    if block is not None:
        parallel["enabled"] = block.get("enabled", True)
        block.setdefault("data", {}).update(
            count=parallel["count"],
            collection=parallel["distribution"],
            parallelType=parallel["parallelType"],
            batchSize=parallel["batchSize"],
        )
    return parallel


def _or(value: Any, default: Any) -> Any:
    """JavaScript's `||`: an empty list or object counts."""
    return value if value or isinstance(value, (list, dict)) else default


def _nodes(config: JsonObject) -> list[Any]:
    nodes = config.get("nodes")
    return nodes if isinstance(nodes, list) else []


def _object(text: str | None, what: str, problems: list[str]) -> JsonObject:
    if text is None or text == "{}":
        return {}
    try:
        value = value_of(text)
    except BadInput as error:
        problems.append(f"{what}: {error.message.removeprefix('it: ')}")
        return {}
    if value is None or isinstance(value, dict):
        return value or {}
    problems.append(f"{what} are no object")
    return {}


def number_of(text: str | float | None) -> float | None:
    """A number as JavaScript would have it: 150.00 is 150. None for what is none."""
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    if number is None or number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else number


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) else 0.0


def variables_of_text(text: str | None, problems: list[str]) -> JsonObject:
    """The variables as a map by id, from a map, a list, or either as a JSON string."""
    try:
        value = value_of(text)
        if isinstance(value, str):
            value = value_of(value) if value.strip() else {}
    except BadInput as error:
        problems.append(f"its variables: {error.message.removeprefix('it: ')}")
        return {}
    if isinstance(value, list):
        return {
            string(item.get("id")) or str(number): item
            for number, item in enumerate(value, 1)
            if isinstance(item, dict)
        }
    if value is None or isinstance(value, dict):
        return value or {}
    problems.append("its variables are no object")
    return {}


def document_of(
    state: JsonObject,
    exported_at: str | None,
    name: str | None = None,
    description: str | None = None,
    sort_order: int | None = None,
) -> JsonObject:
    """Sim's export form (F1) of a state. What the row says of the workflow counts; without a name
    nothing is said of it."""
    if name is not None:
        before = state.get("metadata")
        said = {
            "name": name,
            "description": description,
            "sortOrder": sort_order or None,
            "exportedAt": exported_at,
        }
        state["metadata"] = (before if isinstance(before, dict) else {}) | {
            key: item for key, item in said.items() if item is not None
        }
    return in_export_form(state, exported_at)
