"""An area that is still to come: what it will hold, and what can be done by command until then."""

from __future__ import annotations

import textwrap

from textual.app import ComposeResult

from simtui.tui.keys import AREAS
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView

_TEXTS = {
    "Runs": (
        "Every run of your workflows, with its log, its steps in time, and its cost.",
        "Not there yet. Runs that Sim exported stay good: keep the files, they will be taken.",
        "",
        "Until then:  simtui workflows list   tells the last run's status, once there are runs.",
    ),
    "Backups": (
        "A backup every day, each one opened and checked before it counts.",
        "Not there yet. No backup is made by itself.",
        "",
        "Until then:  simtui export --all --as files --to FOLDER",
        "             writes everything as plain files, versions and trash included;",
        "             simtui import FOLDER brings it back.",
        "             Or copy the home while simtui is closed.",
    ),
    "Settings": (
        "Every setting with its value, its default, and where the value comes from.",
        "The screen is not there yet; the settings are.",
        "",
        "Until then:  simtui settings list",
        "             simtui settings set display.theme simtui-light",
    ),
}


class Area(Frame):
    """One of the areas that are still to come."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._text = LinesView(id="text")
        self.number = number

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self._text
        yield from self.compose_bottom()

    def on_mount(self) -> None:
        self.set_focus(self._text)

    def on_resize(self) -> None:
        self.say_all()
        name = AREAS[self.number - 1]
        lines = [[], [Span(f"  {name}", "title")], []]
        for line in _TEXTS[name]:
            lines += [[Span(f"  {part}")] for part in _wrapped(line, self.size.width - 4)]
        self._text.show(StyledLines(lines))


def _wrapped(line: str, width: int) -> list[str]:
    """Prose is wrapped; a line that is laid out, with its spaces, stays as it is."""
    if len(line) <= width or line.startswith(" "):
        return [line]
    return textwrap.wrap(line, width, subsequent_indent="  " if "  " in line else "")
