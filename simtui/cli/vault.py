"""`simtui vault …`: the lock that secrets are kept under, and the ways in."""

from __future__ import annotations

import sys
from typing import Any

import click

from simtui.cli.encrypting import decrypt_library, encrypt_library
from simtui.console import asking, unlocking
from simtui.console.output import (
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
from simtui.errors import Locked, UsageError, shown
from simtui.library import KeyedHome, Library
from simtui.library import secrets as shelf
from simtui.library.keyed import is_keyed
from simtui.model import wording

_COPIES = (
    "Copies and backups made before still open with the old one. After a leak: `simtui vault "
    "rotate`, and change the keys at their providers."
)


@click.group("vault")
def vault_command() -> None:
    """Make the vault, look at it, and change the ways into it.

    The vault seals your secrets. It opens with the master password, the recovery code, or what lies
    in the keyring of this machine. `simtui help passwords` says more.
    """


vault_command.add_command(encrypt_library)
vault_command.add_command(decrypt_library)


@vault_command.command("status")
@with_output
@click.pass_obj
def show_status(face: Face, output: str) -> None:
    """Whether there is a vault, what opens it, and how many secrets it seals. Needs no password.

    With -o json: exists, open, ways, slots (as `vault slots` has them), secrets, their number, and
    encrypted: whether the whole library is; how many secrets it has is not known then.
    """
    encrypted = is_keyed(face.home)
    status = run(_status(face)) if face.home.database.exists() else None
    count = status.secret_count if status else 0
    slots = status.slots if status else ()
    ways = status.ways if status else []
    if output != "table":
        row = {
            "exists": status is not None and status.exists,
            "open": False,  # a command holds no key
            "ways": ways,
            "slots": [slot_row(line) for line in slots],
            "secrets": None if encrypted else count,
            "encrypted": encrypted,
        }
        answer(dumps(row))
    elif status is None or not status.exists:
        answer("no vault yet")
        talk("`simtui vault init` makes one.")
    else:
        answer(
            "the whole library is encrypted"
            if encrypted
            else f"{wording.plural(count, 'secret')}, sealed"
        )
        told = ", ".join(shelf.WORDS[way] for way in ways)
        answer(f"ways in: {told or 'none that is whole'}")
        if encrypted and (path := KeyedHome(face.home).vault.password_file):
            answer(f"backups by a timer: the password is read from {shown(path, 200)}")
        for line in slots:
            if line.words:
                answer(f"! slot {line.number}: {line.words}")


async def _status(face: Face) -> shelf.Status:
    if is_keyed(face.home):  # it stands beside the library, and needs no password either
        return await KeyedHome(face.home).vault.status()
    async with opened(face.home, create=False) as library:
        return await library.vault.status()


def slot_row(line: shelf.SlotLine) -> dict[str, Any]:
    """A slot as `-o json` has it."""
    return {
        "number": line.number,
        "way": line.slot.way if line.slot else None,
        "created_at": wording.rfc3339(line.slot.created_at) if line.slot else None,
        "usable": line.slot is not None and not line.words,
        "note": line.words,
    }


@vault_command.command("init")
@click.option("--no-recovery", is_flag=True, help="Make no recovery code.")
@click.option(
    "--keyring/--no-keyring",
    default=None,
    help="Open it by this machine's keyring too, or not; without either you are asked.",
)
@asking.with_password()
@click.pass_obj
def init_vault(
    face: Face, no_recovery: bool, keyring: bool | None, typed: bytearray | None
) -> None:
    """Make the vault: choose a master password, and write down a recovery code.

    Without a terminal the password comes from --password-file or --password-fd, and it is the only
    way in.
    """
    run(_init(face, not no_recovery, keyring, typed))


async def _init(face: Face, recovery: bool, keyring: bool | None, typed: bytearray | None) -> None:
    can_ask = asking.can_ask()
    if typed is None and not can_ask:
        raise Locked(
            "There is no terminal to ask for a password on. --password-file FILE or --password-fd "
            "N brings it."
        )
    async with opened(face.home) as library:
        if (await library.vault.status()).exists:
            raise UsageError(
                "There is a vault already; `simtui vault passwd` changes its password."
            )
        if typed is None:
            talk(f"The master password locks the secrets of {face.home}. Nobody can look it up.")
            password = await unlocking.new_password("Master password")
        else:
            password = shelf.password_of(typed)
        use_keyring = await _wants_keyring(keyring, can_ask)
        recovery = recovery and can_ask
        prepared = await shelf.prepare(library, password, recovery=recovery, keyring=use_keyring)
        if recovery:
            await unlocking.code_asked_back(prepared)
        await shelf.keep(library, prepared)
        ways = (await library.vault.status()).ways
    talk(f"The vault is made. Ways in: {', '.join(shelf.WORDS[way] for way in ways)}.")
    if not recovery:
        talk("There is no recovery code: `simtui vault recovery` makes one, on a terminal.")


async def _wants_keyring(keyring: bool | None, can_ask: bool) -> bool:
    """Whether a slot is made for the keyring. Raises `Locked` where it was asked for and does not
    work."""
    if keyring is False or (keyring is None and not can_ask):
        return False
    verdict = await shelf.probe_keyring()
    if keyring and not verdict.works:
        raise Locked(f"{verdict.words} No vault was made.")
    if keyring:
        return True
    if not verdict.works:
        talk(f"{verdict.words} The password will be asked for each time.")
        return False
    return await asking.confirmed(
        f"Let the keyring of this machine ({verdict.backend}) open it too, without asking?",
        default=True,
    )


@vault_command.command("lock")
@click.pass_obj
def lock_vault(face: Face) -> None:
    """Say what is locked. A command holds no key once it has ended."""
    talk("No command holds a key once it has ended, so there is nothing to lock here.")
    talk("A screen that is open locks by L, after a time without a key, and when it is closed.")


@vault_command.command("passwd")
@asking.with_password()
@asking.with_password(new=True)
@click.pass_obj
def change_password(face: Face, typed: bytearray | None, new_typed: bytearray | None) -> None:
    """Change the master password. The present one opens the vault first, or the recovery code where
    it is lost."""
    run(_passwd(face, typed, new_typed))


async def _passwd(face: Face, typed: bytearray | None, new_typed: bytearray | None) -> None:
    if new_typed is None and not asking.can_ask():
        raise Locked(
            "There is no terminal to ask for the new password on. --new-password-file FILE or "
            "--new-password-fd N brings it."
        )
    # before anything is asked: one that cannot be is told at once
    password = shelf.password_of(new_typed) if new_typed is not None else None
    async with unlocking.unlocked(face, typed) as library:
        if password is None:
            password = await unlocking.new_password()
        await library.vault.keep_ways(await shelf.prepare_way(library, password))
    talk(f"The master password is changed. {_COPIES}")


@vault_command.command("recovery")
@asking.with_password()
@click.pass_obj
def new_recovery_code(face: Face, typed: bytearray | None) -> None:
    """Make a recovery code, in place of the one before. It is shown once and asked back."""
    _check_terminal()

    async def work() -> None:
        async with unlocking.unlocked(face, typed) as library:
            prepared = await shelf.prepare_way(library, None)
            await unlocking.code_asked_back(prepared)
            await library.vault.keep_ways(prepared)

    run(work())
    talk(f"The recovery code is in force. {_COPIES}")


@vault_command.command("keyring")
@asking.with_password()
@click.pass_obj
def add_keyring(face: Face, typed: bytearray | None) -> None:
    """Let the keyring of this machine open the vault too, without asking: after a move, or where
    there was none before."""

    async def work() -> str:
        async with unlocking.unlocked(face, typed) as library:
            return await shelf.add_keyring(library)

    talk(f"The keyring of this machine ({run(work())}) opens the vault now, too.")


def _check_terminal() -> None:
    if not asking.can_ask():
        raise UsageError(
            "A recovery code is shown once and asked back: that needs a terminal. Nothing was "
            "changed."
        )


@vault_command.command("slots")
@click.argument("act", required=False, type=click.Choice(["remove"]), metavar="[remove")
@click.argument("number", required=False, type=click.IntRange(min=1), metavar="N]")
@click.option("--yes", is_flag=True, help="Do not ask before removing; needed without a terminal.")
@asking.with_password()
@with_output
@click.pass_obj
def list_slots(
    face: Face,
    act: str | None,
    number: int | None,
    yes: bool,
    typed: bytearray | None,
    output: str,
) -> None:
    """The ways into the vault, by their numbers; or take one away.

    With -o json each has number, way, created_at, usable and note.
    """
    if (act is None) != (number is None):
        raise UsageError("Say which slot:  simtui vault slots remove N")
    if number is not None:
        _remove_slot(face, number, yes, typed)
        return
    status = run(_status(face))
    rows = [slot_row(line) for line in status.slots]

    def table() -> None:
        cells = [
            (
                str(line.number),
                shelf.WORDS[line.slot.way] if line.slot else "?",
                wording.date_time(line.slot.created_at) if line.slot else "–",
            )
            for line in status.slots
        ]
        heads = list(table_lines(("SLOT", "OPENS BY", "MADE"), cells))
        answer(heads[0])
        for head, line in zip(heads[1:], status.slots, strict=True):
            answer(f"{head}  ! {line.words}" if line.words else head)

    answer_rows(output, rows, table, "There is no vault yet. `simtui vault init` makes one.")


def _remove_slot(face: Face, number: int, yes: bool, typed: bytearray | None) -> None:
    if not yes and not asking.can_ask():
        raise UsageError("Nobody can be asked without a terminal: say --yes if you mean it.")

    async def work() -> str | None:
        async with unlocking.unlocked(face, typed) as library:
            lines = {line.number: line for line in (await library.vault.status()).slots}
            if not yes and number in lines:
                slot = lines[number].slot
                what = f" ({shelf.WORDS[slot.way]})" if slot else ""
                if not await asking.confirmed(f"Take slot {number}{what} away?"):
                    return None
            return await shelf.remove_slot(library, number)

    said = run(work())
    if said is None:
        talk("Nothing was changed.")
        return
    talk(f"Slot {number} is gone. {_COPIES.replace('with the old one', 'by it')}")
    if said:
        talk(said)


@vault_command.command("rotate")
@click.option("--no-recovery", is_flag=True, help="Make no new recovery code.")
@asking.with_password()
@asking.with_password(new=True)
@click.pass_obj
def rotate_key(
    face: Face, no_recovery: bool, typed: bytearray | None, new_typed: bytearray | None
) -> None:
    """Seal every secret under a new key. The password stays, unless a new one is given; the old
    recovery code opens nothing any more, and a new one is shown and asked back."""
    run(_rotate(face, not no_recovery, typed, new_typed))


async def _rotate(
    face: Face, recovery: bool, typed: bytearray | None, new_typed: bytearray | None
) -> None:
    recovery = recovery and asking.can_ask()
    password = shelf.password_of(new_typed) if new_typed is not None else None
    if not face.home.database.exists():
        raise Locked(f"There is no vault in {face.home} yet. `simtui vault init` makes one.")
    async with opened(face.home, create=False) as library:
        # not by the keyring: the new key is wrapped by the password, which has to be known for it
        way, copy = await unlocking.open_by_typing(library, typed)
        if password is None and way == shelf.PASSWORD:
            password = shelf.password_of(copy, is_new=False)
        shelf.forget(copy)
        if password is None:
            password = await unlocking.new_password()
        use_keyring, said = await _keyring_again(library)
        prepared = await shelf.prepare_rotation(
            library, password, recovery=recovery, keyring=use_keyring
        )
        if recovery:
            await unlocking.code_asked_back(prepared)
        progress = _show_progress if sys.stderr.isatty() else None
        await shelf.keep_rotation(library, prepared, progress)
        status = await library.vault.status()
    count = wording.plural(status.secret_count, "secret")
    ways = ", ".join(shelf.WORDS[way] for way in status.ways)
    talk(f"A new key is in force for {count}. Ways in: {ways}.")
    if said:
        talk(said)
    if not recovery:
        talk(
            "There is no recovery code now, and the one before opens nothing here any more: "
            "`simtui vault recovery` makes one, on a terminal."
        )
    talk(
        "Backups made before open with what opened them then. After a leak, change the keys at "
        "their providers too."
    )


async def _keyring_again(library: Library) -> tuple[bool, str]:
    """Whether the keyring had a way in and can get one again; why not, in words."""
    if shelf.KEYRING not in (await library.vault.status()).ways:
        return False, ""
    verdict = await shelf.probe_keyring()
    said = "" if verdict.works else f"{verdict.words} It is no way in any more."
    return verdict.works, said


def _show_progress(done: int, total: int) -> None:
    sys.stderr.write(f"\r\x1b[K{done:,}/{total:,} secrets\r")
    if done == total:
        sys.stderr.write("\x1b[K")
