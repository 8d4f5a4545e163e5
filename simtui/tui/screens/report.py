"""What an import did, a line a file, while it runs and after."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from simtui.importing import ImportItem
from simtui.model import wording
from simtui.tui.keys import bindings
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.lines_view import LinesView, Span, StyledLines

MAX_ITEMS = 5000

_SIGNS = {"imported": ("+", "success"), "updated": ("↻", "success"), "unchanged": ("=", "dim"),
          "skipped": ("–", "dim"), "refused": ("✗", "error")}  # fmt: skip


class Tally:
    """Counts every item, and keeps those that a person should see: all but the plain ones past a
    number that a screen can hold."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = dict.fromkeys(_SIGNS, 0)
        self.items: list[ImportItem] = []
        self.left_out = 0

    def add(self, item: ImportItem) -> None:
        self.counts[item.outcome] += 1
        if len(self.items) < MAX_ITEMS:
            self.items.append(item)
        else:
            self.left_out += 1

    def words(self) -> str:
        told = {"imported": "in", "unchanged": "the same"}
        parts = [
            f"{wording.count(n)} {told.get(outcome, outcome)}"
            for outcome, n in self.counts.items()
            if n
        ]
        return " · ".join(parts) or "nothing found"


class Report(Screen[str | None]):
    """Returns the id of the workflow that `Enter` was pressed on."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", id="report.close"),
        Binding("enter", "go", "Go to it", id="report.go"),
        Binding("f", "only_problems", "Only problems", id="report.problems"),
        *bindings("next_problem", "previous_problem"),
    ]

    def __init__(self, title: str, tally: Tally) -> None:
        super().__init__()
        self._text = LinesView(id="text")
        self._title, self._tally = title, tally
        self._only_problems = False
        self._item_of_line: list[ImportItem | None] = []

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._text
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        self.set_focus(self._text)

    def on_resize(self) -> None:
        self.query_one("#areas", OneLine).say(
            [(" Import  ", "active"), (self._title, "")], [(f"{self._tally.words()} ", "")]
        )
        self.query_one("#keys", OneLine).say(
            [(" ⏎", "key"), (" go to it ", ""), (" f", "key"), (" only problems ", ""),
             (" ] [", "key"), (" next, previous problem ", ""), (" esc", "key"), (" close", "")]
        )  # fmt: skip
        self._fill()

    def _fill(self) -> None:
        lines: list[list[Span]] = []
        self._item_of_line = []
        for item in self._tally.items:
            troubled = item.outcome == "refused" or item.notes
            if self._only_problems and not troubled:
                continue
            for line in item_lines(item, self.size.width):
                lines.append(line)
                self._item_of_line.append(item)
        if self._tally.left_out:
            lines.append([Span(f"   … and {self._tally.left_out:,} more", "dim")])
            self._item_of_line.append(None)
        if not lines:
            lines.append([Span("   nothing to show", "dim")])
        self._text.show(StyledLines(lines))

    def action_only_problems(self) -> None:
        self._only_problems = not self._only_problems
        self._fill()

    def action_next_problem(self, by: int) -> None:
        self._text.next_problem(by)

    def action_go(self) -> None:
        line = self._text.cursor
        item = self._item_of_line[line] if line < len(self._item_of_line) else None
        if item is not None and item.workflow_id:
            self.dismiss(item.workflow_id)


def item_lines(item: ImportItem, width: int) -> list[list[Span]]:
    """What became of one file, and below it what a person should know, wrapped at `width`."""
    sign, colour = _SIGNS[item.outcome]
    if item.notes and item.outcome in ("imported", "updated"):
        sign, colour = "!", "warning"
    where = item.entry or Path(item.source).name or item.source
    head = [Span(f" {sign} ", colour), Span(item.name or where)]
    if item.name and item.name != where:
        head.append(Span(f"  {where}", "dim"))
    told = [(item.reason, "error" if item.outcome == "refused" else "dim")] if item.reason else []
    if item.outcome != "unchanged":
        told += [(note, "warning") for note in item.notes]
    return [head] + [
        [Span(f"     {part}", colour)]
        for text, colour in told
        for part in textwrap.wrap(text, max(20, width - 6)) or [""]
    ]
