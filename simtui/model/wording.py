"""How numbers, sizes and times are said, on the screen and on the command line alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


def count(n: int) -> str:
    """`10,412`"""
    return f"{n:,}"


def plural(n: int, noun: str) -> str:
    """`1 workflow`, `2 workflows`"""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def size(n: int) -> str:
    """`812 B`, `15.4 kB`, `71 MB`, `1.2 GB`: thousands, as disks are sold."""
    if n < 1000:
        return f"{n} B"
    value = float(n)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            return f"{value:.1f} {unit}" if value < 99.95 else f"{value:.0f} {unit}"
    raise AssertionError


def duration(ms: int) -> str:
    """`812 ms`, `12.4 s`, `3.5 min`, `2.1 h`"""
    if ms < 1000:
        return f"{ms} ms"
    for limit, unit, name in ((60_000, 1000, "s"), (3_600_000, 60_000, "min")):
        if ms < limit - unit / 20:  # what would be rounded to 60.0 is one of the next unit
            return f"{ms / unit:.1f} {name}"
    return f"{ms / 3_600_000:.1f} h"


def dollars(cost_usd: float | None) -> str:
    """`$3.12`, `$0.0412`; `–` where nobody knows, which is not nothing."""
    if cost_usd is None:
        return "–"
    if cost_usd == 0 or cost_usd >= 1:
        return f"${cost_usd:,.2f}"
    return f"${cost_usd:.4f}" if cost_usd >= 0.0001 else f"${cost_usd:.2g}"


def cost(cost_usd: float | None, other: float | None, unit: str | None) -> str:
    """A run's cost: dollars, else what it is in (`12 credits`), which is never said as dollars."""
    if cost_usd is None and other is not None:
        return f"{other:,.10g} {unit or 'units'}"
    return dollars(cost_usd)


def ago(at_ms: int, now_ms: int, zone: tzinfo | None = None) -> str:
    """`now`, `4 min ago`, `2 h ago`, `yesterday`, `3 Nov`, `3 Nov 2025`. A time to come is said as
    a date: clocks differ, and nothing is hidden."""
    seconds = (now_ms - at_ms) // 1000
    if 0 <= seconds < 60:
        return "now"
    if 0 <= seconds < 3600:
        return f"{seconds // 60} min ago"
    if 0 <= seconds < 12 * 3600:
        return f"{seconds // 3600} h ago"
    when, now = local(at_ms, zone), local(now_ms, zone)
    if when.date() == now.date():
        return f"today {when:%H:%M}"
    if when.date() == now.date() - timedelta(days=1):
        return "yesterday"
    return f"{when.day} {when:%b}" + ("" if when.year == now.year else f" {when.year}")


def until(at_ms: int, now_ms: int) -> str:
    """`now`, `in 12 min`, `in 18 h`, `in 3 days`"""
    minutes = (at_ms - now_ms) // 60_000
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"in {minutes} min"
    if minutes < 48 * 60:
        return f"in {minutes // 60} h"
    return f"in {minutes // 60 // 24} days"


def day_time(at_ms: int, now_ms: int, zone: tzinfo | None = None) -> str:
    """`22 Nov 11:00`, `22 Nov 2025`: twelve characters at most, local."""
    when, now = local(at_ms, zone), local(now_ms, zone)
    return f"{when.day} {when:%b} {when:%H:%M}" if when.year == now.year else _date(when)


def day_second(at_ms: int, now_ms: int, zone: tzinfo | None = None) -> str:
    """`22 Nov 11:00:07`, `2025-11-22 11:00`: sixteen characters at most, local."""
    when, now = local(at_ms, zone), local(now_ms, zone)
    this_year = when.year == now.year
    return f"{when.day} {when:%b} {when:%H:%M:%S}" if this_year else date_time(at_ms, zone)


def _date(when: datetime) -> str:
    return f"{when.day} {when:%b} {when.year}"


def date_time(at_ms: int, zone: tzinfo | None = None) -> str:
    """`2026-11-03 14:02`, local."""
    return f"{local(at_ms, zone):%Y-%m-%d %H:%M}"


def rfc3339(at_ms: int) -> str:
    """`2026-11-03T14:02:11.120Z`"""
    when = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def local(at_ms: int, zone: tzinfo | None = None) -> datetime:
    """A time in a zone; in this machine's without one."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


RUN_SIGNS = {
    "completed": "✓",
    "failed": "✗",
    "running": "●",
    "pending": "◌",
    "paused": "◌",
    "cancelled": "–",
    "interrupted": "!",
}


def run_sign(status: str) -> str:
    """The sign of a run's status; colour never carries it alone."""
    return RUN_SIGNS.get(status, "?")


SOURCES = {
    "F1": "Sim JSON",
    "F2": "Sim API export, v1",
    "F3": "Sim API export, v2",
    "F4": "Sim admin export",
    "F5": "Sim admin export of several",
    "F6": "Sim admin workspace export",
    "F7": "Sim admin folder export",
    "Z1": "Sim zip of several",
    "Z2": "Sim workspace zip",
    "Z3": "Sim folder zip",
    "Z4": "Sim admin zip",
    "L1": "Sim state, early 2025",
    "L2": "Sim JSON, July 2025",
    "L3": "Sim editor JSON, 2025",
    "S1": "Sim executor input",
}


def source_name(code: str) -> str:
    """What a workflow came as, in words; a code that is not ours as it is."""
    return SOURCES.get(code, code)
