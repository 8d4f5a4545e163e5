"""The one table of actions: what it is called, which keys it has, where it works. Bindings, the
line of keys, the palette, the help and the README read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """`places` are the screens and panes it works in (`trashed` is an open workflow of the trash);
    `footer` is its word in the line of keys, empty where it is left out there; `call` is what
    Textual calls, unless it bears the id's name."""

    id: str
    keys: str
    help: str
    places: str
    footer: str = ""
    call: str = ""

    @property
    def first_key(self) -> str:
        return _SHOWN.get(first := self.keys.split(",")[0], first)

    @property
    def shown_keys(self) -> str:
        return " ".join(_SHOWN.get(key, key) for key in self.keys.split(","))

    @property
    def called(self) -> str:
        """What Textual calls."""
        return self.call or self.id

    def in_place(self, place: str) -> bool:
        """Whether it works in one of these places (words with spaces between)."""
        return not set(place.split()).isdisjoint(self.places.split())

    def binding(self) -> Binding:
        return Binding(self.keys, self.called, self.help, id=self.id)


_SHOWN = {"enter": "⏎", "slash": "/", "colon": ":", "question_mark": "?", "escape": "esc"}
_SHOWN |= {"right_square_bracket": "]", "left_square_bracket": "[", "plus": "+"}

AREAS = ("Workflows", "Runs", "Secrets", "Backups", "Settings")

ACTIONS: tuple[Action, ...] = (
    Action("open", "enter", "Open what is under the cursor", "workflows versions trash trashed-versions", "open"),
    Action("filter", "slash", "Filter the list; find in a text", "workflows detail trash trashed", "filter"),
    Action("import", "i", "Bring workflows in from a file, a folder or a zip", "workflows empty", "import", "act('import')"),
    Action("report", "I", "The report of the last import", "workflows empty", "", "act('report')"),
    Action("export", "x", "Export: Sim JSON, a workspace zip, or plain files", "workflows detail trash trashed", "export", "act('export')"),
    Action("rename", "R", "Rename", "workflows detail", "", "act('rename')"),
    Action("move", "m", "Move to a folder", "workflows detail", "", "act('move')"),
    Action("delete", "d", "Delete: to the trash", "workflows detail", "delete", "act('delete')"),
    Action("restore", "w", "Take out of the trash", "trash trashed", "take out", "act('restore')"),
    Action("undo", "u", "Undo the last change", "workflows detail empty trash trashed", "undo", "act('undo')"),
    Action("mark", "space", "Mark, for export, move and delete", "workflows trash"),
    Action("folders", "F", "Narrow to a folder", "workflows", "", "act('folders')"),
    Action("trash", "T", "Show the trash, or the library again", "workflows empty trash", ""),
    Action("overview", "o", "Overview of the workflow", "workflows detail trash trashed", "", "view('Overview')"),
    Action("json", "J", "The workflow's JSON", "workflows detail trash trashed", "", "view('JSON')"),
    Action("versions", "v", "Its earlier versions", "workflows detail trash trashed", "", "view('Versions')"),
    Action("rollback", "B", "Make the version under the cursor the current one", "versions", "roll back", "act('rollback')"),
    Action("next_problem", "right_square_bracket", "Next problem", "detail trashed", "", "next_problem(1)"),
    Action("previous_problem", "left_square_bracket", "Previous problem", "detail trashed", "", "next_problem(-1)"),
    Action("next_match", "n", "Next match", "detail trashed", "", "next_match(1)"),
    Action("previous_match", "N", "Previous match", "detail trashed", "", "next_match(-1)"),
    Action("other_pane", "tab", "To the other pane", "workflows detail trash trashed"),
    Action("copy", "y", "Copy the id (in a text: the line)", "workflows detail trash trashed"),
    Action("times", "t", "Relative or absolute times", "workflows detail trash trashed"),
    Action("refresh", "r", "Read everything again", "workflows detail empty trash trashed"),
    Action("samples", "D", "Look around in sample workflows", "workflows empty", "samples"),
    Action("secret_show", "enter", "Show the value under the cursor", "secrets", "show", "act('show')"),
    Action("secret_set", "s", "Set a secret: its name, then its value unseen", "secrets", "set", "act('set')"),
    Action("secret_copy", "y", "Copy the value to the terminal's clipboard", "secrets", "copy", "act('copy')"),
    Action("secret_delete", "d", "Delete the value under the cursor", "secrets", "delete", "act('delete')"),
    Action("secret_import", "I", "Read a .env file", "secrets", "from .env", "act('import')"),
    Action("secret_scan", "S", "What workflows hold in clear", "secrets", "scan", "act('scan')"),
    Action("vault_lock", "L", "Lock the vault", "secrets", "lock", "act('lock')"),
    Action("back", "escape", "Back; ends work that is running", "workflows detail area secrets empty trash trashed"),
    Action("palette", "colon,ctrl+p", "Every action by its name, and workflows", "workflows detail area secrets empty trash trashed", "palette", "app.command_palette"),
    Action("help", "question_mark", "Help for where you are", "workflows detail area secrets empty trash trashed", "help"),
    Action("quit", "q", "Quit", "workflows detail area secrets empty trash trashed", "quit"),
)  # fmt: skip

AREA_BINDINGS = [
    Binding(str(n), f"area({n})", name, id=f"area.{name.lower()}")
    for n, name in enumerate(AREAS, 1)
]

MOVES = (
    ("j k ↓ ↑", "a line down, up"),
    ("PgDn PgUp", "a page down, up"),
    ("g G", "to the first, to the last"),
    ("1 … 5", "Workflows, Runs, Secrets, Backups, Settings"),
)


def bindings(*ids: str) -> list[Binding]:
    """The bindings of the actions with these ids, in this order."""
    by_id = {action.id: action for action in ACTIONS}
    return [by_id[ident].binding() for ident in ids]


def works(called: str, place: str) -> bool:
    """Whether what is called works in a place; what is not in the table works everywhere."""
    named = [action for action in ACTIONS if action.called == called]
    return not named or any(action.in_place(place) for action in named)


def in_place(place: str) -> Iterator[Action]:
    """The actions that work in a place, in the table's order."""
    return (action for action in ACTIONS if action.in_place(place))
