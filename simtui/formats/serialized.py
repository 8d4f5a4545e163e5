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
        key = block.get("id")
        if not isinstance(key, str) or not key or key in blocks:
            key = f"block-{number}"
        blocks[key] = block
    edges = [_edge(number, item) for number, item in enumerate(whole["connections"])]
    state: JsonObject = {"blocks": blocks, "edges": edges}
    for key in ("loops", "parallels"):
        state[key] = whole.get(key, {})
    taken = {"version", "blocks", "connections", "loops", "parallels"}
    state.update({key: item for key, item in whole.items() if key not in taken})
    return state


def _block(item: JsonObject) -> JsonObject:
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    config = item.get("config")
    config = config if isinstance(config, dict) else {}
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
    rest.update({f"config.{key}": value for key, value in config.items() if key != "params"})
    rest.update(
        {f"metadata.{key}": value for key, value in metadata.items() if key not in ("id", "name")}
    )
    if rest:
        block["serialized"] = rest
    return block


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
