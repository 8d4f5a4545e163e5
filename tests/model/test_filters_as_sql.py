"""The SQL of a filter selects the rows that its plain meaning (`matches`) selects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.model.filters import MAX_PARTS, WORKFLOW_FIELDS, Kind, matches, parse
from simtui.model.workflow import Workflow
from simtui.store import engine, filtering, migrations, search, workflows
from simtui.store.workflows import Content

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY = 86_400_000

# folding that is more than lower case (ß İ ſ ﬁ K Σ), what LIKE would take for a wildcard, quotes
WILD = "aAbB ßẞİıſﬁKΣςé%_\\\"'*,:-/🜁中"
# values close to each other, so that a comparison falls on both sides
NUMBERS = st.integers(0, 4)
TIMES = st.sampled_from(
    [NOW_MS + days * DAY + more for days in (0, -1, -7, -8) for more in (-1, 0, 1, DAY // 2)]
)
CASES: list[Callable[[str], str]] = [str, str.upper, str.lower, str.casefold]
STATUSES = ["completed", "failed", "Failed"]


@st.composite
def rows(draw: st.DrawFn, alphabet: str = WILD) -> list[Workflow]:
    text = st.text(alphabet, max_size=5)
    return [
        Workflow(
            id=f"{draw(st.text('abÄ_%', max_size=2))}{number}",
            name=draw(text),
            folder=draw(text),
            description="",
            created_at=draw(TIMES),
            updated_at=draw(TIMES),
            digest="",
            document_bytes=draw(NUMBERS),
            block_count=draw(NUMBERS),
            edge_count=draw(NUMBERS),
            source=draw(st.sampled_from(["F1", "f1", "Z2", ""])),
            last_run_status=draw(st.sampled_from([None, *STATUSES])),
        )
        for number in range(draw(st.integers(1, 6)))
    ]


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def terms(draw: st.DrawFn, made: list[Workflow]) -> str:
    """A term about a field, as a person would type it, that has something to do with the rows."""
    field = draw(st.sampled_from(sorted(WORKFLOW_FIELDS)))
    kind = WORKFLOW_FIELDS[field]
    operator = ""
    if kind in (Kind.NUMBER, Kind.TIME):
        operator = draw(st.sampled_from(["", "=", ">", "<", ">=", "<="]))
    if kind is Kind.NUMBER:
        values = [str(n) for n in draw(st.lists(NUMBERS, min_size=1, max_size=2))]
    elif kind is Kind.TIME:
        word = st.sampled_from(
            ["today", "yesterday", "24h", "7d", "1w", "2026-11-22", "2026-11-16"]
        )
        values = draw(st.lists(word, min_size=1, max_size=2))
    else:
        known = [str(fields_of(row)[field]) for row in made]
        piece = st.builds(_piece, st.sampled_from(known), st.integers(0, 4), st.integers(0, 4))
        value = st.one_of(st.sampled_from(known), piece, st.text(WILD, max_size=2))
        values = [
            quoted(draw(st.sampled_from(CASES))(each))
            for each in draw(st.lists(value, min_size=1, max_size=3))
        ]
    return f"{draw(st.sampled_from(['', '-']))}{field}:{operator}{','.join(values)}"


def _piece(text: str, start: int, size: int) -> str:
    return text[start : start + size]


def fields_of(row: Workflow) -> dict[str, object]:
    """A row as the grammar sees it."""
    return {
        "name": row.name,
        "folder": row.folder,
        "status": row.last_run_status or "never",
        "blocks": row.block_count,
        "edges": row.edge_count,
        "size": row.document_bytes,
        "updated": row.updated_at,
        "created": row.created_at,
        "source": row.source,
        "id": row.id,
    }


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    path: Path = tmp_path_factory.mktemp("filters") / "simai.db"
    engine.create_file(path)
    opened = engine.connect(path)
    migrations.migrate(opened, path)
    yield opened
    opened.close()


@contextmanager
def holding(connection: Connection, made: Sequence[Workflow]) -> Iterator[None]:
    """The rows are in the library meanwhile, each with the last run that it says it had."""
    connection.execute("BEGIN")
    try:
        for row in made:
            content = Content("", b"", row.document_bytes, row.block_count, row.edge_count, "")
            workflows.insert(connection, row, content)
            if row.last_run_status is not None:
                connection.executemany(
                    "INSERT INTO runs (id, workflow_id, status, started_at, place)"
                    " VALUES (?, ?, ?, ?, (SELECT coalesce(max(place), 0) + 1 FROM runs))",
                    [
                        (f"{row.id} old", row.id, "cancelled", 1),
                        (f"{row.id} new", row.id, row.last_run_status, 2),
                    ],
                )
        yield
    finally:
        connection.execute("ROLLBACK")


def selected(connection: Connection, text: str) -> set[str]:
    condition = filtering.of_workflows(parse(text, WORKFLOW_FIELDS, NOW))
    found = {row.id for row in workflows.page(connection, condition, limit=100)}
    assert workflows.count(connection, condition) == len(found)
    return found


def meant(made: Sequence[Workflow], text: str) -> set[str]:
    wanted = parse(text, WORKFLOW_FIELDS, NOW)
    return {row.id for row in made if matches(wanted, fields_of(row), [row.name])}


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_terms_select_what_they_mean(connection: Connection, data: st.DataObject) -> None:
    made = data.draw(rows())
    text = " ".join(data.draw(st.lists(terms(made), min_size=1, max_size=3)))
    with holding(connection, made):
        assert selected(connection, text) == meant(made, text)


@settings(deadline=None)
@given(made=rows("aAbBcC -"), word=st.text("abcABC", min_size=1, max_size=2), minus=st.booleans())
def test_a_word_is_a_part_of_the_name(
    connection: Connection, made: list[Workflow], word: str, minus: bool
) -> None:
    text = f"{'-' if minus else ''}{word}"
    with holding(connection, made):
        assert selected(connection, text) == meant(made, text)


@settings(deadline=None)
@given(made=rows(), phrase=st.text(WILD, min_size=1, max_size=3))
def test_no_text_is_an_operator_of_the_index(
    connection: Connection, made: list[Workflow], phrase: str
) -> None:
    """The index finds more (by words, without accents), and never less than the name's parts."""
    with holding(connection, made):
        assert selected(connection, quoted(phrase)) >= meant(made, quoted(phrase))


