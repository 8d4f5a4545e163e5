"""The report of an import: a line a file, what to know of it below, and the way to it."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.errors import SimtuiError
from simtui.importing import ImportItem
from simtui.tui.keys import bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.screens.tally import Tally, place_of, remarks, sign_of, troubled
from simtui.tui.widgets.frame_lines import OneLine, StatusLines, key_pieces
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView


class Report(Rebinding[str | None]):
    """Returns the id of the workflow that `Enter` was pressed on."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "close", "report_go", "report_problems", "report_save", "next_problem", "previous_problem",
    )]  # fmt: skip

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._text = LinesView(id="text")
        self._status_line = StatusLines(id="status")
        self._tally = tally
        self._only_problems = False
        self._item_of_line: list[ImportItem | None] = []
        self._filled_for = (0, False)

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._text
        yield self._status_line
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        self.set_focus(self._text)

    def on_resize(self) -> None:
        self.query_one("#areas", OneLine).say([(" Import  ", "active"), (self._tally.source, "")])
        keys = self.simtui.keys
        told = [(keys.first(a.id), a.footer) for a in in_place("report") if a.footer]
        both = f"{keys.first('next_problem')} {keys.first('previous_problem')}".strip()
        told.insert(-1, (both, "problems"))
        self.query_one("#keys", OneLine).say(key_pieces(told, self.size.width))
        self._status_line.tell([(self._tally.words(), self._tally.colour)])
        self._fill()

    def _fill(self) -> None:
        wanted = (self.size.width, self._only_problems)
        if wanted == self._filled_for:
            return
        cursor = self._text.cursor if wanted[1] == self._filled_for[1] else 0
        self._filled_for = wanted
        lines: list[list[Span]] = []
        self._item_of_line = []
        for item in self._tally.items:
            if self._only_problems and not troubled(item):
                continue
            for line in item_lines(item, self.size.width):
                lines.append(line)
                self._item_of_line.append(item)
        if self._tally.left_out:
            lines.append([Span(f"   … and {self._tally.left_out:,} more", "dim")])
            self._item_of_line.append(None)
        if not lines:
            nothing = "no problems" if self._only_problems else "nothing to show"
            lines.append([Span(f"   {nothing}", "dim")])
        self._text.show(StyledLines(lines), cursor)

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
        else:
            self._status_line.tell([("There is no workflow of this one.", "warning")])

    async def action_save(self) -> None:
        home = self.simtui.library.home
        try:
            path = await self._tally.save(home.exports)
        except SimtuiError as error:
            self._status_line.tell([(error.message, "error")])
        else:
            where = path.relative_to(home.root)
            self._status_line.tell([(f"Saved in the home under {where}", "success")])


def item_lines(item: ImportItem, width: int) -> list[list[Span]]:
    """What became of one file, and below it what a person should know, wrapped at `width`."""
    sign, colour = sign_of(item)
    where = place_of(item)
    head = [Span(f" {sign} ", colour), Span(item.name or where)]
    if item.name and item.name != where:
        head.append(Span(f"  {where}", "dim"))
    return [head] + [
        [Span(f"     {part}", colour)]
        for text, colour in remarks(item)
        for part in textwrap.wrap(text, max(20, width - 6)) or [""]
    ]
