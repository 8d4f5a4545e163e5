"""Which backups stay, and why: a pure rule over what is there.

The rules are ORed, and they count backups, not days: only in periods in which there is one. So a
clock that went back, or a year without a backup, removes nothing. What is not understood (another
kind, not proven, dated in the future) is never removed, and takes no place of what is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from simtui.model import settings

DAILY = "daily"
MANUAL = "manual"
BEFORE = ("before-migration", "before-restore", "before-import")
REASONS = (DAILY, MANUAL, *BEFORE)
"""What a backup is made for."""

MAX_BEFORE = 5
BEFORE_DAYS = 30

_DAY_MS = 86_400_000
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Backup:
    """`created_at`: Unix milliseconds, UTC. `proven`: it was opened as a restore opens it, and
    whole, the last time that somebody looked."""

    name: str
    created_at: int
    reason: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """How many of the daily ones each rule keeps; 0 is no such rule, and no rule at all keeps
    everything."""

    last: int = 0
    daily: int = 7
    weekly: int = 4
    monthly: int = 12
    yearly: int = 0

    @classmethod
    def of(cls, stored: Mapping[str, str], environment: Mapping[str, str]) -> Policy:
        """The policy that the settings say."""
        rules = ("last", "daily", "weekly", "monthly", "yearly")
        counts = (settings.number(f"backup.keep_{rule}", stored, environment) for rule in rules)
        return cls(*(count or 0 for count in counts))


@dataclass(frozen=True, slots=True)
class Decision:
    """What keeps a backup, in words for people. Nothing does: it may go."""

    name: str
    kept_by: tuple[str, ...]


def decide(
    backups: Iterable[Backup], policy: Policy, now_ms: int, zone: tzinfo | None
) -> list[Decision]:
    """What keeps each backup, in the order given. `zone`: whose calendar days, weeks and months
    count; None is this machine's."""
    given = list(backups)
    kept: list[list[str]] = [[] for _ in given]
    known: list[int] = []
    for n, backup in enumerate(given):
        if why := _left_alone(backup, now_ms):
            kept[n].append(why)
        else:
            known.append(n)
    # newest first; of two at one moment the name decides, so that the order given does not
    known.sort(key=lambda n: (given[n].created_at, given[n].name), reverse=True)
    if known:
        kept[known[0]].append("newest proven")
    for n in known:
        if given[n].reason == MANUAL:
            kept[n].append("manual")
    _keep_before(given, known, now_ms, kept)
    _keep_daily(given, [n for n in known if given[n].reason == DAILY], policy, zone, kept)
    return [Decision(backup.name, tuple(words)) for backup, words in zip(given, kept, strict=True)]


def _left_alone(backup: Backup, now_ms: int) -> str:
    """Why no rule is asked about this one; "" where the rules decide."""
    if backup.reason not in REASONS:
        return "not known"
    if not backup.proven:
        return "not proven"
    if backup.created_at > now_ms:
        return "dated in the future"
    if backup.created_at < 0:
        return "without a date"
    return ""


def _keep_before(
    given: Sequence[Backup], known: Sequence[int], now_ms: int, kept: list[list[str]]
) -> None:
    # the clock alone does not make one old: a backup that was made later, and not just now, must
    # bear it out, or the first one under a clock at 2099 would sweep them all away
    seen = max(
        (given[n].created_at for n in known if given[n].created_at <= now_ms - _DAY_MS // 2),
        default=0,
    )
    for reason in BEFORE:
        for n in [n for n in known if given[n].reason == reason][:MAX_BEFORE]:
            if seen - given[n].created_at <= BEFORE_DAYS * _DAY_MS:
                kept[n].append(f"recent {reason}")


def _keep_daily(
    given: Sequence[Backup],
    newest_first: Sequence[int],
    policy: Policy,
    zone: tzinfo | None,
    kept: list[list[str]],
) -> None:
    rules: list[tuple[str, int, Callable[[datetime], str]]] = [
        ("daily", policy.daily, lambda day: f"{day:%Y-%m-%d}"),
        ("weekly", policy.weekly, lambda day: f"{day:%G-W%V}"),
        ("monthly", policy.monthly, lambda day: f"{day:%Y-%m}"),
        ("yearly", policy.yearly, lambda day: f"{day:%Y}"),
    ]
    if policy.last <= 0 and all(count <= 0 for _, count, _ in rules):
        for n in newest_first:
            kept[n].append("no rule is set")
        return
    for n in newest_first[: max(policy.last, 0)]:
        kept[n].append("last")
    days = {
        n: (_BEGINNING + timedelta(milliseconds=given[n].created_at)).astimezone(zone)
        for n in newest_first
    }
    for name, count, period_of in rules:
        # all periods, not only the one before: at midnight a clock put back lives a day twice
        seen: set[str] = set()
        for n in newest_first:
            if len(seen) >= count:
                break
            period = period_of(days[n])
            if period not in seen:
                seen.add(period)
                kept[n].append(f"{name} {period}")
            elif n == newest_first[-1]:
                kept[n].append(f"oldest {name}")
