"""Which backups stay: a table of cases, and what holds of every case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.model.retention import (
    BEFORE,
    DAILY,
    MANUAL,
    MAX_BEFORE,
    REASONS,
    Backup,
    Policy,
    decide,
)

DAY = 86_400_000
HOUR = DAY // 24
NONE = Policy(daily=0, weekly=0, monthly=0)


def at(text: str, zone: tzinfo = UTC) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def daily(*times: str, zone: tzinfo = UTC) -> list[Backup]:
    """One a moment, named by it."""
    return [Backup(text, at(text, zone), DAILY, True) for text in times]


def kept(
    backups: Iterable[Backup], policy: Policy, now: str | int, zone: tzinfo = UTC
) -> dict[str, tuple[str, ...]]:
    now_ms = now if isinstance(now, int) else at(now)
    return {each.name: each.kept_by for each in decide(backups, policy, now_ms, zone)}


def removed(backups: Iterable[Backup], policy: Policy, now: int, zone: tzinfo = UTC) -> set[str]:
    return {name for name, words in kept(backups, policy, now, zone).items() if not words}


NOON = "2026-11-22T12:00"  # a Sunday, the last day of week 47

# the policy, what is there, and what keeps each
CASES: dict[str, tuple[Policy, list[Backup], dict[str, tuple[str, ...]]]] = {
    "nothing": (Policy(), [], {}),
    "the only one": (
        Policy(),
        daily("2026-11-20T11:00"),
        {
            "2026-11-20T11:00": (
                "newest proven", "daily 2026-11-20", "weekly 2026-W47", "monthly 2026-11",
            )
        },
    ),
    "the last two": (
        Policy(2, 0, 0, 0),
        daily("2026-11-20T11:00", "2026-11-21T11:00", "2026-11-21T12:00"),
        {
            "2026-11-20T11:00": (),
            "2026-11-21T11:00": ("last",),
            "2026-11-21T12:00": ("newest proven", "last"),
        },
    ),
    "the newest of each day, and days without one do not count": (
        Policy(0, 2, 0, 0),
        daily(
            "2026-11-01T11:00", "2026-11-02T01:00", "2026-11-02T11:00", "2026-11-22T10:00",
            "2026-11-22T11:00",
        ),
        {
            "2026-11-01T11:00": (),
            "2026-11-02T01:00": (),
            "2026-11-02T11:00": ("daily 2026-11-02",),
            "2026-11-22T10:00": (),
            "2026-11-22T11:00": ("newest proven", "daily 2026-11-22"),
        },
    ),
    "a week begins on Monday": (
        Policy(0, 0, 2, 0),
        daily("2026-11-13T11:00", "2026-11-15T11:00", "2026-11-16T11:00", "2026-11-22T11:00"),
        {
            "2026-11-13T11:00": (),
            "2026-11-15T11:00": ("weekly 2026-W46",),
            "2026-11-16T11:00": (),
            "2026-11-22T11:00": ("newest proven", "weekly 2026-W47"),
        },
    ),
    "a week at the turn of the year is one week": (
        Policy(0, 0, 2, 0),
        daily("2025-12-21T11:00", "2025-12-31T11:00", "2026-01-02T11:00"),
        {
            "2025-12-21T11:00": ("weekly 2025-W51",),
            "2025-12-31T11:00": (),
            "2026-01-02T11:00": ("newest proven", "weekly 2026-W01"),
        },
    ),
    "months and years": (
        Policy(0, 0, 0, 2, 2),
        daily(
            "2024-05-05T11:00", "2025-03-03T11:00", "2025-12-31T11:00", "2026-10-01T11:00",
            "2026-11-01T11:00",
        ),
        {
            "2024-05-05T11:00": (),
            "2025-03-03T11:00": (),
            "2025-12-31T11:00": ("yearly 2025",),
            "2026-10-01T11:00": ("monthly 2026-10",),
            "2026-11-01T11:00": ("newest proven", "monthly 2026-11", "yearly 2026"),
        },
    ),
    "the oldest stays while a rule is unfilled": (
        Policy(0, 0, 0, 3),
        daily("2026-10-02T11:00", "2026-10-20T11:00", "2026-11-02T11:00"),
        {
            "2026-10-02T11:00": ("oldest monthly",),
            "2026-10-20T11:00": ("monthly 2026-10",),
            "2026-11-02T11:00": ("newest proven", "monthly 2026-11"),
        },
    ),
    "and goes when it is filled": (
        Policy(0, 0, 0, 2),
        daily("2026-10-02T11:00", "2026-10-20T11:00", "2026-11-02T11:00"),
        {
            "2026-10-02T11:00": (),
            "2026-10-20T11:00": ("monthly 2026-10",),
            "2026-11-02T11:00": ("newest proven", "monthly 2026-11"),
        },
    ),
    "no rule keeps everything": (
        NONE,
        daily("2024-10-02T11:00", "2026-10-02T11:00"),
        {
            "2024-10-02T11:00": ("no rule is set",),
            "2026-10-02T11:00": ("newest proven", "no rule is set"),
        },
    ),
    "manual ones stay and take no place of a daily one": (
        Policy(1, 0, 0, 0),
        [*daily("2026-11-20T11:00", "2026-11-21T11:00"),
         Backup("first", at("2019-01-01T00:00"), MANUAL, True),
         Backup("newest", at("2026-11-22T11:00"), MANUAL, True)],
        {
            "2026-11-20T11:00": (),
            "2026-11-21T11:00": ("last",),
            "first": ("manual",),
            "newest": ("newest proven", "manual"),
        },
    ),
    "what is not understood is left alone and takes no place": (
        Policy(1, 0, 0, 0),
        [*daily("2026-11-20T11:00", "2026-11-21T11:00"),
         Backup("torn", at("2026-11-22T11:00"), DAILY, False),
         Backup("old and torn", at("2020-11-22T11:00"), BEFORE[0], False),
         Backup("tomorrow", at("2026-11-23T11:00"), DAILY, True),
         Backup("of a newer simtui", at("2026-11-22T11:00"), "hourly", True),
         Backup("of no time", -1, DAILY, True)],
        {
            "2026-11-20T11:00": (),
            "2026-11-21T11:00": ("newest proven", "last"),
            "torn": ("not proven",),
            "old and torn": ("not proven",),
            "tomorrow": ("dated in the future",),
            "of a newer simtui": ("not known",),
            "of no time": ("without a date",),
        },
    ),
    "before something: thirty days": (
        Policy(1, 0, 0, 0),
        [*daily("2026-11-21T11:00"),
         Backup("30 days", at("2026-10-22T11:00"), "before-import", True),
         Backup("31 days", at("2026-10-21T11:00"), "before-import", True)],
        {
            "2026-11-21T11:00": ("newest proven", "last"),
            "30 days": ("recent before-import",),
            "31 days": (),
        },
    ),
    "before something: five of each": (
        Policy(1, 0, 0, 0),
        [*(Backup(f"r{n}", at(f"2026-11-{10 + n}T11:00"), "before-restore", True)
           for n in range(7)),
         Backup("m", at("2026-11-01T11:00"), "before-migration", True)],
        {
            "r0": (), "r1": (),
            **{f"r{n}": ("recent before-restore",) for n in range(2, 6)},
            "r6": ("newest proven", "recent before-restore"),
            "m": ("recent before-migration",),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_rules_keep(case: str) -> None:
    policy, backups, expected = CASES[case]
    assert kept(backups, policy, NOON) == expected
    assert kept(backups[::-1], policy, NOON) == expected


def test_a_clock_at_2099_is_not_believed_before_a_second_backup_bears_it_out() -> None:
    imported = Backup("import", at("2026-11-01T11:00"), "before-import", True)
    there = [imported, *daily("2026-11-20T11:00", "2026-11-21T11:00", "2099-01-01T11:00")]
    assert removed(there, Policy(last=3), at("2099-01-01T11:01")) == set()
    there += daily("2099-01-02T11:00")
    assert "import" in removed(there, Policy(last=3), at("2099-01-02T11:01"))


def test_the_days_are_those_of_the_persons_own_calendar() -> None:
    backups = daily("2026-11-21T20:00", "2026-11-21T23:30", "2026-11-22T10:00")
    policy = Policy(0, 9, 0, 0)
    east, west = timezone(timedelta(hours=3)), timezone(timedelta(hours=-3))
    assert kept(backups, policy, NOON, east)["2026-11-21T23:30"] == ()
    assert kept(backups, policy, NOON, west)["2026-11-21T23:30"] == ("daily 2026-11-21",)


def test_a_day_that_a_clock_put_back_lives_twice_is_one_day() -> None:
    """In Havana midnight of 2026-11-01 comes twice: 0:30, then 0:30 again; a zone whose clock goes
    back at midnight itself lives the end of the day before once more."""

    class Back(tzinfo):
        def utcoffset(self, moment: datetime | None) -> timedelta:
            assert moment is not None
            return timedelta(hours=0 if self._later(moment) else 1)

        def dst(self, moment: datetime | None) -> timedelta:
            return timedelta()

        def tzname(self, moment: datetime | None) -> str:
            return ""

        def fromutc(self, moment: datetime) -> datetime:
            return moment + timedelta(hours=0 if self._later(moment) else 1)

        def _later(self, moment: datetime) -> bool:
            return moment.replace(tzinfo=None) >= datetime(2026, 11, 1, 23, 30)

    # local: 1 Nov 23:20, 2 Nov 00:20, and 1 Nov 23:40 again
    backups = daily("2026-11-01T22:20", "2026-11-01T23:20", "2026-11-01T23:40")
    found = kept([*daily("2026-10-01T00:00"), *backups], Policy(0, 2, 0, 0), NOON, Back())
    assert [words[-1:] for words in found.values()] == [
        (), (), ("daily 2026-11-02",), ("daily 2026-11-01",),
    ]  # fmt: skip
    havana = daily("2026-11-01T04:30", "2026-11-01T05:30")
    found = kept(havana, Policy(0, 2, 0, 0), NOON, ZoneInfo("America/Havana"))
    assert found["2026-11-01T04:30"] == ("oldest daily",)


# -- what holds of every case

UNTIMED = settings(deadline=None)

NOW = at("2026-11-22T12:00")
ZONES = st.sampled_from([UTC, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")])
COUNTS = st.integers(0, 9)
POLICIES = st.builds(Policy, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
TIMES = st.one_of(
    st.integers(NOW - 40 * DAY, NOW + 3 * DAY),
    st.integers(NOW // HOUR - 24 * 900, NOW // HOUR + 24 * 90).map(lambda hour: hour * HOUR),
)
BACKUPS = st.lists(
    st.builds(
        Backup,
        name=st.uuids(version=4).map(str),
        created_at=TIMES,
        reason=st.sampled_from([*(DAILY,) * 6, *REASONS, "hourly", ""]),
        proven=st.sampled_from([True, True, True, False]),
    ),
    max_size=60,
    unique_by=lambda backup: backup.name,
)


@UNTIMED
@given(BACKUPS, POLICIES, ZONES)
def test_the_newest_proven_one_is_never_removed(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    gone = removed(backups, policy, NOW, zone)
    proven = [b for b in backups if b.proven and b.reason in REASONS]
    if proven:
        newest = max(b.created_at for b in proven)
        assert {b.name for b in proven if b.created_at == newest} - gone


@UNTIMED
@given(BACKUPS, POLICIES, ZONES)
def test_only_what_is_proven_understood_and_past_is_ever_removed(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    gone = removed(backups, policy, NOW, zone)
    for backup in backups:
        if backup.name in gone:
            assert backup.proven
            assert backup.reason in {DAILY, *BEFORE}
            assert backup.created_at <= NOW


@UNTIMED
@given(BACKUPS, POLICIES, ZONES, TIMES)
def test_a_clock_that_goes_back_removes_nothing_that_would_have_stayed(
    backups: list[Backup], policy: Policy, zone: tzinfo, earlier: int
) -> None:
    later = NOW + 100 * DAY
    assert removed(backups, policy, earlier, zone) <= removed(backups, policy, later, zone)


@UNTIMED
@given(BACKUPS, POLICIES, ZONES)
def test_a_clock_at_1970_removes_nothing(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    assert removed(backups, policy, 0, zone) == set()


@UNTIMED
@given(BACKUPS, POLICIES, ZONES)
def test_what_stays_stays_when_it_is_asked_again(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    first = kept(backups, policy, NOW, zone)
    left = [backup for backup in backups if first[backup.name]]
    assert kept(left, policy, NOW, zone) == {b.name: first[b.name] for b in left}


@UNTIMED
@given(BACKUPS, POLICIES, ZONES)
def test_no_rule_keeps_more_than_it_says(
    backups: list[Backup], policy: Policy, zone: tzinfo
) -> None:
    words = [word for each in kept(backups, policy, NOW, zone).values() for word in each]
    for rule in ("daily", "weekly", "monthly", "yearly"):
        said = [word for word in words if word.startswith(f"{rule} ")]
        assert len(said) == len(set(said)) <= getattr(policy, rule)
        assert words.count(f"oldest {rule}") <= 1
    assert words.count("last") <= policy.last
    for reason in BEFORE:
        assert words.count(f"recent {reason}") <= MAX_BEFORE


@UNTIMED
@given(BACKUPS, POLICIES, ZONES, st.sampled_from(["last", "daily", "weekly", "monthly", "yearly"]))
def test_a_larger_number_never_removes_more(
    backups: list[Backup], policy: Policy, zone: tzinfo, rule: str
) -> None:
    values = {name: getattr(policy, name) for name in policy.__slots__}
    values[rule] += 1
    if policy != Policy(0, 0, 0, 0, 0):  # from no rule at all to one is from everything to some
        larger = removed(backups, Policy(**values), NOW, zone)
        assert larger <= removed(backups, policy, NOW, zone)


@UNTIMED
@given(POLICIES.filter(lambda policy: policy.daily > 0), st.integers(1, 24 * 40))
def test_pruning_every_day_leaves_what_pruning_once_would(policy: Policy, every: int) -> None:
    """A backup that a rule will want later is not removed before."""
    times = [NOW - 800 * DAY + n * every * HOUR for n in range(min(300, 800 * 24 // every))]
    everything = [Backup(f"{time:015}", time, DAILY, True) for time in times]
    left: list[Backup] = []
    for backup in everything:
        left.append(backup)
        gone = removed(left, policy, backup.created_at)
        left = [each for each in left if each.name not in gone]
    stayed = {backup.name for backup in left}
    for name, words in kept(everything, policy, times[-1]).items():
        if any(not word.startswith("oldest ") for word in words):
            assert name in stayed
