"""Documents that no one would write by hand, for Hypothesis to look for what is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from simtui.formats.naming import clean_name

patiently = settings(deadline=None, max_examples=60)

# every character that JSON can hold: all planes, no half of a pair
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

numbers = (
    st.integers(-(10**30), 10**30)
    | st.sampled_from([2**53 + 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**300])
    | st.floats(allow_nan=False, allow_infinity=False)
)

values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def deep_values(draw: st.DrawFn) -> Any:
    """A value inside as many lists and objects as may be."""
    value = draw(values)
    for _ in range(draw(st.integers(0, 150))):
        value = [value] if draw(st.booleans()) else {"in": value}
    return value


# most of what can go wrong with many blocks goes wrong with a few, in a tenth of the time
_COUNTS = st.integers(0, 20) | st.integers(0, 70) | st.integers(0, 300)


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    """Up to 300 blocks, mostly a few, each container in the one before as deep as there are
    containers. Each has one of a few sets of contents, or there would be too much to make."""
    contents = draw(st.lists(st.dictionaries(texts, values, max_size=4), min_size=1, max_size=4))
    kinds = draw(st.lists(st.sampled_from(["agent", "loop", "parallel", "", "x" * 30]), min_size=1))
    depth = draw(st.integers(0, 60))
    made: dict[str, Any] = {}
    for number in range(draw(_COUNTS)):
        ident = f"b{number}"
        subs = contents[number % len(contents)]
        made[ident] = {
            "id": ident,
            "type": kinds[number % len(kinds)],
            "name": f"Block {number}",
            "position": {"x": number, "y": -0.5},
            "subBlocks": {
                key: {"id": key, "type": "code", "value": item} for key, item in subs.items()
            },
            "data": {"parentId": f"b{number - 1}"} if 0 < number < depth else {},
        } | subs
    return made


_OF_STATE = ("blocks", "edges", "loops", "parallels", "metadata", "variables")
# these keys would make the document one of another shape
_OF_SHAPES = {"data", "workflow", "subBlockValues", "state", "version", "exportedAt"}

unknown = st.dictionaries(texts.filter(lambda key: key not in _OF_SHAPES), values, max_size=4)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    found = draw(blocks())
    names = list(found) or [""]
    link = st.fixed_dictionaries(
        {"id": texts, "source": st.sampled_from(names), "target": st.sampled_from(names)},
        optional={"sourceHandle": st.none() | texts, "data": values},
    )
    loop = st.fixed_dictionaries({"nodes": st.lists(st.sampled_from(names), max_size=5)})
    state: dict[str, Any] = {
        "blocks": found,
        "edges": draw(st.lists(link, max_size=6)),
        "loops": draw(st.dictionaries(st.sampled_from(names), loop, max_size=4)),
        "parallels": {},
        "metadata": {"name": draw(texts)} | draw(unknown),
        "variables": draw(deep_values()),
    }
    rest = draw(unknown)
    return state | {key: item for key, item in rest.items() if key not in _OF_STATE}


@st.composite
def exports(draw: st.DrawFn) -> dict[str, Any]:
    """A document in Sim's export form (F1)."""
    around: dict[str, Any] = {"version": "1.0", "exportedAt": "2026-03-09T21:40:19.010Z"}
    return draw(unknown) | around | {"state": draw(states())}


_ODD = [
    "CON", "aux", "a/b", "a-b", "a b", "A B", "ä", "a\u0308", "Ä", "straße", "STRASSE", ".", "..",
    "...", "-", "--", "_", "_workspace.json", "x.json", "C:", "\\", "日報", "🚀", "\u0958" * 40,
    "x" * 200, "é" * 200, "日" * 200, "\U0001d518" * 200, "workflow", "workflow-2", "2",
]  # fmt: skip

names = (st.sampled_from(_ODD) | texts).map(clean_name)
"""Names as the library keeps them: whatever a person or a file came up with, cleaned."""

folders = st.lists(names, max_size=16).map(tuple)
