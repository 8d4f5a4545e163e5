"""What happens while something is awaited: another process, a lock, a cancellation. Nothing is
sealed by a key that is not in force, or by zeroes, and no way in is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from simtui.errors import Busy, Locked, UsageError
from simtui.library import Library
from simtui.store import vault as rows
from simtui.vault import changes
from simtui.vault.changes import KeyChanged
from simtui.vault.life import Vault
from simtui.vault.recovery import read_code
from simtui.vault.sealing import key_id_in, key_id_of, secret_place
from simtui.vault.slots import Slot
from simtui.vault.ways import Ways
from tests.vault.vaults import (
    PASSWORD,
    add_secrets,
    make_vault,
    rotate,
    rows_of,
    run_sql,
    sealed_rows,
    secrets_of,
    unlock_by_code,
    unlock_by_password,
    values_in,
    ways,
)

ZEROES = key_id_of(bytearray(32))


async def check_sealed(library: Library) -> None:
    """By the key in force, or one that it keeps; never by zeroes."""
    found = await rows_of(library)
    known = {found.key_id, *dict(found.retired)}
    assert ZEROES not in known
    for name, sealed in (await sealed_rows(library)).items():
        assert key_id_in(sealed, secret_place(found.store_id, name)) in known


# -- another process


async def test_nothing_is_set_under_a_key_that_another_process_retired(
    library: Library, other: Vault
) -> None:
    code = await make_vault(library.vault)
    await add_secrets(library.vault, 2)
    await unlock_by_code(other, code)
    new_code = await rotate(library.vault)
    before = await sealed_rows(library)
    with pytest.raises(KeyChanged, match=r"Another simtui put a new key in force.*unlock again"):
        await other.set("KEY_000", b"late")
    assert not other.is_open
    assert await sealed_rows(library) == before
    await unlock_by_code(other, new_code)
    await other.set("KEY_000", b"late")
    assert await library.vault.get("KEY_000") == b"late"


@pytest.mark.parametrize(
    "act",
    [
        lambda vault: vault.get("KEY_000"),
        lambda vault: vault.remove_slot(1),
        lambda vault: rotate(vault),
    ],
    ids=["get", "remove_slot", "rotate"],
)
async def test_a_process_with_a_retired_key_is_told_to_unlock_again(
    library: Library, other: Vault, act: Callable[[Vault], Awaitable[object]]
) -> None:
    code = await make_vault(library.vault)
    values = await add_secrets(library.vault, 2)
    await unlock_by_code(other, code)
    new_code = await rotate(library.vault)
    before = await rows_of(library)
    with pytest.raises(KeyChanged):
        await act(other)
    assert not other.is_open
    assert await rows_of(library) == before
    await unlock_by_code(other, new_code)
    assert await values_in(other) == values


async def test_of_two_rotations_at_once_the_first_is_kept(library: Library, other: Vault) -> None:
    """The second would retire a key that it does not have."""
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 3)
    await unlock_by_code(other, code)
    first, second = await vault.prepare_rotation(ways()), await other.prepare_rotation(ways())
    await vault.keep_rotation(first)
    with pytest.raises(KeyChanged):
        await other.keep_rotation(second)
    assert not any(any(buffer) for buffer in secrets_of(second))
    await unlock_by_code(other, first.code)
    assert await values_in(other) == values


async def test_ways_of_a_key_that_another_process_retired_are_not_kept(
    library: Library, other: Vault
) -> None:
    code = await make_vault(library.vault)
    await unlock_by_code(other, code)
    prepared = await other.prepare_ways(ways())
    new_code = await rotate(library.vault)
    before = await rows_of(library)
    with pytest.raises(KeyChanged):
        await other.keep_ways(prepared)
    assert await rows_of(library) == before
    await unlock_by_code(other, new_code)


async def test_a_rotation_whose_slots_were_taken_away_does_not_come_in_force(
    library: Library, other: Vault
) -> None:
    """An unlocking takes for broken off what another process is in the midst of."""
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 2)
    prepared = await vault.prepare_rotation(ways())
    mark = (await rows_of(library)).mark
    slots = await library.store.write(changes.add, mark, prepared.slots)
    await unlock_by_code(other, code)
    before = await rows_of(library)
    assert len(before.slots) == 1
    with pytest.raises(Busy, match="Nothing was changed here; try again"):
        await library.store.write(changes.put_in_force, mark, slots, [])
    assert await rows_of(library) == before
    assert await values_in(other) == values


async def test_ways_before_stay_where_the_new_ones_were_taken_away(
    library: Library, other: Vault
) -> None:
    vault = library.vault
    code = await make_vault(vault, PASSWORD)
    prepared = await vault.prepare_ways(ways("a new master password", recovery=False))
    mark = (await rows_of(library)).mark
    slots = await library.store.write(changes.add, mark, prepared.slots)
    await unlock_by_code(other, code)
    await other.remove_slot(3)
    with pytest.raises(Busy):
        await library.store.write(changes.supersede, mark, slots)
    vault.lock()
    await unlock_by_password(vault)


async def test_what_is_sealed_anew_is_never_over_what_another_process_set(
    library: Library, other: Vault
) -> None:
    vault = library.vault
    await make_vault(vault)
    await vault.set("KEY", b"one")
    before = (await sealed_rows(library))["KEY"]
    code = await rotate(vault)
    await unlock_by_code(other, code)
    await other.set("KEY", b"two")
    mark = (await rows_of(library)).mark
    assert not await library.store.write(changes.reseal, mark, "KEY", before, b"stale")
    assert await vault.get("KEY") == b"two"


async def test_a_vault_that_did_not_open_from_disk_is_taken_back_only_while_it_is_empty(
    library: Library, other: Vault
) -> None:
    vault = library.vault
    prepared = await vault.prepare(ways())
    slots = await library.store.write(changes.create, prepared.slots)
    await unlock_by_code(other, prepared.code)
    await other.set("KEY", b"sk-planted")
    await library.store.write(changes.uncreate, slots)
    assert await other.get("KEY") == b"sk-planted"
    await other.delete("KEY")
    await library.store.write(changes.uncreate, slots)
    assert not (await vault.status()).exists


async def test_the_vault_of_another_process_is_never_taken_back(
    library: Library, other: Vault
) -> None:
    mine, theirs = await library.vault.prepare(ways()), await other.prepare(ways())
    await other.keep(theirs)
    await library.store.write(changes.uncreate, mine.slots)
    assert (await other.status()).exists


async def test_a_damaged_vault_of_another_process_is_not_taken_back_either(
    library: Library, other: Vault
) -> None:
    mine = await library.vault.prepare(ways())
    code = await make_vault(other)
    ((_, packed),) = (await rows_of(library)).slots
    await run_sql(library, "UPDATE vault_slots SET packed = x'00'")
    await library.store.write(changes.uncreate, mine.slots)
    await run_sql(library, "UPDATE vault_slots SET packed = ?", packed)
    await unlock_by_code(other, code)


async def test_ways_for_a_vault_that_is_there_are_not_kept_as_a_new_one(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    with pytest.raises(UsageError, match="There is a vault already"):
        await vault.keep(await vault.prepare_ways(ways()))
    vault.lock()
    await unlock_by_code(vault, code)


# -- locked, or given up, at any moment

MOMENTS = [0.0005 * n for n in range(30)]


async def broken_off(vault: Vault, act: Awaitable[None], after_seconds: float, how: str) -> bool:
    """Starts it, and locks the vault or cancels it so long after. Whether it came to its end."""
    running = asyncio.ensure_future(act)
    await asyncio.wait([running], timeout=after_seconds)
    if how == "lock":
        vault.lock()
    else:
        running.cancel()
    try:
        await running
    except (Locked, asyncio.CancelledError):
        return False
    return True


async def unlock_by_one_of(vault: Vault, *codes: str) -> str:
    """The code that opens it."""
    vault.lock()
    for code in codes:
        vault._tries = type(vault._tries)()  # a wrong one costs no time here
        with contextlib.suppress(Locked):
            await unlock_by_code(vault, code)
            return code
    raise AssertionError("no way in is left")


@pytest.mark.parametrize("how", ["lock", "cancel"])
async def test_a_rotation_that_is_broken_off_leaves_every_secret_readable(
    library: Library, how: str
) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 8)
    ends = set()
    for moment in MOMENTS:
        prepared = await vault.prepare_rotation(ways())
        new_code = prepared.code
        ends.add(await broken_off(vault, vault.keep_rotation(prepared), moment, how))
        assert not any(any(buffer) for buffer in secrets_of(prepared))
        code = await unlock_by_one_of(vault, new_code, code)
        assert await values_in(vault) == values
        await check_sealed(library)
        assert len((await vault.status()).slots) == 1
    assert False in ends


@pytest.mark.parametrize("how", ["lock", "cancel"])
async def test_another_code_that_is_broken_off_leaves_a_way_in(library: Library, how: str) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 2)
    for moment in MOMENTS:
        prepared = await vault.prepare_ways(ways())
        new_code = prepared.code
        await broken_off(vault, vault.keep_ways(prepared), moment / 3, how)
        assert not any(any(buffer) for buffer in secrets_of(prepared))
        code = await unlock_by_one_of(vault, new_code, code)
        assert await values_in(vault) == values
        assert {slot.key_id for slot in await slots_of(vault)} == {(await rows_of(library)).key_id}


async def slots_of(vault: Vault) -> list[Slot]:
    return [line.slot for line in (await vault.status()).slots if line.slot]


@pytest.mark.parametrize("how", ["lock", "cancel"])
async def test_a_vault_whose_making_is_broken_off_is_there_whole_or_not_at_all(
    library: Library, how: str
) -> None:
    vault = library.vault
    for moment in MOMENTS:
        prepared = await vault.prepare(ways())
        code = prepared.code
        await broken_off(vault, vault.keep(prepared), moment / 3, how)
        assert not any(any(buffer) for buffer in secrets_of(prepared))
        if (await vault.status()).exists:
            vault.lock()
            await unlock_by_code(vault, code)
            await check_sealed(library)
            await library.store.write(changes.uncreate, await slots_of(vault))
            vault.lock()
        assert await rows_are_gone(library)


async def rows_are_gone(library: Library) -> bool:
    return await library.store.read(rows.read) is None


@pytest.mark.parametrize("how", ["lock", "cancel"])
async def test_an_unlocking_that_is_broken_off_leaves_it_locked(library: Library, how: str) -> None:
    """It was locked when the lid was closed, say; the password was typed before."""
    vault = library.vault
    await make_vault(vault, PASSWORD)
    vault.lock()
    for moment in (0.0, 0.005, 0.02):
        secret = bytearray(PASSWORD.encode())
        assert not await broken_off(vault, vault.unlock("password", secret), moment, how)
        assert not any(secret)
        assert not vault.is_open
    await unlock_by_password(vault)


async def test_a_lock_while_ways_are_prepared_leaves_none_of_them(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 2)
    running = asyncio.ensure_future(vault.prepare_ways(ways(PASSWORD, recovery=False)))
    await asyncio.sleep(0)
    vault.lock()
    with pytest.raises(Locked, match="start again"):
        await running
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values


def is_wiped(chosen: Ways) -> bool:
    assert chosen.password
    assert chosen.token
    return not any(chosen.password) and not any(chosen.token)


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.01, 0.05])
async def test_preparing_that_is_given_up_wipes_what_was_chosen(
    library: Library, moment: float
) -> None:
    chosen = ways(PASSWORD, token=bytes(range(32)))
    running = asyncio.ensure_future(library.vault.prepare(chosen))
    await asyncio.wait([running], timeout=moment)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert is_wiped(chosen)


async def test_what_is_refused_is_wiped_too(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    vault.lock()
    for refused in (vault.prepare, vault.prepare_ways, vault.prepare_rotation):
        chosen = ways(PASSWORD, token=bytes(range(32)))
        with pytest.raises((UsageError, Locked)):
            await refused(chosen)
        assert is_wiped(chosen)


@pytest.mark.parametrize("act", ["get", "set", "seal_anew"])
async def test_a_lock_while_secrets_are_read_or_written_says_locked(
    library: Library, act: str
) -> None:
    """Never that they are damaged, or sealed by another key; and nothing is sealed by zeroes."""
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 3)
    for moment in MOMENTS:
        acts: dict[str, Callable[[], Awaitable[object]]] = {
            "get": lambda: vault.get("KEY_000"),
            "set": lambda: vault.set("KEY_000", b"value 0"),
            "seal_anew": vault.seal_anew,
        }
        running = asyncio.ensure_future(acts[act]())
        await asyncio.wait([running], timeout=moment / 10)
        vault.lock()
        with contextlib.suppress(Locked):
            await running
        if running.exception() is not None:
            assert type(running.exception()) is Locked
        await check_sealed(library)
        await unlock_by_code(vault, code)
        assert await values_in(vault) == values


async def test_an_unlocking_while_it_is_open_changes_nothing_for_who_uses_it(
    library: Library,
) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 3)
    for _ in range(20):
        reading = asyncio.ensure_future(values_in(vault))
        await vault.unlock("recovery", read_code(code))
        assert await reading == values


async def test_ways_for_the_key_in_force_are_kept_by_whoever_holds_it(
    library: Library, other: Vault
) -> None:
    code = await make_vault(library.vault)
    await unlock_by_code(other, code)
    prepared = await other.prepare_ways(ways())
    await library.vault.keep_ways(prepared)
    other.lock()
    await unlock_by_code(other, prepared.code)
