"""Whatever a stream says: cut anywhere and sent again in full, it gives the library that it gives
when it is sent once; and what leaves comes back to the same, byte for byte."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.library import Library
from simtui.paths import Home
from tests.making import as_lines
from tests.recording.conftest import everything, take

IDS = st.sampled_from(["r1", "r2"])
TIMES = st.sampled_from(
    [f"2026-11-22T14:02:{second:02}.{ms:03}Z" for second in (1, 9) for ms in (0, 7)]
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
WORDS = st.sampled_from(["completed", "failed", "running", "paused", "odd ✗"])
NUMBERS = st.integers(0, 1 << 40)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), TEXT,
    st.lists(TEXT, max_size=2),
    st.dictionaries(st.text("abc", min_size=1, max_size=2), TEXT, max_size=2),
)  # fmt: skip


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def event(name: str, required: dict[str, st.SearchStrategy[Any]], **fields: Any) -> Any:
    return st.builds(
        lambda must, may: {"event": name, **must, **may},
        st.fixed_dictionaries(required),
        optional(**fields),
    )


RUN = event(
    "run",
    {"id": IDS, "started_at": TIMES, "workflow_name": st.sampled_from(["A", "B"])},
    workflow_id=st.sampled_from(["w1", "w2"]), trigger=TEXT, status=WORDS, input=VALUES,
    source=st.one_of(TEXT, st.just({"from": "x", "cost": 12, "unit": "credits"})),
    version_digest=TEXT, level=TEXT, pinned=st.booleans(), unknown=VALUES,
)  # fmt: skip
SPAN = event(
    "span",
    {
        "run_id": IDS, "id": st.sampled_from(["s1", "s2"]),
        "name": st.text(min_size=1, max_size=4), "started_at": TIMES,
    },
    seq=st.integers(0, 9), parent_id=st.sampled_from(["s1", "s2", "gone"]), type=TEXT, status=WORDS,
    duration_ms=NUMBERS, input=VALUES, output=VALUES, error=VALUES, model=TEXT, tokens=NUMBERS,
    cost_usd=st.floats(0, 10), unknown=VALUES,
)  # fmt: skip
END = event(
    "end", {"run_id": IDS, "status": WORDS}, ended_at=TIMES, duration_ms=NUMBERS, output=VALUES,
    error=st.one_of(TEXT, optional(message=TEXT, block_id=TEXT, block_name=TEXT, code=VALUES)),
    tokens=NUMBERS, cost_usd=st.floats(0, 10), unknown=VALUES,
)  # fmt: skip


def log(numbered: bool) -> Any:
    seq = {"seq": st.integers(0, 4)} if numbered else {}
    return event(
        "log", {"run_id": IDS, "at": TIMES, "message": TEXT, **seq},
        level=st.sampled_from(["info", "error"]),
        block_id=TEXT, block_name=TEXT, data=VALUES, unknown=VALUES,
    )  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> list[dict[str, Any]]:
    lines = log(draw(st.booleans()))
    # a run says of itself first, or a moment is made up that a second sending could not know
    first = [draw(RUN) | {"id": ident} for ident in ("r1", "r2")]
    return first + draw(st.lists(st.one_of(RUN, SPAN, END, lines), max_size=12))


def library_after(*streams: bytes) -> bytes:
    async def run(folder: str) -> bytes:
        async with await Library.open(Home(Path(folder) / "home")) as library:
            await take(library, *streams)
            return await everything(library)

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run(folder))


@settings(deadline=None, max_examples=30)
@given(streams(), st.data())
def test_a_stream_cut_anywhere_and_sent_again_is_as_sent_once(
    said: list[dict[str, Any]], data: st.DataObject
) -> None:
    stream = as_lines(said)
    cut = data.draw(st.integers(0, len(stream)))
    assert library_after(stream[:cut], stream) == library_after(stream)


@settings(deadline=None, max_examples=30)
@given(streams())
def test_what_leaves_comes_back_byte_for_byte(said: list[dict[str, Any]]) -> None:
    left = library_after(as_lines(said))
    assert library_after(left) == left
