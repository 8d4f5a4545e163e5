"""What goes through other programs, an editor, a pager, a clipboard; copies and marks."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import SimtuiError, shown
from simtui.model import wording
from simtui.tui.screens.dialogs import Choose, Confirm
from simtui.tui.screens.ways_back import roll_back_to

if TYPE_CHECKING:
    from simtui.model.pieces import Piece
    from simtui.model.workflow import Workflow
    from simtui.tui.screens.workflows import Workflows

_WHOLE = "document"
_MAX_MARKS = 100_000


async def edit(screen: Workflows) -> None:
    """Asks what of the workflow, and hands it to the editor until what comes back can be kept, or
    nobody goes on."""
    from simtui.library import editing

    app, row = screen.simtui, screen.chosen
    if row is None:
        screen.nothing_chosen()
        return
    if app.busy():
        return
    await editing.take_up_files(app.library)
    pieces = await editing.pieces(app.library, row.id)
    choices = [(_WHOLE, "The whole workflow, as JSON")]
    choices += [(str(n), _told(piece)) for n, piece in enumerate(pieces)]
    chosen = await app.ask(Choose(f"Edit what of {shown(row.name, 50)}?", choices))
    if chosen is None:
        return
    piece = None if chosen == _WHOLE else pieces[int(chosen)]
    anew = False
    if draft := await editing.draft_of(app.library, row.id, piece):
        question = "An earlier try was not saved. Go on from it?"
        ways = [("on", f"Go on from it ({shown(draft.why, 120)})"), ("anew", "Begin anew")]
        way = await app.ask(Choose(question, ways))
        if way is None:
            return
        anew = way == "anew"
    await _edit(screen, row, piece, anew)


async def _edit(screen: Workflows, row: Workflow, piece: Piece | None, anew: bool) -> None:
    from simtui.library import editing

    app = screen.simtui
    shelf = app.library.workflows

    async def run_editor(path: Path) -> int:
        return await app.handed_over.to([*editing.editor(os.environ), str(path)])

    present = await shelf.get(row.id) or row
    while True:
        try:
            saved = await editing.edit(app.library, present, piece, run_editor, anew=anew)
            break
        except SimtuiError as error:
            if not await editing.draft_of(app.library, row.id, piece):
                raise  # nobody has written anything
            key = app.keys.first("edit")
            question = Confirm(
                "Not saved. Edit it again?",
                f"{error.message}\n\nWhat you wrote is kept; {key} goes on from it later.",
            )
            if not await app.ask(question):
                app.tell("Not saved. What you wrote is kept as a draft.", "warning")
                return
            anew = False
    if saved is None:
        app.tell("Nothing was changed.")
        return

    async def back() -> str:
        await roll_back_to(shelf, present)
        return f"{shown(present.name, 40)} is as it was"

    app.undo.remember(back)
    if saved.problems:
        count = wording.plural(len(saved.problems), "new problem")
        await screen.changed(f"Saved, with {count}: {saved.problems[0]}", "warning")
    else:
        await screen.changed("Saved; the document before is kept as a version.")


def _told(piece: Piece) -> str:
    first = piece.text.strip().partition("\n")[0]
    label = shown(piece.label, 44)
    return f"{label}  {shown(first, max(10, 64 - len(label)))}"


async def duplicate(screen: Workflows) -> None:
    """Makes a copy beside it."""
    row = screen.chosen
    if row is None:
        screen.nothing_chosen()
        return
    shelf = screen.simtui.library.workflows
    copy = await shelf.duplicate(row.id)

    async def back() -> str:
        await shelf.delete([copy.id])
        return f"{shown(copy.name, 40)} is in the trash"

    screen.simtui.undo.remember(back)
    await screen.changed(f"Copied as {shown(copy.name, 60)}.")


async def page(screen: Workflows) -> None:
    """Shows the open text in the pager."""
    from simtui.library.editing import pager

    text = await asyncio.to_thread(screen.detail.text.plain_text)
    await screen.simtui.handed_over.to(pager(os.environ), text.encode())


async def copy(screen: Workflows) -> None:
    """The line of the open text, or the id of the workflow."""
    from simtui.tui import clipboard

    row = screen.chosen
    text = screen.detail.text.line.strip() if screen.in_detail else row.id if row else ""
    if not text:
        return
    where = await clipboard.copy(screen.simtui, text)
    told = f"{where[:1].upper()}{where[1:]}: {shown(text, 50)}"
    screen.simtui.tell(told if where else clipboard.too_much(text), "" if where else "warning")


async def mark_all(screen: Workflows) -> None:
    """Marks all that the filter shows, or none where all of them are marked."""
    ids = await screen.listed_ids(_MAX_MARKS)
    screen.table.mark(screen.table.marked - ids if ids <= screen.table.marked else ids)
    await screen.say_counts()
