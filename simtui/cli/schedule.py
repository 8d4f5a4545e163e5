"""`simtui schedule …`: a timer of the system that backs up while no simtui is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simtui.console import asking
from simtui.console.output import (
    Face,
    answer,
    answer_rows,
    check_can_ask,
    confirm,
    talk,
    with_output,
)
from simtui.errors import shown
from simtui.library import scheduling
from simtui.library import secrets as shelf
from simtui.model import wording


@click.group("schedule")
def schedule_command() -> None:
    """Have the system call `simtui backup --if-due` every hour, also while no simtui is open.

    Whether a backup is due, the setting backup.every says.
    """


@schedule_command.command("install")
@click.option(
    "--with",
    "kind",
    type=click.Choice(scheduling.KINDS),
    help="Which timer. [the first of these that works here]",
)
@click.option(
    "--password-file",
    metavar="FILE",
    help="What opens the vault, or an encrypted library, then: a file that only you can read.",
)
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@click.pass_obj
def install_schedule(face: Face, kind: str | None, password_file: str | None, yes: bool) -> None:
    """Show what would be written, ask, and install it.

    That is a systemd timer of yours, a launchd agent on macOS, or a line in your crontab. No other
    file and no other line is touched. Once more, it is written anew.
    """
    named = _checked(password_file or face.password_file)
    proposal = scheduling.propose(face.home, kind, named)
    if named is None and face.home.keys.exists():
        talk(
            "This library is encrypted: without --password-file FILE, the timer can open it by the "
            "keyring only, or by the password file that the library was told of."
        )
    for line in proposal.said:
        talk(line)
    if proposal.is_there:
        talk(f"It is installed already, with {proposal.kind}.")
        return
    for piece in proposal.pieces:
        answer(f"{shown(piece.place, 400)}:")
        for line in piece.text.splitlines():
            answer(f"    {shown(line, 2000)}")
    for other in proposal.goes:
        answer(f"The one with {other} goes.")
    check_can_ask(yes)
    confirm("Write this?", yes)
    hints = proposal.install()
    talk(f"Installed with {proposal.kind}. Away again with: simtui schedule remove")
    for hint in hints:
        talk(hint)


def _checked(password_file: str | None) -> str | None:
    """The file's whole path. Raises `Locked` where it cannot be read, or others can."""
    if password_file is None:
        return None
    password = asking.read_password(password_file, None)
    shelf.forget(password or bytearray())
    return str(Path(password_file).expanduser().absolute())


@schedule_command.command("show")
@with_output
@click.pass_obj
def show_schedule(face: Face, output: str) -> None:
    """What is installed for this home, and when it last ran, where the system tells."""
    found = scheduling.installed(face.home)
    rows: list[dict[str, Any]] = [
        {
            "kind": each.kind,
            "places": each.places,
            "command": each.command,
            "runs": each.runs,
            "last_run": _time(each.last_run),
            "next_run": _time(each.next_run),
            "note": each.note,
        }
        for each in found
    ]

    def table() -> None:
        for each in found:
            state = {True: "runs", False: "does not run", None: "is installed"}[each.runs]
            answer(f"{each.kind}  {state}")
            for place in each.places:
                answer(f"  in        {shown(place, 400)}")
            answer(f"  calls     {shown(each.command, 1000)}")
            for name, at in (("last run", each.last_run), ("next run", each.next_run)):
                if at is not None:
                    answer(f"  {name}  {wording.date_time(at)}")
            if each.last_run is None and not each.note:
                answer("  last run  not known")
            if each.note:
                answer(f"  {shown(each.note, 400)}")

    answer_rows(
        output,
        rows,
        table,
        f"No timer is installed for {face.home}: backups are made while simtui is open. "
        "`simtui schedule install` makes one.",
    )


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else wording.rfc3339(at_ms)


@schedule_command.command("remove")
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@click.pass_obj
def remove_schedule(face: Face, yes: bool) -> None:
    """Take away the timer of this home: what simtui wrote, and nothing else."""
    found = scheduling.installed(face.home)
    if not found:
        talk(f"No timer is installed for {face.home}.")
        return
    check_can_ask(yes)
    places = ", ".join(shown(place, 400) for each in found for place in each.places)
    confirm(f"Take away what simtui wrote in {places}?", yes)
    gone = scheduling.remove(face.home)
    talk(f"Taken away: {', '.join(shown(place, 400) for place in gone)}.")
