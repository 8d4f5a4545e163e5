"""A bar in a waterfall stands where its time was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from simtui.tui.widgets.waterfall import bar

whole = st.integers(1, 10_000_000)


def test_bars_lie_where_their_time_was() -> None:
    assert bar(0, 100, 100, 10) == "█" * 10
    assert bar(50, 50, 100, 10) == "     █████"
    assert bar(0, 25, 100, 10) == "██▌"
    assert bar(100, 0, 100, 10) == "         ▏"


@given(whole, st.data(), st.integers(1, 200))
def test_the_shortest_is_seen_and_none_lies_past_the_end(
    size_ms: int, data: st.DataObject, width: int
) -> None:
    offset = data.draw(st.integers(0, size_ms))
    took = data.draw(st.integers(0, size_ms - offset))
    drawn = bar(offset, took, size_ms, width)
    assert drawn.strip() and cell_len(drawn) <= width
    begins = len(drawn) - len(drawn.lstrip())
    assert begins == min(width - 1, offset * width // size_ms)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 50))
def test_a_run_without_a_time_has_a_mark(offset: int, took: int, width: int) -> None:
    assert len(bar(offset, took, 0, width)) == min(1, width)
