"""Secrets and the ways to them, as both faces use them.

What is listed needs no key and loads no cryptography. A keyring's entry comes before its slot and
goes after it: a slot always has its entry, and an entry without a slot opens nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from simtui.errors import Damaged, Locked, NotFound, UsageError, shown
from simtui.model.secret_names import is_name
from simtui.store import extractions
from simtui.store import secrets as rows

if TYPE_CHECKING:
    from simtui.library import Library
    from simtui.library.keyed import Vaulted as Vaulted
    from simtui.vault.keyrings import Verdict
    from simtui.vault.slots import Slot
    from simtui.vault.ways import Prepared as Prepared  # for the faces, which know no vault
    from simtui.vault.ways import SlotLine as SlotLine
    from simtui.vault.ways import Status as Status

KEYRING, PASSWORD, RECOVERY = "keyring", "password", "recovery"
WORDS = {KEYRING: "keyring", PASSWORD: "password", RECOVERY: "recovery code"}
"""The ways in, as they are called to a person."""

MAX_VALUE_BYTES = 1 << 16

Progress = Callable[[int, int], None]
"""Called with how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class SecretLine:
    """A name as it is listed. The times are Unix milliseconds, None where workflows name it and
    nobody has set it. `used_by`: (id, name) of the workflows that name it."""

    name: str
    created_at: int | None
    updated_at: int | None
    used_by: tuple[tuple[str, str], ...]

    @property
    def is_set(self) -> bool:
        """Whether it has a value."""
        return self.updated_at is not None


async def listed(library: Library) -> list[SecretLine]:
    """Every secret, every name that workflows refer to, and those that came out of a database of
    Sim without their values, by name. Opens nothing."""
    stored = {row.name: row for row in await library.store.read(rows.all_of)}
    needed = await library.workflows.needed()
    wanted = await library.store.read(extractions.wanted)
    lines = []
    for name in sorted({*stored, *needed, *wanted}):
        created_at = stored[name].created_at if name in stored else None
        updated_at = stored[name].updated_at if name in stored else None
        lines.append(SecretLine(name, created_at, updated_at, tuple(needed.get(name, ()))))
    return lines


async def check_there(library: Library, names: Sequence[str]) -> None:
    """Raises `NotFound`, with what is nearest, where one of these names has no value. Needs no
    key."""
    stored = [row.name for row in await library.store.read(rows.all_of)]
    for name in names:
        if name not in stored:
            near = difflib.get_close_matches(name.upper(), stored, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else "`simtui secrets list` lists them."
            raise NotFound(f'There is no secret "{shown(name, 80)}". {hint}')


async def values(library: Library, names: Sequence[str]) -> dict[str, bytearray]:
    """The values of these secrets, for the caller to wipe. Raises as `Vault.get` does; then none is
    left behind."""
    await check_there(library, names)
    found: dict[str, bytearray] = {}
    try:
        for name in names:
            found[name] = await library.vault.get(name)
    except BaseException:
        forget(*found.values())
        raise
    return found


def forget(*buffers: bytearray) -> None:
    """Overwrites what was read, where Python lets us."""
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))


def keep_private() -> None:
    """No core dumps and no reading by others, before anything secret is typed."""
    from simtui.vault.memory import close_this_process

    close_this_process()


# -- unlocked


