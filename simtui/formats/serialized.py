"""S1, what Sim's serializer hands to its executor, as a state.

The serializer resolved the sub-blocks into parameters, so their types are gone: each parameter
becomes a plain sub-block, and what has no place in a state stays in the block under `serialized`.
"""

from __future__ import annotations

from typing import Any

from simtui.model.workflow import JsonObject

_PLACED = {"id", "position", "config", "outputs", "metadata", "enabled"}


def state_from_serialized(whole: JsonObject) -> JsonObject:
    """A state with the blocks, connections, loops and parallels of `whole`; what else it has at the
    top is kept beside them. Sim's own way back: `Serializer.deserializeWorkflow`."""
    blocks: JsonObject = {}
    for number, item in enumerate(whole["blocks"]):
        block = _block(item) if isinstance(item, dict) else {"serialized": item}
        blocks[_free_key(block.get("id"), number, blocks)] = block
    edges = [_edge(number, item) for number, item in enumerate(whole["connections"])]
    state: JsonObject = {"blocks": blocks, "edges": edges}
    for key in ("loops", "parallels"):
        state[key] = whole.get(key, {})
    for key, item in whole.items():
        if key not in ("version", "blocks", "connections", "loops", "parallels"):
            state[f"serialized.{key}" if key in state else key] = item
    return state


def _free_key(ident: Any, number: int, taken: JsonObject) -> str:
    key = ident if isinstance(ident, str) and ident and ident not in taken else f"block-{number}"
    while key in taken:
        key += "-"
    return key


def _block(item: JsonObject) -> JsonObject:
    metadata = _object(item.get("metadata"))
    config = _object(item.get("config"))
    # the first form, of January 2025, had `type` and `config.inputs`, and no metadata
    kind = metadata.get("id", item.get("type", config.get("type", "")))
    parameters = config.get("params", config.get("inputs"))
    name = metadata.get("name", item.get("name"))
    block: JsonObject = {
        "id": item.get("id"),
        "type": kind,
        "name": name if name is not None else kind,
        "position": item.get("position", {"x": 0, "y": 0}),
        "subBlocks": _sub_blocks(parameters),
        "outputs": item.get("outputs", config.get("outputs", {})),
        "enabled": item.get("enabled", True),
    }
    rest: JsonObject = {key: value for key, value in item.items() if key not in _PLACED}
    for key, whole in (("config", config), ("metadata", metadata)):
        if key in item and not isinstance(item[key], dict):
            rest[key] = item[key]
        rest.update({f"{key}.{part}": value for part, value in whole.items()})
    if isinstance(config.get("params"), dict):
        del rest["config.params"]
    for part in ("id", "name"):
        rest.pop(f"metadata.{part}", None)
    if rest:
        block["serialized"] = rest
    return block


def _object(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _sub_blocks(parameters: Any) -> JsonObject:
    if not isinstance(parameters, dict):
        return {}
    return {
        key: {"id": key, "type": "short-input", "value": value} for key, value in parameters.items()
    }


def _edge(number: int, item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {"id": item.get("id", f"edge-{number}"), **item}
