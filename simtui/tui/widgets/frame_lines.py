"""The three lines around every area: areas and home above, the status and the keys below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from simtui.model.actions import AREAS
from simtui.tui.widgets.cells import fitted


class OneLine(Widget):
    """One line: a left part that gives way, and a right part that stays."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--text", "line--active", "line--key", "line--error", "line--warning", "line--success",
        "line--dim",
    }  # fmt: skip
    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: tuple[tuple[str, str], ...] = ()
        self._right: tuple[tuple[str, str], ...] = ()

    def say(self, left: Iterable[tuple[str, str]], right: Iterable[tuple[str, str]] = ()) -> None:
        """Shows (text, colour) pieces; draws only where they are others than before."""
        pieces = (tuple(left), tuple(right))
        if pieces != (self._left, self._right):
            self._left, self._right = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self._style("")
        left_width = sum(cell_len(text) for text, _ in self._left)
        right, right_width = [], 0
        for text, colour in self._right:
            # what stands right gives way piece by piece, unless the left part is the longer one
            if right_width + cell_len(text) + min(left_width, width // 2) + 1 > width:
                break
            right.append(Segment(text, self._style(colour)))
            right_width += cell_len(text)
        left: list[Segment] = []
        room = width - right_width - (1 if right else 0)
        for text, colour in self._left:
            taken = min(cell_len(text), room)
            if taken <= 0:
                continue
            left.append(Segment(fitted(text, taken), self._style(colour)))
            room -= taken
        gap = Segment(" " * (width - right_width - sum(cell_len(s.text) for s in left)), base)
        return Strip([*left, gap, *right]).adjust_cell_length(width, base).simplify()

    def _style(self, colour: str) -> Style:
        base = self.get_component_rich_style("line--text")
        if not colour:
            return base
        return base + self.get_component_rich_style(f"line--{colour}", partial=True)


class StatusLines(OneLine):
    """What is true and what was said: in one line where there is room, below each other where
    there is not. What somebody must read is not cut off."""

    DEFAULT_CSS = "StatusLines { height: 1; }"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[tuple[str, str], ...] = ()
        self._lines: list[tuple[tuple[str, str], ...]] = []

    def tell(self, told: Iterable[tuple[str, str]]) -> None:
        """Shows (text, colour) pieces, the first above the others."""
        self._told = tuple(told)
        width = self.app.size.width
        lines = [
            tuple(
                (f"{' · ' if number else ' '}{text}", colour)
                for number, (text, colour) in enumerate(self._told)
            )
        ]
        if sum(cell_len(text) for text, _ in lines[0]) > width:
            lines = [
                ((f" {part}", colour),)
                for text, colour in self._told
                for part in _wrapped(text, width - 2)
            ]
        lines = lines[: max(1, self.app.size.height // 5)]
        if lines != self._lines:
            self._lines = lines
            self.styles.height = len(lines)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        self._left = self._lines[y] if y < len(self._lines) else ()
        return super().render_line(y)


def _wrapped(text: str, width: int) -> list[str]:
    """In lines of `width` cells; a character may take two."""
    room = width * len(text) // max(1, cell_len(text))
    return textwrap.wrap(text, max(10, room)) or [""]


def area_pieces(active: int, width: int) -> list[tuple[str, str]]:
    """The areas, the active one in its colour and brackets; on a narrow screen the others go by
    their number."""
    pieces = [(" simtui ", "key")]
    for number, name in enumerate(AREAS, 1):
        if number == active:
            pieces.append((f"[{number} {name}]", "active"))
        else:
            pieces.append((f" {number} {name} " if width >= 76 else f" {number} ", ""))
    return pieces


def key_pieces(told: Iterable[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """The line of keys, each with its word: as many as there is room for. The ways out and to the
    help stay last, and stay."""
    named = [(key, word) for key, word in told if key]
    room = width - sum(map(_key_width, named[-2:]))
    shown: list[tuple[str, str]] = []
    for each in named[:-2]:
        room -= _key_width(each)
        if room < 0:
            break
        shown.append(each)
    return [
        piece
        for key, word in shown + named[-2:]
        for piece in ((f" {key}", "key"), (f" {word} ", ""))
    ]


def _key_width(told: tuple[str, str]) -> int:
    return sum(map(len, told)) + 3
