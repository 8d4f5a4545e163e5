"""`simtui exec --with NAME -- COMMAND…`: a program that gets secrets, in its environment only."""

from __future__ import annotations

import click

from simtui.console.asking import with_password
from simtui.console.output import TEXT, Face, run
from simtui.console.unlocking import unlocked
from simtui.errors import UsageError
from simtui.library import secrets as shelf


@click.command("exec", context_settings={"allow_interspersed_args": False})
@click.option(
    "--with",
    "names",
    multiple=True,
    required=True,
    type=TEXT,
    metavar="NAME[,NAME…]",
    help="The secrets that it gets, each as a variable of its environment.",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND…")
@with_password()
@click.pass_obj
def exec_command(
    face: Face, names: tuple[str, ...], command: tuple[str, ...], typed: bytearray | None
) -> int:
    """Run a program with secrets in its environment, and mask them in what it prints.

    It ends with the program's own exit code.
    """
    parts = (name.strip() for given in names for name in given.split(","))
    wanted = list(dict.fromkeys(filter(None, parts)))
    if not wanted:
        raise UsageError("Name at least one secret:  simtui exec --with NAME -- COMMAND…")

    async def work() -> dict[str, bytearray]:
        async with unlocked(face, typed, wanted) as library:
            return await shelf.values(library, wanted)

    secrets = run(work())
    try:
        from simtui.cli.running import run_masked

        return run_masked(command, secrets)
    finally:
        shelf.forget(*secrets.values())
