"""Another data key: every secret can be read throughout, and what was broken off is finished."""

from __future__ import annotations

from sqlite3 import Connection

import pytest

from simtui.errors import Locked, UsageError
from simtui.library import Library
from simtui.paths import Home
from simtui.vault import changes
from simtui.vault.sealing import key_id_in, secret_place
from simtui.vault.slots import WrongWayIn
from tests.vault.vaults import (
    PASSWORD,
    add_secrets,
    make_vault,
    rotate,
    rows_of,
    sealed_rows,
    slot_numbers,
    unlock_by_code,
    unlock_by_password,
    values_in,
    ways,
)


async def sealed_by(library: Library) -> set[bytes]:
    """The ids of the keys that any secret is sealed by."""
    place = secret_place("", "")
    return {key_id_in(sealed, place) for sealed in (await sealed_rows(library)).values()}


async def test_a_rotation_seals_every_secret_by_another_key(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 20)
    before = await sealed_by(library)
    told: list[tuple[int, int]] = []
    prepared = await vault.prepare_rotation(ways())
    await vault.keep_rotation(prepared, lambda done, of: told.append((done, of)))
    assert told == [(n, 20) for n in range(1, 21)]
    assert await sealed_by(library) == {(await rows_of(library)).key_id}
    assert not before & await sealed_by(library)
    assert await values_in(vault) == values
    vault.lock()
    await unlock_by_code(vault, prepared.code)
    assert await values_in(vault) == values


async def test_a_rotation_keeps_when_a_secret_was_changed(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    await add_secrets(vault, 3)
    before = await vault.names()
    await rotate(vault)
    assert await vault.names() == before


async def test_the_ways_in_before_a_rotation_are_none_after_it(library: Library) -> None:
    vault = library.vault
    old = await make_vault(vault, PASSWORD)
    prepared = await vault.prepare_rotation(ways("a new master password"))
    await vault.keep_rotation(prepared)
    assert (await vault.status()).ways == ["password", "recovery"]
    vault.lock()
    await unlock_by_password(vault, "a new master password")
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_code(vault, old)


async def test_until_it_is_kept_a_rotation_changes_nothing(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 2)
    before = await rows_of(library)
    prepared = await vault.prepare_rotation(ways())
    assert await rows_of(library) == before
    vault.lock()
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values
    with pytest.raises(Locked, match="start again"):
        await vault.keep_rotation(prepared)


async def test_the_keyring_alone_is_no_way_in_after_a_rotation(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    with pytest.raises(UsageError, match="keyring alone"):
        await vault.prepare_rotation(ways(recovery=False, token=bytes(range(32))))


async def test_after_many_rotations_every_key_before_is_kept(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 2)
    ids = [(await rows_of(library)).key_id]
    for _ in range(6):
        code = await rotate(vault)
        ids.append((await rows_of(library)).key_id)
    found = await rows_of(library)
    assert len(set(ids)) == 7
    assert {ident for ident, _ in found.retired} == set(ids[:-1])
    vault.lock()
    await unlock_by_code(vault, code)
    assert vault._held is not None
    assert set(vault._held.keys) == set(ids)
    assert await values_in(vault) == values


# -- broken off. What a kill leaves behind is one of these states: see tests/soak too.


async def test_a_rotation_that_never_came_in_force_is_taken_away(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 3)
    prepared = await vault.prepare_rotation(ways())
    await library.store.write(changes.add, (await rows_of(library)).mark, prepared.slots)
    assert await slot_numbers(vault) == [1, 2]
    assert (await vault.status()).ways == ["recovery"]
    never = prepared.code
    vault.lock()
    await unlock_by_code(vault, code)
    assert await slot_numbers(vault) == [1]
    assert await values_in(vault) == values
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_code(vault, never)


async def put_in_force_and_stop(library: Library) -> str:
    """What a rotation has done when it is killed before it seals anything anew. Its code."""
    vault = library.vault
    assert vault._held is not None
    prepared = await vault.prepare_rotation(ways())
    mark = vault._held.mark
    slots = await library.store.write(changes.add, mark, prepared.slots)
    retired = vault._held.retired_under(prepared.data_key)
    await library.store.write(changes.put_in_force, mark, slots, retired)
    return prepared.code


async def test_a_rotation_that_sealed_nothing_is_finished_by_the_next_unlocking(
    library: Library,
) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 5)
    code = await put_in_force_and_stop(library)
    before = await sealed_by(library)
    assert (await rows_of(library)).key_id not in before
    vault.lock()
    await unlock_by_code(vault, code)
    assert await sealed_by(library) == {(await rows_of(library)).key_id}
    assert await values_in(vault) == values


async def test_a_rotation_that_sealed_a_part_is_finished_by_the_next_unlocking(
    library: Library,
) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 6)
    prepared = await vault.prepare_rotation(ways())

    def stop(done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await vault.keep_rotation(prepared, stop)
    assert len(await sealed_by(library)) == 2
    vault.lock()
    await unlock_by_code(vault, prepared.code)
    assert await sealed_by(library) == {(await rows_of(library)).key_id}
    assert await values_in(vault) == values


async def test_a_home_that_cannot_be_written_opens_and_is_finished_later(
    library: Library, home: Home
) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 3)
    code = await put_in_force_and_stop(library)
    vault.lock()
    await refuse_writes(library)
    await unlock_by_code(vault, code)
    assert vault.is_open
    assert await values_in(vault) == values
    assert len(await sealed_by(library)) == 1
    await library.close()
    async with await Library.open(home) as again:
        await unlock_by_code(again.vault, code)
        assert await sealed_by(again) == {(await rows_of(again)).key_id}


async def refuse_writes(library: Library) -> None:
    """As a full disk does."""

    def run(connection: Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        connection.execute("PRAGMA query_only = 1")

    await library.store._on(await library.store._open_writer(), run)


async def test_a_password_change_that_was_broken_off_leaves_both_and_is_finished_by_the_new(
    library: Library,
) -> None:
    vault = library.vault
    await make_vault(vault, PASSWORD, recovery=False)
    await vault.set("KEY", b"sk-planted")
    prepared = await vault.prepare_ways(ways("a new master password", recovery=False))
    await library.store.write(changes.add, (await rows_of(library)).mark, prepared.slots)
    assert await slot_numbers(vault) == [1, 2]
    vault.lock()
    await unlock_by_password(vault)
    assert await slot_numbers(vault) == [1, 2], "which of them is known, nobody can say"
    vault.lock()
    await unlock_by_password(vault, "a new master password")
    assert await slot_numbers(vault) == [2]
    assert await vault.get("KEY") == b"sk-planted"
