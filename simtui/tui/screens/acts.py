"""What can be done to workflows from their area. An act asks what it must know, calls the library,
says what is true now, and leaves the way back with the app, for `u`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from simtui.errors import NotFound, shown
from simtui.library import WorkflowShelf
from simtui.model import wording
from simtui.tui.screens import asset_acts, edit_acts, transfer
from simtui.tui.screens.dialogs import AskText, Choose, Confirm
from simtui.tui.screens.rows import quoted
from simtui.tui.screens.ways_back import roll_back_to
from simtui.tui.widgets.one_line_input import in_one_line

if TYPE_CHECKING:
    from simtui.tui.screens.workflows import Workflows

_GO_ON = "{next_match} and {previous_match} go on from there"

Act = Callable[["Workflows"], Awaitable[None]]


async def rename(screen: Workflows) -> None:
    """Asks for a name and gives it."""
    row = screen.chosen
    if row is None:
        screen.nothing_chosen()
        return
    offered = in_one_line(row.name)
    name = await screen.simtui.ask(AskText("Rename", offered, "⏎ rename   esc not now"))
    if name is None or name.strip() in (row.name, offered):
        return
    shelf = screen.simtui.library.workflows
    if not await _those(shelf, [row.id], in_trash=False):
        raise NotFound(f"{shown(row.name, 60)} went to the trash meanwhile. It was not renamed.")
    await shelf.rename(row.id, name)
    renamed = await shelf.get(row.id)

    async def back() -> str:
        present = await shelf.get(row.id)
        if present and renamed and present.digest == renamed.digest != row.digest:
            await roll_back_to(shelf, row)
        else:  # somebody changed it since, and keeps what they did
            await shelf.rename(row.id, row.name)
        return f"{shown(name.strip(), 40)} is {shown(row.name, 40)} again"

    screen.simtui.undo.remember(back)
    await screen.changed(f"Renamed to {shown(name.strip(), 60)}.")


async def move(screen: Workflows) -> None:
    """Asks for a folder and moves what is meant there."""
    ids = screen.chosen_ids()
    if not ids:
        screen.nothing_chosen()
        return
    shelf = screen.simtui.library.workflows
    places = {item.folder for ident in ids if (item := await shelf.get(ident))}
    folder = await screen.simtui.ask(
        AskText(
            f"Move {wording.plural(len(ids), 'workflow')} to which folder?",
            in_one_line(places.pop()) if len(places) == 1 else "",
            f"{await _unseen(screen)}Sales/Inbound; empty for none   ⏎ move   esc not now",
        )
    )
    if folder is None:
        return
    before = {ident: item.folder for ident in ids if (item := await shelf.get(ident))}
    moved = await shelf.move(ids, folder)

    async def back() -> str:
        returned = 0
        for ident, place in before.items():
            returned += await shelf.move([ident], place)
        return f"{wording.plural(returned, 'workflow')} moved back"

    if moved:
        screen.simtui.undo.remember(back)
        screen.unmark()
    await screen.changed(f"{wording.plural(moved, 'workflow')} moved.")


async def folders(screen: Workflows) -> None:
    """Narrows the list to a folder."""
    known = await screen.simtui.library.workflows.folders()
    if not known:
        screen.simtui.tell(
            screen.simtui.keys.say("There are no folders. {move} moves a workflow into one.")
        )
        return
    choices = [("", "all workflows")]
    choices += [(path, f"{shown(path, 60)}  {wording.count(count)}") for path, count in known]
    path = await screen.simtui.ask(Choose("Which folder?", choices))
    if path is not None:
        await screen.use_filter(f"folder:{quoted(path)}" if path else "")


async def delete(screen: Workflows) -> None:
    """Asks, and moves to the trash."""
    ids = screen.chosen_ids()
    if not ids:
        screen.nothing_chosen()
        return
    shelf = screen.simtui.library.workflows
    what = await _named(shelf, ids)
    undo_key = screen.simtui.keys.first("undo")
    question = Confirm(
        f"Move {what} to the trash?", f"{await _unseen(screen)}{undo_key} brings it back."
    )
    if not await screen.simtui.ask(question):
        return
    # what is there by now was put there by somebody else, and stays there when this is undone
    here = await _those(shelf, ids, in_trash=False)
    count = await shelf.delete(here)

    async def back() -> str:
        if await shelf.restore(here) == 0:
            raise NotFound(f"{what}: not in the trash any more.")
        return f"{what} brought back"

    if count:
        screen.simtui.undo.remember(back)
        screen.unmark()
    screen.leave_detail()
    others = f", {len(ids) - count} there already" if count < len(ids) else ""
    undoes = f" {undo_key} undoes it." if count else ""
    told = f"{wording.plural(count, 'workflow')} moved to the trash{others}.{undoes}"
    await screen.changed(told)


async def restore(screen: Workflows) -> None:
    """Takes out of the trash."""
    ids = screen.chosen_ids()
    if not ids:
        screen.nothing_chosen()
        return
    shelf = screen.simtui.library.workflows
    there = await _those(shelf, ids, in_trash=True)
    count = await shelf.restore(there)

    async def back() -> str:
        return f"{wording.plural(await shelf.delete(there), 'workflow')} back in the trash"

    if count:
        screen.simtui.undo.remember(back)
        screen.unmark()
    screen.leave_detail()
    await screen.changed(f"{wording.plural(count, 'workflow')} taken out of the trash.")


async def rollback(screen: Workflows) -> None:
    """Makes the version under the cursor the current document."""
    row, version = screen.chosen, screen.detail.version
    if row is None or version is None:
        text = "{versions} shows the versions; {rollback} makes the one under the cursor current."
        screen.simtui.tell(screen.simtui.keys.say(text))
        return
    question = f"Make version {version.number} of {shown(row.name, 60)} the current one?"
    if not await screen.simtui.ask(Confirm(question, "The present one is kept as a version.")):
        return
    shelf = screen.simtui.library.workflows
    # another process may have changed it since it was shown
    present = await shelf.get(row.id) or row
    await shelf.rollback(row.id, version.number)

    async def back() -> str:
        await roll_back_to(shelf, present)
        return f"{shown(present.name, 40)} is as it was"

    screen.simtui.undo.remember(back)
    await screen.changed(f"Version {version.number} is the current one.")


async def find(screen: Workflows) -> None:
    """Asks for a text, and goes to it in the one that is open."""
    text = await screen.simtui.ask(AskText("Find in this text", "", screen.simtui.keys.say(_GO_ON)))
    if text is not None and not screen.detail.text.find(text):
        screen.simtui.tell(f'"{shown(text, 40)}" is not in it.')


async def next_match(screen: Workflows, by: int) -> None:
    """To where that text stands next, or before."""
    if not screen.detail.text.looked_for:
        text = "{filter} looks for a text first; " + _GO_ON + "."
        screen.simtui.tell(screen.simtui.keys.say(text))
    elif not screen.detail.text.next_match(by):
        screen.simtui.tell("It is not in this text.")


async def go_to(screen: Workflows, workflow_id: str) -> None:
    """Shows one workflow, wherever it is, the trash included."""
    workflow = await screen.simtui.library.workflows.get(workflow_id)
    if workflow is None:
        screen.simtui.tell("It is not here any more.", "warning")
        return
    screen.leave_detail()
    if screen.trash != (workflow.deleted_at is not None):
        await screen.other_place()
    await screen.use_filter(f"id:{quoted(workflow_id)}")
    await screen.show_view("Overview")


async def _those(shelf: WorkflowShelf, ids: list[str], *, in_trash: bool) -> list[str]:
    """The ones of these that are in the trash, or that are not."""
    found = [await shelf.get(ident) for ident in ids]
    return [item.id for item in found if item and (item.deleted_at is not None) == in_trash]


async def _named(shelf: WorkflowShelf, ids: list[str]) -> str:
    """One by its name, several by their number."""
    one = await shelf.get(ids[0]) if len(ids) == 1 else None
    return shown(one.name, 60) if one else wording.plural(len(ids), "workflow")


async def _unseen(screen: Workflows) -> str:
    """What a person must know who does not see all that is marked."""
    unseen = 0 if screen.in_detail else await screen.unseen_marks()
    if not unseen:
        return ""
    return f"{unseen} of them {'is' if unseen == 1 else 'are'} not in the list as it is filtered. "


async def runs_of(screen: Workflows) -> None:
    """Goes to the runs of the workflow."""
    row = screen.chosen
    if row is None:
        screen.nothing_chosen()
    else:
        await screen.simtui.areas.runs_of(row.name)


ACTS: dict[str, Act] = {
    "edit": edit_acts.edit,
    "duplicate": edit_acts.duplicate,
    "page": edit_acts.page,
    "copy": edit_acts.copy,
    "mark_all": edit_acts.mark_all,
    "import": transfer.import_from,
    "report": transfer.last_report,
    "export": transfer.export,
    "rename": rename,
    "move": move,
    "folders": folders,
    "delete": delete,
    "restore": restore,
    "rollback": rollback,
    "file_add": asset_acts.add,
    "file_save": asset_acts.save,
    "file_remove": asset_acts.remove,
    "runs_of": runs_of,
    "find": find,
    "next": partial(next_match, by=1),
    "previous": partial(next_match, by=-1),
}
"""By the name that the table of keys has for them."""
