"""`simtui runs …`: the runs that are here, one of them, and what keeps them."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import click

from simtui.cli.run_pruning import prune_runs, stats_of_runs
from simtui.cli.run_streams import export_command, follow_runs, import_command
from simtui.cli.run_views import (
    compare_lines,
    detail_row,
    log_line,
    overview_lines,
    row_of,
    table,
    trace_lines,
)
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    check_can_ask,
    confirm,
    dumps,
    opened,
    run,
    talk,
    with_output,
)
from simtui.library.runs import RunDetail
from simtui.model import wording
from simtui.model.filters import RUN_FIELDS, Filter, parse
from simtui.model.run import LogLine, Run

_PAGE = 500

with_filter = click.option(
    "--filter",
    "text",
    default="",
    type=TEXT,
    metavar="TEXT",
    help="As behind / on the screen; `simtui help filter` explains.",
)


@click.group("runs")
def runs_command() -> None:
    """List, show, import, export, count, follow, pin and prune runs.

    A run is meant by its id, or by the start of one that is unique.
    """


@runs_command.command("list")
@with_filter
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."
)
@with_output
@click.pass_obj
def list_runs(face: Face, text: str, limit: int, output: str) -> None:
    """The runs, newest first."""
    wanted = parse(text, RUN_FIELDS, datetime.now())
    run(_list(face, wanted, limit, output))


async def _list(face: Face, wanted: Filter, limit: int, output: str) -> None:
    left, after, first = limit, None, True
    now_ms = time.time_ns() // 1_000_000
    async with opened(face.home, create=False) as library:
        while left > 0:
            page = await library.runs.page(wanted, after=after, limit=min(_PAGE, left))
            if output == "table":
                for line in table(page, now_ms, with_head=first):
                    answer(line)
                first = first and not page
            else:
                for item in page:
                    if output == "jsonl":
                        answer(dumps(row_of(item)))
                    else:
                        sys.stdout.write(("[" if first else ",\n ") + dumps(row_of(item)))
                        first = False
            if len(page) < min(_PAGE, left):
                break
            left -= len(page)
            after = page[-1].place
    if output == "json":
        answer("[]" if first else "]")
    elif output == "table" and first:
        talk(
            "No run fits the filter. `simtui help filter` explains it."
            if wanted
            else "No runs yet. Bring them in with: simtui runs import FILE…"
        )


@runs_command.command("get")
@click.argument("run_id", metavar="RUN", type=TEXT)
@click.option("--trace", is_flag=True, help="Its steps as a tree.")
@click.option("--log", is_flag=True, help="Its log lines.")
@click.option("--level", "levels", multiple=True, type=TEXT, help="Of the log, this level alone.")
@click.option("--grep", default="", type=TEXT, help="Of the log, lines with these words.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="The last so many log lines.",
)
@click.option("--with", "other", type=TEXT, metavar="RUN", help="Beside another run.")
@with_output
@click.pass_obj
def get_run(
    face: Face,
    run_id: str,
    trace: bool,
    log: bool,
    levels: tuple[str, ...],
    grep: str,
    limit: int,
    other: str | None,
    output: str,
) -> None:
    """Show one run: its error, steps and log.

    What looks like a key is shown masked; `runs export` has the run as it is kept.
    """

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = await library.runs.find(run_id)
            if other is not None:
                second = await library.runs.find(other)
                compared = await library.runs.compare(found.id, second.id)
                for line in compare_lines(compared, output):
                    answer(line)
                return
            detail = await library.runs.get(found.id)
            nodes, _ = await library.runs.tree(found) if trace else ([], 0)
            lines: list[LogLine] = []
            if log or levels or grep:
                lines = await library.runs.log(
                    found, from_end=True, limit=limit, levels=levels or None, text=grep
                )
        if output != "table":
            answer(dumps(detail_row(detail, nodes if trace else None, lines if log else None)))
            return
        if not (log or levels or grep) or trace:
            for line in overview_lines(detail):
                answer(line)
        if trace:
            for line in trace_lines(found, nodes):
                answer(line)
        for each in lines:
            answer(log_line(each))
        _tell_more(detail, trace, bool(lines))

    run(work())


def _tell_more(detail: RunDetail, trace: bool, log: bool) -> None:
    more = []
    if detail.spans and not trace:
        more.append(f"{wording.plural(detail.spans, 'step')}: --trace")
    if detail.log_lines and not log:
        more.append(f"{wording.plural(detail.log_lines, 'log line')}: --log")
    if more:
        talk(" · ".join(more))


@runs_command.command("pin")
@click.argument("run_ids", nargs=-1, required=True, metavar="RUN…", type=TEXT)
@click.option("--off", is_flag=True, help="Let them go again when runs are pruned.")
@click.pass_obj
def pin_runs(face: Face, run_ids: tuple[str, ...], off: bool) -> None:
    """Keep runs from every pruning."""

    async def work() -> int:
        async with opened(face.home, create=False) as library:
            found = [await library.runs.find(one) for one in run_ids]
            return await library.runs.pin(found, not off)

    changed = run(work())
    talk(f"{wording.plural(changed, 'run')} {'no longer pinned' if off else 'pinned'}.")


@runs_command.command("delete")
@click.argument("run_ids", nargs=-1, required=True, metavar="RUN…", type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@click.pass_obj
def delete_runs(face: Face, run_ids: tuple[str, ...], yes: bool) -> None:
    """Remove runs for good, with their steps and logs."""
    check_can_ask(yes)

    async def find() -> list[Run]:
        async with opened(face.home, create=False) as library:
            return [await library.runs.find(one) for one in run_ids]

    async def delete() -> int:
        async with opened(face.home, create=False) as library:
            return await library.runs.delete(found)

    found = run(find())
    confirm(f"Remove {wording.plural(len(found), 'run')} for good?", yes)
    gone = run(delete())
    talk(f"{wording.plural(gone, 'run')} removed. Backups keep what they hold.")


for _command in (import_command, export_command, follow_runs, prune_runs, stats_of_runs):
    runs_command.add_command(_command)
