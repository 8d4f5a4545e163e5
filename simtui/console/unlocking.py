"""The vault opened for a command, and new ways into it asked for.

The keyring is tried first, then what a script handed over, then whoever sits at the terminal is
asked, three times.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Sequence

from simtui.console import asking
from simtui.console.output import Face, opened, talk
from simtui.errors import Cancelled, Locked, UsageError
from simtui.library import KeyedHome, Library
from simtui.library import secrets as shelf

TRIES = 3
_LOCKED = "The vault is locked."
_FOR_SCRIPTS = "--password-file FILE or --password-fd N brings the password."
_WAIT = re.compile(r" ?[0-9]+ s until the next try\.")


@contextlib.asynccontextmanager
async def unlocked(
    face: Face, typed: bytearray | None, names: Sequence[str] = ()
) -> AsyncIterator[Library]:
    """The library with its vault open: by the keyring, else by what a script handed over, else by
    asking. Raises `Locked` where none of these opens it. `names`: secrets that must be there, or
    nobody is asked for nothing (`NotFound`)."""
    if not face.home.database.exists():
        raise Locked(f"There is no vault in {face.home} yet. `simtui vault init` makes one.")
    async with opened(face.home, create=False) as library:
        await shelf.check_vault(library)
        await shelf.check_there(library, names)
        await open_vault(library, typed)
        yield library


async def open_keyed(keyed: KeyedHome, face: Face | None) -> None:
    """Opens what opens an encrypted library, which comes before everything else in it. What was
    typed is kept for the rest of the command, so that it is asked for once."""
    shelf.keep_private()
    typed = asking.handed_over(face) if face is not None else None
    if typed is None and face is not None and face.unattended and not asking.can_ask():
        typed = asking.read_password(keyed.vault.password_file or None, None)
    password = await _opened_by(keyed, typed, await keyed.refusal())
    if face is not None and face.password is None and password is not None:
        face.password = password


async def open_vault(library: Library, typed: bytearray | None) -> None:
    """Opens the vault of a library that is open, where it is not open yet."""
    shelf.forget(await _opened_by(library, typed, _LOCKED) or bytearray())


async def open_and_keep(face: Face, library: Library, typed: bytearray | None) -> None:
    """The same for a command that opens the library once more: what was typed is kept for that."""
    password = await _opened_by(library, typed, _LOCKED)
    if face.password is None and password is not None:
        face.password = password


async def _opened_by(
    library: shelf.Vaulted, typed: bytearray | None, locked: str
) -> bytearray | None:
    """What was handed over or typed, to be wiped; None where it did not come to that. `locked`
    begins the refusal where nobody can be asked."""
    await shelf.check_vault(library)
    if library.vault.is_open:
        return None
    tried = await shelf.open_by_keyring(library)
    if tried.way:
        if typed is not None:
            shelf.forget(typed)
        return None
    if tried.said and typed is None and asking.can_ask():
        talk(tried.said)
    _, password = await open_by_typing(library, typed, tried.said, locked)
    return password


async def open_by_typing(
    library: shelf.Vaulted,
    typed: bytearray | None,
    said: str = "",
    locked: str = _LOCKED,
) -> tuple[str, bytearray]:
    """Opens it with what was handed over or is typed now. The way in, and a copy of what opened it,
    to be wiped. `said`: why the keyring did not."""
    ways = await shelf.check_vault(library)
    if typed is None and not asking.can_ask():
        words = (locked, "There is no terminal to ask on.", said, _FOR_SCRIPTS)
        raise Locked(" ".join(filter(None, words)))
    shelf.keep_private()
    with asking.unseen() if typed is None else contextlib.nullcontext():
        for left in range(TRIES - 1, -1, -1):
            given = typed if typed is not None else await asking.asked(_label(ways))
            copy = bytearray(given)
            tried = await shelf.unlock(library, given)
            if tried.way:
                return tried.way, copy
            shelf.forget(copy)
            if typed is not None or not left:
                raise Locked(f"{_WAIT.sub('', tried.said)} {_ways_out(ways)}")
            talk(tried.said)
    raise AssertionError


def _label(ways: list[str]) -> str:
    if shelf.PASSWORD not in ways and shelf.RECOVERY in ways:
        return "Recovery code: "
    return f"Master password{' or recovery code' if shelf.RECOVERY in ways else ''}: "


def _ways_out(ways: list[str]) -> str:
    """For somebody who has lost the password."""
    others = [shelf.WORDS[way] for way in ways if way != shelf.PASSWORD]
    if shelf.RECOVERY in ways:
        return (
            "Nothing was changed. If the password is lost: the recovery code is taken in its "
            "place, and `simtui vault passwd` then makes a new one."
        )
    told = ", ".join(others) or "none"
    return f"Nothing was changed. Other ways in: {told}. `simtui help passwords` says more."


async def new_password(prompt: str = "New master password") -> bytearray:
    """A password, asked for twice. Raises `Cancelled` where that does not come about."""
    shelf.keep_private()
    for _ in range(TRIES):
        first = await asking.asked(f"{prompt}: ")
        try:
            password = shelf.password_of(first)
        except UsageError as error:
            talk(error.message)
            continue
        second = await asking.asked("The same again: ")
        with contextlib.suppress(UsageError):
            again = shelf.password_of(second)
            same = again == password
            shelf.forget(again)
            if same:
                return password
        shelf.forget(password)
        talk("These two differ.")
    raise Cancelled("Nothing was changed.")


async def code_asked_back(prepared: shelf.Prepared) -> None:
    """Shows the recovery code, takes it off the screen, and asks for it. Raises `Cancelled` where
    it does not come back: then nobody has it, and it must not be in force."""
    await _show(prepared.code)
    wrong = 0
    while wrong < TRIES:
        typed = await asking.asked("The code, as you wrote it (Enter alone shows it again): ")
        if not typed.strip():
            await _show(prepared.code)
            continue
        try:
            if shelf.is_code(prepared, typed):
                return
            talk("That is a recovery code, and another one than was shown.")
        except UsageError as error:
            talk(error.message.replace(" Nothing was tried.", ""))
        wrong += 1
    raise Cancelled("The code did not come back as it was shown, so nothing was changed.")


async def _show(code: str) -> None:
    lines = [
        "",
        "Your recovery code:",
        "",
        f"    {code}",
        "",
        "It opens the vault when the password is lost, for you and for anybody who has it.",
        "Write it down, away from this machine. Once you have typed it, it is never shown again.",
        "",
    ]
    asking.tell("\n".join(lines))
    await asking.answered("Enter, when it is written down: ")
    asking.erase(len(lines) + 1)
