"""The Backups area: what there is, whether it was proven, and what keeps it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.library.backups import BAD, DAMAGED, PROVEN, Backup
from simtui.model import wording
from simtui.tui.clock import now_ms
from simtui.tui.keys import bindings
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.held_rows import HeldRows
from simtui.tui.widgets.virtual_table import Column, VirtualTable
from simtui.tui.work import in_background


class Backups(Frame):
    """Area 4."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "backup_look", "backup_prove", "backup_restore", "backup_prune", "space", "refresh",
    )]  # fmt: skip
    number = 4
    place = "backups"

    def __init__(self) -> None:
        super().__init__()
        self.table: VirtualTable[Backup] = VirtualTable(
            [
                Column("Made", 12, _made),
                Column("", 9, _age, from_width=96),
                Column("Why", 16, _why, from_width=60),
                Column("Proven", 14, _proven),
                Column("Size", 8, _size, from_width=70, right=True),
                Column("Workflows", 9, _workflows, from_width=104, right=True),
                Column("Runs", 9, _runs, from_width=116, right=True),
                Column("Kept by", 0, _kept_by, from_width=80),
            ],
            id="table",
        )
        self._rows: HeldRows[Backup] = HeldRows(lambda backup: backup.name)
        self._reading = asyncio.Lock()
        self._summary = OneLine(id="summary")

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self.table
        yield self._summary
        yield from self.compose_bottom()

    async def on_mount(self) -> None:
        self.table.nothing = self.simtui.keys.say(
            "No backup yet. {backup} makes one, and proves that it restores."
        )
        self.say_all()
        self.set_focus(self.table)
        await self.table.show(self._rows)
        await self.reload()

    async def reload(self) -> None:
        """Reads the list again; the cursor stays on its backup."""
        async with self._reading:
            self._rows.put(await self.simtui.library.backups.all())
            await self.table.reload()
        await self.simtui.backing_up.look()
        await self._say_summary()
        self.say_all()

    def on_screen_resume(self) -> None:
        in_background(self, self.reload)

    async def _say_summary(self) -> None:
        kept = self.simtui.backing_up.kept
        if kept is None:
            return
        policy = await self.simtui.library.backups.policy()
        rules = ("last", "daily", "weekly", "monthly", "yearly")
        counts = [f"{getattr(policy, rule)} {rule}" for rule in rules if getattr(policy, rule)]
        pieces = [
            f"next {wording.until(kept.next_at, now_ms())}" if kept.next_at else "none by itself",
            f"keep {', '.join(counts) or 'all'}",
            f"{wording.size(kept.size_bytes)} in {wording.plural(kept.files, 'file')}",
        ]
        self._summary.say([(f"   {' · '.join(pieces)}", "dim")])

    def on_resize(self) -> None:
        self.say_all()

    async def back(self) -> None:
        """Ends a backup that is being made, else leads back."""
        if not self.simtui.backing_up.work.cancel():
            await super().back()

    async def action_refresh(self) -> None:
        await self.reload()

    def on_virtual_table_opened(self) -> None:
        self.action_act("look")

    def on_virtual_table_moved(self) -> None:
        row = self.table.row
        if row is not None and row.words:
            self.simtui.tell(row.words, "error" if row.verdict == BAD else "")

    def action_act(self, name: str) -> None:
        """Runs an act of this area by its name."""
        from simtui.tui.screens import backup_acts

        named: dict[str, Callable[[Backups], Awaitable[None]]] = {
            "look": backup_acts.look_inside,
            "prove": backup_acts.prove,
            "restore": backup_acts.restore,
            "prune": backup_acts.prune,
            "space": backup_acts.space,
        }
        self.start(partial(named[name], self))


def _made(row: Backup) -> tuple[str, str]:
    return wording.day_time(row.created_at, now_ms()), ""


def _age(row: Backup) -> tuple[str, str]:
    return wording.ago(row.created_at, now_ms()), "dim"


def _proven(row: Backup) -> tuple[str, str]:
    if row.verdict == PROVEN and row.proven_at is not None:
        return f"✓ {wording.day_time(row.proven_at, now_ms())}", "success"
    if row.verdict == BAD:
        return "✗ not whole", "error"
    return ("✗ damaged", "error") if row.verdict == DAMAGED else ("not yet", "dim")


def _why(row: Backup) -> tuple[str, str]:
    return row.reason, ""


def _size(row: Backup) -> tuple[str, str]:
    return wording.size(row.size_bytes), ""


def _workflows(row: Backup) -> tuple[str, str]:
    return ("–", "dim") if row.workflows is None else (wording.count(row.workflows), "")


def _runs(row: Backup) -> tuple[str, str]:
    return ("–", "dim") if row.runs is None else (wording.count(row.runs), "")


def _kept_by(row: Backup) -> tuple[str, str]:
    if not row.kept_by:
        return "nothing", "warning"
    # which day or week it is stands in the first column
    return ", ".join(re.sub(r" \d.*", "", words) for words in row.kept_by), "dim"
