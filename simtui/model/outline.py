"""The overview of a workflow: its blocks as they run, its variables, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simtui.model.problems import problems_of
from simtui.model.secret_names import is_name
from simtui.model.workflow import (
    blocks_of,
    edges_of,
    name_of,
    needs_of,
    parent_of,
    state_of,
    string,
    variables_of,
)


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


def outline_of(document: Mapping[str, Any]) -> Outline:
    """What the overview shows of a document: its blocks in the order in which they run,
    children under their container, with what leads to each."""
    state = state_of(document)
    blocks = blocks_of(state)
    leads: dict[str, list[str]] = {}
    for edge in edges_of(state):
        source, target = edge.get("source"), edge.get("target")
        if isinstance(source, str) and isinstance(target, str) and source in blocks:
            leads.setdefault(target, []).append(source)
    children: dict[str | None, list[str]] = {}
    for key, block in blocks.items():
        parent = parent_of(block)
        children.setdefault(parent if parent in blocks else None, []).append(key)

    children = {key: _in_flow_order(inner, leads) for key, inner in children.items()}
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
                    type=string(block.get("type")) or "?",
                    name=name_of(key, block),
                    depth=depth,
                    sources=tuple(
                        dict.fromkeys(name_of(each, blocks[each]) for each in leads.get(key, ()))
                    ),
                    note=_note_of(block),
                )
            )
            pending.extend((child, depth + 1) for child in reversed(children.get(key, [])))
    needs = tuple(filter(is_name, needs_of(document)))
    return Outline(tuple(lines), _variables(state), needs, problems_of(document))


def _in_flow_order(keys: Sequence[str], leads: Mapping[str, Sequence[str]]) -> list[str]:
    """The blocks as they run: each behind those that lead to it, else in the order of the file;
    those that no edge touches (notes) last. In a cycle the order of the file decides."""
    here = set(keys)
    touched = {source for key in keys for source in leads.get(key, ()) if source in here}
    touched |= {key for key in keys if here.intersection(leads.get(key, ()))}
    order: dict[str, None] = {}
    entered: set[str] = set()
    for root in sorted(keys, key=lambda key: key not in touched):
        trail = [] if root in entered else [(root, iter(leads.get(root, ())))]
        entered.add(root)
        while trail:
            key, sources = trail[-1]
            source = next((s for s in sources if s in here and s not in entered), None)
            if source is None:
                order[key] = None
                trail.pop()
            else:
                entered.add(source)
                trail.append((source, iter(leads.get(source, ()))))
    return list(order)


def _note_of(block: Mapping[str, Any]) -> str:
    sub_blocks = block.get("subBlocks")
    model = sub_blocks.get("model") if isinstance(sub_blocks, dict) else None
    return string(model.get("value")) if isinstance(model, dict) else ""


def _variables(state: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (string(item.get("name")) or string(item.get("id")) or "?", string(item.get("type")))
        for item in variables_of(state)
    )
