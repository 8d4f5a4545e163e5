"""What stands in the place of a list that has nothing in it yet."""

from __future__ import annotations

from textual.widgets import Static

from simtui.errors import shown
from simtui.tui.keys import Keys

_WORDS = """\
Nothing here yet.

{import} bring workflows in: a file, a folder, a zip from Sim
{samples} look around with sample workflows (nothing is kept)
{tour} what this is, in four steps
{help} the keys, and what the filter takes

Your home is {home}. Copy that folder and you have copied everything."""


class Greeting(Static):
    """What to do first."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def greet(self, home: str, keys: Keys) -> None:
        told = {name: f"{keys.first(name):<3}" for name in ("import", "samples", "tour", "help")}
        self.update(_WORDS.format_map(told | {"home": shown(home)}))
