"""The whole of an extraction: the database is read in a thread, a batch ahead, while the batch
before is written in one transaction, with how far it got and what the report says by then.

So it can be broken off anywhere. `prepare` writes nothing, and finds what must be told before
anything is written: no such database, workspace or person, a wrong key.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Event
from typing import Any, TypeVar

from simtui.cloud import choosing, secrets
from simtui.cloud.address import Address
from simtui.cloud.beside import entries_of
from simtui.cloud.choosing import Chosen, Wanted
from simtui.cloud.entries import Entry, next_batch
from simtui.cloud.folders import Folders
from simtui.cloud.missing import left_behind, missing_in
from simtui.cloud.others import TABLES, others_of
from simtui.cloud.reading import Database
from simtui.cloud.report import Item, Report
from simtui.cloud.schema import Schema, schema_of
from simtui.cloud.secrets import Opened
from simtui.cloud.tables import not_read, not_taken
from simtui.cloud.taking_runs import RunBatch, RunReading, run_batches, take_runs
from simtui.cloud.workflows import Reading, orphans_of, workflows_of
from simtui.library import Library
from simtui.library.extracted import Extractions, Settled, Thing
from simtui.library.workflows import now_ms

Result = TypeVar("Result")

Progress = Callable[[str, int], None]
"""Told of what is being taken, and how many by now."""

IS_SET = "its value did not come; one is set here"

SECRETS = "secrets"
"""Counted like a table: a row for each name."""

STAGES = ("", "workflows", "orphans", "runs", "end")

_AS_OF = "SELECT to_char(now(), 'YYYY-MM-DD HH24:MI:SS.US')"


@dataclass(slots=True)
class Plan:
    """What will be taken; nothing is written yet. `close` must be called."""

    database: Database
    schema: Schema
    chosen: Chosen
    wanted: Wanted
    folders: Folders
    secrets: Opened = field(repr=False)
    selection: str
    report: Report

    def close(self) -> None:
        """Ends the connection."""
        self.database.close()
        for value in self.secrets.values.values():
            value[:] = bytes(len(value))


async def prepare(address: Address, wanted: Wanted, key: bytes | None) -> Plan:
    """Connects and looks. Raises `NotFound`, `Locked`, `Busy`, or `BadInput` for a database that is
    none of Sim's and for a key that opens nothing."""
    return await asyncio.to_thread(_prepared, address, wanted, key)


def _prepared(address: Address, wanted: Wanted, key: bytes | None) -> Plan:
    database = Database.open(address)
    try:
        with database.snapshot() as snapshot:
            schema = schema_of(snapshot, address.host)
            chosen = choosing.choose(snapshot, schema, wanted)
            refused: list[tuple[str, str]] = []
            opened = secrets.opened(secrets.sealed_in(snapshot, schema, chosen, refused), key)
            opened.refused += refused
            report = Report(
                source=address.host,
                as_of=snapshot.all(_AS_OF)[0][0],
                missing=[
                    *left_behind(snapshot, schema, chosen),
                    *missing_in(schema, chosen, wanted, has_key=key is not None),
                ],
                not_taken=not_taken(schema),
                not_read=not_read(schema, TABLES),
            )
            return Plan(
                database,
                schema,
                chosen,
                wanted,
                Folders(snapshot, schema, chosen),
                opened,
                wanted.digest(address.database, key is not None),
                report,
            )
    except BaseException:
        database.close()
        raise