async def check_vault(library: Vaulted) -> list[str]:
    """The ways in that are whole. Raises `Locked` where there is no vault."""
    status = await library.vault.status()
    if not status.exists:
        raise Locked("There is no vault yet. `simtui vault init` makes one.")
    return status.ways


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: the way that opened the vault, or "" and why not, in words."""

    way: str
    said: str = ""


async def open_by_keyring(library: Vaulted) -> Tried:
    """Opens the vault by what the OS keyring holds. Nothing is said where it holds nothing of this
    vault."""
    from simtui.vault import keyrings

    said = ""
    for slot in await _slots(library, KEYRING):
        try:
            token = await keyrings.get(slot.store_id, slot.id)
            await library.vault.unlock(KEYRING, token)
        except Locked as error:
            said = error.message
        else:
            return Tried(KEYRING)
    return Tried("", said)


async def _slots(library: Vaulted, way: str) -> list[Slot]:
    lines = (await library.vault.status()).slots
    return [line.slot for line in lines if line.slot and not line.words and line.slot.way == way]


async def unlock(library: Vaulted, typed: bytearray) -> Tried:
    """Opens the vault with a password or a recovery code, whichever was typed (as bytes, wiped
    here). Where that is not it, it may be tried again.

    Raises `Damaged` where a slot is that might have been it, and `Locked` where there is no vault.
    """
    from simtui.vault.slots import WrongWayIn

    ways = await check_vault(library)
    if any(line.slot is None for line in (await library.vault.status()).slots):
        ways = [*ways, PASSWORD]  # a slot that cannot be read may have been the password's
    tries, said = meant(typed, ways)
    for way, secret in tries:
        await asyncio.sleep(max(0.0, library.vault.seconds_to_wait))
        try:
            await library.vault.unlock(way, secret)
        except WrongWayIn as error:
            said = f"{error.message} {said}".strip()
        else:
            return Tried(way)
    return Tried("", said)


def meant(typed: bytearray, ways: Sequence[str]) -> tuple[list[tuple[str, bytearray]], str]:
    """What is to be tried, way by way, and what is to be said if that is not it."""
    from simtui.vault import passwords, recovery

    text = typed.decode("utf-8", "surrogateescape")
    forget(typed)
    tries: list[tuple[str, bytearray]] = []
    said = ""
    if RECOVERY in ways:
        try:
            tries.append((RECOVERY, recovery.read_code(text)))
        except UsageError as error:
            if PASSWORD not in ways:
                return [], error.message
            if text.count("-") >= 8:
                said = f"As a recovery code: {error.message}"
    if PASSWORD in ways or not tries:
        try:
            tries.append((PASSWORD, passwords.normal(text)))
        except UsageError as error:
            return tries, error.message
    return tries, said


# -- ways in, made


async def probe_keyring() -> Verdict:
    """Whether the OS keyring can be trusted with a way in, tried now."""
    from simtui.vault import keyrings

    return await keyrings.probe()


def password_of(typed: bytearray, *, is_new: bool = True) -> bytearray:
    """A password's bytes from what was typed (wiped here). Raises `UsageError` where it cannot be
    one; a new one must also be long enough."""
    from simtui.vault import passwords

    text = typed.decode("utf-8", "surrogateescape")
    forget(typed)
    return passwords.checked_new(text) if is_new else passwords.normal(text)


async def prepare(
    library: Library, password: bytearray, *, recovery: bool, keyring: bool
) -> Prepared:
    """A new vault, which nobody has yet: its code is shown and asked back before `keep`."""
    from simtui.vault.ways import Ways

    return await library.vault.prepare(Ways(password, _token(keyring), recovery))


async def keep(library: Library, prepared: Prepared) -> None:
    """Puts a new vault in force. Raises `NoKeyring` where its entry cannot be kept."""
    async with _with_entries(library, prepared):
        await library.vault.keep(prepared)


async def prepare_way(library: Library, password: bytearray | None) -> Prepared:
    """Another password, or without one another recovery code, for the open vault."""
    from simtui.vault.ways import Ways

    return await library.vault.prepare_ways(Ways(password, None, password is None))


async def add_keyring(library: Library) -> str:
    """Lets this machine's keyring open the open vault too, in place of a keyring before it; a moved
    home has a slot for the one that it left. The backend's name. Raises `NoKeyring`."""
    from simtui.vault import keyrings
    from simtui.vault.ways import Ways

    verdict = await keyrings.probe()
    if not verdict.works:
        raise keyrings.NoKeyring(f"{verdict.words} Nothing was changed.")
    before = await _slots(library, KEYRING)
    prepared = await library.vault.prepare_ways(Ways(None, _token(True), recovery=False))
    async with _with_entries(library, prepared):
        await library.vault.keep_ways(prepared)
    for slot in before:
        await _remove_entry(slot)
    return verdict.backend


async def prepare_rotation(
    library: Library, password: bytearray | None, *, recovery: bool, keyring: bool
) -> Prepared:
    """Another data key for the open vault, with its ways in."""
    from simtui.vault.ways import Ways

    return await library.vault.prepare_rotation(Ways(password, _token(keyring), recovery))


