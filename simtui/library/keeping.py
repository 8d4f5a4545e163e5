"""How the library is kept: when the last proven backup was made, whether the next one is due, and
what to say where they fail. Loads nothing that makes one."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.backup import due
from simtui.library.backups import PROVEN, now_ms
from simtui.model import settings

if TYPE_CHECKING:
    from simtui.library import Library

_HOUR_MS = 3_600_000
_IDLE_PAGES = 25_000  # 100 MB; it is given back in steps of some milliseconds


@dataclass(frozen=True, slots=True)
class Kept:
    """Times are Unix milliseconds. `proven_at`: when the newest proven backup was made, None where
    there is none. `next_at`: when the next one is due, None where none is made by itself.
    `make_now`: a worker makes one now; else it looks again after `again_ms`. `warning`: what to say
    until one succeeds, or ""."""

    proven_at: int | None
    files: int
    size_bytes: int
    next_at: int | None
    make_now: bool
    again_ms: int
    warning: str


async def look(library: Library, *, running: bool = False) -> Kept:
    """What is true now. `running`: one is being made by this process."""
    backups = await library.backups.all()
    failed = await library.backups.failures()
    stored = await library.settings.all()
    every_hours = settings.number("backup.every", stored, os.environ) or 0
    now = now_ms()
    last = due.last_good((each.created_at for each in backups if each.verdict == PROVEN), now)
    failures = due.NO_FAILURES
    for attempt in failed:
        failures = failures.and_one(attempt.created_at, attempt.words)
    waits = running or (last is None and await library.is_empty())
    decided = due.look(last, now, every_hours, running=waits, failures=failures)
    return Kept(
        proven_at=last,
        files=len(backups),
        size_bytes=sum(each.size_bytes for each in backups),
        next_at=_next(last, now, every_hours),
        make_now=decided.make,
        again_ms=decided.again_ms,
        warning=due.warning(failures, last, now),
    )


async def tidy(library: Library) -> None:
    """What is done while nobody needs the library: the file gets as small as what it holds, the
    reserve is there for a full disk, and what a backup that was killed left behind goes."""
    from simtui.backup import workplace

    if library.backups.folder.is_dir():
        await asyncio.to_thread(workplace.sweep, library.backups.folder)
    if await library.space.free_bytes():
        await library.space.give_back(_IDLE_PAGES)
    await asyncio.to_thread(library.space.keep_reserve)


def _next(last: int | None, now: int, every_hours: int) -> int | None:
    if not every_hours:
        return None
    return now if last is None else max(now, last + every_hours * _HOUR_MS)
