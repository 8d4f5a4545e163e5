"""What is in a backup: its workflows, and how each differs from the one that is here now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.library.inside import Difference, Held
from simtui.model import wording
from simtui.tui.clock import now_ms
from simtui.tui.keys import bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.widgets.frame_lines import OneLine, StatusLines, key_pieces
from simtui.tui.widgets.held_rows import HeldRows
from simtui.tui.widgets.virtual_table import Column, VirtualTable

MISSING, IN_TRASH, OTHERWISE, ALIKE = "not here", "in the trash", "otherwise", "alike"
_COLOURS = {MISSING: "success", IN_TRASH: "success", OTHERWISE: "warning", ALIKE: "dim"}


@dataclass(frozen=True, slots=True)
class There:
    """A workflow in the backup, and how it stands to the one that is here."""

    held: Held
    how: str


def lines_of(found: list[Held], difference: Difference) -> list[There]:
    """What differs from now comes first."""
    added = {each.id for each in difference.added}
    trashed = {
        then.id for now, then in difference.changed if now.is_deleted and not then.is_deleted
    }
    changed = {then.id for _, then in difference.changed}

    def how(each: Held) -> str:
        kinds = ((MISSING, added), (IN_TRASH, trashed), (OTHERWISE, changed))
        return next((kind for kind, ids in kinds if each.id in ids), ALIKE)

    order = list(_COLOURS)
    return sorted((There(each, how(each)) for each in found), key=lambda row: order.index(row.how))


class Inside(Rebinding[tuple[str, There] | None]):
    """Returns what is to be done, `see` or `take`, and with which workflow."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close", "inside_see", "inside_take")]

    def __init__(
        self, title: str, lines: list[There], difference: Difference, at: str = "", said: str = ""
    ) -> None:
        super().__init__()
        self._title, self._lines, self._difference = title, lines, difference
        self._at, self._said = at, said
        self._table: VirtualTable[There] = VirtualTable(
            [
                Column("Name", 0, _name),
                Column("Folder", 18, _folder, from_width=90),
                Column("Changed", 12, _changed, from_width=70),
                Column("Versions", 8, _versions, from_width=100, right=True),
                Column("Runs", 9, _runs, from_width=100, right=True),
                Column("Here it is", 12, _how),
            ],
            id="table",
        )
        self._table.nothing = "No workflow is in it."
        self._status_line = StatusLines(id="status")

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._table
        yield self._status_line
        yield OneLine(id="keys")

    async def on_mount(self) -> None:
        self.set_focus(self._table)
        rows: HeldRows[There] = HeldRows(lambda row: row.held.id)
        rows.put(self._lines)
        await self._table.show(rows)
        places = [row.held.id for row in self._lines]
        if self._at in places:
            self._table.action_move(places.index(self._at))

    def on_resize(self) -> None:
        self.query_one("#areas", OneLine).say([(" Inside  ", "active"), (self._title, "")])
        keys = self.simtui.keys
        told = [(keys.first(a.id), a.footer) for a in in_place("inside") if a.footer]
        self.query_one("#keys", OneLine).say(key_pieces(told, self.size.width))
        self._status_line.tell([(self._said or words_of(self._difference), "")])

    def on_virtual_table_opened(self) -> None:
        self.action_do("see")

    def action_do(self, what: str) -> None:
        """Hands over what is to be done."""
        row = self._table.row
        if row is not None:
            self.simtui.typed.hold()  # the next key is meant for what comes then
            self.dismiss((what, row))


def words_of(difference: Difference) -> str:
    """What a restore would do, in one line."""
    return (
        f"Against now: {len(difference.added):,} only in it, {len(difference.changed):,} were "
        f"otherwise, {difference.unchanged:,} alike, {len(difference.removed):,} not in it."
    )


def _name(row: There) -> tuple[str, str]:
    return (f"{row.held.name}  (in the trash)" if row.held.is_deleted else row.held.name), ""


def _folder(row: There) -> tuple[str, str]:
    return row.held.folder, "dim"


def _changed(row: There) -> tuple[str, str]:
    return wording.day_time(row.held.updated_at, now_ms()), ""


def _versions(row: There) -> tuple[str, str]:
    return wording.count(row.held.versions), ""


def _runs(row: There) -> tuple[str, str]:
    return wording.count(row.held.runs), ""


def _how(row: There) -> tuple[str, str]:
    return row.how, _COLOURS[row.how]
