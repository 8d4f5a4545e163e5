"""What can be done to runs from their area. An act asks what it must know, calls the library, and
says what is true now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from simtui.errors import shown
from simtui.model import wording
from simtui.model.run_text import with_masked_keys
from simtui.recording.bringing_back import HeldRuns, hold_runs
from simtui.tui.screens import run_transfer
from simtui.tui.screens.dialogs import AskText, Choose, Confirm
from simtui.tui.screens.text import Document, Text
from simtui.tui.widgets.lines import Span
from simtui.tui.widgets.log_words import plain
from simtui.tui.widgets.run_lines import payload_text, span_text
from simtui.tui.widgets.run_words import started

if TYPE_CHECKING:
    from simtui.tui.screens.runs import Runs

Act = Callable[["Runs"], Awaitable[None]]

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
        screen.nothing_chosen()
        return
    pinned = not all(run.pinned for run in runs)
    turned = [run for run in runs if run.pinned != pinned]
    count = await screen.shelf.pin(turned, pinned)
    what = wording.plural(count, "run")

    async def back() -> str:
        await screen.shelf.pin(turned, not pinned)
        return f"{what} {'no longer pinned' if pinned else 'pinned again'}"

    if count:
        screen.simtui.undo.remember(back)
    await screen.changed(
        f"{what} pinned: no pruning takes them." if pinned else f"{what} unpinned."
    )


async def delete(screen: Runs) -> None:
    """Asks, and deletes."""
    runs = await screen.chosen_runs()
    if not runs:
        screen.nothing_chosen()
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
        "With their spans and log lines. Runs have no trash:",
    ]
    held = await hold_runs(screen.simtui.library, runs)
    undo_key = screen.simtui.keys.first("undo")
    told.append(
        f"{undo_key} brings them back while simtui is open."
        if held
        else "these are too large to be brought back, and go for good."
    )
    if not await screen.simtui.ask(Confirm(f"Delete {what}?", " ".join(filter(None, told)))):
        return
    count = await screen.shelf.delete(runs)
    if held is not None:
        _remember_deleted(screen, held)
    if screen.in_detail:
        screen.leave_detail()
    else:
        screen.table.mark(())
    undoes = f" {undo_key} undoes it." if held else ""
    await screen.changed(f"{wording.plural(count, 'run')} deleted.{undoes}")


def _remember_deleted(screen: Runs, held: HeldRuns) -> None:
    async def back() -> str:
        return f"{wording.plural(await held.bring_back(), 'run')} brought back"

    screen.simtui.undo.remember(back)


async def workflow(screen: Runs) -> None:
    """Goes to the workflow of the run."""
    run = screen.chosen
    if run is None:
        screen.nothing_chosen()
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


ACTS: dict[str, Act] = {
    "compare": compare, "charts": charts, "pin": pin, "pin_open": pin, "delete": delete,
    "workflow": workflow, "copy": copy, "page": run_transfer.page, "save": run_transfer.save,
    "export": run_transfer.export, "import": run_transfer.import_from,
    "levels": levels, "find": find, "next": following, "previous": preceding,
    "next_error": next_error, "previous_error": previous_error,
}  # fmt: skip
"""By the name that the table of actions calls them by."""
