"""The Secrets area: names, whether they are set, and who uses them. Values are asked for one by
one, and only while the vault is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.library import secrets
from simtui.library.secrets import SecretLine
from simtui.model import wording
from simtui.tui.clock import now_ms
from simtui.tui.keys import bindings
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.held_rows import HeldRows
from simtui.tui.widgets.virtual_table import Column, VirtualTable
from simtui.tui.work import in_background

DOTS = "●●●●●●●●"


class Secrets(Frame):
    """Area 3."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "secret_show", "secret_set", "secret_add", "secret_copy", "secret_delete",
        "secret_import", "secret_scan", "vault_lock",
    )]  # fmt: skip
    number = 3
    place = "secrets"

    def __init__(self) -> None:
        super().__init__()
        self.table: VirtualTable[SecretLine] = VirtualTable(
            [
                Column("Name", 0, _name),
                Column("Value", 10, _value),
                Column("Changed", 12, self._changed, from_width=70),
                Column("Used by", 27, _used_by, from_width=60),
            ],
            id="table",
        )
        self._lines: HeldRows[SecretLine] = HeldRows(lambda line: line.name)
        self._reading = asyncio.Lock()
        self._ways = OneLine(id="summary")

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self.table
        yield self._ways
        yield from self.compose_bottom()

    async def on_mount(self) -> None:
        self.say_all()
        self.table.nothing = self.simtui.keys.say(
            "No secrets, and no workflow names one. "
            "{secret_add} adds one, {secret_import} reads a .env file."
        )
        self.set_focus(self.table)
        await self.table.show(self._lines)
        await self.reload()

    async def reload(self) -> None:
        """Reads the list again; the cursor stays on its name."""
        # one after the other: an answer that was asked for earlier must not come last
        async with self._reading:
            self._lines.put(await secrets.listed(self.simtui.library))
            await self.table.reload()
        await self._say_ways()
        self.say_all()

    async def _say_ways(self) -> None:
        """What opens the vault, and when it locks by itself."""
        app = self.simtui
        if not await app.library.has_vault():
            self._ways.say([("   no vault yet: the first secret makes one", "dim")])
            return
        told: list[tuple[str, str]] = [("   ways in:", "dim")]
        for line in (await app.library.vault.status()).slots:
            if line.slot is None or line.words:
                told.append((f"  slot {line.number} ✗ damaged", "error"))
            else:
                told.append((f"  {secrets.WORDS[line.slot.way]} ✓", "dim"))
        after = app.vault.lock_after_s
        told.append((f" · locks after {after // 60} min without a key" if after else "", "dim"))
        self._ways.say(told)

    def on_screen_resume(self) -> None:
        in_background(self, self.reload)

    def _changed(self, row: SecretLine) -> tuple[str, str]:
        if row.updated_at is None:
            return "–", "dim"
        return wording.ago(row.updated_at, now_ms()), ""

    def on_virtual_table_opened(self) -> None:
        self.action_act("show")

    def action_act(self, name: str) -> None:
        """Runs an act of this area by its name."""
        from simtui.tui.screens import secret_acts

        named: dict[str, Callable[[Secrets], Awaitable[None]]] = {
            "show": secret_acts.show,
            "set": secret_acts.set_value,
            "add": secret_acts.add,
            "copy": secret_acts.copy,
            "delete": secret_acts.delete,
            "import": secret_acts.import_env,
            "scan": secret_acts.scan,
            "lock": secret_acts.lock,
        }

        async def act() -> None:
            try:
                await named[name](self)
            finally:
                self.say_areas()  # the vault may be open now, or locked

        self.start(act)


def _name(row: SecretLine) -> tuple[str, str]:
    return row.name, ""


def _value(row: SecretLine) -> tuple[str, str]:
    return (DOTS, "") if row.is_set else ("! none", "warning")


def _used_by(row: SecretLine) -> tuple[str, str]:
    if not row.used_by:
        return "–", "dim"
    told = wording.plural(len(row.used_by), "workflow")
    return (f"{told}: {row.used_by[0][1]}" if len(row.used_by) == 1 else told), ""
