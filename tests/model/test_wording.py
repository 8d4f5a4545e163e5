"""How numbers, sizes and times are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from simtui.model import wording

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=ZONE)


def ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)


@pytest.mark.parametrize(("n", "said"), [(0, "0"), (999, "999"), (10_412, "10,412")])
def test_a_count_has_its_thousands_apart(n: int, said: str) -> None:
    assert wording.count(n) == said


@pytest.mark.parametrize(
    ("n", "said"),
    [(0, "0 workflows"), (1, "1 workflow"), (2, "2 workflows"), (1000, "1,000 workflows")],
)
def test_one_is_not_many(n: int, said: str) -> None:
    assert wording.plural(n, "workflow") == said


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (15_449, "15.4 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (71_000_000, "71.0 MB"),
        (1_200_000_000, "1.2 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_a_size_has_the_unit_that_keeps_it_short(n: int, said: str) -> None:
    assert wording.size(n) == said


@pytest.mark.parametrize(
    ("duration_ms", "said"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (12_400, "12.4 s"),
        (59_940, "59.9 s"),
        (59_999, "1.0 min"),
        (60_000, "1.0 min"),
        (3_599_000, "1.0 h"),
        (7_560_000, "2.1 h"),
    ],
)
def test_a_duration_has_the_unit_that_keeps_it_short(duration_ms: int, said: str) -> None:
    assert wording.duration(duration_ms) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=14), "today 00:30"),
        (timedelta(hours=11, minutes=59), "11 h ago"),
        (timedelta(hours=15), "yesterday"),
        (timedelta(days=20), "3 Nov"),
        (timedelta(days=365), "23 Nov 2025"),
    ],
)
def test_a_time_that_is_past_is_said_by_its_distance(before: timedelta, said: str) -> None:
    assert wording.ago(ms(NOW - before), ms(NOW), ZONE) == said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(minutes=5), "today 14:35"),
        (timedelta(days=1), "24 Nov"),
        (timedelta(days=365), "23 Nov 2027"),
    ],
)
def test_a_time_to_come_is_said_as_a_date(after: timedelta, said: str) -> None:
    assert wording.ago(ms(NOW + after), ms(NOW), ZONE) == said


def test_a_time_in_json_is_in_utc_to_the_millisecond() -> None:
    at = datetime(2026, 11, 3, 14, 2, 11, 120_000, tzinfo=UTC)
    assert wording.rfc3339(ms(at)) == "2026-11-03T14:02:11.120Z"
    assert wording.rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert wording.rfc3339(-1) == "1969-12-31T23:59:59.999Z"


def test_a_time_on_the_screen_is_local() -> None:
    assert wording.date_time(ms(datetime(2026, 11, 3, 14, 2, tzinfo=UTC)), ZONE) == (
        "2026-11-03 15:02"
    )


def test_every_status_has_a_sign_of_its_own_or_none_is_claimed() -> None:
    assert wording.run_sign("failed") != wording.run_sign("completed")
    assert wording.run_sign("something new") == "?"


def test_a_code_that_is_not_ours_is_said_as_it_is() -> None:
    assert wording.source_name("Z2") == "Sim workspace zip"
    assert wording.source_name("Q9") == "Q9"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (datetime(2026, 11, 3, 9, 5, 7, tzinfo=ZONE), "3 Nov 09:05:07"),
        (datetime(2025, 11, 23, 9, 5, 7, tzinfo=ZONE), "2025-11-23 09:05"),
    ],
)
def test_an_absolute_time_names_its_month_or_its_year(when: datetime, said: str) -> None:
    assert wording.day_second(ms(when), ms(NOW), ZONE) == said
