"""A tree of spans holds each span once, whatever they say of their parents."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from simtui.model.run import Payloads, Run, Span
from simtui.model.run_tree import compare, tree_of, window_of

RUN = Run("r", 1, 1, "w", "Name", "completed", 1000, duration_ms=50)


def span(ident: str, parent: str | None = None, at: int = 0, **said: object) -> Span:
    fields = {
        "id": ident, "seq": at, "parent_id": parent, "name": ident, "type": "agent",
        "status": "success", "started_at": at, "duration_ms": 10, "block_id": None, "error": None,
        "model": None, "tokens": None, "cost_usd": None,
    } | said  # fmt: skip
    return Span(**fields)  # type: ignore[arg-type]  # made from keywords


def shape(spans: list[Span]) -> list[tuple[str, int, bool]]:
    return [(node.span.id, node.depth, node.is_orphan) for node in tree_of(spans)]


def test_children_follow_their_parent_by_their_start() -> None:
    spans = [span("late", "top", 9), span("top"), span("early", "top", 1), span("deep", "early", 2)]
    assert shape(spans) == [
        ("top", 0, False), ("early", 1, False), ("deep", 2, False), ("late", 1, False),
    ]  # fmt: skip


def test_an_orphan_stands_at_the_top_and_is_marked() -> None:
    assert shape([span("a"), span("b", "never came", 1)]) == [("a", 0, False), ("b", 0, True)]


def test_a_circle_is_broken() -> None:
    found = shape([span("a", "b"), span("b", "a"), span("c", "c")])
    assert sorted(ident for ident, _, _ in found) == ["a", "b", "c"]
    assert found[0] == ("a", 0, True)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique_by=lambda pair: pair[0]))
def test_every_span_is_there_once(pairs: list[tuple[int, int]]) -> None:
    spans = [span(str(ident), str(parent)) for ident, parent in pairs]
    assert sorted(node.span.id for node in tree_of(spans)) == sorted(s.id for s in spans)


def test_a_waterfall_reaches_from_the_first_start_to_the_last_end() -> None:
    assert window_of(RUN, [span("a", at=990), span("b", at=1045)]) == (990, 1055)


def test_two_runs_stand_side_by_side_by_block_and_how_often_it_ran() -> None:
    left = [
        span("1", at=1, block_id="a"),
        span("2", at=2, block_id="b"),
        span("3", at=3, block_id="a"),
    ]
    right = [
        span("x", at=1, block_id="a", duration_ms=25, cost_usd=0.5),
        span("y", at=2, block_id="new"),
        span("z", at=3, block_id="b", status="error"),
    ]
    other = replace(RUN, duration_ms=80, cost_usd=0.5)
    found = compare(
        (RUN, left, Payloads(output={"a": 1, "b": [1, 2]})),
        (other, right, Payloads(output={"a": 1, "b": [1, 3, 4]})),
    )
    assert [
        (pair.left and pair.left.id, pair.right and pair.right.id, pair.status_differs)
        for pair in found.pairs
    ] == [("1", "x", False), (None, "y", True), ("2", "z", True), ("3", None, True)]
    assert (found.pairs[0].duration_ms, found.pairs[0].cost_usd) == (15, None)
    assert (found.duration_ms, found.cost_usd) == (30, None)
    assert found.output_changes == (("b[1]", 2, 3), ("b[2]", None, 4))
