"""When a backup is due, and what a worker that looks now and then does about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.backup.due import (
    LOOK_MS,
    NO_FAILURES,
    RETRY_MS,
    Failures,
    is_due,
    last_good,
    look,
    warning,
)

HOUR = 3_600_000
NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("last", "every", "due"),
    [
        (None, 24, True),
        (NOW, 24, False),
        (NOW - 23 * HOUR, 24, False),
        (NOW - 24 * HOUR, 24, True),
        (NOW - 24 * HOUR + 60_000, 24, True),  # a timer that comes a minute early
        (NOW - 400 * 24 * HOUR, 24, True),
        (NOW + HOUR, 24, True),  # the clock was put back
        (NOW - 50 * 60_000, 1, True),
        (NOW - 49 * 60_000, 1, False),
        (None, 0, False),
        (NOW - 400 * 24 * HOUR, 0, False),
    ],
)
def test_a_backup_is_due(last: int | None, every: int, due: bool) -> None:
    assert is_due(last, NOW, every) is due
    assert look(last, NOW, every).make is due


def test_after_a_clock_was_put_back_one_backup_is_made_and_not_one_a_look() -> None:
    times = [NOW + 90 * HOUR, NOW + 66 * HOUR]
    assert is_due(last_good(times, NOW), NOW, 24)
    times.append(NOW)
    assert not is_due(last_good(times, NOW + LOOK_MS), NOW + LOOK_MS, 24)


def test_what_is_running_is_not_begun_again() -> None:
    assert look(None, NOW, 24, running=True) == look(NOW, NOW, 24)
    assert not look(None, NOW, 24, running=True).make


def test_a_machine_that_slept_backs_up_at_the_next_look() -> None:
    before = look(NOW, NOW + HOUR, 24)
    assert not before.make
    assert before.again_ms <= LOOK_MS
    assert look(NOW, NOW + 30 * HOUR, 24).make


def test_a_failure_is_tried_again_after_a_pause_that_grows_to_an_hour() -> None:
    failures, waits = NO_FAILURES, []
    for _ in range(6):
        failures = failures.and_one(NOW, "no space")
        waits.append(next(n for n in range(200) if look(None, NOW + n * 60_000, 24,
                                                        failures=failures).make))  # fmt: skip
    assert waits == [10, 20, 40, 60, 60, 60]


def test_a_clock_that_was_put_back_ends_the_pause_after_a_failure() -> None:
    assert look(None, NOW - HOUR, 24, failures=Failures(3, NOW, "no space")).make
    assert not look(None, NOW + RETRY_MS - 1, 24, failures=Failures(1, NOW, "no space")).make


@pytest.mark.parametrize(
    ("failures", "last", "said"),
    [
        (NO_FAILURES, None, ""),
        (Failures(1, NOW, "no space"), None, ""),
        (
            Failures(2, NOW, "The disk is full."),
            NOW - 2 * HOUR,
            "2 backups in a row failed, the last proven one is from 2 h ago: The disk is full",
        ),
        (Failures(3, NOW), None, "3 backups in a row failed, there is no proven backup"),
    ],
)
def test_two_failures_in_a_row_are_told(failures: Failures, last: int | None, said: str) -> None:
    assert warning(failures, last, NOW) == said


@settings(deadline=None)
@given(
    st.integers(1, 200),
    st.lists(st.integers(-30 * HOUR, 60 * HOUR), max_size=30),
    st.sets(st.integers(0, 60)),
)
def test_whatever_the_clock_does_a_worker_never_makes_two_within_a_period_of_it(
    every: int, jumps: list[int], failing: set[int]
) -> None:
    """Between two that succeed, the clock stood still, went back, or passed the period."""
    now, made, failures, tries = NOW, list[int](), NO_FAILURES, 0
    for jump in [*jumps, *[LOOK_MS] * 60]:
        now = max(0, now + jump)
        found = look(last_good(made, now), now, every, failures=failures)
        assert 0 < found.again_ms <= LOOK_MS
        if not found.make:
            continue
        tries += 1
        if tries in failing:
            failures = failures.and_one(now, "")
        else:
            assert not any(0 <= now - time < every * HOUR - RETRY_MS for time in made)
            made.append(now)
            failures = NO_FAILURES
