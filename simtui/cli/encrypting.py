"""`simtui vault encrypt-library` and `decrypt-library`: the whole library under a key, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simtui.console import asking, unlocking
from simtui.console.output import Face, opened, run, talk
from simtui.errors import Cancelled, Locked, UsageError, shown
from simtui.library import KeyedHome, Library
from simtui.library import secrets as shelf
from simtui.model import wording

if TYPE_CHECKING:
    from simtui.encrypting import InClear
    from simtui.paths import Home

_SHOWN = 20
_KEYRING, _NONE = "keyring", "none"

_WHAT_IT_MEANS = (
    "The whole library is written anew under a key, and only the ways into the vault lead to it: "
    "{ways}. The screen and every command then ask first; without one of these ways nothing of it "
    "can be read, by nobody, and no `sqlite3` opens it. A proven backup comes first."
)
_WHAT_BACK_MEANS = (
    "The library is written anew as a plain database: whoever can read the files of this home can "
    "read workflows, their history and runs in it. Secrets stay sealed. Encrypted backups stay "
    "encrypted, and open with what opens them now. A proven backup comes first."
)
_OUT_OF_REACH = (
    "Out of reach: freed blocks of the disk, which may keep what was deleted, and copies outside "
    "this home (other machines, synchronised folders, snapshots)."
)


def _check_may(yes: bool) -> None:
    if not yes and not asking.can_ask():
        raise UsageError("Nobody can be asked without a terminal: say --yes if you mean it.")


@click.command("encrypt-library")
@click.option("--yes", is_flag=True, help="Do not ask before; needed without a terminal.")
@click.option(
    "--timer",
    metavar="keyring|none|FILE",
    help="How a backup by the timer opens it: by the keyring, or by a password in a file.",
)
@asking.with_password()
@click.pass_obj
def encrypt_library(face: Face, yes: bool, timer: str | None, typed: bytearray | None) -> None:
    """Put the whole library under a key, after a proven backup.

    Then it lists what lies in clear in the home from before, offers an encrypted backup in the
    place of the plain ones, and asks how a timer is to open it. Run again, it does only that.
    """
    _check_may(yes)
    run(_encrypt(face, yes, timer, typed))


async def _encrypt(face: Face, yes: bool, timer: str | None, typed: bytearray | None) -> None:
    from simtui import encrypting

    async with opened(face.home, create=False) as library:
        ways = await shelf.check_vault(library)
        if library.is_encrypted:
            talk("The library is encrypted already.")
        else:
            talk(_WHAT_IT_MEANS.format(ways=", ".join(shelf.WORDS[way] for way in ways)))
            await _check_meant("Encrypt the library?", yes)
            await unlocking.open_and_keep(face, library, typed)
            made = await encrypting.encrypt(library, _stage_shown())
            talk(f"The library is encrypted. The backup from before it: {made.backup.path}")
            talk(f"What opens it lies beside it, in {face.home.keys.name}: they belong together.")
    async with opened(face.home, create=False) as library:
        await _choose_timer(face.home, library, timer)
        await _deal_with_clear_copies(library)


async def _check_meant(question: str, yes: bool) -> None:
    if not yes and not await asking.confirmed(question):
        raise Cancelled("Nothing was changed.")


@click.command("decrypt-library")
@click.option("--yes", is_flag=True, help="Do not ask before; needed without a terminal.")
@asking.with_password()
@click.pass_obj
def decrypt_library(face: Face, yes: bool, typed: bytearray | None) -> None:
    """Make the library a plain database again, after a proven backup. Secrets stay sealed."""
    _check_may(yes)
    run(_decrypt(face, yes, typed))


async def _decrypt(face: Face, yes: bool, typed: bytearray | None) -> None:
    from simtui import encrypting

    async with opened(face.home, create=False) as library:
        if not library.is_encrypted:
            raise UsageError("The library is not encrypted.")
        talk(_WHAT_BACK_MEANS)
        await _check_meant("Decrypt the library?", yes)
        await unlocking.open_and_keep(face, library, typed)
        made = await encrypting.decrypt(library, _stage_shown())
    talk(f"The library is a plain database now. The backup from before it: {made.backup.path}")


def _stage_shown() -> Callable[[str], None]:
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda what: talk(f"… {what}")


# -- the timer


async def _choose_timer(home: Home, library: Library, chosen: str | None) -> None:
    """How a backup opens it when nobody is there, tried once."""
    from simtui import encrypting

    if chosen is None and KeyedHome(home).vault.password_file:
        return
    if chosen in (None, _KEYRING):
        tried = await shelf.open_by_keyring(keyed := KeyedHome(home))
        keyed.vault.lock()
        if tried.way:
            await encrypting.keep_password_file(library, "")
            talk("A backup by the timer opens it by the keyring: tried, it works.")
            return
        if chosen:
            said = tried.said or "The keyring is no way in; `simtui vault keyring` makes it one."
            raise Locked(f"{said} The timer was not changed; the library is encrypted.")
    if chosen is None and asking.can_ask():
        talk("When nobody is there, a backup by the timer needs the password from a file.")
        chosen = await asking.answered("Its path, outside this home (Enter: none): ")
    if not chosen or chosen == _NONE:
        await encrypting.keep_password_file(library, "")
        talk("A backup by the timer will be locked out; one while simtui is open is made.")
        return
    path = Path(chosen).expanduser().absolute()
    await _try_file(home, path)
    await encrypting.keep_password_file(library, str(path))
    talk(f"A backup by the timer reads the password from {path}: tried, it works.")


async def _try_file(home: Home, path: Path) -> None:
    if path.resolve().is_relative_to(home.root.resolve()):
        raise Locked(
            f"{path} lies in the home itself: whoever has the library would have the password. "
            "The timer was not changed; the library is encrypted."
        )
    password = asking.read_password(str(path), None)
    assert password is not None
    tried = await shelf.unlock(keyed := KeyedHome(home), password)
    keyed.vault.lock()
    if not tried.way:
        raise Locked(f"{path}: {tried.said} The timer was not changed; the library is encrypted.")


# -- what is left in clear


async def _deal_with_clear_copies(library: Library) -> None:
    from simtui import encrypting

    found = encrypting.in_clear(library.home)
    if not found:
        talk(f"Nothing in this home is in clear. {_OUT_OF_REACH}")
        return
    talk("In clear, in this home:")
    for path in [*found.backups, *found.exports, *found.others][:_SHOWN]:
        talk(f"  {shown(str(path.relative_to(library.home.root)), 200)}")
    if (more := len([*found.backups, *found.exports, *found.others]) - _SHOWN) > 0:
        talk(f"  … and {more:,} more")
    if asking.can_ask():
        await _offer(library, found)
    else:
        made = await encrypting.made_again(library)
        talk(f"An encrypted backup is made and proven: {made.backup.path}")
        talk("Nothing was deleted. On a terminal, `simtui vault encrypt-library` offers to.")
    talk(_OUT_OF_REACH)


async def _offer(library: Library, found: InClear) -> None:
    from simtui import encrypting

    if not await asking.confirmed("Make an encrypted backup of the library now?", default=True):
        talk("Nothing was deleted.")
        return
    made = await encrypting.made_again(library)
    talk(f"Proven: {made.backup.path}")
    for files, what in (
        (found.backups, "plain backup"),
        (found.exports, "export"),
        (found.others, "old database file"),
    ):
        await _ask_to_delete(library, files, what)


async def _ask_to_delete(library: Library, files: Sequence[Path], what: str) -> None:
    from simtui import encrypting

    if not files:
        return
    told = wording.plural(len(files), what)
    if await asking.confirmed(f"Delete {told} for good?"):
        await encrypting.delete(library, files)
        talk(f"Deleted: {told}.")
    else:
        talk(f"Kept: {told}.")
