"""`simtui secrets …`: names, values, and what workflows hold in clear."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

import click

from simtui.cli.adopting import adopt_command, scan_command
from simtui.console import asking
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
from simtui.console.unlocking import unlocked
from simtui.errors import BadInput, NotFound, UsageError, shown
from simtui.library import secrets as shelf
from simtui.model import wording
from simtui.model.secret_names import is_name


@click.group("secrets")
def secrets_command() -> None:
    """List, set, get, delete and import secrets; find keys in clear and move them into the vault.

    A secret is a value under a name that workflows refer to as {{NAME}}. What needs the vault open
    asks for the master password; `simtui help passwords` says more.
    """


@secrets_command.command("list")
@with_output
@click.pass_obj
def list_secrets(face: Face, output: str) -> None:
    """Every secret, and every name that a workflow refers to and nobody has set.

    Needs no password: values stay sealed. With -o json each has name, set, created_at, updated_at
    and used_by (id, name).
    """

    async def work() -> list[shelf.SecretLine]:
        async with opened(face.home, create=False) as library:
            return await shelf.listed(library)

    lines = run(work())
    rows = [
        {
            "name": line.name,
            "set": line.is_set,
            "created_at": _time(line.created_at),
            "updated_at": _time(line.updated_at),
            "used_by": [{"id": ident, "name": name} for ident, name in line.used_by],
        }
        for line in lines
    ]

    def table() -> None:
        now_ms = time.time_ns() // 1_000_000
        cells = [
            (
                line.name,
                "set" if line.is_set else "no value",
                wording.ago(line.updated_at, now_ms) if line.updated_at is not None else "–",
                used_by(line),
            )
            for line in lines
        ]
        for text in table_lines(("NAME", "VALUE", "CHANGED", "USED BY"), cells):
            answer(text)

    empty = "No secrets, and no workflow refers to one. `simtui secrets set NAME` keeps one."
    answer_rows(output, rows, table, empty)


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else wording.rfc3339(at_ms)


def used_by(line: shelf.SecretLine) -> str:
    """`12 workflows`, `1 workflow: Lead enricher`, or `–`."""
    if not line.used_by:
        return "–"
    told = wording.plural(len(line.used_by), "workflow")
    return f"{told}: {line.used_by[0][1]}" if len(line.used_by) == 1 else told


@secrets_command.command("set")
@click.argument("name", type=TEXT)
@asking.with_password()
@click.pass_obj
def set_secret(face: Face, name: str, typed: bytearray | None) -> None:
    """Set a secret, in place of the value that it had.

    The value is asked for unseen, or read from standard input where that is no terminal; one
    newline at its end is left away.
    """
    _check_name(name)
    piped = None if os.isatty(0) else _piped_value()

    async def work() -> int:
        async with unlocked(face, typed) as library:
            value = piped if piped is not None else await asking.asked(f"{name}: ", one_line=True)
            if not value:
                raise UsageError("An empty value is none; nothing was set.")
            length = len(value)
            await library.vault.set(name, value)
            shelf.forget(value)
            return length

    length = run(work())
    talk(f"{name} is set ({wording.plural(length, 'byte')}).")


def _check_name(name: str) -> None:
    if not is_name(name):
        raise UsageError(
            f'"{shown(name, 80)}" cannot name a secret: letters, digits and _ only, not a digit '
            "first, at most 100."
        )


def _piped_value() -> bytearray:
    shelf.keep_private()
    value = bytearray()
    while piece := os.read(0, shelf.MAX_VALUE_BYTES):
        value += piece
        if len(value) > shelf.MAX_VALUE_BYTES:
            shelf.forget(value)
            limit = shelf.MAX_VALUE_BYTES // 1024
            raise BadInput(f"A value has at most {limit} KiB; nothing was set.")
    asking.without_newline(value)
    if not value:
        raise UsageError("Standard input is empty, and no terminal; nothing was set.")
    return value


@secrets_command.command("get")
@click.argument("name", type=TEXT)
@click.option("--reveal", is_flag=True, help="Print the value without asking.")
@asking.with_password()
@with_output
@click.pass_obj
def get_secret(face: Face, name: str, reveal: bool, typed: bytearray | None, output: str) -> None:
    """Print a value: asked first on a terminal, only with --reveal anywhere else."""
    if not reveal and not sys.stdout.isatty():
        raise UsageError(f"Say --reveal if {shown(name, 80)} is to leave the vault in clear.")

    async def work() -> bytearray | None:
        async with unlocked(face, typed, [name]) as library:
            if not reveal and not await asking.confirmed(f"Show {name} on this terminal?"):
                return None
            return await library.vault.get(name)

    value = run(work())
    if value is None:
        talk("Not shown.")
    elif output == "table":
        _print_value(value)
    else:
        answer(dumps({"name": name, "value": _as_text(name, value)}))
        shelf.forget(value)


def _print_value(value: bytearray) -> None:
    """As it is for a program; what a terminal would obey is written out."""
    if sys.stdout.isatty():
        for line in value.decode("utf-8", "replace").split("\n"):
            answer(shown(line, len(line)))
    else:
        sys.stdout.buffer.write(value)
        sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
    shelf.forget(value)


def _as_text(name: str, value: bytearray) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not text. Without -o it comes byte for byte.") from None


@secrets_command.command("delete")
@click.argument("name", type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@click.pass_obj
def delete_secret(face: Face, name: str, yes: bool) -> None:
    """Delete a secret for good. Needs no password: what is thrown away need not be read."""
    check_can_ask(yes)

    async def find() -> shelf.SecretLine:
        async with opened(face.home, create=False) as library:
            await shelf.check_there(library, [name])
            return next(line for line in await shelf.listed(library) if line.name == name)

    async def delete() -> None:
        async with opened(face.home, create=False) as library:
            await library.vault.delete(name)

    line = run(find())
    users = f" It is used by {shown(used_by(line), 120)}." if line.used_by else ""
    confirm(f"Delete {name} for good?{users}", yes)
    run(delete())
    talk(f"{name} is deleted. Backups made before still hold it, sealed.{users}")


@secrets_command.command("import")
@click.argument("path", metavar="FILE.env", type=click.Path())
@click.option("--overwrite", is_flag=True, help="Replace other values without asking.")
@asking.with_password()
@with_output
@click.pass_obj
def import_secrets(
    face: Face, path: str, overwrite: bool, typed: bytearray | None, output: str
) -> int:
    """Set every NAME=value of a .env file; - is standard input.

    A name whose value here is another one is asked about, and skipped where nobody can be asked.
    With -o json each has line, name, outcome (imported, updated, unchanged, skipped, refused) and
    reason.
    """
    with contextlib.ExitStack() as stack:
        file: BinaryIO = sys.stdin.buffer
        if path != "-":
            try:
                file = stack.enter_context(Path(path).open("rb"))
            except OSError as error:
                raise NotFound(f"{shown(path, 200)} cannot be read: {error.strerror}.") from None
        items = run(_import(face, file, overwrite, typed))
    rows = [
        {"line": item.line, "name": item.name, "outcome": item.outcome, "reason": item.reason}
        for item in items
    ]

    def table() -> None:
        for item in items:
            sign = _SIGNS[item.outcome]
            reason = f": {item.reason}" if item.reason else ""
            answer(f"{sign} line {item.line}  {shown(item.name, 80)}{reason}")

    answer_rows(output, rows, table, "It holds no NAME=value.")
    counts = {word: sum(item.outcome == word for item in items) for word in _SIGNS}
    if output == "table" and items:
        talk(", ".join(f"{n:,} {word}" for word, n in counts.items() if n))
        if path != "-" and (counts["imported"] or counts["updated"]):
            talk(f"{shown(path, 200)} still holds them in clear.")
    if not counts["refused"]:
        return 0
    return 3 if len(items) > counts["refused"] else 6


_SIGNS = {"imported": "+", "updated": "↻", "unchanged": "=", "skipped": "–", "refused": "✗"}


async def _import(
    face: Face, file: BinaryIO, overwrite: bool, typed: bytearray | None
) -> list[shelf.EnvItem]:
    async def may_replace(name: str) -> bool:
        if overwrite or not asking.can_ask():
            return overwrite
        return await asking.confirmed(f"{name} has another value here. Replace it?")

    async with unlocked(face, typed) as library:
        return [item async for item in shelf.import_env(library, file, may_replace)]


secrets_command.add_command(scan_command)
secrets_command.add_command(adopt_command)
