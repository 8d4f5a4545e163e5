"""`simtui backup` and `simtui backups …`."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from simtui.cli.inside import open_backup
from simtui.cli.restoring import restore_backup
from simtui.console import asking, unlocking
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    answer_rows,
    check_can_ask,
    confirm,
    dumps,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.errors import Damaged, Locked, shown
from simtui.library import backups as shelf
from simtui.library import reserve
from simtui.library.backups import Backup
from simtui.library.keyed import put_down_locked_out
from simtui.model import wording

_SIGNS = {shelf.PROVEN: "✓", shelf.BAD: "✗", shelf.UNPROVEN: "?", shelf.DAMAGED: "✗"}


@click.command("backup")
@click.option("--if-due", is_flag=True, help="Only when the last proven one is old enough.")
@click.option(
    "--open-secrets", is_flag=True, help="Unlock the vault first, and prove each secret by opening."
)
@asking.with_password()
@with_output
@click.pass_obj
def backup_command(
    face: Face, if_due: bool, open_secrets: bool, typed: bytearray | None, output: str
) -> None:
    """Make a backup of the whole library, prove it, and let go of those that no rule keeps.

    What bears a final name was opened as a restore would open it, and everything in it looked at.
    """
    try:
        made = run(_backup(face, if_due, open_secrets, typed))
    except Locked as error:
        if if_due:
            put_down_locked_out(face.home, error.message)
        raise
    if made is None:
        if output == "table":
            talk("Not due: a recent one is there, or nothing yet to keep.")
        else:
            answer(dumps({"path": None, "reason": "not-due"}))
        return
    backup = made.backup
    if output != "table":
        answer(dumps(_made_row(backup)))
        return
    words = f" ({backup.words})" if backup.words else ""
    talk(
        f"Proven{words}: {wording.plural(backup.workflows or 0, 'workflow')},"
        f" {wording.plural(backup.runs or 0, 'run')}, {wording.size(backup.size_bytes)} in"
        f" {wording.duration(backup.duration_ms or 0)}."
    )
    if made.gone:
        talk(f"{wording.plural(len(made.gone), 'older backup')} let go of, which no rule keeps.")
    answer(str(backup.path))


async def _backup(
    face: Face, if_due: bool, open_secrets: bool, typed: bytearray | None
) -> shelf.Made | None:
    if not face.home.database.exists() and if_due:
        return None
    face.unattended = if_due
    async with opened(face.home, create=False) as library:
        if (open_secrets or typed is not None) and await library.has_vault():
            await unlocking.open_vault(library, typed)
        if if_due and not await library.backups.is_due():
            return None
        return await library.backups.make(
            "daily" if if_due else "manual",
            only_if_due=if_due,
            on_stage=_show_stage if sys.stderr.isatty() else None,
        )


def _show_stage(what: str, share: float) -> None:
    sys.stderr.write(f"\r\x1b[K{what} {share:.0%}\r")


@click.group("backups")
def backups_command() -> None:
    """List, prove and prune backups, look into one, and restore from one."""


@backups_command.command("list")
@with_output
@click.pass_obj
def list_backups(face: Face, output: str) -> None:
    """Every backup, newest first: whether it is proven, and what keeps it."""

    async def work() -> list[Backup]:
        if not face.home.database.exists():
            return shelf.in_folder(face.home.backups)
        try:
            async with opened(face.home, create=False) as library:
                return await library.backups.all()
        except Damaged as error:
            found = shelf.in_folder(face.home.backups)
            if not found:
                raise
            talk(error.message)
            talk("What is known of each backup is in it; a restore proves the one that it takes.")
            return found

    found = run(work())

    def table() -> None:
        cells = [
            (
                _SIGNS[each.verdict],
                wording.date_time(each.created_at),
                each.reason,
                wording.date_time(each.proven_at) if each.proven_at else "–",
                wording.size(each.size_bytes),
                _count(each.workflows),
                _count(each.runs),
                each.name,
                ", ".join(each.kept_by) or "nothing: the next prune takes it",
            )
            for each in found
        ]
        heads = ("", "MADE", "WHY", "PROVEN", "SIZE", "WORKFLOWS", "RUNS", "FILE", "KEPT BY")
        for line in table_lines(heads, cells):
            answer(line)
        for each in found:
            if each.words and each.verdict != shelf.PROVEN:
                answer(f"✗ {each.name}: {shown(each.words, 400)}")

    answer_rows(output, [_row(each) for each in found], table, "There is no backup yet.")


def _count(number: int | None) -> str:
    return "–" if number is None else wording.count(number)


def _made_row(backup: Backup) -> dict[str, Any]:
    return {
        "path": str(backup.path),
        "proven": backup.verdict == shelf.PROVEN,
        "bytes": backup.size_bytes,
        "workflows": backup.workflows,
        "runs": backup.runs,
        "duration_ms": backup.duration_ms,
        "reason": backup.reason,
    }


def _row(backup: Backup) -> dict[str, Any]:
    return {
        **_made_row(backup),
        "created_at": wording.rfc3339(backup.created_at),
        "verdict": backup.verdict,
        "words": backup.words,
        "proven_at": wording.rfc3339(backup.proven_at) if backup.proven_at else None,
        "proof_ms": backup.proof_ms,
        "kept_by": list(backup.kept_by),
    }


@backups_command.command("prove")
@click.argument("backup", nargs=-1, type=TEXT, metavar="[BACKUP…|all]")
@click.option("--open-secrets", is_flag=True, help="Unlock the vault first, and open each secret.")
@asking.with_password()
@with_output
@click.pass_obj
def prove_backups(
    face: Face,
    backup: tuple[str, ...],
    open_secrets: bool,
    typed: bytearray | None,
    output: str,
) -> int:
    """Open backups as a restore would, and look at everything in them: a name, a file, or all. The
    newest one without a name. Exit code 6 where one is bad."""
    return run(_prove(face, backup, open_secrets, typed, output))


async def _prove(
    face: Face,
    references: tuple[str, ...],
    open_secrets: bool,
    typed: bytearray | None,
    output: str,
) -> int:
    bad = 0
    rows = []
    async with opened(face.home, create=False) as library:
        if (open_secrets or typed is not None) and await library.has_vault():
            await unlocking.open_vault(library, typed)
        if references == ("all",):
            paths = [each.path for each in await library.backups.all()]
        else:
            paths = [await library.backups.find(one) for one in references or ("newest",)]
        for path in paths:
            proof, words = await library.backups.prove(path)
            told = proof.words or words
            bad += not proof.is_good
            rows.append(
                {
                    "path": str(path),
                    "proven": proof.is_good,
                    "words": told,
                    "proof_ms": proof.duration_ms,
                }
            )
            if output == "table":
                spent = wording.duration(proof.duration_ms)
                sign = "✓" if proof.is_good else "✗"
                answer(f"{sign} {path.name}  {spent}{f'  {shown(told, 600)}' if told else ''}")
    if output == "json":
        answer(dumps(rows))
    elif output == "jsonl":
        for row in rows:
            answer(dumps(row))
    if bad and output == "table":
        talk(f"{wording.plural(bad, 'backup')} cannot be relied on. The library is untouched.")
    return 6 if bad else 0


@backups_command.command("prune")
@click.option("--dry-run", is_flag=True, help="Say what would go, and why the others stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_output
@click.pass_obj
def prune_backups(face: Face, dry_run: bool, yes: bool, output: str) -> None:
    """Let go of the backups that no rule keeps. Those made by hand stay until you remove them; the
    newest proven one, and whatever is not proven, is never touched."""

    async def work(dry: bool) -> list[Backup]:
        async with opened(face.home, create=False) as library:
            return await library.backups.prune(dry_run=dry)

    going = run(reserve.with_reserve(face.home, partial(work, True), talk))
    if going and not dry_run:
        check_can_ask(yes)
        if not yes:
            for each in going:
                talk(f"  {each.name}  {wording.size(each.size_bytes)}")
        confirm(f"Let go of {wording.plural(len(going), 'backup')}?", yes)
        going = run(reserve.with_reserve(face.home, partial(work, False), talk))

    def table() -> None:
        for each in going:
            answer(each.name)

    answer_rows(output, [_row(each) for each in going], table, "Every backup is kept by a rule.")
    if going and output == "table":
        size = wording.size(sum(each.size_bytes for each in going))
        what = wording.plural(len(going), "backup")
        talk(f"{what} would go, {size}." if dry_run else f"{what} gone, {size} free again.")


backups_command.add_command(open_backup)
backups_command.add_command(restore_backup)