def test_a_word_in_the_body_is_found_by_its_beginning(connection: Connection) -> None:
    row = Workflow("w", "Plain", "", "", 1, 1, "", 1, 1, 1, "F1")
    with holding(connection, [row]):
        search.put(connection, workflows.KIND, "w", "Plain", "an Enquiry by mail")
        assert selected(connection, "enq") == {"w"}
        assert selected(connection, "-enq") == set()
        assert selected(connection, "quiry") == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("id:ÄRGER", {"ärger"}),
        ("-id:ÄRGER", {"Straße"}),
        ("id:STRASSE", {"Straße"}),
        ("source:é1", {"ärger", "Straße"}),
        ("name:MÜLL", {"ärger", "Straße"}),
        ("status:NEVER", {"ärger", "Straße"}),
    ],
)
def test_case_is_folded_in_every_script(connection: Connection, text: str, found: set[str]) -> None:
    made = [
        Workflow(ident, "Müller", "", "", 1, 1, "", 1, 1, 1, "É1") for ident in ("ärger", "Straße")
    ]
    with holding(connection, made):
        assert selected(connection, text) == meant(made, text) == found


@pytest.mark.parametrize("wild", ["%", "_", "\\"])
def test_a_wildcard_of_sql_is_a_character(connection: Connection, wild: str) -> None:
    made = [
        Workflow("with", f"a{wild}b", "", "", 1, 1, "", 1, 1, 1, "F1"),
        Workflow("without", "axb", "", "", 1, 1, "", 1, 1, 1, "F1"),
    ]
    with holding(connection, made):
        assert selected(connection, f"name:{quoted(f'a{wild}b')}") == {"with"}
        assert selected(connection, f"name:{quoted(wild)}") == {"with"}


@pytest.mark.parametrize(
    "text",
    [
        f"id:{','.join(['x'] * MAX_PARTS)}",
        " ".join(["-id:x"] * MAX_PARTS),
        " ".join(["-x"] * MAX_PARTS),
    ],
)
def test_the_longest_filter_is_not_too_deep_for_the_engine(
    connection: Connection, text: str
) -> None:
    with holding(connection, []):
        assert selected(connection, text) == set()
