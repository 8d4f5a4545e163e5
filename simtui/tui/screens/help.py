"""Help for where you are, from the one table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from simtui.tui.keys import MOVES, in_place
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView

_FILTER = (
    ("agent", "a word in the name, or the beginning of one in prompts, code and notes"),
    ('folder:"Ops / Intake"', "a part of the folder's path"),
    ("status:failed,never", "how the last run ended; a comma means either"),
    ("blocks:>5  size:>20000", "more than; also <, >= and <="),
    ("updated:today  updated:7d", "also yesterday, 24h, 2026-11-03"),
    ("-source:F1", "a minus excludes"),
)


class Help(Screen[None]):
    """What the keys do in one place."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, place: str) -> None:
        super().__init__()
        self._text = LinesView(id="text")
        self._place = place

    def compose(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.set_focus(self._text)
        lines = [[Span(" Keys here", "title"), Span("      esc closes this", "dim")], []]
        width = 26 if self.app.size.width >= 70 else 9
        lines += [_line(keys, what, width) for keys, what in MOVES]
        actions = in_place(self._place)
        lines += [_line(action.first_key, action.help, width) for action in actions]
        if self._place == "workflows":
            lines += [[], [Span(" The filter behind /", "title")], []]
            lines += [_line(example, what, width) for example, what in _FILTER]
        lines += [[], [Span(" Everything here is also a command: ", "dim"), Span("simtui --help")]]
        self._text.show(StyledLines(lines))


def _line(key: str, what: str, width: int) -> list[Span]:
    return [Span(f"   {key:<{width}} ", "key"), Span(what)]
