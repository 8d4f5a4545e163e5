"""The one clock that the screen tells times by."""

from __future__ import annotations

import time
from datetime import datetime


def now_ms() -> int:
    """This moment, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def now() -> datetime:
    """This moment in the zone that one is in."""
    return datetime.fromtimestamp(now_ms() / 1000).astimezone()
