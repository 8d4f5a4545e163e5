"""The runs of the library: pages of them, one of them with its spans and its log, what is counted
of them, and what may go.

What is read here is as it was kept; `with_masked_keys` in model/run_text.py masks what looks like a
key on its way to people.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from simtui.errors import NotFound, UsageError, shown
from simtui.formats.run_events import run_lines
from simtui.library.space import forget_words
from simtui.library.workflows import now_ms
from simtui.model import settings
from simtui.model.filters import EMPTY, Filter
from simtui.model.run import LogLine, Payloads, Run, Span
from simtui.model.run_charts import Day, OfWorkflow, RunStats, Week
from simtui.model.run_tree import Comparison, Node, compare, tree_of
from simtui.store import log_lines, run_pages, run_retention, run_stats, runs
from simtui.store import search as words
from simtui.store import spans as span_rows
from simtui.store.run_retention import Going

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.library import Library

__all__ = ["Going", "RunDetail", "RunLimits", "RunShelf"]

_DAY_MS = 86_400_000
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with what is large of it, and how much hangs on it."""

    run: Run
    payloads: Payloads
    spans: int
    log_lines: int
    errors: int


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What the policy keeps: runs of so many days, so many runs, so many bytes; None is all."""

    days: int | None = None
    count: int | None = None
    size_bytes: int | None = None

    @classmethod
    def of(
        cls,
        stored: Mapping[str, str],
        environment: Mapping[str, str],
        *,
        days: str | None = None,
        count: str | None = None,
        megabytes: str | None = None,
    ) -> RunLimits:
        """What the settings say, where a flag does not."""
        size = settings.number("keep.run_mb", stored, environment, megabytes)
        return cls(
            settings.number("keep.run_days", stored, environment, days),
            settings.number("keep.runs", stored, environment, count),
            None if size is None else size * 1_000_000,
        )

    @property
    def keep_everything(self) -> bool:
        """Whether nothing may go."""
        return self.days is None and self.count is None and self.size_bytes is None


class RunShelf:
    """The runs of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._store = library.store

    async def page(
        self,
        filter: Filter = EMPTY,
        *,
        after: int | None = None,
        before: int | None = None,
        from_end: bool = False,
        limit: int = 100,
    ) -> list[Run]:
        """Up to `limit` runs, newest first: behind the place `after`, ahead of `before`, or the
        oldest."""
        return await self._store.read(
            run_pages.page, filter, after=after, before=before, from_end=from_end, limit=limit
        )

    async def count(self, filter: Filter = EMPTY) -> int:
        """How many the filter means."""
        return await self._store.read(run_pages.count, filter)

    async def find(self, reference: str) -> Run:
        """The run that an id, or the start of one, means. Raises `NotFound`."""
        return await self._store.read(runs.find, reference)

    async def get(self, run_id: str) -> RunDetail:
        """One run with its input and output. Raises `NotFound`, `Damaged`."""
        return await self._store.read(_detail, run_id)

    async def tree(self, run: Run) -> tuple[list[Node], int]:
        """The spans of a run as a tree, without what is large of them; and how many there are,
        where that is more than a tree shows."""
        spans, total = await self._store.read(span_rows.tree_rows, run.number)
        return tree_of(spans), total

    async def span(self, run: Run, span_id: str) -> Span:
        """One span with its input and output. Raises `NotFound`, `Damaged`."""
        found = await self._store.read(span_rows.get, run, span_id)
        if found is None:
            raise NotFound(f"Run {shown(run.id)} has no span {shown(span_id)}.")
        return found

    async def log(
        self,
        run: Run,
        *,
        after: int | None = None,
        before: int | None = None,
        from_end: bool = False,
        limit: int = 200,
        levels: Sequence[str] | None = None,
        text: str = "",
    ) -> list[LogLine]:
        """Log lines in their order, behind number `after`, ahead of `before`, or the last: of these
        levels, with words that begin as those of `text`. A text without a word in it finds none."""
        match = words.match_of(text)
        if text.strip() and match is None:
            return []
        return await self._store.read(
            log_lines.page, run, after=after, before=before, from_end=from_end, limit=limit,
            levels=levels, match=match,
        )  # fmt: skip

    async def log_levels(self, run: Run) -> list[str]:
        """The levels that a run's lines have."""
        return await self._store.read(log_lines.levels_of, run.number)

    async def log_count(self, run: Run, levels: Sequence[str] | None = None) -> int:
        """How many lines a run has, of these levels."""
        return await self._store.read(log_lines.count, run.number, levels)

    async def next_error(self, run: Run, seq: int, *, backwards: bool = False) -> int | None:
        """The number of the next line of an error, or of the one before; None where there is
        none."""
        return await self._store.read(log_lines.next_error, run.number, seq, backwards=backwards)

    async def log_holding(
        self, run: Run, part: str, *, after: int = -1, step: int = 20_000
    ) -> AsyncIterator[tuple[list[LogLine], int | None]]:
        """Lines that hold a text anywhere, a step at a time: (what is found, how far it has come;
        None at the end)."""
        at: int | None = after
        while at is not None:
            found, at = await self._store.read(log_lines.holding, run, part, at, step)
            yield found, at

    async def compare(self, left_id: str, right_id: str) -> Comparison:
        """Two runs side by side. Raises `NotFound`, `Damaged`."""
        sides = []
        for ident in (left_id, right_id):
            detail = await self.get(ident)
            spans, _ = await self._store.read(span_rows.tree_rows, detail.run.number)
            sides.append((detail.run, spans, detail.payloads))
        return await asyncio.to_thread(compare, *sides)

    async def pin(self, runs_to_pin: Sequence[Run], pinned: bool = True) -> int:
        """Keeps runs from every pruning, or no longer. How many were otherwise."""
        return await self._store.write(runs.pin, [run.number for run in runs_to_pin], pinned)

    async def count_of_workflows(self, workflow_ids: Sequence[str]) -> int:
        """How many runs these workflows have."""
        return await self._store.read(runs.count_of_workflows, workflow_ids)

    async def stats(
        self, days: int, now: datetime, workflow_ids: Sequence[str] | None = None, top: int = 10
    ) -> RunStats:
        """What is counted of the last so many days, in the days of `now`'s zone."""
        return await self._store.read(_stats, days, now, workflow_ids, top)

    async def going(self, limits: RunLimits) -> Going:
        """What may go by these limits. Changes nothing."""
        return await self._store.read(
            run_retention.going,
            before_ms=None if limits.days is None else now_ms() - limits.days * _DAY_MS,
            newest=limits.count,
            size_bytes=limits.size_bytes,
        )

    async def prune(self, going: Going, tell: Callable[[int, int], None] | None = None) -> int:
        """Removes what was planned, but for what was pinned meanwhile; their words go from the
        index too, and the file gets smaller. How many went."""
        gone = 0
        step = run_retention.RUNS_AT_ONCE
        for start in range(0, len(going.numbers), step):
            some = going.numbers[start : start + step]
            gone += await self._store.write(run_retention.remove, some)
            if tell is not None:
                tell(start + len(some), len(going.numbers))
        if gone:
            await forget_words(self._store)
            await self._library.space.give_back()
        return gone

    async def delete(self, doomed: Sequence[Run]) -> int:
        """Removes runs, pinned or not. How many there were."""
        return await self._store.write(runs.delete, [run.number for run in doomed])

    async def events(
        self, filter: Filter = EMPTY, workflow_ids: Sequence[str] | None = None
    ) -> AsyncIterator[bytes]:
        """Runs as events, a line each (formats/run_events.py), oldest first: those that a filter
        means, or those of these workflows."""
        after = -1
        while True:
            if workflow_ids is None:
                page = await self._store.read(run_pages.page, filter, before=after, limit=_AT_ONCE)
                some = [(run.place, run.id) for run in reversed(page)]
            else:
                some = await self._store.read(
                    runs.numbers_of_workflows, workflow_ids, after, _AT_ONCE
                )
            if not some:
                return
            for _, run_id in some:
                async for lines in self.events_of(run_id):
                    yield lines
            after = some[-1][0]

    async def events_of(self, run_id: str) -> AsyncIterator[bytes]:
        """One run as events, in pieces of whole lines."""
        for lines in await self._store.read(_run_events, run_id):
            yield lines


