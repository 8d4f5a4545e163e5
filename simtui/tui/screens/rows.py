"""The list of workflows: where its rows come from, and what stands in its columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from simtui.library import WorkflowShelf
from simtui.model import wording
from simtui.model.filters import Bound, Filter, Kind, Term
from simtui.model.workflow import Workflow
from simtui.tui.clock import now_ms
from simtui.tui.widgets.virtual_table import PAGE, Column

_IDS_AT_ONCE = 200


class Rows:
    """The workflows of a filter, as the table asks for them."""

    def __init__(self, shelf: WorkflowShelf, filter: Filter, trash: bool) -> None:
        self._shelf, self._filter, self._trash = shelf, filter, trash

    def key(self, row: Workflow) -> str:
        return row.id

    async def count(self) -> int:
        return await self._shelf.count(self._filter, trash=self._trash)

    async def page(
        self,
        *,
        after: Workflow | None = None,
        before: Workflow | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Workflow]:
        return await self._shelf.page(
            self._filter,
            after=(after.updated_at, after.id) if after else None,
            before=(before.updated_at, before.id) if before else None,
            from_end=from_end,
            limit=limit,
            trash=self._trash,
        )

    async def among(self, ids: Collection[str]) -> set[str]:
        """Those of these ids that are in the list."""
        if not self._filter:
            known = [await self._shelf.get(ident) for ident in ids]
            return {row.id for row in known if row and (row.deleted_at is not None) == self._trash}
        found: set[str] = set()
        wanted = sorted(ids)
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            some = tuple(Bound(text=ident) for ident in wanted[start : start + _IDS_AT_ONCE])
            term = Term("id", Kind.WORD, "=", some)
            narrowed = Filter((*self._filter.terms, term), self._filter.words)
            rows = await self._shelf.page(narrowed, limit=_IDS_AT_ONCE, trash=self._trash)
            found |= {row.id for row in rows}
        return found & set(ids)


def quoted(text: str) -> str:
    """A text as one value of a filter."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def same(row: Workflow, other: Workflow | None) -> bool:
    """Whether nothing that is shown of them differs: a row of the list does not count its runs."""
    return other is not None and replace(row, run_count=0) == replace(other, run_count=0)


def count_pieces(
    listed: int, everything: int | None, marked: int, unseen: int, trash: bool
) -> list[tuple[str, str]]:
    """How many there are, what is marked, and what is marked and not to be seen. `everything`:
    where a filter leaves some out."""
    total = wording.count(listed)
    if everything is not None:
        total += f" of {wording.count(everything)}"
    pieces = [(f"{total}{' in the trash' if trash else ''} ", "dim")]
    if marked:
        hidden = f", {wording.count(unseen)} not shown" if unseen else ""
        pieces.insert(0, (f"{wording.count(marked)} marked{hidden} · ", "key"))
    return pieces


def columns(absolute: bool) -> list[Column[Workflow]]:
    """`absolute`: dates and times instead of how long ago."""

    def told(at_ms: int) -> str:
        if absolute:
            return wording.date_time(at_ms)[2:]
        return wording.ago(at_ms, now_ms())

    def last_run(row: Workflow) -> tuple[str, str]:
        if row.last_run_status is None or row.last_run_at is None:
            return "– never", "dim"
        took = row.last_run_duration_ms
        parts = [
            wording.run_sign(row.last_run_status),
            wording.duration(took) if took is not None else row.last_run_status,
            told(row.last_run_at),
        ]
        colour = {"failed": "error", "completed": "success"}.get(row.last_run_status, "")
        return " ".join(parts), colour

    def name(row: Workflow) -> tuple[str, str]:
        return (f"{row.name} (only its runs)", "dim") if row.is_placeholder else (row.name, "")

    return [
        Column("Name", 0, name),
        Column("Folder", 14, lambda row: (row.folder, "dim"), from_width=116),
        Column(
            "Updated",
            14 if absolute else 11,
            lambda row: (told(row.updated_at), ""),
            from_width=70,
        ),
        Column("Blocks", 6, lambda row: (str(row.block_count), ""), from_width=70, right=True),
        Column("Last run", 22 if absolute else 15, last_run),
    ]
