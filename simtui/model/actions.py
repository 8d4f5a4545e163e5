"""The one table of actions: what it is called, which keys it has, where it works. Bindings, the
line of keys, the palette, the help, the settings `keys.…` and the README read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """`keys` are Textual's names for them, with commas between. `places` are the screens and panes
    it works in (`trashed` is an open workflow of the trash); `footer` is its word in the line of
    keys, empty where it is left out there; `call` is what is called, unless it bears the id's
    name."""

    id: str
    keys: str
    help: str
    places: str
    footer: str = ""
    call: str = ""

    @property
    def called(self) -> str:
        """What the screen calls."""
        return self.call or self.id

    def in_place(self, place: str) -> bool:
        """Whether it works in one of these places (words with spaces between)."""
        return not set(place.split()).isdisjoint(self.places.split())


AREAS = ("Workflows", "Runs", "Secrets", "Backups", "Settings")

ACTIONS: tuple[Action, ...] = (
    Action("open", "enter", "Open what is under the cursor", "workflows versions trash trashed-versions runs run-overview run-spans run-log", "open"),
    Action("filter", "slash", "Filter the list; find in a text", "workflows detail trash trashed runs run", "filter"),
    Action("import", "i", "Bring workflows in from a file, a folder or a zip", "workflows empty", "import", "act('import')"),
    Action("report", "I", "The report of the last import", "workflows empty", "", "act('report')"),
    Action("export", "x", "Export: Sim JSON, a workspace zip, or plain files", "workflows detail trash trashed", "export", "act('export')"),
    Action("edit", "e", "Edit the JSON, a prompt or code in $EDITOR", "workflows detail", "edit", "act('edit')"),
    Action("duplicate", "c", "Make a copy of the workflow", "workflows detail", "", "act('duplicate')"),
    Action("rename", "R", "Rename", "workflows detail", "", "act('rename')"),
    Action("move", "m", "Move to a folder", "workflows detail", "", "act('move')"),
    Action("delete", "d", "Delete: to the trash", "workflows detail", "delete", "act('delete')"),
    Action("restore", "w", "Take out of the trash", "trash trashed", "take out", "act('restore')"),
    Action("mark", "space", "Mark, for export, move and delete", "workflows trash"),
    Action("mark_all", "asterisk", "Mark all that the filter shows", "workflows trash", "", "act('mark_all')"),
    Action("folders", "F", "Narrow to a folder", "workflows", "", "act('folders')"),
    Action("trash", "T", "Show the trash, or the library again", "workflows empty trash", ""),
    Action("overview", "o", "Overview of the workflow", "workflows detail trash trashed", "", "view('Overview')"),
    Action("json", "J", "The workflow's JSON", "workflows detail trash trashed", "", "view('JSON')"),
    Action("versions", "v", "Its earlier versions", "workflows detail trash trashed", "", "view('Versions')"),
    Action("files", "a", "Its files", "workflows detail", "", "view('Files')"),
    Action("file_add", "A", "Add a file to the workflow", "detail", "", "act('file_add')"),
    Action("file_save", "s", "Save the file under the cursor elsewhere", "files", "save", "act('file_save')"),
    Action("file_remove", "X", "Remove the file under the cursor", "files", "remove", "act('file_remove')"),
    Action("rollback", "B", "Make the version under the cursor the current one", "versions", "roll back", "act('rollback')"),
    Action("next_problem", "right_square_bracket", "Next problem", "detail trashed report run compare", "", "next_problem(1)"),
    Action("previous_problem", "left_square_bracket", "Previous problem", "detail trashed report run compare", "", "next_problem(-1)"),
    Action("next_match", "n", "Next match", "detail trashed run settings", "", "next_match(1)"),
    Action("previous_match", "N", "Previous match", "detail trashed run settings", "", "next_match(-1)"),
    Action("other_pane", "tab", "To the other pane", "workflows detail trash trashed runs run"),
    Action("copy", "y", "Copy the id (in a text: the line)", "workflows detail trash trashed runs run", "", "act('copy')"),
    Action("pager", "p", "Read the text in $PAGER", "detail trashed run", "", "act('page')"),
    Action("times", "t", "Relative or absolute times", "workflows detail trash trashed runs run"),
    Action("refresh", "r", "Read everything again", "workflows detail backups settings empty trash trashed runs runs-empty run"),
    Action("samples", "D", "Look around in sample workflows", "workflows empty", "samples"),
    Action("run_import", "i", "Bring runs in from a file", "runs runs-empty", "import", "act('import')"),
    Action("run_mark", "space", "Mark: two to compare; any to pin, export, delete", "runs", "", "mark"),
    Action("run_compare", "equals_sign", "Two marked runs side by side", "runs", "compare", "act('compare')"),
    Action("run_charts", "c", "Pictures: runs a day, durations, cost a week", "runs run", "charts", "act('charts')"),
    Action("run_follow", "f", "Follow the log as it grows", "run-log", "follow", "follow"),
    Action("run_levels", "v", "Only lines of some levels", "run-log", "levels", "act('levels')"),
    Action("run_wrap", "W", "Wrap long lines, or cut them", "run-log", "wrap", "wrap"),
    Action("run_overview", "o", "Overview of the run", "runs run", "", "view('Overview')"),
    Action("run_spans", "S", "Its spans, drawn in time", "runs run", "", "view('Spans')"),
    Action("run_log", "L", "Its log", "runs run", "", "view('Log')"),
    Action("run_workflow", "w", "Go to its workflow", "runs run", "workflow", "act('workflow')"),
    Action("run_pin", "p", "Pin: no pruning takes it; or no longer", "runs", "pin", "act('pin')"),
    Action("run_pin_open", "P", "Pin: no pruning takes it; or no longer", "run", "", "act('pin_open')"),
    Action("run_export", "x", "Export: run events, Markdown or CSV", "runs run", "", "act('export')"),
    Action("run_save", "s", "Save the text that is shown, into exports/", "run", "save", "act('save')"),
    Action("run_delete", "d", "Delete for good: asks first", "runs run", "delete", "act('delete')"),
    Action("runs_of", "U", "Its runs", "workflows detail trash trashed", "", "act('runs_of')"),
    Action("secret_show", "enter", "Show the value under the cursor", "secrets", "show", "act('show')"),
    Action("secret_set", "s", "Set the value under the cursor: it is typed unseen", "secrets", "set", "act('set')"),
    Action("secret_add", "a", "A new secret: its name, then its value unseen", "secrets", "new", "act('add')"),
    Action("secret_copy", "y", "Copy the value to the terminal's clipboard", "secrets", "copy", "act('copy')"),
    Action("secret_delete", "d", "Delete the value under the cursor", "secrets", "delete", "act('delete')"),
    Action("secret_import", "I", "Read a .env file", "secrets", ".env", "act('import')"),
    Action("secret_scan", "S", "What workflows hold in clear", "secrets", "scan", "act('scan')"),
    Action("vault_lock", "L", "Lock the vault", "secrets", "lock", "act('lock')"),
    Action("backup_look", "enter", "Look inside, without restoring", "backups", "look inside", "act('look')"),
    Action("backup_prove", "p", "Prove it again: open it as a restore does", "backups", "prove", "act('prove')"),
    Action("backup_restore", "R", "Restore: shows first what would change", "backups", "restore", "act('restore')"),
    Action("backup_prune", "P", "Let go of what no rule keeps: shows it first", "backups", "prune", "act('prune')"),
    Action("space", "S", "What takes space, by table and by workflow", "backups", "space", "act('space')"),
    Action("inside_see", "enter", "See its JSON", "inside", "see it", "do('see')"),
    Action("inside_take", "w", "Take this workflow out, into the library", "inside", "take it out", "do('take')"),
    Action("setting_set", "enter", "Set the setting under the cursor", "settings", "set", "set"),
    Action("setting_find", "slash", "Find a setting by a part of its name, or of what it does", "settings", "find"),
    Action("setting_reset", "d", "Back to its default", "settings", "default", "reset"),
    Action("undo", "u", "Undo the last change", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "undo"),
    Action("backup", "b", "Back up now, and prove it", "workflows detail runs runs-empty run secrets backups settings empty trash", "back up"),
    Action("back", "escape", "Back; ends work that is running", "workflows detail runs runs-empty run secrets backups settings empty trash trashed"),
    Action("tour", "f1", "What simtui is, in four steps", "workflows detail runs runs-empty run secrets backups settings empty trash trashed"),
    Action("suspend", "ctrl+z", "Stop simtui and go to the shell; `fg` comes back", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "", "app.suspend_process"),
    Action("jump", "apostrophe", "Jump: a letter on every pane and tab", "workflows detail runs runs-empty run secrets backups settings empty trash trashed"),
    Action("palette", "colon,ctrl+p", "Every action by its name, workflows and runs", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "palette", "app.command_palette"),
    Action("search", "semicolon", "Search everywhere: workflows, runs, log lines", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "search", "search_everywhere"),
    Action("search_go", "enter", "Go there", "search", "go there", "go"),
    Action("search_again", "slash", "Type another text", "search", "type", "again"),
    Action("charts_days", "d", "Another number of days", "charts", "days", "days"),
    Action("report_go", "enter", "Go to the workflow", "report", "go to it", "go"),
    Action("report_problems", "f", "Only problems", "report", "only problems", "only_problems"),
    Action("report_save", "s", "Save the report", "report", "save report", "save"),
    Action("close", "escape,q", "Close what is to be read", "report help text inside compare charts search", "close", "dismiss(None)"),
    Action("help", "question_mark", "Help for where you are", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "help"),
    Action("quit", "q", "Quit", "workflows detail runs runs-empty run secrets backups settings empty trash trashed", "quit"),
)  # fmt: skip

_LISTS = "workflows runs secrets backups settings trash inside"
_TEXTS = "detail trashed run report help text compare charts search"

MOVES: tuple[Action, ...] = (
    Action("down", "j,down", "A line down", f"{_LISTS} {_TEXTS}", "", "move(1)"),
    Action("up", "k,up", "A line up", f"{_LISTS} {_TEXTS}", "", "move(-1)"),
    Action("half_down", "ctrl+d", "Half a page down", f"{_LISTS} {_TEXTS}", "", "half(1)"),
    Action("half_up", "ctrl+u", "Half a page up", f"{_LISTS} {_TEXTS}", "", "half(-1)"),
    Action("page_down", "pagedown,ctrl+f", "A page down", f"{_LISTS} {_TEXTS}", "", "page(1)"),
    Action("page_up", "pageup,ctrl+b", "A page up", f"{_LISTS} {_TEXTS}", "", "page(-1)"),
    Action("first", "g,home", "To the first", f"{_LISTS} {_TEXTS}"),
    Action("last", "G,end", "To the last", f"{_LISTS} {_TEXTS}"),
    Action("left", "h,left", "Back from there", _TEXTS, "", "sideways(-1)"),
    Action("right", "l,right", "Sideways in a wide text", _TEXTS, "", "sideways(1)"),
)
"""What moves the cursor of a list or a text."""

_AREA_PLACES = "workflows detail runs runs-empty run secrets backups settings empty trash trashed"

GO_TO: tuple[Action, ...] = tuple(
    Action(f"area_{name.lower()}", str(n), f"Go to {name}", _AREA_PLACES, "", f"area({n})")
    for n, name in enumerate(AREAS, 1)
)

EVERY = (*MOVES, *GO_TO, *ACTIONS)

_AT_ONCE = (
    {"run", "run-overview"},
    {"run", "run-spans"},
    {"run", "run-log"},
    {"detail", "versions"},
    {"detail", "files"},
    {"trashed", "trashed-versions"},
)
"""Places that one can be in at one time."""


def meet(one: Action, other: Action) -> bool:
    """Whether there is a place in which both work."""
    here, there = set(one.places.split()), set(other.places.split())
    return bool(here & there) or any(here & both and there & both for both in _AT_ONCE)
