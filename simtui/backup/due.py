"""When the next backup is due, when to look again, and what to say when it fails: pure.

The clock that counts is the wall's: a monotonic one stands still while the machine sleeps. It may
be set back, so a backup that bears a time to come says nothing about the present.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simtui.model import wording

LOOK_MS = 60_000
"""The longest that anybody waits before looking again: as late as a machine that slept may be."""

RETRY_MS = 10 * 60_000
"""After a failure; twice as long after each further one, up to an hour."""

WARN_AFTER = 2
"""This many failures in a row are told until one succeeds."""

_HOUR_MS = 3_600_000
# a timer that comes a little early must not put the backup off until it comes again
_SLACK_MS = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Failures:
    """Those in a row since the last success: how many, when the last was, and what it said."""

    count: int = 0
    last_at: int = 0
    why: str = ""

    def and_one(self, at_ms: int, why: str) -> Failures:
        """One more."""
        return replace(self, count=self.count + 1, last_at=at_ms, why=why)


NO_FAILURES = Failures()


@dataclass(frozen=True, slots=True)
class Look:
    """Whether to make a backup now, and after how long to look again."""

    make: bool
    again_ms: int


def last_good(times_ms: Iterable[int], now_ms: int) -> int | None:
    """The newest of the proven backups' times that is not yet to come; None where there is none."""
    return max((time for time in times_ms if time <= now_ms), default=None)


def is_due(last_good_ms: int | None, now_ms: int, every_hours: int) -> bool:
    """Whether the last proven backup is old enough for another one. It is, too, where it bears a
    time to come: the clock was put back, and how old it is nobody knows. `every_hours`: 0 is
    never."""
    if every_hours <= 0:
        return False
    if last_good_ms is None or last_good_ms > now_ms:
        return True
    return now_ms - last_good_ms >= every_hours * _HOUR_MS - _SLACK_MS


def look(
    last_good_ms: int | None,
    now_ms: int,
    every_hours: int,
    *,
    running: bool = False,
    failures: Failures = NO_FAILURES,
) -> Look:
    """What a worker does now. `running`: one is being made already, by it or by somebody else.

    It asks again after `again_ms` at the latest, with what is there then: another process may have
    made a backup, and the machine may have slept."""
    if running or not is_due(last_good_ms, now_ms, every_hours):
        return Look(False, LOOK_MS)
    if failures.count:
        pause = min(RETRY_MS << min(failures.count - 1, 8), _HOUR_MS)
        waited = now_ms - failures.last_at
        if 0 <= waited < pause:  # a clock that was put back ends the pause
            return Look(False, min(pause - waited, LOOK_MS))
    return Look(True, LOOK_MS)


def warning(failures: Failures, last_good_ms: int | None, now_ms: int) -> str:
    """A sentence for the status line; "" as long as it is not worth one."""
    if failures.count < WARN_AFTER:
        return ""
    if last_good_ms is None:
        since = "there is no proven backup"
    else:
        since = f"the last proven one is from {_when(last_good_ms, now_ms)}"
    why = failures.why.rstrip(".")
    return f"{failures.count} backups in a row failed, {since}{f': {why}' if why else ''}"


def _when(at_ms: int, now_ms: int) -> str:
    said = wording.ago(at_ms, now_ms)
    return "just now" if said == "now" else said
