"""The peer of the screen: the same widgets and styles over made-up rows, and nothing behind them.

python -m tests.bench.sketch 10000
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

import simtui.tui.screens
from simtui.tui.theme import DARK
from simtui.tui.widgets.frame_lines import OneLine, area_pieces
from simtui.tui.widgets.virtual_table import PAGE, Column, VirtualTable

STYLES = Path(simtui.tui.screens.__file__).parent


class Line(NamedTuple):
    number: int
    name: str
    updated: str
    blocks: str
    last_run: str


class Lines:
    """`count` rows, made as they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def key(self, row: Line) -> str:
        return str(row.number)

    async def count(self) -> int:
        return self._count

    async def page(
        self,
        *,
        after: Line | None = None,
        before: Line | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Line]:
        start = after.number + 1 if after else 0
        if before is not None or from_end:
            start = max(0, (before.number if before else self._count) - limit)
        return [
            Line(n, f"Workflow number {n}", f"{n} h ago", str(n % 30), "✓ 1.2 s 3 h ago")
            for n in range(start, min(self._count, start + limit))
        ]


class List(Screen[None]):
    """One area: the list with the lines around it."""

    CSS_PATH: ClassVar[list[str]] = [  # type: ignore[assignment]  # Textual says less
        str(STYLES / "frame.tcss"),
        str(STYLES / "workflows.tcss"),
    ]
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def __init__(self, count: int) -> None:
        super().__init__()
        self._rows = Lines(count)
        self._table: VirtualTable[Line] = VirtualTable(
            [
                Column("Name", 0, lambda row: (row.name, "")),
                Column("Updated", 11, lambda row: (row.updated, ""), from_width=70),
                Column("Blocks", 6, lambda row: (row.blocks, ""), from_width=70, right=True),
                Column("Last run", 15, lambda row: (row.last_run, "success")),
            ],
            id="table",
        )

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        with Horizontal(id="filter-line"):
            yield Static("/", id="slash", markup=False)
            yield Input(id="filter", compact=True)
            yield OneLine(id="count")
        with Horizontal(id="panes"), Vertical(id="list"):
            yield self._table
        yield OneLine(id="status")
        yield OneLine(id="keys")

    async def on_mount(self) -> None:
        self.query_one("#areas", OneLine).say(area_pieces(1, self.size.width))
        self.query_one("#status", OneLine).say([(" a sketch", "dim")])
        self.query_one("#keys", OneLine).say([(" q", "key"), (" quit ", "")])
        await self._table.show(self._rows)
        self.set_focus(self._table)


class Sketch(App[None], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, count: int) -> None:
        super().__init__()
        self.animation_level = "none"
        self._count = count

    async def on_mount(self) -> None:
        self.register_theme(DARK)
        self.theme = DARK.name
        await self.push_screen(List(self._count))


if __name__ == "__main__":
    Sketch(int(sys.argv[1])).run()
