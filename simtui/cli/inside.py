"""`simtui backups open`: a backup looked into, which changes nothing."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simtui.console import asking, unlocking
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    answer_rows,
    dumps,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.errors import SimtuiError, UsageError, shown
from simtui.library import Library
from simtui.model import wording

if TYPE_CHECKING:
    from simtui.library.inside import Difference, Held, OpenedBackup
    from simtui.library.restoring import Asked, AskWay

LISTED = 20


def with_its_password(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--backup-password-file`: of the backup itself, where it is not the library's."""

    @click.option("--backup-password-file", metavar="FILE", help="The backup's own password.")
    @click.option(
        "--backup-password-fd",
        type=click.IntRange(min=0),
        metavar="N",
        help="The same, from a descriptor.",
    )
    @functools.wraps(command)
    def run(*args: Any, **words: Any) -> Any:
        path, descriptor = words.pop("backup_password_file"), words.pop("backup_password_fd")
        words["its_password"] = asking.read_password(path, descriptor)
        return command(*args, **words)

    return run


def asker(face: Face, its_password: bytearray | None, library: Library | None) -> AskWay:
    """Asks for a way into the backup: what a script handed over, once, or whoever is there."""
    given = [its_password] if its_password is not None else []

    async def ask(asked: Asked) -> bytearray | None:
        if asked.said:
            talk(asked.said)
        if not given and (its_password is not None or not asking.can_ask()):
            return None
        if library is not None and not library.vault_is_open and "secret" in asked.what:
            # what is sealed anew is sealed by the present key
            try:
                await unlocking.open_vault(library, asking.handed_over(face))
            except SimtuiError as error:
                talk(f"{error.message} The secrets stay as they are sealed.")
                return None
        if given:
            return given.pop()
        talk(f"Another vault sealed {asked.what}.")
        typed = await asking.asked("Its password or recovery code (Enter alone leaves it): ")
        return typed or None

    return ask


@click.command("open")
@click.argument("backup", type=TEXT)
@click.option("--diff", is_flag=True, help="Show how it differs from now.")
@click.option("--workflow", type=TEXT, metavar="ID|NAME", help="Take one out, as Sim's JSON.")
@click.option("--version", "number", type=click.IntRange(min=1), help="An earlier one of it.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Where to. [stdout]")
@with_its_password
@with_output
@click.pass_obj
def open_backup(
    face: Face,
    backup: str,
    diff: bool,
    workflow: str | None,
    number: int | None,
    target: Path | None,
    its_password: bytearray | None,
    output: str,
) -> None:
    """Look into a backup without restoring it: its workflows and how many runs each has.

    Neither the backup nor the library changes.
    """
    if workflow is None and (number is not None or target is not None):
        raise UsageError("--version and --to go with --workflow.")
    if workflow is not None and diff:
        raise UsageError("--diff is about all workflows; leave out --workflow.")
    run(_open(face, backup, diff, workflow, number, target, its_password, output))


async def _open(
    face: Face,
    reference: str,
    diff: bool,
    workflow: str | None,
    number: int | None,
    target: Path | None,
    its_password: bytearray | None,
    output: str,
) -> None:
    from simtui.library.inside import opened_backup

    async with opened(face.home, create=False) as library:
        file = await library.backups.find(reference)
        async with opened_backup(library, file, ask=asker(face, its_password, library)) as inside:
            if workflow is not None:
                found = await inside.find(workflow)
                _hand_over(await inside.document(found.id, number), target)
            elif diff:
                tell_difference(await inside.difference(library), output)
            else:
                _list(inside, await inside.workflows(), output)


def _hand_over(document: bytes, target: Path | None) -> None:
    if target is None or str(target) == "-":
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    from simtui.exporting.targets import appearing

    if target.exists():
        raise UsageError(f"{target} is there already, and stays as it is.")
    with appearing(target) as stream:
        stream.write(document)
    answer(str(target))


def _list(inside: OpenedBackup, found: list[Held], output: str) -> None:
    def table() -> None:
        cells = [
            (
                each.name,
                each.folder,
                wording.date_time(each.updated_at),
                wording.count(each.versions),
                wording.count(each.runs),
                f"{each.id}{'  (in the trash)' if each.is_deleted else ''}",
            )
            for each in found
        ]
        for line in table_lines(("NAME", "FOLDER", "CHANGED", "VERSIONS", "RUNS", "ID"), cells):
            answer(line)
        talk(
            f"{inside.file.name}: made {wording.date_time(inside.manifest.created_at)},"
            f" {inside.manifest.reason}."
        )

    answer_rows(output, [_held_row(each) for each in found], table, "There is no workflow in it.")


def _held_row(held: Held) -> dict[str, Any]:
    return {
        "id": held.id,
        "name": held.name,
        "folder": held.folder,
        "digest": held.digest,
        "deleted": held.is_deleted,
        "updated_at": wording.rfc3339(held.updated_at),
        "versions": held.versions,
        "runs": held.runs,
    }


def tell_difference(found: Difference, output: str) -> None:
    """What a restore would add, change and remove."""
    if output != "table":
        answer(
            dumps(
                {
                    "added": [_held_row(each) for each in found.added],
                    "changed": [
                        {"now": _held_row(now), "then": _held_row(then)}
                        for now, then in found.changed
                    ],
                    "removed": [_held_row(each) for each in found.removed],
                    "unchanged": found.unchanged,
                    "runs_now": found.runs_now,
                    "runs_then": found.runs_then,
                }
            )
        )
        return
    changed = [now for now, _ in found.changed]
    for sign, what in (("+", found.added), ("↻", changed), ("-", found.removed)):
        for each in what[:LISTED]:
            answer(f"{sign} {shown(each.name, 80)}  {each.id}")
        if len(what) > LISTED:
            answer(f"{sign} … and {len(what) - LISTED:,} more")
    talk(_sum_of(found))


def _sum_of(found: Difference) -> str:
    return (
        f"A restore would add {len(found.added):,}, change {len(found.changed):,} and remove"
        f" {len(found.removed):,}; {found.unchanged:,} are the same. Runs: {found.runs_now:,} now,"
        f" {found.runs_then:,} then."
    )
