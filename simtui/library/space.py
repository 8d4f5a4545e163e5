"""What takes space, what may go by the policy, and how the file shrinks afterwards.

Nothing here is done by itself: what the policy lets go is planned, shown, and removed by whoever
was asked. Each step is a short transaction, so that no other writer waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from simtui.errors import NotWritable
from simtui.library import reserve
from simtui.library.workflows import now_ms
from simtui.model import settings
from simtui.store import assets, pruning, search, space
from simtui.store.pruning import OldVersion
from simtui.store.space import Pages, TableSpace, WorkflowSpace

if TYPE_CHECKING:
    from simtui.library import Library
    from simtui.store.store import Job, Store

__all__ = ["Gone", "Limits", "Pages", "Plan", "Space", "SpaceShelf", "TableSpace", "WorkflowSpace"]

STEP_PAGES = 256
STEP_SECONDS = 0.02
_BATCH_BYTES = 1 << 19
_BATCH = 100
_DAY_MS = 86_400_000
_INDEXES = ("search", "run_search", "log_search")
_INDEX_PAGES = 64

Told = Callable[[int, int], object]
"""(done, of so many)"""

Said = Callable[[str], object]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _nobody(*_words: object) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the policy keeps: so many versions of each workflow, so many days in the trash; None is
    all of them, and for ever."""

    versions: int | None = None
    trash_days: int | None = None

    @classmethod
    def of(
        cls,
        stored: Mapping[str, str],
        environment: Mapping[str, str],
        *,
        versions: str | None = None,
        trash_days: str | None = None,
    ) -> Limits:
        """What the settings say, where a flag does not."""
        return cls(
            settings.number("keep.versions", stored, environment, versions),
            settings.number("keep.trash_days", stored, environment, trash_days),
        )

    @property
    def keep_everything(self) -> bool:
        """Whether nothing may go."""
        return self.versions is None and self.trash_days is None


@dataclass(frozen=True, slots=True)
class Space:
    """What takes space: the database and its parts, and what lies beside it in the home."""

    pages: Pages
    tables: tuple[TableSpace, ...]
    workflows: tuple[WorkflowSpace, ...]
    log_bytes: int
    backups: tuple[int, int]
    exports: tuple[int, int]
    """Files, and bytes."""
    reserve_bytes: int
    disk_free_bytes: int

    @property
    def value_bytes(self) -> int:
        """What the tables hold."""
        return sum(table.value_bytes for table in self.tables)

    @property
    def other_bytes(self) -> int:
        """What is neither value nor free: indexes, page heads, space between rows."""
        return max(0, self.pages.file_bytes - self.pages.free_bytes - self.value_bytes)


@dataclass(frozen=True, slots=True)
class Plan:
    """What may go: workflows with all that is theirs, and versions of the others. `until`: in the
    trash since then."""

    workflows: tuple[WorkflowSpace, ...]
    versions: tuple[OldVersion, ...]
    until: int

    @property
    def freed_bytes(self) -> int:
        """What it takes in the database."""
        return sum(each.all_bytes for each in self.workflows) + sum(
            each.stored_bytes for each in self.versions
        )

    def __bool__(self) -> bool:
        return bool(self.workflows or self.versions)


@dataclass(frozen=True, slots=True)
class Gone:
    """What went: rows, and how much smaller the file is now."""

    workflows: int
    versions: int
    file_bytes: int


