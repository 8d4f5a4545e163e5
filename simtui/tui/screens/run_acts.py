"""What can be done to runs from their area. An act asks what it must know, calls the library, and
says what is true now."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import shown
from simtui.model import wording
from simtui.model.run import Run
from simtui.model.run_text import with_masked_keys
from simtui.tui.screens.dialogs import AskText, Choose, Confirm
from simtui.tui.screens.text import Document, Text
from simtui.tui.widgets.lines import Span
from simtui.tui.widgets.log_words import plain
from simtui.tui.widgets.run_lines import payload_text, span_text
from simtui.tui.widgets.run_words import started

if TYPE_CHECKING:
    from simtui.tui.screens.runs import Runs

Act = Callable[["Runs"], Awaitable[None]]

_PAGED_LINES = 20_000
_ERROR_LEVELS = ("error", "fatal", "critical")
_TROUBLE = (*_ERROR_LEVELS, "warn", "warning")


async def open_line(screen: Runs) -> None:
    """What the line under the cursor leads to: a span, a log line, an error or a payload in full,
    the workflow."""
    pane = screen.pane
    if pane.view == "Log":
        await _log_line(screen)
    elif pane.view == "Spans":
        await _span(screen)
    elif pane.text.cursor < len(pane.parts) and pane.detail is not None:
        part = pane.parts[pane.text.cursor]
        detail = pane.detail
        if part.leads_to == "workflow":
            await workflow(screen)
        elif part.leads_to == "log":
            await screen.open_run(detail.run, "Log")
            await pane.log_view.go_to(part.seq)
        elif part.leads_to == "error":
            await _document(screen, "Error", with_masked_keys(detail.run.error or ""))
        elif part.leads_to:
            value = getattr(detail.payloads, part.leads_to)
            text = await asyncio.to_thread(payload_text, value)
            await _document(screen, part.leads_to.capitalize(), text)


async def _document(screen: Runs, title: str, text: str) -> None:
    run = screen.pane.open_run
    name = f"{title} · {shown(run.workflow_name, 60)}" if run else title
    await screen.app.push_screen(Document(name, text.encode("utf-8", "replace")))


async def _span(screen: Runs) -> None:
    pane = screen.pane
    if pane.lines is None or pane.open_run is None or pane.text.cursor >= len(pane.lines):
        return
    step = await screen.shelf.span(pane.open_run, pane.lines.nodes[pane.text.cursor].span.id)
    lines = await asyncio.to_thread(span_text, step)
    await screen.app.push_screen(
        Text(shown(step.name, 80), [[Span(f" {text}", colour)] for text, colour in lines])
    )


async def _log_line(screen: Runs) -> None:
    line = screen.pane.log_view.line
    if line is None:
        return
    text = with_masked_keys(line.message)
    if line.more:
        text += f"\n\n{payload_text(line.more)}"
    block = line.block_name or line.block_id
    where = f" · {shown(block, 40)}" if block else ""
    title = f"{wording.rfc3339(line.at)} · {shown(line.level, 12)}{where}"
    await screen.app.push_screen(Document(title, text.encode("utf-8", "replace")))


async def compare(screen: Runs) -> None:
    """The two marked runs side by side; or the one under the cursor and the marked one."""
    chosen = set(screen.table.marked)
    if len(chosen) == 1 and screen.table.row is not None:
        chosen.add(screen.table.row.id)
    if len(chosen) != 2:
        mark = screen.simtui.keys.first("run_mark")
        screen.simtui.tell(f"Mark two runs with {mark} to see them side by side.")
        return
    from simtui.tui.screens.comparing import Comparing

    # the earlier one stands left
    runs = sorted([await screen.shelf.find(ident) for ident in chosen], key=lambda run: run.place)
    compared = await screen.shelf.compare(runs[0].id, runs[1].id)
    await screen.app.push_screen(Comparing(compared))


async def charts(screen: Runs) -> None:
    """Runs a day, durations, cost a week, and by workflow."""
    from simtui.tui.screens.charts import Charts

    await screen.app.push_screen(Charts())


async def pin(screen: Runs) -> None:
    """Keeps runs from every pruning; those that are all kept are kept no longer."""
    runs = await screen.chosen_runs()
    if not runs:
        _nothing(screen)
        return
    pinned = not all(run.pinned for run in runs)
    count = await screen.shelf.pin(runs, pinned)
    what = wording.plural(count, "run")
    await screen.changed(
        f"{what} pinned: no pruning takes them." if pinned else f"{what} unpinned."
    )


async def delete(screen: Runs) -> None:
    """Asks, and deletes for good."""
    runs = await screen.chosen_runs()
    if not runs:
        _nothing(screen)
        return
    what = f"{len(runs):,} runs"
    if len(runs) == 1:
        at = started(runs[0], True)
        what = f"the run of {shown(runs[0].workflow_name, 50)} from {at}"
    pinned = sum(run.pinned for run in runs)
    unseen = 0
    if screen.filter and not screen.in_detail and screen.table.marked:
        from simtui.tui.screens.run_rows import RunRows

        listed = await RunRows(screen.shelf, screen.filter).among(screen.table.marked)
        unseen = len(runs) - len(listed)
    told = [
        f"{unseen:,} of them the filter does not show." if unseen else "",
        f"{pinned:,} of them pinned." if pinned else "",
        "With their spans and log lines, for good: runs have no trash.",
    ]
    if not await screen.simtui.ask(Confirm(f"Delete {what}?", " ".join(filter(None, told)))):
        return
    count = await screen.shelf.delete(runs)
    if screen.in_detail:
        screen.leave_detail()
    else:
        screen.table.mark(())
    await screen.changed(f"{wording.plural(count, 'run')} deleted.")


async def workflow(screen: Runs) -> None:
    """Goes to the workflow of the run."""
    run = screen.chosen
    if run is None:
        _nothing(screen)
    else:
        await screen.simtui.areas.go_to(run.workflow_id)


async def copy(screen: Runs) -> None:
    """The line of the open text, or the id of the run."""
    from simtui.tui import clipboard

    run, pane = screen.chosen, screen.pane
    text = run.id if run else ""
    if screen.in_detail and pane.view == "Log":
        text = plain(pane.log_view.line) if pane.log_view.line else ""
    elif screen.in_detail:
        text = pane.text.line.strip()
    if text:
        where = await clipboard.copy(screen.simtui, text)
        told = f"{where[:1].upper()}{where[1:]}: {shown(text, 50)}"
        screen.simtui.tell(told if where else clipboard.too_much(text), "" if where else "warning")


# -- a text that leaves


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


async def export(screen: Runs) -> None:
    """Writes runs as run events, which come in again without loss, into the home's exports."""
    runs = await screen.chosen_runs()
    if not runs:
        _nothing(screen)
        return
    what = wording.plural(len(runs), "run")
    detail = "Everything that was kept goes into the file as it is: keys in clear, where a run "
    detail += "holds them. `simtui runs import` takes it in again without loss."
    if not await screen.simtui.ask(Confirm(f"Export {what} as run events (NDJSON)?", detail)):
        return
    path = _new_path(screen, runs[0], "events", "ndjson")
    done = await screen.simtui.work.run("exporting runs", _events(screen, runs, path))
    if done:
        where = path.relative_to(screen.simtui.library.home.root)
        screen.simtui.tell(f"{what} in the home under {where}", "success")
        if not screen.in_detail:
            screen.table.mark(())
            await screen.say_counts()


