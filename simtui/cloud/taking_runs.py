"""Which runs are read, and how they come in: those that started since the last time, and those that
had no end then. What is here with its end is not asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

import orjson
from psycopg import sql

from simtui.cloud.choosing import Wanted
from simtui.cloud.details import LINES, RAN
from simtui.cloud.reading import Snapshot
from simtui.cloud.report import Item, Report
from simtui.cloud.runs import LOGS, ReadRun, runs_of_lines, runs_where
from simtui.cloud.schema import Schema
from simtui.cloud.workflows import HUNDRED, Reading, hundred
from simtui.formats.sim_json import iso
from simtui.library import Library
from simtui.library.extracted import RUNS, SNAPSHOT, SOURCE, Extracted, Extractions
from simtui.model.run_said import RunSaid, Said
from simtui.model.wording import plural
from simtui.recording import Recorder, recording
from simtui.recording.streams import Piece

_BATCH_RUNS = 1000
_BATCH_SAID = 8000
# a run's row is written as it starts, by several servers, whose clocks need not agree
_OVERLAP = timedelta(hours=1)
_FAR = "\U0010ffff"
"""Behind every id: the runs of workflows that are gone come last."""


@dataclass(frozen=True, slots=True)
class RunReading:
    """`as_of`: what starts later comes the next time, with the document that ran. `open_runs`: the
    runs of these workflows that are here without their end."""

    reading: Reading
    wanted: Wanted
    as_of: str
    open_runs: Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class RunBatch:
    """Some runs; the last of a hundred workflows has the `place` behind them, and its `marks`."""

    runs: Sequence[ReadRun]
    place: str | None = None
    marks: Sequence[Extracted] = ()

    def __bool__(self) -> bool:
        return True


def run_batches(runs: RunReading, after: str) -> Generator[RunBatch, None, None]:
    """The runs of all workflows behind this id, then those whose workflow is gone."""
    reading = runs.reading
    while after < _FAR:
        with reading.database.snapshot() as snapshot:
            rows = hundred(reading, snapshot, after)
            ids = [row.id for row in rows]
            yield from _in_batches(_of_workflows(runs, snapshot, ids))
        after = ids[-1] if len(ids) == HUNDRED else _FAR
        yield RunBatch((), after, _marks(runs, ids))
    with reading.database.snapshot() as snapshot:
        yield from _in_batches(_of_nobody(runs, snapshot))


def _in_batches(found: Iterator[ReadRun]) -> Iterator[RunBatch]:
    batch: list[ReadRun] = []
    said = 0
    for run in found:
        batch.append(run)
        said += len(run.said)
        if len(batch) >= _BATCH_RUNS or said >= _BATCH_SAID:
            yield RunBatch(batch)
            batch, said = [], 0
    if batch:
        yield RunBatch(batch)


def _marks(runs: RunReading, ids: Sequence[str]) -> list[Extracted]:
    about = orjson.dumps({"from": runs.wanted.since_ms or 0}).decode()
    return [Extracted(RUNS, ident, runs.as_of, ident, about) for ident in ids]


def _of_workflows(runs: RunReading, snapshot: Snapshot, ids: Sequence[str]) -> Iterator[ReadRun]:
    if not ids:
        return
    known = {
        ident: mark
        for ident, mark in runs.reading.known(RUNS, ids).items()
        if isinstance(mark, Extracted) and _covers(mark, runs.wanted.since_ms)
    }
    new = [ident for ident in ids if ident not in known]
    if new:
        yield from _between(runs, snapshot, new, _since(runs.wanted))
    if known:
        since = datetime.fromisoformat(min(mark.digest for mark in known.values())) - _OVERLAP
        yield from _between(runs, snapshot, list(known), str(since))
        if going_on := runs.open_runs(list(known)):
            where = sql.SQL("t.execution_id = ANY(%s)")
            yield from _both(runs.reading.schema, snapshot, where, [going_on])


def _covers(mark: Extracted, since_ms: int | None) -> bool:
    """Whether what is wanted began where the last time began, or later."""
    before = orjson.loads(mark.about or "{}").get("from", 0)
    return bool(before <= (since_ms or 0))


def _since(wanted: Wanted) -> str | None:
    return None if wanted.since_ms is None else iso(wanted.since_ms).rstrip("Z")


def _between(
    runs: RunReading, snapshot: Snapshot, ids: Sequence[str], since: str | None
) -> Iterator[ReadRun]:
    yield from _both(
        runs.reading.schema, snapshot, sql.SQL("t.workflow_id = ANY(%s)"), [list(ids)],
        since, runs.as_of,
    )  # fmt: skip


def _of_nobody(runs: RunReading, snapshot: Snapshot) -> Iterator[ReadRun]:
    """Runs of workflows that were deleted there."""
    reading = runs.reading
    for table in (LOGS, LINES):
        where = sql.SQL(
            "(t.workflow_id IS NULL OR NOT EXISTS (SELECT 1 FROM {} AS w WHERE w.id ="
            " t.workflow_id))"
        ).format(reading.schema.table("workflow"))
        parameters: list[object] = []
        if not reading.chosen.is_all:
            condition, parameters = reading.chosen.condition(reading.schema, table)
            where = sql.SQL("{} AND {}").format(where, condition)
        since = _since(runs.wanted)
        yield from _one(reading.schema, snapshot, table, where, parameters, since, runs.as_of)
    if reading.chosen.is_all and reading.schema.has(RAN, "execution_id"):
        yield from _of_no_run(reading.schema, snapshot)


def _of_no_run(schema: Schema, snapshot: Snapshot) -> Iterator[ReadRun]:
    """Blocks that ran in a run that is gone: nobody can tell what that was."""
    query = sql.SQL(
        "SELECT count(*) FROM {} AS t WHERE NOT EXISTS (SELECT 1 FROM {} AS l"
        " WHERE l.execution_id = t.execution_id)"
    ).format(schema.table(RAN), schema.table(LOGS))
    if count := snapshot.all(query)[0][0] if schema.has(LOGS, "execution_id") else 0:
        why = "the runs that they are of are not there"
        yield ReadRun(RAN, plural(count, "row"), rows=count, reason=why)


def _both(
    schema: Schema,
    snapshot: Snapshot,
    where: sql.Composable,
    parameters: Sequence[object],
    since: str | None = None,
    until: str | None = None,
) -> Iterator[ReadRun]:
    for table in (LOGS, LINES):
        yield from _one(schema, snapshot, table, where, parameters, since, until)


def _one(
    schema: Schema,
    snapshot: Snapshot,
    table: str,
    where: sql.Composable,
    parameters: Sequence[object],
    since: str | None,
    until: str | None,
) -> Iterator[ReadRun]:
    if not schema.has(table, "execution_id"):
        return
    at = sql.Identifier("t", "started_at" if table == LOGS else "created_at")
    given = list(parameters)
    signs: tuple[tuple[LiteralString, str | None], ...] = ((">=", since), ("<=", until))
    for sign, moment in signs:
        if moment is not None:
            # a row that does not say when is taken, and told
            text = sql.SQL("{} AND ({} {} %s::timestamp OR {} IS NULL)")
            where = text.format(where, at, sql.SQL(sign), at)
            given.append(moment)
    read = runs_where if table == LOGS else runs_of_lines
    yield from read(snapshot, schema, where, given)


# -- into the library


async def take_runs(
    library: Library | None,
    shelf: Extractions | None,
    batches: AsyncIterator[RunBatch | None],
    report: Report,
    settled: Callable[[RunBatch], Awaitable[None]],
) -> None:
    """Records each batch; without a library (a dry run) only counts. `settled` is called after
    each."""
    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(recording(library)) if library else None
        async for batch in batches:
            assert batch is not None
            await _take(recorder, shelf, batch.runs, report)
            await settled(batch)


async def _take(
    recorder: Recorder | None, shelf: Extractions | None, runs: Sequence[ReadRun], report: Report
) -> None:
    there: set[str] = set()
    digests: dict[str, Extracted] = {}
    good = [run for run in runs if run.said]
    if shelf is not None and good:
        there = await shelf.ended_runs([run.id for run in good])
        ids = [run.snapshot_id for run in good if run.snapshot_id and run.id not in there]
        digests = await shelf.by_id(SNAPSHOT, list(dict.fromkeys(ids)))
    new = [run for run in good if run.id not in there]
    outcomes = dict.fromkeys(there, "unchanged")
    if recorder is not None and new:
        said: list[Said] = []
        for run in new:
            known = digests.get(run.snapshot_id or "")
            said += _with_version(run.said, known.digest if known else None)
        items = await recorder.take(Piece(SOURCE, None, said))
        items += await recorder.end(SOURCE, None)
        outcomes |= {item.run_id: item.outcome for item in items if item.run_id}
    for run in runs:
        for item in run.bad_rows:
            report.tell(item)
            if item.outcome == "refused":
                report.count({item.table: 1}, "refused")
        rows = {run.table: run.rows, **run.others}
        if not run.said:
            report.count(rows, "refused")
            report.tell(Item(run.table, run.id, "", "refused", run.reason))
            continue
        outcome = outcomes.get(run.id, "imported")
        report.count(rows, outcome)
        report.traces_elsewhere += run.trace_elsewhere and outcome != "unchanged"


def _with_version(said: Sequence[Said], digest: str | None) -> Iterator[Said]:
    for one in said:
        if digest is not None and isinstance(one, RunSaid):
            one = one._replace(version_digest=digest)
        yield one
