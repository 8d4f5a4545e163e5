"""What can be counted of the runs within a time, in one walk through them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from simtui.model.run import place_from

if TYPE_CHECKING:
    from sqlite3 import Connection

FAILED = "failed"


@dataclass(slots=True)
class Tally:
    """Runs that belong together: how many, how many failed, what they said."""

    runs: int = 0
    failed: int = 0
    durations_ms: list[int] = field(default_factory=list)
    costs_usd: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    unknown_costs: int = 0

    def quantile_ms(self, share: float) -> int | None:
        """The duration that this share of them stays below."""
        times = sorted(self.durations_ms)
        return times[min(len(times) - 1, int(len(times) * share))] if times else None


def tallies(
    connection: Connection, edges: Sequence[int], workflow_ids: Sequence[str] | None = None
) -> tuple[list[Tally], dict[str, Tally]]:
    """What happened between each of these moments and the next, and of each workflow."""
    spans = [Tally() for _ in edges[1:]]
    by_workflow: dict[str, Tally] = defaultdict(Tally)
    wanted = None if workflow_ids is None else set(workflow_ids)
    for tally, start, end in zip(spans, edges, edges[1:], strict=False):
        rows = connection.execute(
            "SELECT workflow_id, status, duration_ms, cost_usd, summary_json FROM runs"
            " WHERE place >= ? AND place < ?",
            (place_from(start), place_from(end)),
        )
        for workflow_id, status, duration_ms, cost_usd, summary in rows:
            if wanted is not None and workflow_id not in wanted:
                continue
            for each in (tally, by_workflow[workflow_id]):
                each.runs += 1
                each.failed += status == FAILED
                if duration_ms is not None:
                    each.durations_ms.append(duration_ms)
                if cost_usd is not None:
                    each.costs_usd.append(cost_usd)
            if cost_usd is None and not _other(tally, summary):
                tally.unknown_costs += 1
    return spans, dict(by_workflow)


def _other(tally: Tally, summary: str | None) -> bool:
    about = orjson.loads(summary) if summary else {}
    cost, unit = about.get("cost"), about.get("unit")
    if cost is None or unit is None:
        return False
    tally.others[unit] += cost
    return True


def names(connection: Connection, workflow_ids: Sequence[str]) -> dict[str, str]:
    """The names of workflows, by id."""
    found = {}
    for ident in workflow_ids:
        row = connection.execute("SELECT name FROM workflows WHERE id = ?", (ident,)).fetchone()
        found[ident] = row[0] if row else ident
    return found
