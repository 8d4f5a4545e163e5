"""The grammar of a filter: what is read, what is refused, and where the mistake stands."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from simtui.model.filters import (
    MAX_PARTS,
    WORKFLOW_FIELDS,
    Filter,
    FilterError,
    Kind,
    Term,
    matches,
    parse,
)

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR
MIDNIGHT = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)


def read(text: str) -> Filter:
    return parse(text, WORKFLOW_FIELDS, NOW)


def only_term(text: str) -> Term:
    (term,) = read(text).terms
    return term


def texts_of(text: str) -> list[str]:
    return [bound.text for bound in only_term(text).bounds]


def test_terms_and_words_are_told_apart() -> None:
    found = read('status:failed lead folder:"Ops / Intake" -enricher')
    assert [(term.field, term.bounds[0].text) for term in found.terms] == [
        ("status", "failed"),
        ("folder", "Ops / Intake"),
    ]
    assert found.words == (("lead", False), ("enricher", True))


@pytest.mark.parametrize("text", ["", "   ", '""', '-""', "\t\n"])
def test_nothing_means_everything(text: str) -> None:
    found = read(text)
    assert not found
    assert matches(found, {})


def test_a_field_is_read_in_any_case() -> None:
    assert only_term("Status:failed").field == "status"


def test_a_minus_excludes_a_term() -> None:
    assert only_term("-source:F1").excluded
    assert not only_term("source:F1").excluded


def test_a_minus_alone_is_looked_for() -> None:
    assert read("a - b").words == (("a", False), ("-", False), ("b", False))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("status:failed,running", ["failed", "running"]),
        ("status:failed,", ["failed"]),
        ("status:,failed,,running", ["failed", "running"]),
        ('folder:"a b",c', ["a b", "c"]),
        ('folder:c,"a, b"', ["c", "a, b"]),
        ('folder:"a","b"', ["a", "b"]),
    ],
)
def test_a_comma_means_any_of(text: str, values: list[str]) -> None:
    assert texts_of(text) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('name:"two words"', "two words"),
        ('name:"still typ', "still typ"),
        ('name:"', ""),
        (r'name:"say \"hi\""', 'say "hi"'),
        (r'name:"a\\"', "a\\"),
        (r'name:"a\\b"', r"a\b"),
        ('name:"a\\', "a\\"),
        (r"name:a\b", r"a\b"),
        ('name:5"', '5"'),
        ('name:"two\nlines"', "two\nlines"),
        ("name:a:b", "a:b"),
    ],
)
def test_quotes_hold_a_value_together(text: str, value: str) -> None:
    assert texts_of(text) == [value]


def test_what_follows_a_closed_quote_is_read_by_itself() -> None:
    found = read('name:"a"b "c d"e')
    assert [bound.text for term in found.terms for bound in term.bounds] == ["a"]
    assert found.words == (("b", False), ("c d", False), ("e", False))


def test_a_quoted_word_is_never_a_term() -> None:
    assert read('"status:failed"').words == (("status:failed", False),)


def test_a_comma_in_free_text_stays_in_it() -> None:
    assert read("hello,world").words == (("hello,world", False),)


@pytest.mark.parametrize("text", ["todo: now", "12:30 now"])
def test_a_word_with_a_colon_that_names_no_field_is_a_word(text: str) -> None:
    assert read(text).words == ((text.split()[0], False), ("now", False))


@pytest.mark.parametrize("operator", [">", "<", ">=", "<=", "="])
def test_a_number_is_compared(operator: str) -> None:
    term = only_term(f"blocks:{operator}5")
    assert (term.operator, term.bounds[0].number) == (operator, 5)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("blocks:5", [5]),
        ("blocks:>5", [6]),
        ("blocks:>=5", [5, 6]),
        ("blocks:<5", [4]),
        ("blocks:<=5", [4, 5]),
        ("-blocks:5", [4, 6]),
        ("blocks:4,6", [4, 6]),
        ("blocks:>4 blocks:<6", [5]),
        ("-blocks:>5", [4, 5]),
        ("blocks:4.5", []),
    ],
)
def test_what_a_number_selects(text: str, blocks: list[int]) -> None:
    assert [n for n in (4, 5, 6) if matches(read(text), {"blocks": n})] == blocks


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("took:500ms", 500),
        ("took:5", 5000),
        ("took:1.5s", 1500),
        ("took:2m", 120_000),
        ("took:1h", HOUR),
    ],
)
def test_a_duration_is_in_milliseconds(text: str, milliseconds: int) -> None:
    (term,) = parse(text, {"took": Kind.DURATION}, NOW).terms
    assert term.bounds[0].number == milliseconds


@pytest.mark.parametrize("value", ["5x", "ms", "5 s", "-5s", "9" * 400])
def test_what_is_no_duration_is_refused(value: str) -> None:
    with pytest.raises(FilterError, match="takes a time such as"):
        parse(f'took:"{value}"', {"took": Kind.DURATION}, NOW)


@pytest.mark.parametrize(
    ("text", "first", "past"),
    [
        ("updated:today", MIDNIGHT, MIDNIGHT + DAY),
        ("updated:Yesterday", MIDNIGHT - DAY, MIDNIGHT),
        ("updated:2026-11-03", MIDNIGHT - 20 * DAY, MIDNIGHT - 19 * DAY),
        ("updated:24h", NOW_MS - DAY, 1 << 52),
        ("updated:7d", NOW_MS - 7 * DAY, 1 << 52),
        ("updated:2w", NOW_MS - 14 * DAY, 1 << 52),
    ],
)
def test_a_time_is_from_its_first_millisecond_to_past_its_last(
    text: str, first: int, past: int
) -> None:
    assert only_term(text).bounds[0].span == (first, past)


@pytest.mark.parametrize(
    ("text", "at", "held"),
    [
        ("updated:>2026-11-22", MIDNIGHT - 1, False),
        ("updated:>2026-11-22", MIDNIGHT, True),
        ("updated:>=2026-11-22", MIDNIGHT - DAY, True),
        ("updated:<2026-11-22", MIDNIGHT - DAY, False),
        ("updated:<2026-11-22", MIDNIGHT - DAY - 1, True),
        ("updated:<=2026-11-22", MIDNIGHT - 1, True),
        ("updated:<=2026-11-22", MIDNIGHT, False),
        ("updated:>7d", NOW_MS, True),
        ("updated:>7d", NOW_MS - 8 * DAY, False),
        ("updated:<7d", NOW_MS - 8 * DAY, True),
        ("updated:<7d", NOW_MS, False),
        ("-updated:today", NOW_MS, False),
    ],
)
def test_a_time_is_compared_by_whole_days_or_by_the_moment(text: str, at: int, held: bool) -> None:
    assert matches(read(text), {"updated": at}) is held


def test_days_are_the_days_of_the_zone() -> None:
    east = datetime(2026, 11, 23, 1, 0, tzinfo=timezone(timedelta(hours=5)))
    (term,) = parse("updated:today", WORKFLOW_FIELDS, east).terms
    assert term.bounds[0].span == (MIDNIGHT - 5 * HOUR, MIDNIGHT + 19 * HOUR)


def test_without_a_zone_a_day_has_this_machines_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")  # 2026-10-25 has 25 hours there
    time.tzset()
    try:
        (term,) = parse("updated:2026-10-25", WORKFLOW_FIELDS, datetime(2026, 11, 23)).terms
    finally:
        monkeypatch.undo()
        time.tzset()
    first, past = term.bounds[0].span
    assert past - first == 25 * HOUR
    assert first == int(datetime(2026, 10, 24, 22, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    "value", ["sometime", "2026-13-01", "9999-12-31", "0000-00-00", "-5d", "5y", "today "]
)
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(FilterError, match='"updated:" takes today, yesterday, 7d, 24h'):
        read(f'updated:"{value}"')


@pytest.mark.parametrize("value", ["five", "nan", "inf", "-inf", "1e999", "0x5"])
def test_what_cannot_be_compared_is_no_number(value: str) -> None:
    with pytest.raises(FilterError, match='"blocks:" takes a number, not'):
        read(f"blocks:{value}")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("a stats:failed", 2, 'There is no "stats:" here. Did you mean "status:"?'),
        ("a -stats:failed", 3, 'There is no "stats:" here. Did you mean "status:"?'),
        ("http://x", 0, "There are: name, folder, status"),
        ("status:", 7, '"status:" needs a value.'),
        ("status: failed", 7, '"status:" needs a value.'),
        ("status:,", 8, '"status:" needs a value.'),
        ("blocks:>", 8, '"blocks:" needs a value.'),
        ("name:>5", 5, '"name:" has no order, so no ">".'),
        ("a blocks:five", 9, '"blocks:" takes a number, not "five".'),
        ("blocks:>1,five", 10, '"blocks:" takes a number, not "five".'),
        ('blocks:"1 2"', 7, '"blocks:" takes a number, not "1 2".'),
        ("updated:7d,soon", 11, 'not "soon"'),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, position: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(text)
    assert message in str(caught.value)
    assert caught.value.position == position
    assert caught.value.exit_code == 2


def test_a_mistake_shows_what_was_typed_without_its_control_characters() -> None:
    with pytest.raises(FilterError, match=r'not "\\x1b\[31m"'):
        read("blocks:\x1b[31m")


def test_a_mistake_survives_the_way_out_of_a_child_process() -> None:
    error = pickle.loads(pickle.dumps(FilterError("no", 7)))
    assert (str(error), error.position) == ("no", 7)


def test_more_than_a_database_can_ask_at_once_is_refused() -> None:
    within = ",".join(["x"] * MAX_PARTS)
    assert len(only_term(f"id:{within}").bounds) == MAX_PARTS
    with pytest.raises(FilterError, match=f"more than {MAX_PARTS}"):
        read(f"id:{within} y")


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("name:strasse", True),
        ("name:STRASSE", True),
        ("name:str", True),
        ("folder:ops", True),
        ("id:w", False),
        ("id:W1", True),
        ("status:never", True),
        ("-status:failed", True),
        ("blocks:>1", False),  # there is no number to compare
        ("-blocks:>1", True),
        ("straße", True),
        ("prompt", True),
        ("-prompt", False),
        ("absent", False),
    ],
)
def test_what_a_row_answers(text: str, held: bool) -> None:
    row = {"name": "Straße", "folder": "OPS", "id": "w1", "status": "never", "blocks": None}
    assert matches(read(text), row, ["Straße", "a prompt"]) is held


def test_the_text_is_kept_as_it_was_typed() -> None:
    assert read("  status:failed   lead ").text == "status:failed   lead"
