"""A text to read, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from simtui.tui.keys import bindings
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.lines import JsonLines, Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView


class Document(Rebinding[None]):
    """Shows a document of any size until it is closed."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close")]

    def __init__(self, title: str, document: bytes) -> None:
        super().__init__()
        self._title, self._document = title, document
        self._text = LinesView(id="text")

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._text

    async def on_mount(self) -> None:
        self.set_focus(self._text)
        self.query_one("#areas", OneLine).say([(f" {self._title}", "active")])
        self._text.show(await asyncio.to_thread(JsonLines, self._document))


class Text(Rebinding[None]):
    """Shows lines until it is closed."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("close"),
        Binding("enter", "dismiss", "Close"),
    ]

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
