"""`simtui import` and `simtui export`."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, nullcontext
from pathlib import Path
from typing import Any

import click

from simtui import exporting
from simtui.console.output import TEXT, Face, answer, dumps, opened, run, talk, with_output
from simtui.errors import UsageError, shown
from simtui.importing import POLICIES, ImportItem, Progress, TakeRuns, import_paths
from simtui.library import Library
from simtui.model import settings, wording

OUTCOMES = ("imported", "updated", "unchanged", "refused", "skipped")
_NOTHING_FOUND = "nothing found: a folder is searched for .json, .zip and .simworkflow files"
_SIGNS = {"imported": "+", "updated": "↻", "unchanged": "=", "refused": "✗", "skipped": "–"}


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option(
    "--on-conflict",
    type=click.Choice(POLICIES),
    help="What to do with a workflow without an id, where its name and folder are taken. [copy]",
)
@with_output
@click.pass_obj
def import_command(
    face: Face, paths: tuple[str, ...], dry_run: bool, on_conflict: str | None, output: str
) -> int:
    """Bring workflows in: files, folders and zips that Sim or simtui wrote; - is standard input.

    One bad file never stops the rest. The same file again changes nothing. A bundle comes in whole,
    with its versions and files, or not at all.
    """
    return run(_import(face, paths, dry_run, on_conflict, output))


async def _import(
    face: Face, paths: tuple[str, ...], dry_run: bool, on_conflict: str | None, output: str
) -> int:
    # what writes nothing makes no home either
    home = nullcontext() if dry_run and not face.home.database.exists() else opened(face.home)
    async with home as library:
        policy = await setting_of(library, "import.on_conflict", on_conflict)
        items = import_paths(
            library,
            paths,
            dry_run=dry_run,
            on_conflict=policy,
            stdin=sys.stdin.buffer if "-" in paths else None,
            take_runs=_taker(library),
            on_progress=_show_progress if sys.stderr.isatty() else None,
        )
        async with aclosing(items):
            counts = await _report(items, output)
    if output == "table":
        told = ", ".join(f"{counts[word]:,} {word}" for word in OUTCOMES if counts[word])
        talk(f"{told or _NOTHING_FOUND}{' (dry run: nothing was written)' if dry_run else ''}")
    if not counts["refused"]:
        return 0
    return 3 if sum(counts.values()) > counts["refused"] else 6


def _taker(library: Library | None) -> TakeRuns | None:
    """Takes in the runs that come along; what that needs is loaded when the first ones come."""
    if library is None:
        return None

    async def take(pieces: Iterator[bytes]) -> None:
        from simtui.recording.bundled import take_bundled

        await take_bundled(library, pieces)

    return take


async def setting_of(library: Library | None, key: str, flag: str | None) -> str:
    """The value in force of a setting, which `flag` overrides."""
    stored = await library.settings.all() if library else {}
    return settings.resolve(settings.find(key), stored, os.environ, flag).value


async def _report(items: AsyncIterator[ImportItem], output: str) -> dict[str, int]:
    """Prints each item as it comes, so that the memory does not grow with the folder."""
    counts = dict.fromkeys(OUTCOMES, 0)
    first = True
    async for item in items:
        counts[item.outcome] += 1
        if output == "json":
            sys.stdout.write(('{"items": [\n ' if first else ",\n ") + dumps(_row_of(item)))
        elif output == "jsonl":
            answer(dumps(_row_of(item)))
        elif item.outcome != "unchanged" or item.reason:
            _print_item(item)
        first = False
    if output == "json":
        head = '{"items": [' if first else ""
        answer(f"{head}],\n {dumps(counts)[1:]}")
    return counts


def _row_of(item: ImportItem) -> dict[str, Any]:
    return {
        "source": item.source,
        "entry": item.entry,
        "format": item.format,
        "outcome": item.outcome,
        "workflow_id": item.workflow_id,
        "name": item.name,
        "reason": item.reason,
        "problems": item.notes,
    }


def _print_item(item: ImportItem) -> None:
    file = Path(item.source).name or item.source
    where = shown(f"{file} · {item.entry}" if item.entry else file, 120)
    if item.outcome == "refused":
        answer(f"✗ {where}: {shown(item.reason or '', 600)}")
        return
    problems = item.notes
    sign = "!" if problems and item.outcome != "unchanged" else _SIGNS[item.outcome]
    reason = f"  ({shown(item.reason, 300)})" if item.reason else ""
    answer(f"{sign} {shown(item.name or '', 80)}{reason}")
    for problem in problems if item.outcome != "unchanged" else ():
        answer(f"    {shown(problem, 300)}")


def _show_progress(progress: Progress) -> None:
    sys.stderr.write(f"\r\x1b[K{progress.done:,}/{progress.total:,} files\r")


@click.command("export")
@click.argument("workflow", nargs=-1, type=TEXT, metavar="[ID|NAME…]")
@click.option("--all", "everything", is_flag=True, help="All workflows.")
@click.option(
    "--as",
    "form",
    type=click.Choice(exporting.FORMS),
    help="sim: Sim's JSON, one workflow. bundle: a .simworkflow file, with the workflow's files; "
    "a folder of them for several. zip: a workspace zip. files: a folder of plain files.",
)
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where to. [exports/]")
@click.option("--with-versions", is_flag=True, help="The earlier documents too, in a bundle.")
@click.option("--with-runs", is_flag=True, help="The runs too, in a bundle.")
@click.option(
    "--allow-secrets", is_flag=True, help="Also where values look like keys and leave in clear."
)
@with_output
@click.pass_obj
def export_command(
    face: Face,
    workflow: tuple[str, ...],
    everything: bool,
    form: str | None,
    target: Path | None,
    with_versions: bool,
    with_runs: bool,
    allow_secrets: bool,
    output: str,
) -> int:
    """Write workflows out. One workflow goes to standard output as Sim's JSON, unless --to or --as
    says otherwise."""
    if bool(workflow) == everything:
        raise UsageError("Name the workflows to export, or say --all.")
    form = form or ("zip" if everything or len(workflow) > 1 else "sim")
    wanted = (with_versions, with_runs)
    return run(_export(face, workflow, form, target, wanted, allow_secrets, output))


async def _export(
    face: Face,
    references: tuple[str, ...],
    form: str,
    target: Path | None,
    wanted: tuple[bool, bool],
    allow_secrets: bool,
    output: str,
) -> int:
    with_versions, with_runs = wanted
    async with opened(face.home, create=False) as library:
        ids = None
        if references:
            ids = [(await library.workflows.find(one)).id for one in references]
        if form == "sim" and str(target or "-") == "-" and not any(wanted):
            if ids is None or len(ids) != 1:
                raise UsageError("Sim's JSON holds one workflow. For more, use `--as zip`.")
            await exporting.export_sim(
                library, ids[0], sys.stdout.buffer, allow_secrets=allow_secrets
            )
            sys.stdout.buffer.flush()
            return 0
        if str(target) == "-":
            raise UsageError("Only Sim's JSON goes to standard output. Name a file with --to.")
        done = await exporting.export_to(
            library,
            ids,
            form,
            target,
            with_versions=with_versions,
            with_runs=with_runs,
            allow_secrets=allow_secrets,
        )
    if output == "table":
        talk(f"{wording.plural(done.workflows, 'workflow')} written.")
        answer(str(done.path))
        if done.needs:
            talk(f"Whoever gets it must set: {shown(', '.join(done.needs), 400)}")
    else:
        row: dict[str, Any] = {"path": str(done.path), "workflows": done.workflows}
        row |= {"bytes": done.size_bytes, "left_out": done.left_out, "needs": done.needs}
        answer(dumps(row))
    for sentence in done.left_out:
        talk(f"Left out: {sentence}")
    return 3 if done.left_out else 0
