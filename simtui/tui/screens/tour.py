"""What simtui is, in four steps: offered where there is nothing yet, and whenever it is called."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from simtui.tui.glyphs import spelled
from simtui.tui.keys import Keys
from simtui.tui.screens.dialogs import LOW

_STEPS = (
    (
        "Everything in one folder",
        "Your home is {home}: workflows, their earlier versions, runs and secrets, in one file "
        "that stock sqlite3 opens. Copy the folder and you have copied everything.",
        "Bring in what Sim exported with [import]: a file, a folder, a whole workspace zip.",
    ),
    (
        "Five areas, one set of keys",
        "[areas] go to Workflows, Runs, Secrets, Backups and Settings. [down] and [up] move, "
        "[open] opens, [back] leads back, [filter] narrows a list and finds in a text.",
        "The bottom line tells the keys that work here, [help] all of them, [palette] every action "
        "by its name, and [jump] shows a letter on each place that you can go to.",
    ),
    (
        "Nothing is lost",
        "A change keeps the document before it as a version, what is deleted goes to the trash, "
        "and [undo] takes the last change back.",
        "Each day a backup is made and restored once to prove it; [backup] makes one now. The line "
        "below tells how old the last proven one is.",
    ),
    (
        "Nothing leaks",
        "API keys lie in the vault, encrypted; workflows refer to them as {{{{NAME}}}}. Nothing "
        "that is written down, exported or shown holds their values.",
        "All that can be done here is also a command: simtui --help. [samples] opens made-up "
        "workflows to look around in, of which nothing is kept.",
    ),
)


class Tour(ModalScreen[None]):
    """Four steps; any of them can be the last."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right,l,j,down", "step(1)", "Next"),
        Binding("left,h,k,up,backspace", "step(-1)", "Before"),
        Binding("escape,q", "dismiss(None)", "Enough"),
    ]

    def __init__(self, home: str, keys: Keys) -> None:
        super().__init__()
        self._home, self._keys = home, keys
        self._step = 0
        self._title = Static("", id="title", markup=False)
        self._text = Static("", markup=False)
        self._hint = Static("", id="hint", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield from (self._title, self._text, self._hint)

    def on_mount(self) -> None:
        self._show()

    def action_step(self, by: int) -> None:
        """To the next step, or the one before; out behind the last."""
        self._step = max(0, self._step + by)
        if self._step < len(_STEPS):
            self._show()
        else:
            self.dismiss(None)

    def _show(self) -> None:
        title, *paragraphs = _STEPS[self._step]
        last = self._step == len(_STEPS) - 1
        self._title.update(f"{self._step + 1} of {len(_STEPS)}   {title}")
        width = min(76, self.app.size.width * 96 // 100) - 6
        text = "\n\n".join(textwrap.fill(self._told(each), max(20, width)) for each in paragraphs)
        self._text.update(text)
        before = "← before   " if self._step else ""
        self._hint.update(spelled(f"⏎ {'done' if last else 'next'}   {before}esc enough"))

    def _told(self, text: str) -> str:
        numbers = self._keys.first("area_workflows"), self._keys.first("area_settings")
        told = text.format(home=self._home).replace("[areas]", " … ".join(numbers))
        for ident in ("import", "down", "up", "open", "back", "filter", "help", "palette", "jump",
                      "undo", "backup", "samples"):  # fmt: skip
            told = told.replace(f"[{ident}]", self._keys.first(ident) or f"“{ident}”")
        return told