async def _events(screen: Runs, runs: Sequence[Run], path: Path) -> None:
    from simtui.exporting.targets import appearing

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with appearing(path) as stream:
        for number, run in enumerate(sorted(runs, key=lambda run: run.place)):
            async for lines in screen.shelf.events_of(run.id):
                await asyncio.to_thread(stream.write, lines)
            screen.simtui.work.at("exporting runs", number + 1, len(runs))


# -- the log


async def levels(screen: Runs) -> None:
    """Narrows the log to lines of some levels."""
    run, view = screen.pane.open_run, screen.pane.log_view
    if run is None:
        return
    known = await screen.shelf.log_levels(run)
    offered: list[tuple[str, tuple[str, ...] | None]] = [("all levels", None)]
    for named, meant in (("errors and warnings", _TROUBLE), ("errors", _ERROR_LEVELS)):
        if found := tuple(level for level in known if level in meant):
            offered.append((named, found))
    offered += [(shown(level, 40), (level,)) for level in known]
    choices = []
    for number, (named, some) in enumerate(offered):
        count = await screen.shelf.log_count(run, some)
        choices.append((str(number), f"{named:<22} {wording.count(count):>10}"))
    chosen = await screen.simtui.ask(Choose("Which lines?", choices))
    if chosen is not None:
        named, wanted = offered[int(chosen)]
        await view.only(wanted, named)
        await view.count_up()


async def next_error(screen: Runs) -> None:
    """To the next error of what is shown."""
    await _to_an_error(screen, 1)


async def previous_error(screen: Runs) -> None:
    """To the one before."""
    await _to_an_error(screen, -1)


async def _to_an_error(screen: Runs, by: int) -> None:
    pane = screen.pane
    if pane.view != "Log":
        if not pane.text.next_problem(by):
            screen.simtui.tell("No error here.")
        return
    line, run = pane.log_view.line, pane.open_run
    seq = None
    if line is not None and run is not None:
        seq = await screen.shelf.next_error(run, line.seq, backwards=by < 0)
    if seq is None:
        screen.simtui.tell("No error after this line." if by > 0 else "No error before this line.")
    else:
        await pane.log_view.go_to(seq)


async def find(screen: Runs) -> None:
    """Asks for a text and goes to where it stands."""
    text = await screen.simtui.ask(
        AskText("Find", screen.looked_for, "⏎ find   empty: no more   esc not now")
    )
    if text is None:
        return
    screen.looked_for = text.strip()
    if screen.pane.view == "Log":
        from simtui.tui.screens.log_search import begin

        await begin(screen)
    elif not screen.pane.text.find(screen.looked_for):
        screen.simtui.tell(f'"{shown(screen.looked_for, 60)}" is not in it.')


async def go_on(screen: Runs, by: int) -> None:
    """To the next place of what was looked for, or the one before."""
    if not screen.looked_for:
        screen.simtui.tell(screen.simtui.keys.say("Nothing was looked for: {filter} finds."))
    elif screen.pane.view == "Log":
        from simtui.tui.screens.log_search import step

        await step(screen, by)
    elif not screen.pane.text.next_match(by) and not screen.pane.text.find(screen.looked_for):
        screen.simtui.tell(f'"{shown(screen.looked_for, 60)}" is not in it.')


async def following(screen: Runs) -> None:
    """To the next match."""
    await go_on(screen, 1)


async def preceding(screen: Runs) -> None:
    """To the one before."""
    await go_on(screen, -1)


def _nothing(screen: Runs) -> None:
    screen.simtui.tell("There is no run under the cursor.")


ACTS: dict[str, Act] = {
    "compare": compare, "charts": charts, "pin": pin, "pin_open": pin, "delete": delete,
    "workflow": workflow, "copy": copy, "page": page, "save": save, "export": export,
    "levels": levels, "find": find, "next": following, "previous": preceding,
    "next_error": next_error, "previous_error": previous_error,
}  # fmt: skip
"""By the name that the table of actions calls them by."""
