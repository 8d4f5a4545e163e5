"""What a search of runs and logs finds is what a plain look at every text finds: by the beginnings
of words, in any case, without accents; of what is there, and of nothing that was removed."""

from __future__ import annotations

import asyncio
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.library import Library
from simtui.library.searching import Hit
from simtui.paths import Home
from simtui.store.hits import LINES_OF_A_RUN
from tests.making import run_events
from tests.recording.conftest import take

# some begin alike, as few words and as more than are looked up one by one
WORDS = st.sampled_from(
    [
        "failed", "Failure", "failing", "failover", "failsafe", "failé", "fail", "timeout",
        "timeouts", "e", "el", "élan", "ELK", "12", "123", "1234", "12345", "größe", "grosse",
        "w0a1", "w0a1b", "retry_after", "re-try",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(WORDS, st.text("aeéß1 .", max_size=3)), max_size=5).map(" ".join)
ASKED = st.lists(
    st.builds(lambda word, size: word[:size], WORDS, st.integers(1, 8)), min_size=1, max_size=2
).map(" ".join)


@dataclass(frozen=True, slots=True)
class Made:
    """A run: its error, its output, its log lines."""

    error: str
    output: str
    lines: list[str]


RUNS = st.lists(st.builds(Made, TEXTS, TEXTS, st.lists(TEXTS, max_size=6)), max_size=4)


def words_in(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.lower())


def holds(text: str, asked: str) -> bool:
    """Whether each word that is asked for begins one of the text's; what is no word between two
    parts of one, as in `retry_after`, makes them two that follow each other."""
    words = words_in(text)
    for phrase in re.findall(r"\w+", asked):
        parts = words_in(phrase)
        if not parts:
            return False
        if not any(
            words[at : at + len(parts) - 1] == parts[:-1]
            and words[at + len(parts) - 1].startswith(parts[-1])
            for at in range(len(words) - len(parts) + 1)
        ):
            return False
    return True


def meant(made: dict[str, Made], asked: str) -> set[tuple[str, str, int | None]]:
    found: set[tuple[str, str, int | None]] = set()
    for ident, run in made.items():
        if holds(f"{run.error}\n{run.output}", asked):
            found.add(("run", ident, None))
        lines = [n for n, line in enumerate(run.lines, 1) if holds(line, asked)]
        found |= {("log", ident, n) for n in lines[-LINES_OF_A_RUN:]}
    return found


def told(hits: list[Hit]) -> set[tuple[str, str, int | None]]:
    return {(hit.kind, hit.id, hit.seq) for hit in hits if hit.kind in ("run", "log")}


async def fill(library: Library, made: dict[str, Made]) -> None:
    for ident, run in made.items():
        said = run_events(
            ident, lines=len(run.lines), spans=0, ended={"error": run.error, "output": run.output}
        )
        for event, line in zip(said[1:], run.lines, strict=False):
            event["message"] = line
        await take(library, said)


@settings(deadline=None, max_examples=40)
@given(RUNS, st.lists(ASKED, min_size=1, max_size=12), st.data())
def test_a_search_finds_what_a_look_at_every_text_finds(
    made: list[Made], asked: list[str], data: st.DataObject
) -> None:
    runs = {f"run-{n}": run for n, run in enumerate(made)}
    doomed = data.draw(st.sampled_from(sorted(runs))) if runs else None

    async def check(home: Home) -> None:
        async with await Library.open(home) as library:
            await fill(library, runs)
            for text in asked:
                assert told(await library.search(text, limit=500)) == meant(runs, text), text
                for ident, run in runs.items():
                    lines = await library.runs.log(await library.runs.find(ident), text=text)
                    wanted = [n for n, line in enumerate(run.lines, 1) if holds(line, text)]
                    assert [line.seq for line in lines] == wanted, text
            if doomed is not None:
                await library.runs.delete([await library.runs.find(doomed)])
                left = {ident: run for ident, run in runs.items() if ident != doomed}
                for text in asked:
                    assert told(await library.search(text, limit=500)) == meant(left, text), text

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Home(Path(folder) / "home")))


async def test_a_long_log_with_the_word_in_each_line_hides_no_other_run(library: Library) -> None:
    made = {
        "older": Made("", "", ["failed here"]),
        "long": Made("", "", ["failed again", "failure too"] * 1200),
        "newer": Made("failed", "", ["failed first", "nothing", "failed last"]),
    }
    await fill(library, made)
    for text in ("failed", "fail", "fai", "again"):
        assert told(await library.search(text)) == meant(made, text), text


async def test_no_part_of_a_planted_key_is_found(library: Library) -> None:
    key = "sk-proj-" + "q7W2e9R4" * 4
    await fill(library, {"r": Made(f"no {key}", f"with {key}", [f"calling with {key} once"])})
    for text in (key, "q7W2", "q7W2e9R4", "proj", "once"):
        assert bool(await library.search(text)) == (text == "once"), text
