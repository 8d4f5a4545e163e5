"""What can be done to the files of a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import BadInput, UsageError, shown
from simtui.library.bringing_back import HeldFile, hold_file
from simtui.model import wording
from simtui.tui.screens.dialogs import AskText, Confirm
from simtui.tui.typed_paths import path_meant

if TYPE_CHECKING:
    from simtui.tui.screens.workflows import Workflows


async def add(screen: Workflows) -> None:
    """Gives the open workflow a file from this machine."""
    app, workflow = screen.simtui, screen.chosen
    if workflow is None or app.busy():
        return
    question = AskText("Add which file?", "", "Tab completes   ⏎ add   esc not now", paths=True)
    typed = (await app.ask(question) or "").strip()
    if not typed or app.busy():
        return
    path = path_meant(typed)
    try:
        done = await _added(screen, workflow.id, path, replace=False)
    except UsageError as error:
        if "already" not in error.message:
            raise
        if not await app.ask(Confirm("Replace it?", error.message)):
            return
        done = await _added(screen, workflow.id, path, replace=True)
    if done:
        screen.action_view("Files")


async def _added(screen: Workflows, workflow_id: str, path: Path, *, replace: bool) -> bool:
    app, name = screen.simtui, path.name
    told = ""
    before = await hold_file(app.library, workflow_id, name) if replace else None

    async def gone() -> str:
        await app.library.assets.remove(workflow_id, name)
        _show_again(screen)
        return f"{shown(name, 60)} is not there any more"

    async def work() -> None:
        nonlocal told
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                _asset, is_new = await app.library.assets.add(
                    workflow_id,
                    name,
                    stream,
                    replace=replace,
                    on_progress=lambda done: app.work.at("adding", done >> 20, size >> 20),
                )
        except OSError as error:
            raise BadInput(f"{shown(str(path), 200)} cannot be read: {error.strerror}.") from error
        told = f"{shown(name, 60)} is added." if is_new else f"{shown(name, 60)} is there already."
        if before is not None:
            _remember(screen, before, f"{shown(name, 60)} is the one before")
        elif is_new and not replace:
            app.undo.remember(gone)

    if not await app.work.run(f"adding {shown(name, 40)}", work()):
        told = "Adding was ended. Nothing of it was kept."
    app.tell(told, "success")
    return True


async def save(screen: Workflows) -> None:
    """Writes the file under the cursor into a folder of this machine."""
    from simtui.exporting.saving import place_of, save_asset

    app, asset = screen.simtui, screen.detail.asset
    if asset is None or app.busy():
        return
    hint = "Tab completes   ⏎ save   esc not now"
    typed = (await app.ask(AskText("Into which folder?", "~", hint, paths=True)) or "").strip()
    if not typed or app.busy():
        return
    place = place_of(asset, path_meant(typed))
    replace = place.exists()
    if replace and not await app.ask(Confirm(f"Replace {shown(str(place), 200)}?")):
        return
    told = ""

    async def work() -> None:
        nonlocal told
        path = await save_asset(app.library, asset, path_meant(typed), replace=replace)
        told = f"{wording.size(asset.size_bytes)} saved as {shown(str(path), 200)}"

    if await app.work.run(f"saving {shown(asset.name, 40)}", work()):
        app.tell(told, "success")


async def remove(screen: Workflows) -> None:
    """Takes the file under the cursor from the workflow."""
    app, asset = screen.simtui, screen.detail.asset
    if asset is None:
        return
    name, undo_key = shown(asset.name, 60), app.keys.first("undo")
    held = await hold_file(app.library, asset.workflow_id, asset.name)
    more = "Backups made before still have it. "
    more += (
        f"{undo_key} brings it back while simtui is open."
        if held
        else "It is too large to be brought back: save it elsewhere first."
    )
    if not await app.ask(Confirm(f"Remove {name}?", more)):
        return
    await app.library.assets.remove(asset.workflow_id, asset.name)
    if held is not None:
        _remember(screen, held, f"{name} is there again")
    screen.action_view("Files")
    app.tell(f"{name} is removed.", "success")


def _remember(screen: Workflows, held: HeldFile, said: str) -> None:
    async def back() -> str:
        await held.bring_back()
        _show_again(screen)
        return said

    screen.simtui.undo.remember(back)


def _show_again(screen: Workflows) -> None:
    """The list of files, where that is what is looked at."""
    if screen.in_detail and screen.detail.view == "Files":
        screen.action_view("Files")
