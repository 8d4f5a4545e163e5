"""What comes into the Runs area from a file, and what leaves it: a text to the pager or into a
file, runs as run events or to be read."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import NotFound, shown
from simtui.model import wording
from simtui.model.run import Run
from simtui.tui.screens.dialogs import AskText, Choose
from simtui.tui.screens.text import Text
from simtui.tui.screens.transfer import unless_keys_leave
from simtui.tui.typed_paths import path_meant
from simtui.tui.widgets.lines import Span
from simtui.tui.widgets.log_words import plain

if TYPE_CHECKING:
    from simtui.tui.screens.runs import Runs

_PAGED_LINES = 20_000
_MOST_TOLD = 1000
_MOST_UNDONE = 100_000
_FORMS = (
    ("ndjson", "run events: all of it, and `simtui runs import` takes it in again"),
    ("markdown", "Markdown: to be read; keys masked"),
    ("csv", "CSV: a line a run; keys masked"),
)
_ENDINGS = {"ndjson": "ndjson", "markdown": "md", "csv": "csv"}


async def _text(screen: Runs) -> str:
    """What is shown, as text: of a long log the end."""
    pane, run = screen.pane, screen.pane.open_run
    assert run is not None
    if pane.view != "Log":
        return await asyncio.to_thread(pane.text.plain_text)
    levels = pane.log_view.levels
    lines = await screen.shelf.log(run, from_end=True, limit=_PAGED_LINES, levels=levels)
    total = await screen.shelf.log_count(run, levels)
    head = ""
    if total > len(lines):
        head = f"The last {len(lines):,} of {total:,} lines. `simtui runs export` has them all.\n\n"
    return head + "".join(f"{plain(line)}\n" for line in lines)


async def page(screen: Runs) -> None:
    """Shows the open text in the pager."""
    from simtui.library.editing import pager

    if screen.pane.open_run is not None:
        text = await _text(screen)
        await screen.simtui.handed_over.to(pager(os.environ), text.encode("utf-8", "replace"))


async def save(screen: Runs) -> None:
    """Writes what is shown into the home's exports; a log whole, however long it is."""
    run, pane = screen.pane.open_run, screen.pane
    if run is None:
        return
    path = _new_path(screen, run, pane.view.lower(), "txt")
    if pane.view == "Log":
        await screen.simtui.work.run("saving the log", _save_log(screen, run, path))
    else:
        from simtui.exporting.targets import write_file

        content = (await _text(screen)).encode("utf-8", "replace")
        await asyncio.to_thread(write_file, path, content)
    if path.exists():
        where = path.relative_to(screen.simtui.library.home.root)
        screen.simtui.tell(f"Saved in the home under {where}", "success")


async def _save_log(screen: Runs, run: Run, path: Path) -> None:
    from simtui.exporting.targets import appearing

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with appearing(path) as stream:
        after = -1
        levels = screen.pane.log_view.levels
        while lines := await screen.shelf.log(run, after=after, limit=2000, levels=levels):
            text = "".join(f"{plain(line)}\n" for line in lines)
            stream.write(text.encode("utf-8", "replace"))
            after = lines[-1].seq


def _new_path(screen: Runs, run: Run, what: str, ending: str) -> Path:
    folder = screen.simtui.library.home.exports
    ident = "".join(c for c in run.id[:12] if c.isascii() and c.isalnum()) or "run"
    stem = f"run-{ident}-{what}-{time.strftime('%Y%m%d-%H%M%S')}"
    path, number = folder / f"{stem}.{ending}", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.{ending}"
    return path


async def import_from(screen: Runs) -> None:
    """Brings runs in from a file: run events, Sim's log answers, Sim's CSV."""
    app = screen.simtui
    if app.busy():
        return
    question = AskText(
        "Import runs from which file?",
        "",
        "run events, Sim's logs, Sim's CSV   Tab completes   ⏎ import",
        paths=True,
    )
    typed = (await app.ask(question) or "").strip()
    if not typed or app.busy():
        return
    path = path_meant(typed)
    name, came = shown(path.name, 40), _Came()
    try:
        whole = await app.work.run(f"importing {name}", came.take(screen, path))
    finally:
        if came.new:
            app.undo.remember(partial(came.back, screen))
    words = f"{came.words()}{'' if whole else '; ended before its end, what came in stays'}"
    await screen.changed(f"{name}: {words}", "warning" if came.refused or not whole else "success")
    if came.refused:
        lines = [[Span(f" ✗ {shown(each, 400)}")] for each in came.refused]
        await app.ask(Text(f"Refused of {name}", lines))


class _Came:
    """What an import of runs brought: the ids of new ones, and what was refused, as many as can be
    told."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.new: list[str] = []
        self.refused: list[str] = []

    async def take(self, screen: Runs, path: Path) -> None:
        from simtui.recording import import_runs

        app = screen.simtui
        items = import_runs(
            app.library,
            [path],
            on_progress=partial(app.work.at, f"importing {shown(path.name, 24)}"),
        )
        async with aclosing(items):
            async for item in items:
                self.counts[item.outcome] = self.counts.get(item.outcome, 0) + 1
                if item.outcome == "imported" and item.run_id and len(self.new) < _MOST_UNDONE:
                    self.new.append(item.run_id)
                elif item.outcome == "refused" and len(self.refused) < _MOST_TOLD:
                    line = f"line {item.line}: " if item.line else ""
                    self.refused.append(f"{line}{item.reason}")

    def words(self) -> str:
        told = [f"{wording.count(n)} {outcome}" for outcome, n in self.counts.items()]
        return ", ".join(told) or "no runs in it"

    async def back(self, screen: Runs) -> str:
        gone = 0
        for ident in self.new:
            with suppress(NotFound):
                gone += await screen.shelf.delete([await screen.shelf.find(ident)])
        return f"{wording.plural(gone, 'run')} taken away again"


async def export(screen: Runs) -> None:
    """Asks in what form, and writes runs into the home's exports."""
    runs = await screen.chosen_runs()
    if not runs:
        screen.nothing_chosen()
        return
    what = wording.plural(len(runs), "run")
    form = await screen.simtui.ask(Choose(f"Export {what} as", _FORMS))
    if form is None or screen.simtui.busy():
        return
    await unless_keys_leave(screen.simtui, partial(_export, screen, runs, form))


async def _export(screen: Runs, runs: Sequence[Run], form: str, allow_secrets: bool) -> None:
    from simtui.exporting.runs import export_runs
    from simtui.exporting.targets import appearing

    app = screen.simtui
    path = _new_path(screen, runs[0], "events" if form == "ndjson" else "report", _ENDINGS[form])

    async def chosen() -> AsyncIterator[Run]:
        for run in sorted(runs, key=lambda run: run.place):
            yield run

    async def work() -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with appearing(path) as stream:
            await export_runs(
                app.library,
                chosen,
                form,
                stream,
                allow_secrets=allow_secrets,
                on_progress=lambda done: app.work.at("exporting runs", done, len(runs)),
            )

    if await app.work.run("exporting runs", work()):
        where = path.relative_to(app.library.home.root)
        app.tell(f"{wording.plural(len(runs), 'run')} in the home under {where}", "success")
        if not screen.in_detail:
            screen.table.mark(())
            await screen.say_counts()
    else:
        app.tell("Export ended before its end. Nothing of it was kept.", "warning")
