"""The runs of the last days at a glance, in one line below their list."""

from __future__ import annotations

import time

from simtui.library.runs import RunShelf
from simtui.model import wording
from simtui.model.run_charts import spark
from simtui.tui.clock import now
from simtui.tui.glyphs import GLYPHS
from simtui.tui.widgets.frame_lines import OneLine

DAYS = 14
LEAST_SECONDS = 2.0
SHARE = 50
"""Counting takes at most one part in so many of the time."""


class RunSummary(OneLine):
    """Counted now and then alone: it is made of thousands of runs. `is_behind`: it was not counted
    when it was looked at last."""

    is_behind = False
    _again_at = 0.0

    def forget(self) -> None:
        """The next look counts."""
        self._again_at = 0.0

    async def look(self, shelf: RunShelf, everything: int) -> None:
        """Shows it as it is now, where it was not counted just before."""
        if not everything:
            self.say([])
            return
        begun = time.monotonic()
        self.is_behind = begun < self._again_at
        if self.is_behind:
            return
        self._again_at = begun + LEAST_SECONDS
        stats = await shelf.stats(DAYS, now())
        took = time.monotonic() - begun
        self._again_at = begun + max(LEAST_SECONDS, SHARE * took)
        if not stats.runs:
            self.say([(f"  no runs in the last {DAYS} days", "dim")])
            return
        today, week = stats.days[-1], stats.weeks[-1]
        drawn = spark([day.runs for day in stats.days], ascii=GLYPHS.only_ascii)
        told = [f"{wording.count(today.runs)} today, {wording.count(today.failed)} failed"]
        if stats.p50_ms is not None and stats.p95_ms is not None:
            p50, p95 = wording.duration(stats.p50_ms), wording.duration(stats.p95_ms)
            told.append(f"p50 {p50}  p95 {p95}")
        if week.cost_usd is not None:
            told.append(f"week {wording.dollars(week.cost_usd)}")
        self.say([("  ", ""), (drawn, "key"), (f"  {' · '.join(told)}", "dim")])
