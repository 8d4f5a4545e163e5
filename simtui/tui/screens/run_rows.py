"""The list of runs: where its rows come from, and what stands in its columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from simtui.library.runs import RunShelf
from simtui.model import wording
from simtui.model.filters import Bound, Filter, Kind, Term
from simtui.model.run import Run
from simtui.model.run_text import with_masked_keys
from simtui.tui.widgets.run_words import cost_of, named, started, status_of, took
from simtui.tui.widgets.virtual_table import PAGE, Column

_IDS_AT_ONCE = 200

NO_RUNS = """\
No runs yet.

Any program can write its run here, while it runs:
my-agent | simtui runs import -

What Sim gives of its logs comes in as well, JSON or CSV:
simtui runs import FILE…"""
"""What stands in the place of an empty list."""


class RunRows:
    """The runs of a filter, as the table asks for them. The first page comes before the count,
    which may take longer: until then `is_counted` is false."""

    def __init__(self, shelf: RunShelf, filter: Filter) -> None:
        self._shelf, self._filter = shelf, filter
        self._first: list[Run] | None = None
        self.is_counted = False
        self._is_begun = False

    def key(self, row: Run) -> str:
        return row.id

    async def count(self) -> int:
        if not self._is_begun:
            self._is_begun = True
            self._first = await self.page()
            self.is_counted = len(self._first) < PAGE
            return len(self._first)
        total = await self._shelf.count(self._filter)
        self.is_counted = True
        return total

    async def page(
        self,
        *,
        after: Run | None = None,
        before: Run | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Run]:
        if self._first is not None and after is before is None and not from_end:
            first, self._first = self._first, None
            return first
        return await self._shelf.page(
            self._filter,
            after=after.place if after else None,
            before=before.place if before else None,
            from_end=from_end,
            limit=limit,
        )

    async def among(self, ids: Collection[str]) -> list[Run]:
        """Those of these that are in the list."""
        found: list[Run] = []
        wanted = sorted(ids)
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = tuple(Bound(text=ident) for ident in wanted[start : start + _IDS_AT_ONCE])
            term = Term("id", Kind.WORD, "=", some)
            narrowed = Filter((*self._filter.terms, term), self._filter.words)
            found += await self._shelf.page(narrowed, limit=_IDS_AT_ONCE)
        return [run for run in found if run.id in ids]


def columns(absolute: bool, width: int) -> list[Column[Run]]:
    """What there is room for in `width` columns. `absolute`: dates and times, not how long ago."""
    at_width = 16 if absolute else 11
    more = 5 if absolute else 0
    with_error = width >= 112 + more
    found: Sequence[tuple[int, Column[Run]]] = (
        (0, Column("Status", 13 if width >= 76 else 11, status_of)),
        (0, Column("Workflow", 28 if with_error else 0, lambda run: (named(run), ""))),
        (36, Column("Started", at_width, lambda run: (started(run, absolute), ""))),
        (50, Column("Duration", 8, lambda run: (took(run), ""), right=True)),
        (62 + more, Column("Cost", 10, lambda run: (cost_of(run), ""), right=True)),
        (74 + more, Column("Trigger", 8, lambda run: (run.trigger or "–", ""))),
        (112 + more, Column("Error", 0, lambda run: (with_masked_keys(run.error or ""), "dim"))),
    )
    return [column for least, column in found if width >= least]


def count_pieces(
    listed: int | None, everything: int | None, marked: int, unseen: int
) -> list[tuple[str, str]]:
    """How many there are, what is marked, and what is marked and not to be seen. `listed` is None
    while it is counted; `everything`: where a filter leaves some out."""
    total = "counting…" if listed is None else wording.count(listed)
    if everything is not None and listed is not None:
        total += f" of {wording.count(everything)}"
    pieces = [(f"{total} ", "dim")]
    if marked:
        hidden = f", {wording.count(unseen)} not shown" if unseen else ""
        pieces.insert(0, (f"{wording.count(marked)} marked{hidden} · ", "key"))
    return pieces
