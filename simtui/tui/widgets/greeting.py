"""What stands in the place of a list that has nothing in it yet."""

from __future__ import annotations

from textual.widgets import Static

from simtui.errors import shown

_WORDS = """\
Nothing here yet.

i   bring workflows in: a file, a folder, a zip from Sim
D   look around with sample workflows (nothing is kept)
?   the keys, and what the filter takes

Your home is {home}. Copy that folder and you have copied everything."""


class Greeting(Static):
    """What to do first."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def greet(self, home: str) -> None:
        self.update(_WORDS.format(home=shown(home)))