def _run_events(connection: Connection, run_id: str) -> list[bytes]:
    run = runs.get(connection, run_id)
    if run is None:  # gone meanwhile
        return []
    pieces: list[bytes] = []
    piece = bytearray()
    for line in run_lines(
        run,
        runs.payloads(connection, run),
        log_lines.each(connection, run),
        span_rows.each(connection, run),
    ):
        piece += line
        if len(piece) > 1 << 20:
            pieces.append(bytes(piece))
            piece.clear()
    return [*pieces, bytes(piece)] if piece else pieces


def _detail(connection: Connection, run_id: str) -> RunDetail:
    run = runs.get(connection, run_id)
    if run is None:
        raise NotFound(f"There is no run {shown(run_id)}.")
    return RunDetail(
        run,
        runs.payloads(connection, run),
        span_rows.count(connection, run.number),
        log_lines.count(connection, run.number),
        log_lines.count(connection, run.number, log_lines.ERROR_LEVELS),
    )


# -- stats


def _stats(
    connection: Connection,
    days: int,
    now: datetime,
    workflow_ids: Sequence[str] | None,
    top: int,
) -> RunStats:
    if not 1 <= days <= 3660:
        raise UsageError("Between 1 and 3660 days are counted at once.")
    first = now.date() - timedelta(days=days - 1)
    dates = [first + timedelta(days=n) for n in range(days + 1)]
    edges = [
        int(datetime(day.year, day.month, day.day, tzinfo=now.tzinfo).timestamp() * 1000)
        for day in dates
    ]
    by_day, by_workflow = run_stats.tallies(connection, edges, workflow_ids)
    every = [each for tally in by_day for each in tally.durations_ms]
    whole = run_stats.Tally(durations_ms=every)
    busiest = sorted(by_workflow, key=lambda ident: (-by_workflow[ident].runs, ident))[:top]
    names = run_stats.names(connection, busiest)
    return RunStats(
        days=tuple(
            Day(day, tally.runs, tally.failed, tally.quantile_ms(0.5), tally.quantile_ms(0.95))
            for day, tally in zip(dates, by_day, strict=False)
        ),
        weeks=tuple(_weeks(dates[:-1], by_day)),
        workflows=tuple(
            OfWorkflow(
                ident,
                names[ident],
                by_workflow[ident].runs,
                by_workflow[ident].failed,
                by_workflow[ident].quantile_ms(0.5),
                _sum(by_workflow[ident].costs_usd),
            )
            for ident in busiest
        ),
        p50_ms=whole.quantile_ms(0.5),
        p95_ms=whole.quantile_ms(0.95),
    )


def _weeks(dates: Sequence[date], tallies: Sequence[run_stats.Tally]) -> Iterator[Week]:
    by_monday: dict[date, list[run_stats.Tally]] = {}
    for day, tally in zip(dates, tallies, strict=True):
        by_monday.setdefault(day - timedelta(days=day.weekday()), []).append(tally)
    for monday, some in by_monday.items():
        others: dict[str, float] = {}
        for tally in some:
            for unit, amount in tally.others.items():
                others[unit] = others.get(unit, 0) + amount
        yield Week(
            monday,
            _sum([cost for tally in some for cost in tally.costs_usd]),
            sum(tally.unknown_costs for tally in some),
            tuple(sorted(others.items())),
        )


def _sum(costs: Sequence[float]) -> float | None:
    """What is known in all; None where nothing is."""
    return sum(costs) if costs else None
