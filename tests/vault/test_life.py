"""The life of a vault: made, unlocked, locked, and its ways in changed."""

from __future__ import annotations

import asyncio

import pytest

from simtui.errors import Damaged, Locked, NotFound, UsageError
from simtui.library import Library
from simtui.vault.life import Vault
from simtui.vault.recovery import new_code, read_code
from simtui.vault.sealing import SealedByAnotherKey, key_id_of, new_key, seal, secret_place
from simtui.vault.slots import WrongWayIn
from simtui.vault.tries import MAX_WAIT_SECONDS, Tries
from tests.vault.vaults import (
    PASSWORD,
    add_secrets,
    copied_home,
    make_vault,
    rotate,
    rows_of,
    run_sql,
    sealed_rows,
    secrets_of,
    slot_numbers,
    unlock_by_code,
    unlock_by_password,
    values_in,
    ways,
)

TOKEN = bytes(range(32))


# -- made


async def test_a_new_vault_is_open_and_opens_by_each_of_its_ways(vault: Vault) -> None:
    code = await make_vault(vault, PASSWORD, token=TOKEN)
    assert vault.is_open
    assert (await vault.status()).ways == ["keyring", "password", "recovery"]
    await vault.set("KEY", b"sk-planted")
    vault.lock()
    await unlock_by_password(vault)
    assert await vault.get("KEY") == b"sk-planted"
    vault.lock()
    await unlock_by_code(vault, code.lower())
    assert await vault.get("KEY") == b"sk-planted"
    vault.lock()
    await vault.unlock("keyring", bytearray(TOKEN))
    assert await vault.get("KEY") == b"sk-planted"


async def test_what_was_prepared_is_nowhere_until_it_is_kept(vault: Vault) -> None:
    prepared = await vault.prepare(ways())
    assert not (await vault.status()).exists
    assert not vault.is_open
    prepared.wipe()
    assert all(not any(buffer) for buffer in secrets_of(prepared))
    with pytest.raises(Locked, match="start again"):
        await vault.keep(prepared)
    assert not (await vault.status()).exists


async def test_what_was_kept_is_wiped_where_it_was_prepared(vault: Vault) -> None:
    """And the vault's own copy is not."""
    chosen = ways(PASSWORD, token=TOKEN)
    prepared = await vault.prepare(chosen)
    await vault.keep(prepared)
    for buffer in (*secrets_of(prepared), chosen.password, chosen.token):
        assert buffer is not None
        assert not any(buffer)
    await vault.set("KEY", b"sk-planted")
    vault.lock()
    await unlock_by_password(vault)
    assert await vault.get("KEY") == b"sk-planted"


async def test_neither_ways_nor_what_is_prepared_can_be_printed(vault: Vault) -> None:
    """A traceback or a log that shows them shows nothing."""
    chosen = ways(PASSWORD, token=TOKEN)
    prepared = await vault.prepare(chosen)
    shown = f"{chosen!r} {prepared!r} {chosen} {prepared}"
    for hidden in (PASSWORD, prepared.code, repr(bytes(prepared.data_key)), repr(TOKEN)):
        assert hidden not in shown


async def test_the_keyring_alone_is_no_way_in(vault: Vault) -> None:
    with pytest.raises(UsageError, match="keyring alone"):
        await vault.prepare(ways(recovery=False, token=TOKEN))
    assert not (await vault.status()).exists


async def test_a_vault_is_made_once(vault: Vault) -> None:
    await make_vault(vault)
    with pytest.raises(UsageError, match="There is a vault already"):
        await vault.prepare(ways())


async def test_of_two_that_are_made_at_once_the_first_is_kept(vault: Vault, other: Vault) -> None:
    first, second = await vault.prepare(ways()), await other.prepare(ways())
    await vault.keep(first)
    await vault.set("KEY", b"sk-planted")
    with pytest.raises(UsageError, match="There is a vault already"):
        await other.keep(second)
    assert not other.is_open
    await unlock_by_code(other, first.code)
    assert await other.get("KEY") == b"sk-planted"