class SpaceShelf:
    """The space of one library."""

    def __init__(self, library: Library) -> None:
        self._home, self._store = library.home, library.store

    async def report(self) -> Space:
        """Counts everything; seconds for a large library."""
        pages = await self._store.read(space.pages)
        tables = await self._store.read(space.by_table)
        workflows = await self._store.read(space.by_workflow)
        beside = await asyncio.to_thread(self._beside)
        return Space(pages, tuple(tables), tuple(workflows), *beside)

    def _beside(self) -> tuple[int, tuple[int, int], tuple[int, int], int, int]:
        home = self._home
        return (
            _size(home.database.with_name(f"{home.database.name}-wal")),
            _below(home.backups),
            _below(home.exports),
            _size(home.reserve),
            shutil.disk_usage(home.root).free,
        )

    async def plan(self, limits: Limits) -> Plan:
        """What may go by these limits. Changes nothing."""
        until = -1
        in_trash: list[str] = []
        if limits.trash_days is not None:
            until = now_ms() - limits.trash_days * _DAY_MS
            in_trash = await self._store.read(pruning.trashed, until)
        gone = dict.fromkeys(in_trash)
        workflows = {}
        if gone:
            found = await self._store.read(space.by_workflow, in_trash)
            workflows = {each.id: each for each in found}
        versions: list[OldVersion] = []
        if limits.versions is not None:
            old = await self._store.read(pruning.old_versions, limits.versions)
            versions = [each for each in old if each.workflow_id not in gone]
        return Plan(
            tuple(workflows[ident] for ident in gone if ident in workflows), tuple(versions), until
        )

    async def prune(self, plan: Plan, tell: Told = _nobody, say: Said = _nobody) -> Gone:
        """Removes what was planned, as far as it is still so, and gives the space back. Ended
        early, what is gone is gone and the rest is whole. `say` is told where the disk is full and
        the reserve is given up for it. Raises `NotWritable` where even that is not enough."""
        before = (await self._store.read(space.pages)).file_bytes
        total = len(plan.versions) + len(plan.workflows)
        versions = workflows = done = 0
        for batch in _batches(plan.versions):
            versions += await self._remove(say, pruning.remove_versions, batch)
            tell(done := done + len(batch), total)
        for workflow in plan.workflows:
            workflows += await self._remove_workflow(workflow, plan.until, say)
            tell(done := done + 1, total)
        if workflows:
            # the index keeps the words of what went until it is rewritten; on a full disk they
            # stay until there is room
            with contextlib.suppress(NotWritable):
                await forget_words(self._store)
        await self.give_back()
        after = (await self._store.read(space.pages)).file_bytes
        reserve.keep(self._home)
        return Gone(workflows, versions, max(0, before - after))

    async def _remove_workflow(self, workflow: WorkflowSpace, until: int, say: Said) -> bool:
        """The last to go is the row itself: a removal that was ended early can be done again."""
        for batch in _batches(await self._store.read(pruning.versions_of, workflow.id)):
            await self._remove(say, pruning.remove_versions, batch, until)
        while await self._remove(say, pruning.remove_runs, workflow.id, until):
            pass
        gone = await self._remove(say, pruning.remove_workflow, workflow.id, until)
        while await self._remove(say, assets.sweep, now_ms(), 1):
            pass
        return gone

    async def _remove(
        self,
        say: Said,
        job: Job[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """One step. On a full disk each needs what the one before it freed."""
        try:
            result = await self._store.write(job, *args, **kwargs)
        except NotWritable:
            said = reserve.give_up(self._home) if reserve.is_low(self._home, reserve.SIZE) else ""
            if not said:
                raise
            say(said)
            result = await self._store.write(job, *args, **kwargs)
        if reserve.is_low(self._home, 2 * reserve.SIZE):
            await self.give_back()
        return result

    async def give_back(self, pages: int | None = None) -> int:
        """Gives free pages back to the disk, the file gets shorter: at most so many, all of them
        without a number. In steps of some milliseconds each; how many it gave."""
        given = 0
        while pages is None or given < pages:
            limit = STEP_PAGES if pages is None else min(STEP_PAGES, pages - given)
            taken, left = await self._store.write(space.give_back, limit, STEP_SECONDS)
            await self._store.settle()
            given += taken
            if not taken or not left:
                break
            await asyncio.sleep(0)
        return given

    async def free_bytes(self) -> int:
        """What `give_back` would give."""
        return (await self._store.read(space.pages)).free_bytes

    def keep_reserve(self) -> bool:
        """Makes the reserve where there is none and room for it."""
        return reserve.keep(self._home)


async def forget_words(store: Store) -> bool:
    """Takes the words of what was removed out of every search index, in short steps, and out of the
    write-ahead log. False where somebody reads that log still: it is tried again at the close."""
    for index in _INDEXES:
        pages = -_INDEX_PAGES
        while await store.write(search.forget_some, index, pages):
            pages = _INDEX_PAGES
    return await store.forget(words=False)


def _batches(versions: Iterable[OldVersion]) -> Iterator[list[OldVersion]]:
    batch: list[OldVersion] = []
    size = 0
    for each in versions:
        if batch and (size + each.stored_bytes > _BATCH_BYTES or len(batch) == _BATCH):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.stored_bytes
    if batch:
        yield batch


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _below(folder: Path) -> tuple[int, int]:
    sizes = [_size(path) for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)
