"""What can be done to workflows from their area. An act asks what it must know, calls the library,
says what is true now, and leaves the way back with the app, for `u`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from simtui.errors import shown
from simtui.model import wording
from simtui.tui.screens.dialogs import AskText, Choose, Confirm

if TYPE_CHECKING:
    from simtui.tui.screens.workflows import Workflows

Act = Callable[["Workflows"], Awaitable[None]]


async def rename(screen: Workflows) -> None:
    """Asks for a name and gives it."""
    row = screen.chosen
    if row is None:
        return
    name = await screen.simtui.ask(AskText("Rename", row.name, "⏎ rename   esc not now"))
    if not name or name.strip() == row.name:
        return
    shelf = screen.simtui.library.workflows
    await shelf.rename(row.id, name)
    screen.simtui.can_undo(
        f"{shown(name.strip(), 40)} is {shown(row.name, 40)} again",
        lambda: shelf.rename(row.id, row.name),
    )
    await screen.changed(f"Renamed to {shown(name.strip(), 60)}.")


async def move(screen: Workflows) -> None:
    """Asks for a folder and moves what is meant there."""
    ids, row = screen.chosen_ids(), screen.chosen
    if not ids or row is None:
        return
    folder = await screen.simtui.ask(
        AskText(
            f"Move {wording.plural(len(ids), 'workflow')} to which folder?",
            row.folder,
            "Sales/Inbound; empty for none   ⏎ move   esc not now",
        )
    )
    if folder is None:
        return
    shelf = screen.simtui.library.workflows
    before = {ident: item.folder for ident in ids if (item := await shelf.get(ident))}
    moved = await shelf.move(ids, folder)

    async def back() -> None:
        for ident, place in before.items():
            await shelf.move([ident], place)

    if moved:
        screen.simtui.can_undo(f"{wording.plural(moved, 'workflow')} moved back", back)
    await screen.changed(f"{wording.plural(moved, 'workflow')} moved.")


async def folders(screen: Workflows) -> None:
    """Narrows the list to a folder."""
    known = await screen.simtui.library.workflows.folders()
    if not known:
        screen.simtui.tell("There are no folders. m moves a workflow into one.")
        return
    choices = [("", "all workflows")]
    choices += [(path, f"{shown(path, 60)}  {wording.count(count)}") for path, count in known]
    path = await screen.simtui.ask(Choose("Which folder?", choices))
    if path is not None:
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        await screen.use_filter(f'folder:"{escaped}"' if path else "")


async def delete(screen: Workflows) -> None:
    """Asks, and moves to the trash."""
    ids, row = screen.chosen_ids(), screen.chosen
    if not ids or row is None:
        return
    if screen.trash:
        screen.simtui.tell("It is in the trash already. w takes it out.")
        return
    what = shown(row.name, 60) if len(ids) == 1 else wording.plural(len(ids), "workflow")
    question = Confirm(f"Move {what} to the trash?", "u brings it back.")
    if not await screen.simtui.ask(question):
        return
    shelf = screen.simtui.library.workflows
    count = await shelf.delete(ids)
    screen.simtui.can_undo(f"{what} is back", lambda: shelf.restore(ids))
    screen.leave_detail()
    await screen.changed(f"{wording.plural(count, 'workflow')} moved to the trash. u undoes it.")


async def restore(screen: Workflows) -> None:
    """Takes out of the trash."""
    ids = screen.chosen_ids()
    if not ids or not screen.trash:
        return
    shelf = screen.simtui.library.workflows
    count = await shelf.restore(ids)
    if count:
        screen.simtui.can_undo("back in the trash", lambda: shelf.delete(ids))
        screen.leave_detail()
        await screen.changed(f"{wording.plural(count, 'workflow')} taken out of the trash.")


async def undo(screen: Workflows) -> None:
    """Takes the last act back."""
    said = await screen.simtui.undo()
    if said:
        await screen.changed(f"Undone: {said}.")
    else:
        screen.simtui.tell("Nothing to undo.")


async def rollback(screen: Workflows) -> None:
    """Makes the version under the cursor the current document."""
    row, version = screen.chosen, screen.detail.version
    if row is None or version is None:
        screen.simtui.tell("v shows the versions; B makes the one under the cursor current.")
        return
    question = f"Make version {version.number} of {shown(row.name, 60)} the current one?"
    if not await screen.simtui.ask(Confirm(question, "The present one is kept as a version.")):
        return
    shelf = screen.simtui.library.workflows
    await shelf.rollback(row.id, version.number)

    async def back() -> None:
        for kept in await shelf.versions(row.id):
            if kept.digest == row.digest:
                await shelf.rollback(row.id, kept.number)

    screen.simtui.can_undo(f"{shown(row.name, 40)} is as it was", back)
    await screen.changed(f"Version {version.number} is the current one.")
