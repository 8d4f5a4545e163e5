"""The overview tells a workflow in the order in which it runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simtui.model.outline import outline_of
from tests.making import block, document, edge


def lines(blocks: list[str], edges: list[tuple[str, str]], inside: dict[str, str]) -> list[str]:
    made = []
    for name in blocks:
        value = block(name)
        if name in inside:
            value["data"] = {"parentId": inside[name]}
        made.append(value)
    outline = outline_of(document("Flow", made, [edge(a, b) for a, b in edges]))
    return ["  " * line.depth + line.id for line in outline.blocks]


def test_a_block_follows_what_leads_to_it_and_notes_come_last() -> None:
    assert lines(["note", "c", "a", "b"], [("a", "b"), ("b", "c")], {}) == ["a", "b", "c", "note"]


def test_children_stand_under_their_container_in_their_own_order() -> None:
    told = lines(
        ["after", "second", "first", "loop", "start"],
        [("start", "loop"), ("loop", "after"), ("loop", "first"), ("first", "second")],
        {"first": "loop", "second": "loop"},
    )
    assert told == ["start", "loop", "  first", "  second", "after"]


def test_a_cycle_is_told_in_the_order_of_the_file() -> None:
    assert sorted(lines(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")], {})) == [
        "a",
        "b",
        "c",
    ]


names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)
pairs = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")), max_size=16)


@given(names, pairs, st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")))
def test_every_block_is_told_once_whatever_leads_where(
    blocks: list[str], edges: list[tuple[str, str]], inside: dict[str, str]
) -> None:
    told = [line.strip() for line in lines(blocks, edges, inside)]
    assert sorted(told) == sorted(blocks)
    if not inside and all(a < b for a, b in edges):
        place = {name: n for n, name in enumerate(told)}
        assert all(place[a] < place[b] for a, b in edges if a in place and b in place)
