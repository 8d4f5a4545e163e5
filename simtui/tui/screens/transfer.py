"""Import and export from the Workflows area: where from, where to, progress, and the report."""

from __future__ import annotations

import os
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import BadInput, shown
from simtui.model import settings, wording
from simtui.tui.screens.dialogs import AskText, Choose, Confirm

if TYPE_CHECKING:
    from simtui.tui.screens.report import Tally
    from simtui.tui.screens.workflows import Workflows


async def import_from(screen: Workflows) -> None:
    """Imports what is named, with progress and a report."""
    from simtui.tui.screens.report import Report, Tally

    if _busy(screen):
        return
    question = AskText(
        "Import which file, folder or zip?",
        "",
        "Tab completes   ⏎ import   esc not now",
        paths=True,
    )
    typed = (await screen.simtui.ask(question) or "").strip()
    if not typed or _busy(screen):
        return
    path, tally = Path(typed).expanduser(), Tally()
    name = shown(path.name, 40)
    whole = await screen.simtui.work.run(f"importing {name}", _import(screen, path, tally))
    end = "" if whole else "; ended before its end, what came in stays"
    await screen.changed(f"Import of {name}: {tally.words()}{end}")
    workflow_id = await screen.simtui.ask(Report(shown(typed, 60), tally))
    if workflow_id:
        await screen.go_to(workflow_id)


async def _import(screen: Workflows, path: Path, tally: Tally) -> None:
    from simtui.importing import import_paths

    app = screen.simtui
    stored = await app.library.settings.all()
    policy = settings.resolve(settings.find("import.on_conflict"), stored, os.environ).value
    words = f"importing {shown(path.name, 40)}"
    items = import_paths(
        app.library,
        [path],
        on_conflict=policy,
        on_progress=lambda at: app.work.at(words, at.done, at.total),
    )
    async with aclosing(items):
        async for item in items:
            tally.add(item)


async def export(screen: Workflows) -> None:
    """Asks in what form and where to, and exports."""
    ids = screen.chosen_ids()
    if not ids or _busy(screen):
        return
    what = "it" if len(ids) == 1 else f"{wording.count(len(ids))} marked workflows"
    choices = [("sim", "Sim JSON: the document as Sim imports it")] if len(ids) == 1 else []
    choices += [
        ("zip", f"workspace zip with {what}, in Sim's layout"),
        ("files", f"plain files with {what}, versions included"),
        ("all", "workspace zip with the whole library"),
        ("everything", "plain files with everything: versions, trash, settings"),
    ]
    form = await screen.simtui.ask(Choose("Export as", choices))
    if form is None or _busy(screen):
        return
    chosen = None if form in ("all", "everything") else ids
    form = {"all": "zip", "everything": "files"}.get(form, form)
    try:
        await _export(screen, chosen, form, allow_secrets=False)
    except BadInput as error:
        question = Confirm("Export with these values in clear?", error.message)
        if await screen.simtui.ask(question) and not _busy(screen):
            await _export(screen, chosen, form, allow_secrets=True)


async def _export(
    screen: Workflows, ids: list[str] | None, form: str, *, allow_secrets: bool
) -> None:
    from simtui.exporting import export_to

    app = screen.simtui

    async def work() -> None:
        done = await export_to(
            app.library,
            ids,
            form,
            allow_secrets=allow_secrets,
            on_progress=partial(app.work.at, "exporting"),
        )
        what = wording.plural(done.workflows, "workflow")
        size = f", {wording.size(done.size_bytes)}" if done.size_bytes else ""
        assert done.path is not None  # without `to`, a file or folder in the home was chosen
        place = done.path.relative_to(app.library.home.root)
        app.tell(f"{what}{size}, in the home under {place}", "success")

    if not await app.work.run("exporting", work()):
        app.tell("Export ended before its end. Nothing of it was kept.", "warning")


def _busy(screen: Workflows) -> bool:
    """Whether something is running; says so."""
    if screen.simtui.work.words:
        screen.simtui.tell("One thing at a time: esc ends what is running.", "warning")
        return True
    return False
