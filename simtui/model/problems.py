"""What is not sound in a workflow that can be kept all the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from simtui.model.block_types import is_known_type
from simtui.model.workflow import JsonObject, blocks_of, parent_of, state_of


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
    _container_problems(state, blocks, found)
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


def _parent_problems(blocks: Mapping[str, JsonObject], found: list[str]) -> None:
    above: dict[str, tuple[str, ...]] = {}
    for key, block in blocks.items():
        parent = parent_of(block)
        if parent is not None and parent not in blocks:
            found.append(
                f"block {_quoted(key)} lies in a container that is not there: {_quoted(parent)}"
            )
        above[key] = () if parent is None else (parent,)
    found += [f"block {_quoted(key)} lies inside itself" for key in _cycles(above)]


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
        elif ident is None:
            found.append(f"edge {number} has no id")
        for end in ("source", "target"):
            name = edge.get(end)
            if not isinstance(name, str):
                found.append(f"edge {number} has no {end}")
            elif name not in blocks:
                found.append(f"edge {number} names a block that is not there: {_quoted(name)}")


def _container_problems(
    state: Mapping[str, Any], blocks: Mapping[str, JsonObject], found: list[str]
) -> None:
    inside: dict[str, list[str]] = {}
    for kind in ("loops", "parallels"):
        containers = state.get(kind)
        if not isinstance(containers, dict):
            if containers is not None:
                found.append(f"{kind!r} is not an object")
            continue
        for key, container in containers.items():
            nodes = container.get("nodes") if isinstance(container, dict) else None
            nodes = nodes if isinstance(nodes, list) else []
            named = [node for node in nodes if isinstance(node, str)]
            inside.setdefault(key, []).extend(named)
            found += [
                f"{kind[:-1]} {_quoted(key)} names a block that is not there: {_quoted(node)}"
                for node in named
                if node not in blocks
            ]
    found += [f"{_quoted(key)} holds itself as a loop or a parallel" for key in _cycles(inside)]


def _cycles(leads: Mapping[str, Sequence[str]]) -> list[str]:
    """One member of each cycle: the one at which it was entered."""
    found: dict[str, None] = {}
    done: set[str] = set()
    for root in leads:
        trail = {} if root in done else {root: iter(leads[root])}
        while trail:
            last = next(reversed(trail))
            step = next(trail[last], None)
            if step is None:
                done.add(last)
                del trail[last]
            elif step in trail:
                found[step] = None
            elif step in leads and step not in done:
                trail[step] = iter(leads[step])
    return list(found)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return '"' + (text if len(text) <= 60 else text[:59] + "…") + '"'
