"""Help for where you are, from the one table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.tui.keys import Keys, bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
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
_RUN_FILTER = (
    ("timeout", "the beginning of a word in an error, an output or a log line"),
    ('workflow:"Lead enricher"', "a part of its workflow's name; also folder:"),
    ("status:failed,paused", "how it ended; a comma means either; also trigger: and level:"),
    ("cost:>0.01  duration:>5s", "more than, in dollars; 500ms, 2m, 1h; also <, >= and <="),
    ("date:today  date:7d", "when it started; also yesterday, 24h, 2026-11-03"),
    ("-trigger:schedule pinned:yes", "a minus excludes"),
)
_FILTERS = {"workflows": _FILTER, "runs": _RUN_FILTER}


class Help(Rebinding[None]):
    """What the keys do in one place."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close", "help")]

    def __init__(self, place: str, keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._text = LinesView(id="text")
        self._place = place

    def compose(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.set_focus(self._text)
        closes = f"      {self._keys.first('close')} closes this"
        lines = [[Span(" Keys here", "title"), Span(closes, "dim")], []]
        width = 26 if self.app.size.width >= 70 else 9
        lines += [_line(keys, what, width) for keys, what in self._keys.told()]
        lines += [
            _line(self._keys.all(action.id), action.help, width) for action in in_place(self._place)
        ]
        if examples := _FILTERS.get(self._place):
            lines += [[], [Span(" The filter behind /", "title")], []]
            lines += [_line(example, what, width) for example, what in examples]
        lines += [[], [Span(" Everything here is also a command: ", "dim"), Span("simtui --help")]]
        self._text.show(StyledLines(lines))

    def action_help(self) -> None:
        """The key that opened it closes it."""
        self.dismiss(None)


def _line(key: str, what: str, width: int) -> list[Span]:
    return [Span(f"   {key:<{width}} ", "key"), Span(what)]
