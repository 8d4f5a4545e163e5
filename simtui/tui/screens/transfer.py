"""Import and export from the Workflows area: where from, where to, progress, and the report."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import BadInput, Damaged, SimtuiError, shown
from simtui.model import settings, wording
from simtui.tui.screens.dialogs import AskText, Choose, Confirm
from simtui.tui.screens.frame import Frame
from simtui.tui.screens.ways_back import Came
from simtui.tui.typed_paths import path_meant

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp
    from simtui.tui.screens.tally import Tally
    from simtui.tui.screens.workflows import Workflows


async def import_from(screen: Workflows) -> None:
    """Imports what is named, with progress and a report."""
    from simtui.tui.screens.tally import Tally

    app = screen.simtui
    if app.busy():
        return
    question = AskText(
        "Import which file, folder or zip?",
        "",
        "Tab completes   ⏎ import   esc not now",
        paths=True,
    )
    typed = (await app.ask(question) or "").strip()
    if not typed or app.busy():
        return
    path, tally = path_meant(typed), Tally(shown(typed, 60))
    name = shown(path.name or str(path), 24)
    came = Came(app.library.workflows)
    work = _import(screen, path, name, tally, came)
    try:
        tally.whole = await app.work.run(f"importing {name}", work)
    except SimtuiError as error:
        tally.ended_by = error.message
    if came:
        app.undo.remember(came.back)
    app.last_report = tally
    free = isinstance(app.screen, Frame) and app.screen.free
    seen = "" if free else f". {screen.simtui.keys.first('report')} shows the report"
    await screen.changed(f"Import of {name}: {tally.words()}{seen}", tally.colour)
    if free:
        await last_report(screen)


async def _import(screen: Workflows, path: Path, name: str, tally: Tally, came: Came) -> None:
    from simtui.importing import import_paths
    from simtui.recording.bundled import take_bundled

    app = screen.simtui
    stored = await app.library.settings.all()
    policy = settings.resolve(settings.find("import.on_conflict"), stored, os.environ).value
    items = import_paths(
        app.library,
        [path],
        on_conflict=policy,
        take_runs=partial(take_bundled, app.library),
        on_progress=lambda at: app.work.at(f"importing {name}", at.done, at.total),
    )
    async with aclosing(items):
        async for item in items:
            tally.add(item)
            await came.add(item.outcome, item.workflow_id)


async def last_report(screen: Workflows) -> None:
    """Shows the report of the last import again."""
    from simtui.tui.screens.report import Report

    tally = screen.simtui.last_report
    if tally is None:
        screen.simtui.tell("Nothing was imported since simtui was opened. i imports.")
        return
    workflow_id = await screen.simtui.ask(Report(tally))
    if workflow_id:
        await screen.simtui.areas.go_to(workflow_id)


async def export(screen: Workflows) -> None:
    """Asks in what form and where to, and exports."""
    ids = screen.chosen_ids()
    if not ids:
        screen.nothing_chosen()
        return
    if screen.simtui.busy():
        return
    what = "it" if len(ids) == 1 else f"{wording.count(len(ids))} marked workflows"
    choices = [
        ("bundle", f"bundle: {what} with the files that belong to it"),
        ("bundle-versions", "bundle, with earlier versions too"),
    ]
    if len(ids) == 1:
        choices.append(("sim", "Sim JSON: the document as Sim imports it"))
    choices += [
        ("zip", f"workspace zip with {what}, in Sim's layout"),
        ("files", f"plain files with {what}, versions included"),
        ("all", "workspace zip with the whole library"),
        ("everything", "plain files with everything: versions, trash, settings"),
    ]
    unseen = 0 if screen.in_detail else await screen.unseen_marks()
    hidden = f" ({wording.count(unseen)} of the marked ones not in sight)" if unseen else ""
    form = await screen.simtui.ask(Choose(f"Export as{hidden}", choices))
    if form is None or screen.simtui.busy():
        return
    chosen = None if form in ("all", "everything") else ids
    form = {"all": "zip", "everything": "files"}.get(form, form)
    await unless_keys_leave(screen.simtui, partial(_export, screen, chosen, form))


async def unless_keys_leave(app: SimtuiApp, export: Callable[[bool], Awaitable[None]]) -> None:
    """Exports. Where values in it look like keys, says which, and asks before they leave in
    clear."""
    try:
        await export(False)
    except Damaged:
        raise
    except BadInput as error:
        why = error.message.replace("insist with --allow-secrets", "insist with y")
        question = Confirm("Export with these values in clear?", why)
        if await app.ask(question) and not app.busy():
            await export(True)


async def _export(screen: Workflows, ids: list[str] | None, form: str, allow_secrets: bool) -> None:
    from simtui.exporting import export_to

    app = screen.simtui
    form, _, versions = form.partition("-")

    async def work() -> None:
        done = await export_to(
            app.library,
            ids,
            form,
            with_versions=bool(versions),
            allow_secrets=allow_secrets,
            on_progress=partial(app.work.at, "exporting"),
        )
        what = wording.plural(done.workflows, "workflow")
        size = f", {wording.size(done.size_bytes)}" if done.size_bytes else ""
        assert done.path is not None  # without `to`, a file or folder in the home was chosen
        place = done.path.relative_to(app.library.home.root)
        left = f"; {len(done.left_out)} damaged stayed: doctor names them" if done.left_out else ""
        needs = f"; whoever gets it sets {', '.join(done.needs[:4])}" if done.needs else ""
        more = f" and {len(done.needs) - 4} more" if len(done.needs) > 4 else ""
        said = f"{what}{size}, in the home under {place}{needs}{more}{left}"
        app.tell(said, "warning" if left else "success")

    if not await app.work.run("exporting", work()):
        app.tell("Export ended before its end. Nothing of it was kept.", "warning")
