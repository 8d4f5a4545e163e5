"""A filter means the same in SQL as in the grammar's own words (`filters.matches`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.model.filters import WORKFLOW_FIELDS, Filter, Kind, matches, parse
from simtui.store import engine, filtering, migrations, workflows
from tests.store.rows import add, add_run

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=timezone(timedelta(hours=2)))
DAY_MS = 86_400_000
NOW_MS = int(NOW.timestamp() * 1000)

NAMES = (
    "Lead enricher",
    "lead",
    "Straße",
    "ÉTÉ",
    "a_b%c",
    'say "hi"',
    "日本語",
    "it's",
    "-x:y",
    "ß",
)
FOLDERS = ("", "Ops", "Ops / Intake", "ops/Sub", "Täglich")
STATUSES = ("completed", "failed", "Running", "pending")
SOURCES = ("F1", "Z2", "f1")


def filled(connection: Connection) -> dict[str, dict[str, object]]:
    """Sixty workflows that differ in every field. What the grammar is told of each, by id."""
    told: dict[str, dict[str, object]] = {}
    for n in range(60):
        ident = f"id-{n}" if n % 2 else f"ID-{n}"
        row: dict[str, object] = {
            "id": ident,
            "name": NAMES[n % len(NAMES)],
            "folder": FOLDERS[n % len(FOLDERS)],
            "source": SOURCES[n % len(SOURCES)],
            "blocks": n % 7,
            "edges": n % 5,
            "size": n * 1000,
            "updated": NOW_MS - n * DAY_MS // 6,
            "created": NOW_MS - n * DAY_MS,
            "status": "never",
        }
        add(
            connection,
            ident,
            str(row["name"]),
            folder=str(row["folder"]),
            source=str(row["source"]),
            blocks=n % 7,
            edges=n % 5,
            size=n * 1000,
            updated_at=NOW_MS - n * DAY_MS // 6,
            created_at=NOW_MS - n * DAY_MS,
        )
        if n % 3:
            add_run(connection, f"old-{n}", ident, "completed", 1000)
            add_run(connection, f"new-{n}", ident, STATUSES[n % 4], 2000)
            row["status"] = STATUSES[n % 4]
        told[ident] = row
    return told


@pytest.fixture(scope="module")
def rows(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Connection, dict[str, dict[str, object]]]]:
    path = tmp_path_factory.mktemp("filtering") / "simai.db"
    engine.create_file(path)
    connection = engine.connect(path)
    migrations.migrate(connection, path)
    yield connection, filled(connection)
    connection.close()


def ids_of(connection: Connection, filter: Filter) -> set[str]:
    condition = filtering.of_workflows(filter)
    page = workflows.page(connection, condition, limit=1000)
    assert workflows.count(connection, condition) == len(page)
    return {row.id for row in page}


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


TEXTS = st.one_of(
    st.sampled_from([*NAMES, *FOLDERS, *STATUSES, *SOURCES, "never", "id-1", "ID-2", "e"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)
NUMBERS = st.one_of(st.integers(-1, 7), st.sampled_from([1000, 2500, 59000, 1e30, -0.5, 3.0]))
TIMES = st.sampled_from(
    ["today", "yesterday", "7d", "24h", "2w", "2026-11-19", "2026-11-03", "1970-01-01", "0d"]
)
VALUES = {
    Kind.TEXT: TEXTS.map(quoted),
    Kind.WORD: TEXTS.map(quoted),
    Kind.NUMBER: st.lists(NUMBERS.map(str), min_size=1, max_size=3).map(",".join),
    Kind.TIME: st.lists(TIMES, min_size=1, max_size=2).map(",".join),
}


@st.composite
def terms(draw: st.DrawFn) -> str:
    field = draw(st.sampled_from(sorted(WORKFLOW_FIELDS)))
    kind = WORKFLOW_FIELDS[field]
    operators = [""] if kind in (Kind.TEXT, Kind.WORD) else ["", "=", ">", "<", ">=", "<="]
    minus = draw(st.sampled_from(["", "-"]))
    return f"{minus}{field}:{draw(st.sampled_from(operators))}{draw(VALUES[kind])}"


@given(st.lists(terms(), min_size=1, max_size=3).map(" ".join))
def test_the_rows_of_a_filter_are_those_that_the_grammar_means(
    rows: tuple[Connection, dict[str, dict[str, object]]], text: str
) -> None:
    connection, told = rows
    filter = parse(text, WORKFLOW_FIELDS, NOW)
    assert ids_of(connection, filter) == {k for k, row in told.items() if matches(filter, row)}


@given(TEXTS)
def test_free_text_is_found_inside_a_name(
    rows: tuple[Connection, dict[str, dict[str, object]]], word: str
) -> None:
    connection, told = rows
    found = ids_of(connection, Filter(words=((word, False),)))
    inside = {k for k, row in told.items() if word.casefold() in str(row["name"]).casefold()}
    assert inside <= found
    assert ids_of(connection, Filter(words=((word, True),))) == told.keys() - found


def test_free_text_is_found_at_the_beginning_of_a_word_of_the_document(tmp_path: Path) -> None:
    engine.create_file(tmp_path / "simai.db")
    connection = engine.connect(tmp_path / "simai.db")
    migrations.migrate(connection, tmp_path / "simai.db")
    add(connection, "a", text="classify the Zephyrine mail")
    add(connection, "b", text="nothing of the kind")
    try:
        assert ids_of(connection, Filter(words=(("zephyr", False),))) == {"a"}
        assert ids_of(connection, Filter(words=(("phyrine", False),))) == set()
        assert ids_of(connection, Filter(words=(("zephyr", True),))) == {"b"}
    finally:
        connection.close()


@pytest.mark.parametrize("hostile", ["' OR 1=1 --", '") OR 1 --', "x'); DROP TABLE runs; --", "?1"])
def test_what_was_typed_is_never_sql(
    rows: tuple[Connection, dict[str, dict[str, object]]], hostile: str
) -> None:
    connection, told = rows
    for field in ("name", "folder", "status", "source", "id"):
        filter = parse(f"{field}:{quoted(hostile)}", WORKFLOW_FIELDS, NOW)
        assert ids_of(connection, filter) == set()
    assert ids_of(connection, Filter(words=((hostile, False),))) == set()
    assert len(workflows.page(connection, limit=1000)) == len(told)


def test_the_status_is_that_of_the_last_run(
    rows: tuple[Connection, dict[str, dict[str, object]]],
) -> None:
    connection, told = rows
    page = workflows.page(connection, limit=1000)
    assert {row.id: row.last_run_status or "never" for row in page} == {
        ident: row["status"] for ident, row in told.items()
    }
