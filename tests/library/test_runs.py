"""Runs as both faces use them: a log by pages, levels and words; search; what may go."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

import pytest

from simtui.errors import NotFound
from simtui.library import Library
from simtui.library.runs import RunLimits
from simtui.library.searching import MARK, UNMARK
from simtui.library.workflows import now_ms
from simtui.model.run import LogLine, Run
from simtui.model.wording import rfc3339
from simtui.recording import import_runs
from tests.making import as_lines, run_events

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


async def take(library: Library, *said: dict[str, Any]) -> None:
    stream = io.BytesIO(as_lines(list(said)))
    async for item in import_runs(library, ["-"], stdin=stream):
        assert item.outcome != "refused", item


LEVELS = ("debug", "info", "info", "warn", "error")


async def with_log(library: Library, count: int = 50) -> Run:
    run, end = run_events("r1", lines=0, spans=0)
    lines = [
        {
            "event": "log", "run_id": "r1", "at": run["started_at"], "level": LEVELS[n % 5],
            "message": f"step {n} {'Überlauf' if n % 7 == 0 else 'fine'}", "block_name": "Agent",
        }
        for n in range(count)
    ]  # fmt: skip
    await take(library, run, *lines, end)
    return await library.runs.find("r1")


def numbers(lines: list[LogLine]) -> list[int]:
    return [line.seq for line in lines]


async def test_a_log_is_read_in_pages_both_ways(library: Library) -> None:
    run = await with_log(library)
    assert numbers(await library.runs.log(run, from_end=True, limit=3)) == [48, 49, 50]
    assert numbers(await library.runs.log(run, before=48, limit=3)) == [45, 46, 47]
    assert numbers(await library.runs.log(run, after=2, limit=3)) == [3, 4, 5]
    assert await library.runs.log(run, after=50) == []


async def test_levels_and_words_narrow_a_log(library: Library) -> None:
    run = await with_log(library)
    assert await library.runs.log_levels(run) == ["debug", "error", "info", "warn"]
    assert await library.runs.log_count(run, ["error", "warn"]) == 20
    found = await library.runs.log(run, levels=["error", "warn"], limit=4)
    assert [(line.seq, line.level) for line in found] == [
        (4, "warn"), (5, "error"), (9, "warn"), (10, "error"),
    ]  # fmt: skip
    # by the beginnings of words, without regard to accents
    by_word = numbers(await library.runs.log(run, text="uber"))
    assert by_word == [n for n in range(1, 51) if (n - 1) % 7 == 0]
    both = await library.runs.log(run, text="uber", levels=["error"], from_end=True, limit=1)
    assert numbers(both) == [50]
    assert await library.runs.log(run, text="?!") == []


async def test_a_part_of_a_line_is_found_step_by_step(library: Library) -> None:
    run = await with_log(library)
    steps = [step async for step in library.runs.log_holding(run, "ERLAU", step=20)]
    assert [at for _, at in steps] == [20, 40, None]
    assert [line.seq for found, _ in steps for line in found] == [1, 8, 15, 22, 29, 36, 43, 50]


async def test_the_next_error_and_the_one_before(library: Library) -> None:
    run = await with_log(library)
    assert await library.runs.next_error(run, 5) == 10
    assert await library.runs.next_error(run, 5, backwards=True) is None
    assert await library.runs.next_error(run, 50) is None
    assert await library.runs.next_error(run, 50, backwards=True) == 45


async def test_a_run_is_meant_by_the_start_of_its_id(library: Library) -> None:
    await take(library, *run_events("abcdef-1"), *run_events("abcdef-2"))
    assert (await library.runs.find("abcdef-1")).id == "abcdef-1"
    with pytest.raises(NotFound, match="more than one"):
        await library.runs.find("abcd")
    with pytest.raises(NotFound):
        await library.runs.find("abc")


# -- search


async def test_search_finds_errors_outputs_and_log_lines_with_the_piece(library: Library) -> None:
    said = run_events("r1", status="failed", ended={
        "error": {"message": "Slack: channel_missing", "block_name": "Slack"},
        "output": {"note": "the zebra crossed"},
    })  # fmt: skip
    said[1]["message"] = "walking to the quagga"
    await take(library, *said)

    async def found(text: str) -> list[tuple[str, str, str]]:
        hits = await library.search(text)
        return [(hit.kind, hit.id, hit.snippet) for hit in hits]

    assert await found("channel_m") == [
        ("run", "r1", f"error in Slack: Slack: {MARK}channel_missing{UNMARK}")
    ]
    assert await found("zeb cross") == [
        ("run", "r1", f"output: the {MARK}zebra{UNMARK} {MARK}crossed{UNMARK}")
    ]
    assert await found("quag") == [("log", "r1", f"info: walking to the {MARK}quagga{UNMARK}")]
    (hit,) = await library.search("quag")
    assert hit.seq == 1


async def test_no_kind_crowds_out_the_others(library: Library) -> None:
    for n in range(8):
        said = run_events(f"r{n}", lines=4, spans=0, ended={"error": "mango"})
        for line in said[1:-1]:
            line["message"] = "mango"
        await take(library, *said)
    kinds = [hit.kind for hit in await library.search("mango", limit=10)]
    assert sorted(kinds) == ["log"] * 5 + ["run"] * 5
    assert len(await library.search("mango", limit=100)) == 8 + 8 * 3


async def test_a_deleted_run_is_not_found(library: Library) -> None:
    said = run_events("r1", ended={"error": "mango"})
    said[1]["message"] = "papaya"
    await take(library, *said)
    await library.runs.delete([await library.runs.find("r1")])
    assert await library.search("mango") == await library.search("papaya") == []


async def test_what_looks_like_a_key_is_in_no_snippet(library: Library) -> None:
    key = "sk-" + "q7W2e9R4" * 4
    said = run_events("r1", ended={"error": f"mango {key}", "output": f"mango {key}"})
    said[1]["message"] = f"mango {key}"
    await take(library, *said)
    hits = await library.search("mango")
    assert len(hits) == 2
    assert not any("q7W2" in hit.snippet for hit in hits)


# -- retention


async def aged(library: Library, *days: int) -> None:
    for age in days:
        at = rfc3339(now_ms() - age * 86_400_000)
        said = run_events(f"age-{age}", at=at, lines=1, spans=1, ended={"error": f"word{age}"})
        await take(library, *said)


async def left(library: Library) -> list[str]:
    return [run.id for run in await library.runs.page()]


async def test_nothing_may_go_by_default(library: Library) -> None:
    await aged(library, 0, 400)
    limits = RunLimits.of(await library.settings.all(), {})
    assert limits.keep_everything
    assert (await library.runs.going(limits)).numbers == ()


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (RunLimits(days=30), ["age-1", "age-20", "age-90"]),
        (RunLimits(count=1), ["age-1", "age-90"]),
        (RunLimits(size_bytes=700), ["age-1", "age-20", "age-90"]),
        (RunLimits(days=30, count=1), ["age-1", "age-90"]),
        (RunLimits(size_bytes=10_000_000), ["age-1", "age-20", "age-40", "age-90"]),
    ],
)
async def test_what_is_too_old_too_many_or_too_much_goes_and_what_is_pinned_stays(
    library: Library, limits: RunLimits, kept: list[str]
) -> None:
    await aged(library, 1, 20, 40, 90)
    await library.runs.pin([await library.runs.find("age-90")])
    going = await library.runs.going(limits)
    assert len(going.numbers) == 4 - len(kept)
    assert await library.runs.prune(going) == len(going.numbers)
    assert await left(library) == kept


async def test_what_was_pinned_after_it_was_planned_stays(library: Library) -> None:
    await aged(library, 1, 40)
    going = await library.runs.going(RunLimits(days=30))
    await library.runs.pin([await library.runs.find("age-40")])
    assert await library.runs.prune(going) == 0
    assert await left(library) == ["age-1", "age-40"]


async def test_a_pruning_takes_the_words_and_gives_the_space_back(library: Library) -> None:
    await aged(library, 1)
    said = run_events("old", at="2020-01-01T00:00:00Z", lines=0, spans=0)
    said[1:1] = [
        {"event": "log", "run_id": "old", "at": "2020-01-01T00:00:00Z",
         "message": f"xylophone {n} " * 200} for n in range(500)
    ]  # fmt: skip
    await take(library, *said)
    await library.store.checkpoint()
    size = library.home.database.stat().st_size
    await library.runs.prune(await library.runs.going(RunLimits(days=30)))
    await library.store.checkpoint()
    assert library.home.database.stat().st_size < size / 2
    assert b"xylophone" not in library.home.database.read_bytes()

    def counts(connection: Connection) -> list[int]:
        tables = ("runs", "spans", "log_lines", "run_payloads", "log_search_docsize")
        return [connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables]

    assert await library.store.read(counts) == [1, 1, 1, 0, 1]


# -- counting


async def test_stats_count_each_day_in_its_zone_and_unknown_costs_beside_the_sum(
    library: Library,
) -> None:
    made: list[tuple[str, str, dict[str, Any]]] = [
        ("2026-11-23T00:00:00Z", "failed", {"duration_ms": 100, "cost_usd": 0.5}),
        ("2026-11-22T23:59:59.999Z", "completed", {"duration_ms": 300}),
        ("2026-11-22T10:00:00Z", "completed", {"duration_ms": 500, "cost_usd": 0.25}),
        ("2026-11-01T10:00:00Z", "completed", {"duration_ms": 900}),
    ]
    for n, (at, status, ended) in enumerate(made):
        await take(library, *run_events(f"r{n}", at=at, status=status, ended=ended))
    stats = await library.runs.stats(2, NOW)
    assert [(day.runs, day.failed, day.p50_ms) for day in stats.days] == [(2, 0, 500), (1, 1, 100)]
    assert [(week.cost_usd, week.unknown) for week in stats.weeks] == [(0.25, 1), (0.5, 0)]
    assert (stats.runs, stats.failed, stats.p95_ms) == (3, 1, 500)
    assert [(each.name, each.runs, each.cost_usd) for each in stats.workflows] == [
        ("Lead enricher", 3, 0.75)
    ]
