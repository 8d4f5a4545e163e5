"""`simtui runs import`, `runs export` and `runs follow`: runs in, out, and as they happen."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from simtui.cli.run_views import log_line, log_row, row_of, table
from simtui.console.output import TEXT, Face, answer, dumps, opened, run, talk, with_output
from simtui.errors import UsageError, shown
from simtui.formats import run_reports
from simtui.library import Library
from simtui.model import wording
from simtui.model.filters import EMPTY, RUN_FIELDS, Filter, parse
from simtui.model.run import RUNNING, Run
from simtui.recording import RunItem, import_runs

OUTCOMES = ("imported", "updated", "unchanged", "refused", "skipped")
_SIGNS = {"imported": "+", "updated": "↻", "unchanged": "=", "refused": "✗"}
_POLL_SECONDS = 0.1
_NEWEST = 200


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--masked", is_flag=True, help="Open the vault first, and mask its secrets' values.")
@with_output
@click.pass_obj
def import_command(face: Face, files: tuple[str, ...], masked: bool, output: str) -> int:
    """Bring runs in, also while they happen.

    Run events (a line each), Sim's log answers, Sim's CSV; - is standard input. What a program
    pipes in is kept as it comes. A line that cannot be read is told with its number and does not
    stop the rest. The same thing again changes nothing. `simtui help run-events` shows the lines.
    """
    return run(_import(face, files, masked, output))


async def _import(face: Face, files: tuple[str, ...], masked: bool, output: str) -> int:
    async with opened(face.home) as library:
        if masked:
            from simtui.console import asking
            from simtui.console.unlocking import open_vault

            await open_vault(library, asking.handed_over(face))
        items = import_runs(
            library,
            files,
            stdin=sys.stdin.buffer if "-" in files else None,
            on_progress=_show_progress if sys.stderr.isatty() else None,
        )
        async with aclosing(items):
            counts = await _report(items, output)
    if output == "table":
        told = ", ".join(f"{counts[word]:,} {word}" for word in OUTCOMES if counts[word])
        talk(told or "nothing found in it")
    if not counts["refused"]:
        return 0
    return 3 if sum(counts.values()) > counts["refused"] else 6


async def _report(items: AsyncIterator[RunItem], output: str) -> dict[str, int]:
    """Prints each item as it comes, so that the memory does not grow with the stream."""
    counts = dict.fromkeys(OUTCOMES, 0)
    first = True
    async for item in items:
        counts[item.outcome] += 1
        if output == "json":
            sys.stdout.write(('{"items": [\n ' if first else ",\n ") + dumps(_item_row(item)))
        elif output == "jsonl":
            answer(dumps(_item_row(item)))
            sys.stdout.flush()
        else:
            _print_item(item)
        first = False
    if output == "json":
        head = '{"items": [' if first else ""
        answer(f"{head}],\n {dumps(counts)[1:]}")
    return counts


def _item_row(item: RunItem) -> dict[str, Any]:
    return {
        "source": item.source,
        "entry": None if item.line is None else f"line {item.line}",
        "format": item.format,
        "outcome": item.outcome,
        "run_id": item.run_id,
        "workflow_id": item.workflow_id,
        "status": item.status,
        "events": item.events,
        "reason": item.reason,
        "problems": item.notes,
    }


def _print_item(item: RunItem) -> None:
    if item.outcome == "refused":
        line = "" if item.line is None else f" line {item.line}"
        where = "" if item.reason and item.source in item.reason else shown(item.source, 120)
        answer(
            f"✗ {where}{line}: {shown(item.reason or '', 600)}"
            if where
            else f"✗ {shown(item.reason or '', 600)}"
        )
        return
    if item.outcome != "unchanged":
        answer(f"{_SIGNS[item.outcome]} {shown(item.run_id or '', 80)}  {shown(item.status or '')}")
    for note in item.notes:
        answer(f"    {shown(note, 300)}")


def _show_progress(events: int) -> None:
    sys.stderr.write(f"\r\x1b[K{events:,} events\r")


@click.command("export")
@click.argument("run_ids", nargs=-1, metavar="[RUN…]", type=TEXT)
@click.option(
    "--filter", "text", default="", type=TEXT, metavar="TEXT", help="The runs that it means."
)
@click.option("--all", "everything", is_flag=True, help="All runs.")
@click.option(
    "--as",
    "form",
    type=click.Choice(run_reports.FORMS),
    default="ndjson",
    show_default=True,
    help="ndjson: run events, which `runs import` takes again without loss.",
)
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where to. [standard output]")
@click.option(
    "--allow-secrets", is_flag=True, help="Also where values look like keys and leave in clear."
)
@click.pass_obj
def export_command(
    face: Face,
    run_ids: tuple[str, ...],
    text: str,
    everything: bool,
    form: str,
    target: Path | None,
    allow_secrets: bool,
) -> None:
    """Write runs out as run events, CSV or Markdown.

    Oldest first. Run events hold what was kept: where values in them look like keys, nothing is
    written unless --allow-secrets insists. In the other forms they are masked.
    """
    if bool(run_ids) + bool(text) + everything != 1:
        raise UsageError("Name the runs to export, or say --filter TEXT or --all.")
    wanted = parse(text, RUN_FIELDS, datetime.now())

    async def work() -> None:
        from simtui.exporting.runs import export_runs  # the others write nothing

        async with opened(face.home, create=False) as library:

            def chosen() -> AsyncIterator[Run]:
                return _chosen(library, run_ids, wanted)

            if target is None or str(target) == "-":
                stream = sys.stdout.buffer
                await export_runs(library, chosen, form, stream, allow_secrets=allow_secrets)
                stream.flush()
                return
            from simtui.exporting.targets import appearing

            with appearing(target.absolute()) as stream:
                count = await export_runs(
                    library, chosen, form, stream, allow_secrets=allow_secrets
                )
        talk(f"{wording.plural(count, 'run')} written.")
        answer(str(target))

    run(work())


async def _chosen(library: Library, run_ids: tuple[str, ...], wanted: Filter) -> AsyncIterator[Run]:
    for one in run_ids:
        yield await library.runs.find(one)
    if run_ids:
        return
    before = -1
    while page := await library.runs.page(wanted, before=before, limit=500):
        for item in reversed(page):
            yield item
        before = page[0].place


@click.command("follow")
@click.argument("run_id", required=False, metavar="[RUN]", type=TEXT)
@click.option(
    "--filter", "text", default="", type=TEXT, metavar="TEXT", help="Only runs that it means."
)
@with_output
@click.pass_obj
def follow_runs(face: Face, run_id: str | None, text: str, output: str) -> None:
    """Print runs as they happen, or a run's log.

    Whoever writes them. It ends with the run, or with ctrl+c. -o json prints a line each, as jsonl
    does.
    """
    wanted = parse(text, RUN_FIELDS, datetime.now())

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            if run_id is not None:
                await _follow_one(library, run_id, output)
            else:
                await _follow_all(library, wanted, output)

    run(work())


async def _changes(library: Library) -> AsyncIterator[None]:
    """Now, and each time after somebody wrote."""
    version = None
    while True:
        now = await library.data_version()
        if now != version:
            version = now
            yield
            sys.stdout.flush()
        await asyncio.sleep(_POLL_SECONDS)


async def _follow_one(library: Library, reference: str, output: str) -> None:
    found = await library.runs.find(reference)
    after = -1
    async for _ in _changes(library):
        detail = await library.runs.get(found.id)
        while lines := await library.runs.log(found, after=after, limit=1000):
            for line in lines:
                answer(log_line(line) if output == "table" else dumps(log_row(line)))
            after = lines[-1].seq
        if detail.run.status != RUNNING:
            talk(f"{shown(found.id)}: {shown(detail.run.status)}")
            return


async def _follow_all(library: Library, wanted: Filter, output: str) -> None:
    told: dict[str, Run] = {}
    first = True
    async for _ in _changes(library):
        page = await library.runs.page(wanted or EMPTY, limit=_NEWEST)
        news = [item for item in reversed(page) if _is_news(told.get(item.id), item)]
        told = {item.id: item for item in page}
        if first:  # what was there before is no news, but what goes on is
            news = [item for item in news if item.status == RUNNING]
        for line in _lines_of(news, output):
            answer(line)
        first = False


def _is_news(before: Run | None, now: Run) -> bool:
    return before is None or (before.status, before.duration_ms) != (now.status, now.duration_ms)


def _lines_of(news: list[Run], output: str) -> list[str]:
    if output == "table":
        return list(table(news, time.time_ns() // 1_000_000, with_head=False))
    return [dumps(row_of(item)) for item in news]