async def keep_rotation(
    library: Library, prepared: Prepared, on_progress: Progress | None = None
) -> None:
    """Puts it in force and seals every secret anew."""
    before = await _slots(library, KEYRING)
    async with _with_entries(library, prepared):
        await library.vault.keep_rotation(prepared, on_progress)
    for slot in before:
        await _remove_entry(slot)


async def remove_slot(library: Library, number: int) -> str:
    """Takes a way in away. What could not be done beside it, in words."""
    (gone,) = [slot for slot in await _slots(library, KEYRING) if slot.number == number] or (None,)
    await library.vault.remove_slot(number)
    return await _remove_entry(gone) if gone else ""


def is_code(prepared: Prepared, typed: bytearray) -> bool:
    """Whether that is the code that was shown; wipes it. Raises `UsageError` for a slip."""
    from simtui.vault import recovery

    text = typed.decode("utf-8", "replace")
    forget(typed)
    bits, shown_bits = recovery.read_code(text), recovery.read_code(prepared.code)
    same = bits == shown_bits
    forget(bits, shown_bits)
    return same


def _token(keyring: bool) -> bytearray | None:
    return bytearray(os.urandom(32)) if keyring else None


@contextlib.asynccontextmanager
async def _with_entries(library: Library, prepared: Prepared) -> AsyncIterator[None]:
    """The keyring's entries are there before the slots are in force, and gone where they never
    are."""
    from simtui.vault import keyrings

    made = [(slot, secret) for slot, secret in prepared.made if slot.way == KEYRING]
    for slot, secret in made:
        await keyrings.put(slot.store_id, slot.id, secret)
    try:
        yield
    except BaseException:
        in_force = {slot.id for slot in await _slots(library, KEYRING)}
        for slot, _ in made:
            if slot.id not in in_force:
                await _remove_entry(slot)
        raise


async def _remove_entry(slot: Slot) -> str:
    from simtui.vault import keyrings

    try:
        await keyrings.remove(slot.store_id, slot.id)
    except Locked as error:
        return f"Its entry stays in the keyring, and opens nothing: {error.message}"
    return ""


# -- many at once


@dataclass(frozen=True, slots=True)
class EnvItem:
    """What became of one line of a `.env` file: imported, updated, unchanged, skipped or refused;
    `reason` where it was not taken."""

    line: int
    name: str
    outcome: str
    reason: str = ""


async def import_env(
    library: Library, stream: BinaryIO, may_replace: Callable[[str], Awaitable[bool]]
) -> AsyncIterator[EnvItem]:
    """Keeps every assignment of a `.env` file as a secret. `may_replace` is asked about a name
    whose value is another one here. Raises `BadInput` for what is no such file."""
    from simtui.formats.dotenv import read_env

    lines = read_env(stream)
    last = {line.name: line.line for line in lines if not line.problem}
    for line in lines:
        reason = line.problem
        if not reason and not is_name(line.name):
            reason = "no secret can have this name: letters, digits and _ only, not a digit first"
        value = bytearray(line.value.encode())
        if not reason and len(value) > MAX_VALUE_BYTES:
            reason = f"a value has at most {MAX_VALUE_BYTES // 1024} KiB"
        if reason:
            yield EnvItem(line.line, line.name, "refused", reason)
        elif not value:
            yield EnvItem(line.line, line.name, "skipped", "it has no value")
        elif line.line != last[line.name]:
            reason = f"line {last[line.name]} names it again"
            yield EnvItem(line.line, line.name, "skipped", reason)
        else:
            outcome, reason = await _taken(library, line.name, value, may_replace)
            yield EnvItem(line.line, line.name, outcome, reason)


async def _taken(
    library: Library, name: str, value: bytearray, may_replace: Callable[[str], Awaitable[bool]]
) -> tuple[str, str]:
    try:
        there = await library.vault.get(name)
    except NotFound:
        await library.vault.set(name, value)
        forget(value)
        return "imported", ""
    except (Damaged, Locked):  # it cannot be opened, and is kept unless somebody says otherwise
        same = False
    else:
        same = there == value
        forget(there)
    if same:
        forget(value)
        return "unchanged", ""
    if not await may_replace(name):
        forget(value)
        return "skipped", "another value is set"
    await library.vault.set(name, value)
    forget(value)
    return "updated", ""
