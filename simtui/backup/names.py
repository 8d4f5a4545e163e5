"""What a backup is called: when it was made, in UTC, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from simtui.model.retention import REASONS

_NAME = re.compile(
    rf"simai-(\d{{8}}T\d{{6}}Z)-({'|'.join(REASONS)})(?:-([2-9]|[1-9]\d+))?(\.damaged)?\.zip"
)
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says. `created_at`: Unix milliseconds of a whole second. `damaged`: a copy that
    was kept although something in it was damaged already, which is no backup."""

    name: str
    created_at: int
    reason: str
    damaged: bool


def name_of(created_at: int, reason: str, number: int = 1, *, damaged: bool = False) -> str:
    """`simai-20261122T193400Z-daily.zip`; the second one of that second has `-2`."""
    stamp = datetime.fromtimestamp(created_at // 1000, UTC)
    # not strftime, which writes a year before 1000 with fewer digits on some systems
    when = f"{stamp.year:04}{stamp:%m%dT%H%M%SZ}"
    again = f"-{number}" if number > 1 else ""
    return f"simai-{when}-{reason}{again}{'.damaged' if damaged else ''}.zip"


def read_name(name: str) -> Named | None:
    """None for a file that is not ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        when = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Named(name, int(when.timestamp()) * 1000, found[2], found[4] is not None)
