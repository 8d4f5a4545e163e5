"""The ways through the indexes select the runs that the filter's plain meaning selects, in order,
from wherever a page begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.model.filters import RUN_FIELDS, Kind, matches, parse
from simtui.model.run import Run
from simtui.store import engine, migrations, run_pages, run_search, runs
from tests.store.rows import add

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000
WORKFLOWS = {"w1": ("Lead enricher", "Ops"), "w2": ("Größe lead", ""), "w3": ("Monitor", "Ops/In")}
COSTS = [None, 0.0, 0.0001, 0.0002, 0.009, 0.01, 0.0100001, 0.5, 3.0, 20.0]
DURATIONS = [None, 0, 99, 100, 4999, 5000, 5001, 60_000, 4_000_000]
TEXTS = [
    "", "timeout in slack", "Channel not found", "größe", "timeouts Timeoutish",
    "timeout1 timeout2 timeouted",
]  # fmt: skip

ROWS = st.fixed_dictionaries(
    {
        "workflow_id": st.sampled_from(sorted(WORKFLOWS)),
        "status": st.sampled_from(["completed", "failed", "Failed", "odd ✗"]),
        "started_at": st.sampled_from(
            [NOW_MS + d * DAY + more for d in (0, -1, -7, -8) for more in (-1, 0, 1)]
        ),
        "trigger": st.sampled_from([None, "api", "slack"]),
        "level": st.sampled_from([None, "info", "error"]),
        "cost_usd": st.sampled_from(COSTS),
        "duration_ms": st.sampled_from(DURATIONS),
        "pinned": st.sampled_from([0, 1]),
        "error": st.sampled_from(TEXTS),
    }
)
VALUES = {
    "status": ["failed", "COMPLETED", '"odd ✗"', "none"],
    "workflow": ["lead", "GRÖSSE", "mon", "nothing", '""'],
    "folder": ["ops", "in", "zzz"],
    "trigger": ["api", "slack", "zzz"],
    "level": ["info", "error"],
    "cost": ["0", "0.0001", "0.00015", "0.01", "0.0100001", "1", "99"],
    "duration": ["0ms", "100ms", "5s", "5001ms", "2h"],
    "date": ["today", "yesterday", "7d", "24h", "2026-11-16"],
    "id": ["id-0", "ID-1", "id-9"],
    "pinned": ["yes", "no", "maybe"],
}


@st.composite
def terms(draw: st.DrawFn) -> str:
    minus = draw(st.sampled_from(["", "-"]))
    if draw(st.integers(0, 3)) == 0:
        return minus + draw(
            st.sampled_from(["timeout", "timeo", "lead", "found", "größe", "zzz", "err"])
        )
    field = draw(st.sampled_from(sorted(RUN_FIELDS)))
    operator = ""
    if RUN_FIELDS[field] in (Kind.NUMBER, Kind.DURATION, Kind.TIME):
        operator = draw(st.sampled_from(["", ">", "<", ">=", "<="]))
    values = draw(st.lists(st.sampled_from(VALUES[field]), min_size=1, max_size=2))
    return f"{minus}{field}:{operator}{','.join(values)}"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path: Path = tmp_path_factory.mktemp("runs") / "simai.db"
    engine.create_file(path)
    opened = engine.connect(path)
    migrations.migrate(opened, path)
    for ident, (name, folder) in WORKFLOWS.items():
        add(opened, ident, name, folder=folder)
    yield opened
    opened.close()


@contextmanager
def holding(connection: Connection, made: list[dict[str, Any]]) -> Iterator[list[Run]]:
    connection.execute("BEGIN")
    try:
        free = runs.FreePlaces(connection)
        for n, fields in enumerate(made):
            place = free.at(fields["started_at"])
            runs.insert(connection, [runs.Kept(id=f"id-{n}", number=n + 1, place=place, **fields)])
            if fields["error"]:
                run_search.put_runs(connection, [(place, fields["error"])])
        found = [runs.get(connection, f"id-{n}") for n in range(len(made))]
        yield sorted((run for run in found if run), key=lambda run: -run.place)
    finally:
        connection.execute("ROLLBACK")


def row_of(run: Run) -> dict[str, object]:
    return {
        "status": run.status, "workflow": run.workflow_name, "trigger": run.trigger,
        "folder": WORKFLOWS[run.workflow_id][1], "cost": run.cost_usd,
        "duration": run.duration_ms, "date": run.started_at, "level": run.level, "id": run.id,
        "pinned": "yes" if run.pinned else "no",
    }  # fmt: skip


def meant(made: list[Run], text: str) -> list[str]:
    filter = parse(text, RUN_FIELDS, NOW)
    texts = [(run, [run.workflow_name, *(run.error or "").split()]) for run in made]
    return [run.id for run, words in texts if matches(filter, row_of(run), words)]


@settings(deadline=None, max_examples=300)
@given(st.lists(ROWS, max_size=12), st.lists(terms(), min_size=1, max_size=3), st.data())
def test_a_filter_selects_what_it_means(
    connection: Connection, made: list[dict[str, Any]], parts: list[str], data: st.DataObject
) -> None:
    text = " ".join(parts)
    filter = parse(text, RUN_FIELDS, NOW)
    with holding(connection, made) as rows:
        wanted = meant(rows, text)
        page = run_pages.page(connection, filter, limit=50)
        assert [run.id for run in page] == wanted
        assert run_pages.count(connection, filter) == len(wanted)
        oldest = run_pages.page(connection, filter, from_end=True, limit=2)
        assert [run.id for run in oldest] == wanted[-2:]
        if rows:
            key = data.draw(st.sampled_from(rows))
            behind = run_pages.page(connection, filter, after=key.place, limit=3)
            ahead = run_pages.page(connection, filter, before=key.place, limit=3)
            older = [run.id for run in page if run.place < key.place]
            newer = [run.id for run in page if run.place > key.place]
            assert [run.id for run in behind] == older[:3]
            assert [run.id for run in ahead] == newer[-3:]


def test_many_workflows_are_walked_in_order(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one chunk of each, and more workflows than are walked each by itself."""
    made: list[dict[str, Any]] = [
        {"workflow_id": f"w{n % 3 + 1}", "status": "completed", "started_at": 1000 + n}
        for n in range(100)
    ]
    connection.execute("BEGIN")
    try:
        for n, fields in enumerate(made):
            place = runs.FreePlaces(connection).at(fields["started_at"])
            runs.insert(connection, [runs.Kept(id=f"id-{n}", number=n + 1, place=place, **fields)])
        filter = parse("workflow:lead", RUN_FIELDS, NOW)
        wanted = [f"id-{n}" for n in reversed(range(100)) if n % 3 != 2]
        assert [run.id for run in run_pages.page(connection, filter, limit=200)] == wanted
        monkeypatch.setattr("simtui.store.run_filtering.MAX_WORKFLOWS", 1)
        assert [run.id for run in run_pages.page(connection, filter, limit=200)] == wanted
        assert run_pages.count(connection, filter) == len(wanted)
    finally:
        connection.execute("ROLLBACK")


