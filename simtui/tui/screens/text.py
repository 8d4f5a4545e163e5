"""A text to read, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView


class Text(Screen[None]):
    """Shows lines until it is closed."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close")]

    def __init__(self, title: str, lines: Sequence[Sequence[Span]]) -> None:
        super().__init__()
        self._text = LinesView(id="text")
        head = [Span(f" {title}", "title"), Span("      esc closes this", "dim")]
        self._lines = [head, [], *lines]

    def compose(self) -> ComposeResult:
        yield self._text

    def on_mount(self) -> None:
        self.set_focus(self._text)
        self._text.show(StyledLines(self._lines))