async def extract(
    plan: Plan,
    library: Library | None,
    *,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> Report:
    """Takes what is planned, or says what would be taken. The report of all of it, also where an
    earlier part was broken off."""
    work = _Extraction(plan, library, dry_run, on_progress or (lambda _what, _n: None))
    return await work.run()


class _Extraction:
    def __init__(
        self, plan: Plan, library: Library | None, dry_run: bool, on_progress: Progress
    ) -> None:
        self._plan = plan
        self._library = library
        self._writes = library is not None and not dry_run
        self._shelf = Extractions(library) if library is not None else None
        self._on_progress = on_progress
        self._loop = asyncio.get_running_loop()
        self._report = plan.report
        self._report.dry_run = dry_run
        self._number = 0
        self._stage, self._after = "", ""

    async def run(self) -> Report:
        """All of it, from where it is."""
        if self._writes:
            await self._begin()
        if self._stage == "":
            await self._secrets()
            await self._take(self._all_others(), "")
            await self._reach("workflows")
        reading = Reading(
            self._plan.database,
            self._plan.schema,
            self._plan.chosen,
            self._plan.folders,
            self._known,
            now_ms(),
        )
        if self._stage == "workflows":
            await self._take(entries_of(workflows_of(reading, self._after)), "workflows")
            await self._reach("orphans")
        if self._stage == "orphans":
            await self._take(entries_of(orphans_of(reading, self._after)), "orphans")
            await self._reach("runs" if self._plan.wanted.with_runs else "end")
        if self._stage == "runs":
            await self._take_runs(reading)
            await self._reach("end")
        return self._report

    # -- where it is

    async def _begin(self) -> None:
        assert self._shelf is not None
        report = self._report
        begun = await self._shelf.begin(report.source, self._plan.selection, report.dumps())
        self._number = begun.number
        if begun.place:
            self._stage, _, self._after = begun.place.partition(" ")
            self._report = Report.loads(begun.report)
            self._report.went_on = True

    async def _reach(self, stage: str) -> None:
        self._stage, self._after = stage, ""
        if self._writes:
            assert self._shelf is not None
            ended = stage == STAGES[-1]
            await self._shelf.go_on(self._number, f"{stage} ", self._report.dumps(), ended=ended)

    def _known(self, kind: str, workflow_ids: Sequence[str]) -> Mapping[str, object]:
        """Asked by the thread that reads."""
        shelf = self._shelf
        if shelf is None:
            return {}
        return self._from_thread(shelf.known(kind, workflow_ids))

    def _from_thread(self, question: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result()

    # -- secrets

    async def _secrets(self) -> None:
        opened, report = self._plan.secrets, self._report
        states = dict(opened.states)
        new = set(states)
        there: set[str] = set()
        if self._shelf is not None:
            there = await self._shelf.set_secrets()
            states |= {name: IS_SET for name in opened.without_value if name in there}
            wanted = [name for name in opened.without_value if name not in there]
            new = await self._shelf.want_secrets(wanted, writes=self._writes)
        if not self._writes:
            states |= dict.fromkeys(opened.values, "opened")
            new |= opened.values.keys() - there
        else:
            assert self._shelf is not None
            for name, value in opened.values.items():
                settled = await self._shelf.keep_secret(name, value)
                states[name] = settled.reason or settled.outcome
                if settled.outcome == "imported":
                    new.add(name)
        if opened.counts:
            report.count(opened.counts, "imported" if new else "unchanged")
        for name in states:
            report.count({SECRETS: 1}, "imported" if name in new else "unchanged")
        for name, why in opened.refused:
            report.count({SECRETS: 1}, "refused")
            report.tell(Item(SECRETS, name, name, "refused", why))
        report.secrets |= states | dict(opened.refused)

    # -- workflows, and all that is settled like them

    def _all_others(self) -> Generator[Entry, None, None]:
        yield from self._plan.folders.entries()
        with self._plan.database.snapshot() as snapshot:
            yield from others_of(snapshot, self._plan.schema, self._plan.chosen)

    async def _take(self, entries: Iterator[Entry], stage: str) -> None:
        taken = 0
        async with aclosing(self._ahead(entries, next_batch)) as batches:
            async for batch in batches:
                await self._settle(batch, stage)
                taken += sum(entry.table == "workflow" for entry in batch)
                if stage:
                    self._on_progress("workflows", taken)

    async def _settle(self, batch: list[Entry], stage: str) -> None:
        things: list[Thing] = [entry.thing for entry in batch if entry.thing is not None]
        places = [entry.place for entry in batch if entry.place is not None]
        place = f"{stage} {places[-1]}" if places and stage else self._place
        if not self._writes:
            settled = await self._shelf.pretend(things) if self._shelf else _all_new(things)
            self._note(batch, settled)
            return

        def progress(settled: list[Settled]) -> tuple[str, str]:
            self._note(batch, settled)
            return place, self._report.dumps()

        assert self._shelf is not None
        await self._shelf.settle(things, self._number, progress)
        self._after = places[-1] if places else self._after

    @property
    def _place(self) -> str:
        return f"{self._stage} {self._after}" if self._stage else ""

    def _note(self, batch: list[Entry], settled: list[Settled]) -> None:
        answers = iter(settled)
        for entry in batch:
            if entry.thing is None:
                self._report.count(entry.rows, entry.outcome)
                self._report.tell(entry.item(entry.outcome))
                continue
            answer = next(answers)
            self._report.count(entry.rows, answer.outcome)
            told = answer.reason or (entry.problems and answer.outcome != "unchanged")
            if told:
                self._report.tell(entry.item(answer.outcome, answer.reason))

    # -- runs

    async def _take_runs(self, reading: Reading) -> None:
        taken = 0
        runs = RunReading(reading, self._plan.wanted, self._report.as_of, self._open_runs)

        async def settled(batch: RunBatch) -> None:
            nonlocal taken
            taken += len(batch.runs)
            if batch.place is not None:
                self._after = batch.place
            if self._writes and self._shelf is not None:
                place, report = self._place, self._report.dumps()
                await self._shelf.settle(batch.marks, self._number, lambda _: (place, report))
            self._on_progress("runs", taken)

        async with aclosing(self._ahead(run_batches(runs, self._after), _next)) as batches:
            shelf = self._shelf
            library = self._library if self._writes else None
            await take_runs(library, shelf, batches, self._report, settled)

    def _open_runs(self, workflow_ids: Sequence[str]) -> list[str]:
        if self._shelf is None:
            return []
        return self._from_thread(self._shelf.open_runs(workflow_ids))

    # -- a batch ahead

    async def _ahead(
        self,
        source: Iterator[Any],
        take: Callable[[Iterator[Any], Event], Result],
    ) -> AsyncGenerator[Result, None]:
        """What `take` makes of `source`, in a thread, while the one before is worked on."""
        unwanted = Event()

        def upcoming() -> asyncio.Task[Result]:
            return asyncio.create_task(asyncio.to_thread(take, source, unwanted))

        task = upcoming()
        try:
            # shielded, since a thread cannot be cancelled: it is stopped below, and waited for
            while batch := await asyncio.shield(task):
                task = upcoming()
                yield batch
        finally:
            unwanted.set()
            if not task.done():
                await asyncio.to_thread(self._plan.database.stop)
                await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # looked at: nobody else will
            source.close()  # type: ignore[attr-defined]  # it is a generator


def _next(batches: Iterator[RunBatch], unwanted: Event) -> RunBatch | None:
    return None if unwanted.is_set() else next(batches, None)


def _all_new(things: Sequence[Thing]) -> list[Settled]:
    return [Settled("imported") for _ in things]
