"""`simtui backups restore`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simtui.cli.inside import LISTED, asker, tell_difference, with_its_password
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
from simtui.errors import Damaged, UsageError, shown
from simtui.library import backups
from simtui.model import wording
from simtui.paths import Home

if TYPE_CHECKING:
    from simtui.library.inside import Difference
    from simtui.library.restoring import Restored


@click.command("restore")
@click.argument("backup", type=TEXT)
@click.option("--workflow", type=TEXT, metavar="ID|NAME", help="One workflow alone.")
@click.option("--version", "number", type=click.IntRange(min=1), help="An earlier one of it.")
@click.option("--into", "into", metavar="HOME", help="Another home, which has no library yet.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_its_password
@with_output
@click.pass_obj
def restore_backup(
    face: Face,
    backup: str,
    workflow: str | None,
    number: int | None,
    into: str | None,
    dry_run: bool,
    yes: bool,
    its_password: bytearray | None,
    output: str,
) -> None:
    """Bring back the whole library, or one workflow of it. BACKUP is a name from `backups list`, a
    file, or latest.

    What is there now is backed up first. A database that does not open is kept beside the new one.
    """
    if number is not None and workflow is None:
        raise UsageError("--version goes with --workflow.")
    if workflow is not None:
        if into is not None or dry_run:
            raise UsageError("--workflow goes into this library; --into and --dry-run are for all.")
        run(_take(face, backup, workflow, number, its_password, output))
    elif into is not None:
        _restore_into(face, backup, into, dry_run, its_password, output)
    else:
        _restore(face, backup, dry_run, yes, its_password, output)


async def _take(
    face: Face,
    reference: str,
    workflow: str,
    number: int | None,
    its_password: bytearray | None,
    output: str,
) -> None:
    from simtui.library.inside import opened_backup

    async with opened(face.home, create=False) as library:
        file = await library.backups.find(reference)
        async with opened_backup(library, file, ask=asker(face, its_password, library)) as inside:
            found = await inside.find(workflow)
            taken = await inside.take(library, found.id, number)
    if output == "table":
        talk(f"{shown(taken.name)} is {taken.outcome}.")
        answer(taken.id)
    else:
        answer(dumps({"workflow_id": taken.id, "name": taken.name, "outcome": taken.outcome}))


def _restore_into(
    face: Face,
    reference: str,
    into: str,
    dry_run: bool,
    its_password: bytearray | None,
    output: str,
) -> None:
    home = Home(Path(into).expanduser().absolute())
    if os.path.lexists(home.database):
        raise UsageError(
            f"There is a library in {home} already. `simtui --home {into} backups restore` restores"
            " into it, after a backup of what is there."
        )
    if dry_run:
        raise UsageError("A new home gets all of it; `backups open` shows what that is.")

    async def work() -> Restored:
        from simtui.library.restoring import restore_over

        file = await _file_for(face, reference)
        return await restore_over(home, file, ask=asker(face, its_password, None))

    _tell_restored(run(work()), home, output)


async def _file_for(face: Face, reference: str) -> Path:
    """The file that is meant, also where the library does not open."""
    if await _broken(face) is not None:
        return backups.find_in(face.home.backups, reference)
    async with opened(face.home, create=False) as library:
        return await library.backups.find(reference)


def _restore(
    face: Face,
    reference: str,
    dry_run: bool,
    yes: bool,
    its_password: bytearray | None,
    output: str,
) -> None:
    from simtui.library import restoring

    async def ahead() -> tuple[Path, Difference]:
        from simtui.library.inside import opened_backup

        async with opened(face.home, create=False) as library:
            file = await library.backups.find(reference)
            ask = asker(face, its_password and bytearray(its_password), library)
            async with opened_backup(library, file, ask=ask) as inside:
                return file, await inside.difference(library)

    async def work(file: Path) -> Restored:
        async with opened(face.home, create=False) as library:
            on_stage = _show_stage if sys.stderr.isatty() else None
            ask = asker(face, its_password, library)
            return await library.backups.restore(file, ask=ask, on_stage=on_stage)

    async def over(file: Path) -> Restored:
        return await restoring.restore_over(face.home, file, ask=asker(face, its_password, None))

    if not dry_run:
        check_can_ask(yes)
    broken = run(_broken(face))
    if broken is not None:
        file = backups.find_in(face.home.backups, reference)
        talk(broken)
        if dry_run:
            talk(f"All of {file.name} would be put in its place. Nothing was written.")
            return
        confirm(f"Put {file.name} in its place, and keep what is there beside it?", yes)
        _tell_restored(run(over(file)), face.home, output)
        return
    if dry_run or not yes:
        file, difference = run(ahead())
        tell_difference(difference, output if dry_run else "table")
        if dry_run:
            return
        confirm(f"Restore {file.name} into {face.home}? What is there now is backed up first.", yes)
    else:
        file = run(_found(face, reference))
    _tell_restored(run(work(file)), face.home, output)


async def _found(face: Face, reference: str) -> Path:
    async with opened(face.home, create=False) as library:
        return await library.backups.find(reference)


async def _broken(face: Face) -> str | None:
    """Why the library does not open; None where it does. A disk that fails once looks like damage,
    and what can be read is not set aside: it is tried twice."""
    if not face.home.database.exists():
        return f"There is no library in {face.home} yet."
    why = ""
    for _ in range(2):
        try:
            async with opened(face.home, create=False) as library:
                await library.workflows.count()
        except Damaged as error:
            why = error.message
        else:
            return None
    return why


def _show_stage(what: str, share: float) -> None:
    sys.stderr.write(f"\r\x1b[K{what} {share:.0%}\r")


def _tell_restored(done: Restored, home: Home, output: str) -> None:
    safety = str(done.safety.backup.path) if done.safety else None
    if output != "table":
        answer(
            dumps(
                {
                    "home": str(home.root),
                    "workflows": done.workflows,
                    "runs": done.runs,
                    "safety_backup": safety,
                    "set_aside": str(done.aside) if done.aside else None,
                    "secrets_resealed": done.resealed,
                    "secrets_left_sealed": list(done.left_sealed),
                    "duration_ms": done.duration_ms,
                }
            )
        )
        return
    talk(
        f"Restored into {home}: {wording.plural(done.workflows, 'workflow')},"
        f" {wording.plural(done.runs, 'run')}, in {wording.duration(done.duration_ms)}."
    )
    if done.safety is not None:
        talk(f"What was there before: {shown(str(safety), 400)}")
        if done.safety.notice:
            talk(done.safety.notice)
    if done.aside is not None:
        talk(f"The database that did not open: {shown(str(done.aside), 400)}")
    if done.resealed:
        talk(f"{wording.plural(done.resealed, 'secret')} sealed anew by the present key.")
    if done.left_sealed:
        names = ", ".join(shown(name, 80) for name in done.left_sealed[:LISTED])
        talk(
            f"Sealed by another key, and kept as they are: {names}. The same restore opens them, "
            "once it is told the backup's password or recovery code."
        )