def test_runs_of_one_moment_each_have_a_place(connection: Connection) -> None:
    connection.execute("BEGIN")
    try:
        free = runs.FreePlaces(connection)
        places = [free.at(5000) for _ in range(70_000)]
        assert len(set(places)) == 70_000
        assert places == sorted(places)
        assert runs.moment_of(places[-1]) == 5001
    finally:
        connection.execute("ROLLBACK")


_MOMENTS = st.lists(st.integers(0, 12) | st.just((1 << 47) - 1), max_size=30)


@given(_MOMENTS, _MOMENTS)
def test_a_place_is_free_whatever_was_looked_up_before(
    connection: Connection, there: list[int], wanted: list[int]
) -> None:
    made = [{"workflow_id": "w1", "status": "", "started_at": at, "error": None} for at in there]
    with holding(connection, made) as found:
        free = runs.FreePlaces(connection)
        places = [free.at(at) for at in wanted]
        assert [runs.moment_of(place) for place in places] == wanted
        assert len({*places, *(run.place for run in found)}) == len(places) + len(found)
        for at in {*wanted}:  # behind those of its moment, in the order in which they are asked for
            mine = [place for place in places if runs.moment_of(place) == at]
            before = [run.place for run in found if runs.moment_of(run.place) == at]
            assert sorted(before) + mine == sorted(before + mine)
