"""The Settings area: every setting, its value, where that comes from, and what it means."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.errors import UsageError, shown
from simtui.library import themes
from simtui.model import bound_keys, settings
from simtui.model.settings import Resolved, Setting
from simtui.tui.keys import bindings
from simtui.tui.screens.dialogs import AskText, Choose
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.held_rows import HeldRows
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView
from simtui.tui.widgets.virtual_table import WINDOW, Column, VirtualTable
from simtui.tui.work import in_background


class Settings(Frame):
    """Area 5."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "setting_set", "setting_find", "setting_reset", "next_match", "previous_match", "refresh",
    )]  # fmt: skip
    number = 5
    place = "settings"

    def __init__(self) -> None:
        super().__init__()
        self.table: VirtualTable[Resolved] = VirtualTable(
            [
                Column("Setting", 22, _key),
                Column("Value", 14, _value),
                Column("Where from", 0, _source),
            ],
            id="table",
        )
        self._rows: HeldRows[Resolved] = HeldRows(lambda row: row.setting.key)
        self._stored: Mapping[str, str] = {}
        self._meaning = LinesView(id="meaning")
        self._meaning.can_focus = False
        self._looked_for = ""

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self.table
        yield self._meaning
        yield from self.compose_bottom()

    async def on_mount(self) -> None:
        self.say_all()
        self.set_focus(self.table)
        await self.table.show(self._rows)
        await self.reload()

    async def reload(self) -> None:
        """Reads the settings again; the cursor stays on its own."""
        stored = await self.simtui.library.settings.all()
        self._stored = stored
        self._rows.put([self._resolved(each) for each in settings.every()])
        await self.table.reload()
        self._tell_meaning()

    def _resolved(self, setting: Setting) -> Resolved:
        flag, mouse = None, self.simtui.mouse_wanted
        if setting.key == "display.mouse" and mouse is not None:
            flag = "on" if mouse else "off"
        return settings.resolve(setting, self._stored, os.environ, flag)

    def on_screen_resume(self) -> None:
        in_background(self, self.reload)

    def on_resize(self) -> None:
        self.say_all()
        self._tell_meaning()

    async def action_refresh(self) -> None:
        await self.reload()

    def on_virtual_table_moved(self) -> None:
        self._tell_meaning()

    def _tell_meaning(self) -> None:
        """What the setting under the cursor does, and what it may be."""
        row = self.table.row
        if row is None:
            return
        width = self.size.width - 4
        lines = [[Span(f"  {line}")] for line in textwrap.wrap(row.setting.doc, width)]
        may_be = f"May be {', '.join(row.setting.may_be)}. Default: {row.setting.default}."
        lines += [[Span(f"  {line}", "dim")] for line in textwrap.wrap(may_be, width)]
        self._meaning.styles.height = 6
        self._meaning.show(StyledLines(lines))

    # -- one among many

    def action_setting_find(self) -> None:
        """Asks for a part of a name, or of what a setting does, and goes there."""
        self.start(self._find)

    async def _find(self) -> None:
        hint = "a part of its name, its key or what it does   ⏎ go there"
        typed = await self.simtui.ask(AskText("Find a setting", self._looked_for, hint))
        if typed:
            self._looked_for = typed
            await self._go_to_next(1)

    def action_next_match(self, by: int) -> None:
        self.start(partial(self._go_to_next, by))

    async def _go_to_next(self, by: int) -> None:
        part, rows = self._looked_for.casefold(), await self._rows.page(limit=WINDOW)
        if not part:
            return
        ahead = [rows[(self.table.cursor + by * step) % len(rows)] for step in range(1, len(rows))]
        for row in [*ahead, *filter(None, [self.table.row])]:
            if part in f"{row.setting.key} {row.value} {row.setting.doc}".casefold():
                await self.table.go_to(row.setting.key)
                self.simtui.tell(self.simtui.keys.say("{next_match} and {previous_match} go on"))
                return
        self.simtui.tell(f'No setting has "{shown(self._looked_for, 40)}".', "warning")

    # -- what can be done

    def on_virtual_table_opened(self) -> None:
        self.action_set()

    def action_set(self) -> None:
        """Asks for a value of the setting under the cursor."""
        self.start(self._set)

    async def _set(self) -> None:
        app, row = self.simtui, self.table.row
        if row is None:
            return
        setting = row.setting
        if setting.choices and setting.numbers is None:
            own = themes.names(app.home) if setting.own_under else []
            choices = [(value, value) for value in (*setting.choices, *own)]
            wanted = await app.ask(Choose(setting.key, choices, chosen=row.value))
        else:
            hint = f"{', or '.join(setting.may_be)}   ⏎ set   esc not now"
            wanted = await app.ask(
                AskText(setting.key, row.value, hint, wrong=self._wrong(setting))
            )
        if wanted is None:
            return
        value = settings.parse(setting, wanted)
        before = (await app.library.settings.all()).get(setting.key)
        await app.library.settings.set(setting.key, value)
        self._remember(setting, before)
        await self._took(f"{setting.key} is now {value}.", setting)

    def _remember(self, setting: Setting, before: str | None) -> None:
        """Leaves the way back to what was set before, None being its default."""
        app = self.simtui

        async def back() -> str:
            if before is None:
                await app.library.settings.reset(setting.key)
            else:
                await app.library.settings.set(setting.key, before)
            await app.take_settings()
            value = setting.default if before is None else before
            return f"{setting.key} is {shown(value, 60)} again"

        app.undo.remember(back)

    def _wrong(self, setting: Setting) -> Callable[[str], str]:
        def complain(text: str) -> str:
            try:
                value = settings.parse(setting, text)
                if setting.is_keys:
                    bound_keys.check(setting.key, value, self._stored)
            except UsageError as error:
                return error.message
            return ""

        return complain

    async def action_reset(self) -> None:
        """Back to the default."""
        row = self.table.row
        if row is not None:
            before = (await self.simtui.library.settings.all()).get(row.setting.key)
            if await self.simtui.library.settings.reset(row.setting.key):
                self._remember(row.setting, before)
            said = f"{row.setting.key} is the default again: {row.setting.default}."
            await self._took(said, row.setting)

    async def _took(self, words: str, setting: Setting) -> None:
        await self.simtui.take_settings()
        await self.reload()
        self.say_keys()
        if setting.environment and setting.environment in os.environ:
            words = f"{words} ${setting.environment} is set and goes first."
        self.simtui.tell(words, "success")


def _key(row: Resolved) -> tuple[str, str]:
    return row.setting.key, ""


def _value(row: Resolved) -> tuple[str, str]:
    return shown(row.value, 40), "" if row.source == "default" else "success"


def _source(row: Resolved) -> tuple[str, str]:
    if row.source == "default":
        return "default", "dim"
    if row.source == "library":
        return f"set here; default {row.setting.default}", ""
    if row.source == "flag":
        return "from the command line", "warning"
    return f"from {row.setting.environment}", "warning"
