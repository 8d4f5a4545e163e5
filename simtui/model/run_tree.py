"""The spans of a run as a tree, and two runs side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simtui.model.run import Payloads, Run, Span


@dataclass(frozen=True, slots=True)
class Node:
    """A span in its place. `is_orphan`: the span that it names as its parent never came, or lies
    below itself; it stands at the top."""

    span: Span
    depth: int
    has_children: bool
    is_orphan: bool = False


def tree_of(spans: Sequence[Span]) -> list[Node]:
    """Every span once, each before its children, those of one parent by their start."""
    known = {span.id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in spans:
        parent = span.parent_id if span.parent_id in known else None
        below.setdefault(parent, []).append(span)
    for children in below.values():
        children.sort(key=lambda span: (span.started_at, span.seq, span.id))
    nodes: list[Node] = []
    seen: set[str] = set()

    def walk(roots: list[Span], are_orphans: bool) -> None:
        pending = [(span, 0) for span in reversed(roots)]
        while pending:
            span, depth = pending.pop()
            if span.id in seen:
                continue
            seen.add(span.id)
            children = below.get(span.id, [])
            lost = depth == 0 and (are_orphans or span.parent_id is not None)
            nodes.append(Node(span, depth, bool(children), lost))
            pending += [(child, depth + 1) for child in reversed(children)]

    walk(below.get(None, []), False)
    for span in spans:  # a circle has no beginning: the first of it that came is one
        if span.id not in seen:
            walk([span], True)
    return nodes


def window_of(run: Run, spans: Sequence[Span]) -> tuple[int, int]:
    """From when to when a waterfall reaches: the run's own time, and that of every span."""
    starts = [run.started_at, *(span.started_at for span in spans)]
    ends = [run.started_at + (run.duration_ms or 0)]
    ends += [span.started_at + (span.duration_ms or 0) for span in spans]
    return min(starts), max(ends)


@dataclass(frozen=True, slots=True)
class Pair:
    """A block in two runs; None where it did not run. Differences are right less left, None where
    one side does not say."""

    name: str
    left: Span | None
    right: Span | None
    duration_ms: int | None
    cost_usd: float | None
    status_differs: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side. `output_changes`: (path, left, right) of what differs in what they
    gave, at most `MAX_CHANGES`."""

    left: Run
    right: Run
    pairs: tuple[Pair, ...]
    duration_ms: int | None
    cost_usd: float | None
    tokens: int | None
    output_changes: tuple[tuple[str, Any, Any], ...]


MAX_CHANGES = 100


def compare(
    left: tuple[Run, Sequence[Span], Payloads], right: tuple[Run, Sequence[Span], Payloads]
) -> Comparison:
    """What is different between two runs: spans of one block, and the nth of them, stand side by
    side; one that only the right has follows what it followed there."""
    changes: list[tuple[str, Any, Any]] = []
    _differences(left[2].output, right[2].output, "", changes)
    return Comparison(
        left[0],
        right[0],
        tuple(_pairs(left[1], right[1])),
        _less(right[0].duration_ms, left[0].duration_ms),
        _less(right[0].cost_usd, left[0].cost_usd),
        _less(right[0].tokens, left[0].tokens),
        tuple(changes),
    )


_Key = tuple[str, int]


def _keyed(spans: Sequence[Span]) -> dict[_Key, Span]:
    times: Counter[str] = Counter()
    found = {}
    for node in tree_of(spans):
        block = node.span.block_id or f"{node.span.type or ''} {node.span.name}"
        times[block] += 1
        found[block, times[block]] = node.span
    return found


def _pairs(left: Sequence[Span], right: Sequence[Span]) -> list[Pair]:
    ones, others = _keyed(left), _keyed(right)
    followers: dict[_Key | None, list[_Key]] = {}
    before: _Key | None = None
    for key in others:
        if key in ones:
            before = key
        else:
            followers.setdefault(before, []).append(key)
    order = list(followers.get(None, []))
    for key in ones:
        order += [key, *followers.get(key, [])]
    return [_pair(ones.get(key), others.get(key)) for key in order]


def _pair(left: Span | None, right: Span | None) -> Pair:
    some = left or right
    assert some is not None  # a key comes from one of them
    if left is None or right is None:
        return Pair(some.name, left, right, None, None, True)
    return Pair(
        some.name,
        left,
        right,
        _less(right.duration_ms, left.duration_ms),
        _less(right.cost_usd, left.cost_usd),
        left.status != right.status,
    )


def _less(one: Any, other: Any) -> Any:
    return None if one is None or other is None else one - other


def _differences(left: Any, right: Any, path: str, found: list[tuple[str, Any, Any]]) -> None:
    pending = [(left, right, path)]
    while pending and len(found) < MAX_CHANGES:
        one, other, where = pending.pop()
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            keys = [*one, *(key for key in other if key not in one)]
            pending += [
                (one.get(key), other.get(key), f"{where}.{key}" if where else key)
                for key in reversed(keys)
            ]
        elif isinstance(one, list) and isinstance(other, list):
            size = max(len(one), len(other))
            pending += [
                (_at(one, n), _at(other, n), f"{where}[{n}]") for n in reversed(range(size))
            ]
        else:
            found.append((where, one, other))


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
