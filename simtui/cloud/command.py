"""`simtui-extract`: the command's words, and what it says at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import Any

import click

from simtui import __version__, circles
from simtui.cloud.address import find_address
from simtui.cloud.choosing import Wanted
from simtui.cloud.details import LINES
from simtui.cloud.extracting import Plan, extract, prepare
from simtui.cloud.report import COUNTED, TAKEN, Report
from simtui.cloud.runs import LOGS
from simtui.cloud.secrets import key_in
from simtui.console import asking
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    dumps,
    finish,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.console.unlocking import open_vault
from simtui.errors import Locked, UsageError, shown
from simtui.library import Library
from simtui.library import secrets as shelf
from simtui.library.extracted import Extractions
from simtui.model.wording import plural
from simtui.paths import home as home_of

_SIGNS = {"imported": "+", "updated": "↻", "kept": "!", "unchanged": "=", "refused": "✗"}
_SHOWN_ITEMS = 200
_IN_SHORT = (("workflow", ("workflow",)), ("run", (LOGS, LINES)))


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.argument("address", required=False, metavar="[postgres://USER@HOST/DATABASE]")
@click.option(
    "--address-file", metavar="FILE", help="Read the address from a file that only you can read."
)
@click.option(
    "--workspace",
    "workspaces",
    type=TEXT,
    multiple=True,
    metavar="NAME|ID",
    help="Only this workspace; may be said again. [all]",
)
@click.option(
    "--since", metavar="DATE", help="Only runs that started on that day (2026-09-01) or later."
)
@click.option("--no-runs", is_flag=True, help="No runs.")
@click.option(
    "--encryption-key-file",
    metavar="FILE",
    help="Sim's ENCRYPTION_KEY, alone or as a line of a .env file: secrets come with their values.",
)
@click.option(
    "--user",
    type=TEXT,
    metavar="ID|EMAIL",
    help="Whose own variables and settings come, where the database has several people's.",
)
@click.option("--dry-run", is_flag=True, help="Say what would come, and write nothing.")
@click.option("--last-report", is_flag=True, help="Show the report of the last time, and end.")
@click.option(
    "--others",
    is_flag=True,
    help="Show what came besides workflows, runs and secrets (tools, settings…) as JSON, and end.",
)
@click.option("--home", metavar="HOME", help="The folder with everything in it. [~/SimAI]")
@asking.with_password()
@with_output
@click.version_option(__version__, message="simtui-extract %(version)s")
@click.pass_context
def extract_command(
    context: click.Context,
    address: str | None,
    address_file: str | None,
    workspaces: tuple[str, ...],
    since: str | None,
    no_runs: bool,
    encryption_key_file: str | None,
    user: str | None,
    dry_run: bool,
    last_report: bool,
    others: bool,
    home: str | None,
    typed: bytearray | None,
    output: str,
) -> int:
    """Bring workflows, runs and secrets home from the PostgreSQL database of a Sim.

    The address may also stand in DATABASE_URL. Nothing is written there: every connection is
    read-only. A second time takes what is new; one that was broken off goes on where it stopped.
    What you changed at home stays the current one, and the one from there becomes a version.
    """
    face = Face(home_of(home))
    face.password = typed
    context.obj = face
    if last_report or others:
        return run(_kept(face, output, others=others))
    found = find_address(address, address_file, os.environ)
    if address and found.has_password:
        talk(
            "The address holds a password, and other users of this machine can read a command's "
            "words: DATABASE_URL or --address-file keeps it from them."
        )
    key = key_in(encryption_key_file) if encryption_key_file else None
    wanted = Wanted(workspaces, _since(since), not no_runs, user)

    async def work() -> Report:
        plan = await prepare(found, wanted, key)
        try:
            return await _taken(face, plan, typed, dry_run=dry_run)
        finally:
            plan.close()
            if sys.stderr.isatty():  # what was shown of its progress goes, however it ended
                sys.stderr.write("\r\x1b[K")

    circles.seldom()
    report = run(work())
    _answer(report, output)
    if output == "table":
        talk(_in_short(report, face))
    if not report.total("refused"):
        return 0
    return 3 if report.total("taken") + report.total("unchanged") else 6


def _since(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f'"{shown(text, 40)}" is no day; 2026-09-01 is one.') from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


async def _taken(face: Face, plan: Plan, typed: bytearray | None, *, dry_run: bool) -> Report:
    on_progress = _show_progress if sys.stderr.isatty() else None
    if dry_run:
        # what writes nothing makes no home either
        there = face.home.database.exists()
        async with opened(face.home, create=False) if there else nullcontext() as library:
            return await extract(plan, library, dry_run=True, on_progress=on_progress)
    if plan.secrets.values and not face.home.database.exists():
        raise _no_vault(face)
    async with opened(face.home) as library:
        if plan.secrets.values:
            await _open_vault(face, library, typed)
        return await extract(plan, library, on_progress=on_progress)


def _no_vault(face: Face) -> Locked:
    return Locked(
        f"There is no vault in {face.home} yet, and secrets have nowhere to go. Nothing was "
        "changed. `simtui vault init` makes one; without --encryption-key-file only their names "
        "come."
    )


async def _open_vault(face: Face, library: Library, typed: bytearray | None) -> None:
    shelf.keep_private()
    if not (await library.vault.status()).exists:
        raise _no_vault(face)
    await open_vault(library, bytearray(typed) if typed is not None else None)


def _show_progress(what: str, number: int) -> None:
    sys.stderr.write(f"\r\x1b[K{number:,} {what}\r")


async def _kept(face: Face, output: str, *, others: bool) -> int:
    async with opened(face.home, create=False) as library:
        kept = Extractions(library)
        if others:
            for thing in await kept.others():
                answer(f'{{"kind":{dumps(thing.kind)},"id":{dumps(thing.id)},"is":{thing.about}}}')
            return 0
        last = await kept.last()
    if last is None:
        talk("Nothing was taken out of a database into this home yet.")
        return 4
    report = Report.loads(last.report)
    _answer(report, output)
    if last.ended_at is None:
        talk("It was broken off; the same command goes on where it stopped.")
    return 0


# -- said


def _answer(report: Report, output: str) -> None:
    row = report.as_row()
    if output == "json":
        answer(dumps(row))
    elif output == "jsonl":
        for item in row.pop("items"):
            answer(dumps(item))
        answer(dumps(row))
    else:
        _print(report)


def _print(report: Report) -> None:
    for item in report.items[:_SHOWN_ITEMS]:
        _print_item(item)
    if untold := len(report.items[_SHOWN_ITEMS:]) + report.items_untold:
        answer(f"… and {untold:,} more; `simtui-extract --last-report -o json` has them.")
    if report.items:
        answer()
    rows = [
        (table, *(f"{counts[word]:,}" for word in COUNTED))
        for table, counts in sorted(report.tables.items())
    ]
    for line in table_lines(("TABLE", *(word.upper() for word in COUNTED)), rows):
        answer(line)
    if report.secrets:
        answer()
        for line in table_lines(("SECRET", "STATE"), sorted(report.secrets.items())):
            answer(line)
    if report.traces_elsewhere:
        talk(
            f"{plural(report.traces_elsewhere, 'run')} came without spans: they lie in object "
            "storage, not in the database. `simtui runs import` takes them from Sim's log answers."
        )
    for sentence in report.missing:
        talk(f"– {shown(sentence, 300)}")
    if left := sum(map(len, report.not_taken.values())):
        talk(f"– {plural(left, 'column')} without a place here: -o json names them")
    if report.not_read:
        talk(f"– not read at all: {shown(', '.join(report.not_read), 600)}")
    if report.went_on:
        talk("An earlier part was broken off; it went on from there.")


def _in_short(report: Report, face: Face) -> str:
    """What came of it, in a sentence, for whoever reads no table."""
    taken = [
        plural(count, what)
        for what, tables in _IN_SHORT
        if (count := sum(report.tables.get(table, {}).get(TAKEN, 0) for table in tables))
    ]
    what = " and ".join(taken)
    if report.dry_run:
        would = f"{what} would come" if taken else "nothing new would come"
        return f"Dry run: {would}; nothing was written."
    if not taken:
        return f"Nothing new there for {face.home}."
    return f"{what} came into {face.home}."


def _print_item(item: dict[str, Any]) -> None:
    name = item["name"] or item["id"]
    reason = f"  ({shown(item['reason'], 300)})" if item["reason"] else ""
    sign = "!" if item["problems"] else _SIGNS[item["outcome"]]
    answer(f"{sign} {shown(item['table'], 40)} {shown(name, 80)}{reason}")
    for problem in item["problems"]:
        answer(f"    {shown(problem, 300)}")


def run_words(words: Sequence[str]) -> int:
    """Runs the command line. The exit code."""

    def command() -> int | None:
        with extract_command.make_context("simtui-extract", list(words)) as context:
            result: Any = extract_command.invoke(context)
        return result if isinstance(result, int) else None

    return finish(command)
