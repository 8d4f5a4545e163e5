"""`simtui runs prune` and `runs stats`: what may go, and what is counted."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from typing import Any

import click

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
from simtui.library import reserve
from simtui.library.runs import Going, RunLimits
from simtui.model import settings, wording
from simtui.model.run_charts import RunStats, pictures


@click.command("prune")
@click.option(
    "--keep-days",
    type=TEXT,
    metavar="DAYS|forever",
    help="Leave those that started so many days ago or later. [keep.run_days]",
)
@click.option(
    "--keep-newest", type=TEXT, metavar="N|all", help="Leave the newest so many. [keep.runs]"
)
@click.option(
    "--keep-mb",
    type=TEXT,
    metavar="MB|all",
    help="Leave the newest of so many megabytes. [keep.run_mb]",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@with_output
@click.pass_obj
def prune_runs(
    face: Face,
    keep_days: str | None,
    keep_newest: str | None,
    keep_mb: str | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Remove old runs for good, and give the space back.

    Nothing goes by itself, and by default everything stays: the settings keep.run_days, keep.runs
    and keep.run_mb say what may go, or these flags do. Pinned runs stay.
    """
    if not dry_run:
        check_can_ask(yes)
    flags = {
        key: None if flag is None else settings.parse(settings.find(key), flag)
        for key, flag in (
            ("keep.run_days", keep_days), ("keep.runs", keep_newest), ("keep.run_mb", keep_mb),
        )
    }  # fmt: skip

    async def look() -> tuple[RunLimits, Going]:
        async with opened(face.home, create=False) as library:
            limits = RunLimits.of(
                await library.settings.all(),
                os.environ,
                days=flags["keep.run_days"],
                count=flags["keep.runs"],
                megabytes=flags["keep.run_mb"],
            )
            return limits, await library.runs.going(limits)

    async def prune() -> int:
        async with opened(face.home, create=False) as library:
            return await library.runs.prune(going)

    limits, going = run(reserve.with_reserve(face.home, look, talk))
    gone = 0
    if going.numbers and not dry_run:
        confirm(f"Remove {_said(going)} for good? Backups keep what they hold.", yes)
        gone = run(reserve.with_reserve(face.home, prune, talk))
    if output != "table":
        answer(dumps(_row(going, gone, dry_run)))
    if limits.keep_everything:
        talk(
            "Everything is kept: keep.run_days is forever, keep.runs and keep.run_mb are all. Say "
            "--keep-days, --keep-newest or --keep-mb, or set them."
        )
    elif not going.numbers:
        talk("Nothing to remove: what is there is newer, or less, or pinned.")
    elif dry_run:
        talk(f"Would remove {_said(going)}.")
    else:
        talk(f"{wording.plural(gone, 'run')} removed.")


def _said(going: Going) -> str:
    said = f"{wording.plural(len(going.numbers), 'run')} (about {wording.size(going.size_bytes)}"
    if going.oldest_at is not None and going.newest_at is not None:
        oldest, newest = wording.date_time(going.oldest_at), wording.date_time(going.newest_at)
        said += f", from {oldest} to {newest}"
    if going.pinned:
        said += f"; {wording.plural(going.pinned, 'pinned one')} stay"
    return f"{said})"


def _row(going: Going, gone: int, dry_run: bool) -> dict[str, Any]:
    return {
        "runs": len(going.numbers),
        "removed": gone,
        "bytes": going.size_bytes,
        "pinned": going.pinned,
        "oldest_at": None if going.oldest_at is None else wording.rfc3339(going.oldest_at),
        "newest_at": None if going.newest_at is None else wording.rfc3339(going.newest_at),
        "dry_run": dry_run,
    }


@click.command("stats")
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=14,
    show_default=True,
    help="So many days up to today.",
)
@click.option("--workflow", "references", multiple=True, type=TEXT, help="Only of this one.")
@click.option("--ascii", is_flag=True, help="Draw with # alone.")
@with_output
@click.pass_obj
def stats_of_runs(
    face: Face, days: int, references: tuple[str, ...], ascii: bool, output: str
) -> None:
    """Count runs: by day, week and workflow.

    Each day's runs, failures and durations, each week's cost, and the workflows that ran most.

    p50 and p95 are what half and nineteen of twenty runs stay below. An unknown cost is in no sum,
    and counted beside it.
    """

    async def work() -> RunStats:
        async with opened(face.home, create=False) as library:
            ids = [(await library.workflows.find(one)).id for one in references]
            return await library.runs.stats(days, datetime.now().astimezone(), ids or None)

    stats = run(work())
    if output != "table":
        answer(dumps(_stats_row(stats)))
        return
    width = shutil.get_terminal_size((80, 24)).columns
    plain = ascii or not _can_draw()
    for line in pictures(stats, min(120, width), ascii=plain):
        answer(line)


def _can_draw() -> bool:
    try:
        "█▏▒".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _stats_row(stats: RunStats) -> dict[str, Any]:
    return {
        "runs": stats.runs,
        "failed": stats.failed,
        "p50_ms": stats.p50_ms,
        "p95_ms": stats.p95_ms,
        "days": [
            {
                "day": day.day.isoformat(),
                "runs": day.runs,
                "failed": day.failed,
                "p50_ms": day.p50_ms,
                "p95_ms": day.p95_ms,
            }
            for day in stats.days
        ],
        "weeks": [
            {
                "monday": week.monday.isoformat(),
                "cost_usd": week.cost_usd,
                "unknown_costs": week.unknown,
                "other_costs": dict(week.others),
            }
            for week in stats.weeks
        ],
        "workflows": [
            {
                "workflow_id": each.id,
                "name": each.name,
                "runs": each.runs,
                "failed": each.failed,
                "p50_ms": each.p50_ms,
                "cost_usd": each.cost_usd,
            }
            for each in stats.workflows
        ],
    }