async def test_no_key_is_made_over_secrets_whose_lock_is_lost(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    await vault.set("KEY", b"sk-planted")
    before = await sealed_rows(library)
    vault.lock()
    await run_sql(library, "DELETE FROM vault")
    await run_sql(library, "DELETE FROM vault_slots")
    with pytest.raises(Damaged, match="the lock that they were sealed with is not"):
        await vault.prepare(ways())
    with pytest.raises(Damaged, match="restore a backup that has the lock"):
        await unlock_by_code(vault, code)
    assert not (await vault.status()).exists
    assert await sealed_rows(library) == before


async def test_no_key_is_made_over_secrets_that_came_meanwhile(
    library: Library, other: Vault
) -> None:
    """A backup was restored, say, while the new code was written down."""
    prepared = await other.prepare(ways())
    key = new_key()
    place = secret_place("another-store", "KEY")
    await run_sql(
        library, "INSERT INTO secrets VALUES ('KEY', ?, 0, 0)", seal(key, b"restored", place)
    )
    with pytest.raises(Damaged, match="No new key is made over them"):
        await other.keep(prepared)
    assert not (await other.status()).exists


async def test_without_a_vault_everything_says_so(vault: Vault) -> None:
    for refused in (unlock_by_code(vault, new_code()), unlock_by_password(vault)):
        with pytest.raises(Locked, match="There is no vault yet"):
            await refused
    with pytest.raises(Locked):
        await vault.set("KEY", b"value")
    assert await vault.names() == []
    status = await vault.status()
    assert (status.exists, status.is_open, status.slots) == (False, False, ())


# -- unlocked and locked


async def test_a_locked_vault_lists_names_and_opens_nothing(vault: Vault) -> None:
    await make_vault(vault)
    await add_secrets(vault, 3)
    vault.lock()
    assert [name for name, _, _ in await vault.names()] == ["KEY_000", "KEY_001", "KEY_002"]
    assert (await vault.status()).secret_count == 3
    for refused in (
        vault.get("KEY_000"),
        vault.set("KEY_000", b"other"),
        vault.seal_anew(),
        vault.remove_slot(1),
        vault.prepare_ways(ways()),
        vault.prepare_rotation(ways()),
    ):
        with pytest.raises(Locked, match="The vault is locked"):
            await refused


async def test_names_are_listed_without_opening_anything(library: Library) -> None:
    """Also where nothing of it could be opened."""
    vault = library.vault
    await make_vault(vault)
    await add_secrets(vault, 3)
    before = [name for name, _, _ in await vault.names()]
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00'")
    assert [name for name, _, _ in await vault.names()] == before


async def test_a_lock_wipes_every_key(vault: Vault) -> None:
    await make_vault(vault)
    await rotate(vault)
    prepared = [await vault.prepare_ways(ways()), await vault.prepare_rotation(ways())]
    assert vault._held is not None
    keys = list(vault._held.keys.values())
    assert len(keys) == 2
    assert all(any(key) for key in keys)
    vault.lock()
    assert not any(any(key) for key in keys)
    assert not any(any(buffer) for each in prepared for buffer in secrets_of(each))


async def test_what_a_lock_wiped_can_no_longer_be_kept(vault: Vault) -> None:
    """Its key is zeroes then; a slot for it would be a way in to nothing."""
    code = await make_vault(vault)
    prepared = await vault.prepare_ways(ways())
    vault.lock()
    await unlock_by_code(vault, code)
    with pytest.raises(Locked, match="start again"):
        await vault.keep_ways(prepared)
    assert await slot_numbers(vault) == [1]


async def test_closing_the_library_locks_the_vault(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    await library.close()
    assert not vault.is_open


async def test_what_unlocks_is_wiped_however_it_ends(vault: Vault) -> None:
    code = bytearray(b"before there is a vault")
    with pytest.raises(Locked):
        await vault.unlock("recovery", code)
    assert not any(code)
    await make_vault(vault)
    wrong = bytearray(b"wrong")
    with pytest.raises(WrongWayIn):
        await vault.unlock("recovery", wrong)
    too_soon = bytearray(b"too soon")
    with pytest.raises(Locked, match="until the next try"):
        await vault.unlock("recovery", too_soon)
    assert not any(wrong) and not any(too_soon)


async def test_a_wrong_password_says_so_and_leaves_the_vault_locked(vault: Vault) -> None:
    await make_vault(vault, PASSWORD)
    vault.lock()
    with pytest.raises(WrongWayIn, match=r"This password does not open it\. 1 s until the next"):
        await unlock_by_password(vault, "not the password")
    assert not vault.is_open
    with pytest.raises(Locked, match=r"^1 s until the next try\.$") as found:
        await unlock_by_password(vault)
    assert not isinstance(found.value, WrongWayIn)


async def test_each_wrong_try_waits_longer_and_a_right_one_ends_that(library: Library) -> None:
    code = read_code(await make_vault(library.vault))
    found = await rows_of(library)
    now = 0.0
    tries = Tries(clock=lambda: now)
    waited = []
    for _ in range(7):
        with pytest.raises(WrongWayIn) as wrong:
            await tries.open(found, "recovery", bytearray(20))
        waited.append(tries.seconds_to_wait)
        assert wrong.value.message.endswith(f"{waited[-1]:.0f} s until the next try.")
        now += waited[-1] - 0.25
        with pytest.raises(Locked, match=r"^1 s until the next try"):
            await tries.open(found, "recovery", bytearray(code))
        now += 0.25
    assert waited == [1, 2, 4, 8, 16, 30, 30]
    assert MAX_WAIT_SECONDS == 30
    await tries.open(found, "recovery", bytearray(code))
    with pytest.raises(WrongWayIn, match="1 s until the next try"):
        await tries.open(found, "recovery", bytearray(20))


async def test_tries_at_the_same_time_are_one_after_another(library: Library) -> None:
    await make_vault(library.vault)
    library.vault.lock()
    ends = await asyncio.gather(
        *(library.vault.unlock("recovery", bytearray(20)) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(end, WrongWayIn) for end in ends) == 1
    assert sum(isinstance(end, Locked) for end in ends) == 5


async def test_a_stale_keyring_entry_keeps_nobody_waiting(vault: Vault) -> None:
    """It is asked by itself, before anybody has typed anything."""
    code = await make_vault(vault, token=TOKEN)
    vault.lock()
    with pytest.raises(WrongWayIn, match=r"keyring entry does not open it\.$"):
        await vault.unlock("keyring", bytearray(32))
    await unlock_by_code(vault, code)
    assert vault.is_open


async def test_a_way_that_there_is_not_is_told_with_those_there_are(vault: Vault) -> None:
    await make_vault(vault)
    vault.lock()
    with pytest.raises(Locked, match=r"There is no password among .* There are: recovery\."):
        await unlock_by_password(vault)


# -- secrets


async def test_secrets_are_set_again_and_deleted(vault: Vault) -> None:
    await make_vault(vault)
    await vault.set("KEY", b"one")
    await vault.set("KEY", bytearray(b"two"))
    await vault.set("EMPTY", b"")
    assert await values_in(vault) == {"KEY": b"two", "EMPTY": b""}
    await vault.delete("KEY")
    assert await values_in(vault) == {"EMPTY": b""}
    for refused in (vault.get("KEY"), vault.delete("KEY")):
        with pytest.raises(NotFound, match='There is no secret "KEY"'):
            await refused


async def test_a_secret_keeps_when_it_was_made_and_changed(vault: Vault) -> None:
    await make_vault(vault)
    await vault.set("KEY", b"one")
    ((_, made, changed),) = await vault.names()
    await vault.set("KEY", b"two")
    ((_, made_then, changed_then),) = await vault.names()
    assert made_then == made
    assert changed_then >= changed >= made


async def test_a_secret_can_be_deleted_while_locked(vault: Vault) -> None:
    await make_vault(vault)
    await vault.set("KEY", b"value")
    vault.lock()
    await vault.delete("KEY")
    assert await vault.names() == []


@pytest.mark.parametrize("name", ["", "1KEY", "KEY-1", "KEY NAME", "KÖY", "K" * 101, "KEY\n"])
async def test_a_name_that_documents_cannot_say_is_refused(vault: Vault, name: str) -> None:
    await make_vault(vault)
    with pytest.raises(UsageError, match="cannot name a secret"):
        await vault.set(name, b"value")
    assert await vault.names() == []


async def test_what_another_key_sealed_is_told_and_kept(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 2)
    stranger = new_key()
    place = secret_place((await rows_of(library)).store_id, "STRANGE")
    sealed = seal(stranger, b"value", place)
    await run_sql(library, "INSERT INTO secrets VALUES ('STRANGE', ?, 0, 0)", sealed)
    with pytest.raises(SealedByAnotherKey, match=f'"STRANGE".*{key_id_of(stranger).hex()}'):
        await vault.get("STRANGE")
    await rotate(vault)
    assert (await sealed_rows(library))["STRANGE"] == sealed
    assert {name: bytes(await vault.get(name)) for name in values} == values


# -- the ways in


async def test_another_password_takes_the_place_of_the_one_before(vault: Vault) -> None:
    code = await make_vault(vault, PASSWORD)
    await vault.set("KEY", b"sk-planted")
    prepared = await vault.prepare_ways(ways("a new master password", recovery=False))
    assert prepared.code == ""
    await vault.keep_ways(prepared)
    assert await slot_numbers(vault) == [2, 3]
    vault.lock()
    await unlock_by_password(vault, "a new master password")
    assert await vault.get("KEY") == b"sk-planted"
    vault.lock()
    await unlock_by_code(vault, code)
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_password(vault)


async def test_changing_a_password_writes_its_slot_and_nothing_else(library: Library) -> None:
    vault = library.vault
    await make_vault(vault, PASSWORD)
    await add_secrets(vault, 3)
    before, sealed = await rows_of(library), await sealed_rows(library)
    await vault.keep_ways(await vault.prepare_ways(ways("a new master password", recovery=False)))
    after = await rows_of(library)
    assert await sealed_rows(library) == sealed
    assert (after.mark, after.retired) == (before.mark, before.retired)
    assert dict(after.slots)[2] == dict(before.slots)[2]


async def test_another_recovery_code_takes_the_place_of_the_one_before(vault: Vault) -> None:
    old = await make_vault(vault)
    prepared = await vault.prepare_ways(ways())
    await vault.keep_ways(prepared)
    vault.lock()
    await unlock_by_code(vault, prepared.code)
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_code(vault, old)


async def test_a_keyring_can_be_added_and_replaced_alone(vault: Vault) -> None:
    await make_vault(vault)
    for token in (TOKEN, TOKEN[::-1]):
        await vault.keep_ways(await vault.prepare_ways(ways(recovery=False, token=token)))
    assert (await vault.status()).ways == ["recovery", "keyring"]
    vault.lock()
    await vault.unlock("keyring", bytearray(TOKEN[::-1]))


async def test_ways_that_were_prepared_for_a_key_before_are_not_kept(vault: Vault) -> None:
    """They lead to it still; those of today would go for nothing."""
    await make_vault(vault)
    stale = await vault.prepare_ways(ways())
    code = await rotate(vault)
    with pytest.raises(Locked, match="Another key is in force since then"):
        await vault.keep_ways(stale)
    vault.lock()
    await unlock_by_code(vault, code)


async def test_no_way_in_at_all_is_none_to_keep(vault: Vault) -> None:
    code = await make_vault(vault)
    with pytest.raises(UsageError, match="No way in was chosen"):
        await vault.prepare_ways(ways(recovery=False))
    vault.lock()
    await unlock_by_code(vault, code)


async def test_a_slot_is_taken_away_by_its_number(vault: Vault) -> None:
    await make_vault(vault, PASSWORD, token=TOKEN)
    await vault.remove_slot(2)
    assert (await vault.status()).ways == ["keyring", "recovery"]
    with pytest.raises(NotFound, match="There is no slot 2"):
        await vault.remove_slot(2)


async def test_the_last_way_in_besides_the_keyring_stays(vault: Vault) -> None:
    code = await make_vault(vault, token=TOKEN)
    with pytest.raises(UsageError, match="no way in besides the keyring, so nothing was changed"):
        await vault.remove_slot(2)
    await vault.remove_slot(1)
    with pytest.raises(UsageError):
        await vault.remove_slot(2)
    vault.lock()
    await unlock_by_code(vault, code)


async def test_two_processes_cannot_take_the_last_two_ways_away(vault: Vault, other: Vault) -> None:
    code = await make_vault(vault, PASSWORD)
    await unlock_by_code(other, code)
    await vault.remove_slot(1)
    with pytest.raises(UsageError, match="no way in besides the keyring"):
        await other.remove_slot(2)
    assert (await vault.status()).ways == ["recovery"]


async def test_ways_that_two_processes_add_at_once_are_both_there(
    vault: Vault, other: Vault
) -> None:
    """Numbers are given when they are kept; the code of neither is lost."""
    code = await make_vault(vault)
    await unlock_by_code(other, code)
    password = await vault.prepare_ways(ways(PASSWORD, recovery=False))
    keyring = await other.prepare_ways(ways(recovery=False, token=TOKEN))
    await vault.keep_ways(password)
    await other.keep_ways(keyring)
    assert (await vault.status()).ways == ["recovery", "password", "keyring"]
    vault.lock()
    await unlock_by_password(vault)
    await vault.unlock("keyring", bytearray(TOKEN))


# -- moved


async def test_a_home_that_moved_opens_as_before(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vault = library.vault
    code = await make_vault(vault, PASSWORD)
    values = await add_secrets(vault, 3)
    await library.close()
    home = copied_home(library, tmp_path_factory.mktemp("elsewhere") / "SimAI")
    async with await Library.open(home) as moved:
        await unlock_by_password(moved.vault)
        assert await values_in(moved.vault) == values
        moved.vault.lock()
        await unlock_by_code(moved.vault, code)
