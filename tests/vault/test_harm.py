"""What rots is told by its name or number, and keeps nobody from what is whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.errors import Damaged, NotFound, UsageError
from simtui.library import Library
from simtui.paths import Home
from simtui.vault import changes
from simtui.vault.slots import WrongWayIn
from tests.vault.vaults import (
    PASSWORD,
    add_secrets,
    make_vault,
    rotate,
    rows_of,
    run_sql,
    sealed_rows,
    slot_numbers,
    unlock_by_code,
    unlock_by_password,
    values_in,
    ways,
)


def flipped(octets: bytes, position: int = -40) -> bytes:
    changed = bytearray(octets)
    changed[position] ^= 1
    return bytes(changed)


async def flip_in_slot(library: Library, number: int) -> None:
    packed = dict((await rows_of(library)).slots)[number]
    await run_sql(
        library, "UPDATE vault_slots SET packed = ? WHERE number = ?", flipped(packed), number
    )


# -- secrets


async def test_of_a_damaged_secret_its_name_is_told_and_the_others_open(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 3)
    for name, sealed in (await sealed_rows(library)).items():
        for position in range(len(sealed)):
            harmed = flipped(sealed, position)
            sql = "UPDATE secrets SET encrypted_value = ? WHERE provider = ?"
            await run_sql(library, sql, harmed, name)
            with pytest.raises(Damaged, match=name):
                await vault.get(name)
            await run_sql(library, sql, sealed, name)
        break
    assert await values_in(vault) == values


async def test_secrets_whose_rows_were_swapped_are_damaged(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    await add_secrets(vault, 3)
    sealed = await sealed_rows(library)
    sql = "UPDATE secrets SET encrypted_value = ? WHERE provider = ?"
    await run_sql(library, sql, sealed["KEY_000"], "KEY_001")
    await run_sql(library, sql, sealed["KEY_001"], "KEY_000")
    for name in ("KEY_000", "KEY_001"):
        with pytest.raises(Damaged, match=f'"{name}" is damaged'):
            await vault.get(name)
    assert await vault.get("KEY_002") == b"value 2"


async def test_a_secret_that_was_renamed_in_the_file_is_damaged(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    await vault.set("KEY", b"value")
    await run_sql(library, "UPDATE secrets SET provider = 'YEK'")
    with pytest.raises(NotFound):
        await vault.get("KEY")
    with pytest.raises(Damaged, match='"YEK" is damaged'):
        await vault.get("YEK")


@pytest.mark.parametrize(
    ("column", "harmed"),
    [("encrypted_value", "CAST(x'FF00FE' AS TEXT)"), ("provider", "CAST(x'FF00FE' AS TEXT)")],
)
async def test_a_row_that_is_no_longer_text_or_bytes_hides_no_other(
    library: Library, column: str, harmed: str
) -> None:
    """One bit of a row's header makes the one of the other."""
    vault = library.vault
    code = await make_vault(vault)
    await add_secrets(vault, 3)
    await run_sql(library, f"UPDATE secrets SET {column} = {harmed} WHERE provider = 'KEY_001'")
    assert len(await vault.names()) == 3
    assert await vault.get("KEY_000") == b"value 0"
    assert await vault.get("KEY_002") == b"value 2"
    vault.lock()
    await unlock_by_code(vault, code)
    await rotate(vault)
    assert await vault.get("KEY_002") == b"value 2"


async def test_a_damaged_secret_can_be_set_again_or_deleted(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    await add_secrets(vault, 2)
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00'")
    await vault.set("KEY_000", b"again")
    await vault.delete("KEY_001")
    assert await values_in(vault) == {"KEY_000": b"again"}


async def test_a_damaged_secret_stops_neither_unlocking_nor_rotation(library: Library) -> None:
    """Its checksum is right, so that it looks as if it could be opened."""
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 4)
    moved = (await sealed_rows(library))["KEY_000"]
    await run_sql(
        library, "UPDATE secrets SET encrypted_value = ? WHERE provider = 'KEY_001'", moved
    )
    code = await rotate(vault)
    vault.lock()
    await unlock_by_code(vault, code)
    with pytest.raises(Damaged, match="KEY_001"):
        await vault.get("KEY_001")
    assert (await sealed_rows(library))["KEY_001"] == moved
    del values["KEY_001"]
    assert {name: bytes(await vault.get(name)) for name in values} == values


# -- slots


async def test_a_damaged_slot_is_told_by_its_number_and_another_way_opens(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault, PASSWORD)
    values = await add_secrets(vault, 2)
    vault.lock()
    await flip_in_slot(library, 1)
    with pytest.raises(Damaged, match=r"slot 1.*password may be right.*whole: recovery\.$"):
        await unlock_by_password(vault)
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values


async def test_every_byte_of_a_slot_that_rots_is_damage_and_never_a_wrong_code(
    library: Library,
) -> None:
    vault = library.vault
    code = await make_vault(vault)
    vault.lock()
    ((_, packed),) = (await rows_of(library)).slots
    for position in range(len(packed)):
        await run_sql(library, "UPDATE vault_slots SET packed = ?", flipped(packed, position))
        with pytest.raises(Damaged, match="slot 1"):
            await unlock_by_code(vault, code)
    await run_sql(library, "UPDATE vault_slots SET packed = ?", packed)
    await unlock_by_code(vault, code)


async def test_a_damaged_slot_beside_a_wrong_password_is_told(library: Library) -> None:
    vault = library.vault
    await make_vault(vault, PASSWORD)
    await flip_in_slot(library, 2)
    with pytest.raises(WrongWayIn, match=r"Not tried, because damaged: slot 2\. 1 s"):
        await unlock_by_password(vault, "not the password")


async def test_a_damaged_slot_is_listed_and_can_be_made_anew(library: Library) -> None:
    vault = library.vault
    await make_vault(vault, PASSWORD)
    await flip_in_slot(library, 2)
    status = await vault.status()
    assert [(line.number, line.slot is None) for line in status.slots] == [(1, False), (2, True)]
    assert "slot 2" in status.slots[1].words
    assert status.ways == ["password"]
    prepared = await vault.prepare_ways(ways())
    await vault.keep_ways(prepared)
    await vault.remove_slot(2)
    assert (await vault.status()).ways == ["password", "recovery"]
    vault.lock()
    await unlock_by_code(vault, prepared.code)


async def test_with_every_slot_damaged_nothing_is_thrown_away(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault, PASSWORD)
    await add_secrets(vault, 2)
    vault.lock()
    before = await rows_of(library)
    for number in (1, 2):
        await flip_in_slot(library, number)
    with pytest.raises(Damaged, match=r"slot 1.*a backup holds the slot.*whole: none"):
        await unlock_by_code(vault, code)
    for number, packed in before.slots:
        await run_sql(library, "UPDATE vault_slots SET packed = ? WHERE number = ?", packed, number)
    await unlock_by_code(vault, code)
    assert await vault.get("KEY_000") == b"value 0"


async def test_a_vault_without_slots_is_no_reason_to_make_another(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    vault.lock()
    await run_sql(library, "DELETE FROM vault_slots")
    with pytest.raises(Damaged, match=r"no way in left.*restore a backup"):
        await unlock_by_code(vault, code)
    with pytest.raises(UsageError, match="There is a vault already"):
        await vault.prepare(ways())


async def test_a_slot_from_before_a_rotation_that_was_put_back_is_no_way_in(
    library: Library,
) -> None:
    vault = library.vault
    old = await make_vault(vault)
    ((_, before),) = (await rows_of(library)).slots
    values = await add_secrets(vault, 2)
    code = await rotate(vault)
    vault.lock()
    await run_sql(library, "INSERT INTO vault_slots VALUES (1, ?)", before)
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values
    status = await vault.status()
    assert [line.words for line in status.slots] == ["It leads to a key that is not in force.", ""]
    assert status.ways == ["recovery"]
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_code(vault, old)


@pytest.mark.parametrize("lost", ["sealed by it", "retired, and damaged"])
async def test_a_slot_that_is_the_only_way_to_a_key_stays(library: Library, lost: str) -> None:
    """It is not in force, and still the last thing that opens what that key sealed."""
    vault = library.vault
    await make_vault(vault)
    ((number, before),) = (await rows_of(library)).slots
    await add_secrets(vault, 1)
    ((_, sealed),) = (await sealed_rows(library)).items()
    code = await rotate(vault)
    vault.lock()
    await run_sql(library, "INSERT INTO vault_slots VALUES (?, ?)", number, before)
    if lost == "sealed by it":
        await run_sql(library, "DELETE FROM vault_retired_keys")
        await run_sql(library, "UPDATE secrets SET encrypted_value = ?", sealed)
    else:
        await run_sql(library, "UPDATE vault_retired_keys SET sealed = x'00'")
    await unlock_by_code(vault, code)
    assert await slot_numbers(vault) == [1, 2]


async def test_a_slot_of_another_home_is_no_way_in(library: Library, tmp_path: Path) -> None:
    vault = library.vault
    code = await make_vault(vault)
    async with await Library.open(Home(tmp_path / "another")) as another:
        foreign_code = await make_vault(another.vault, token=bytes(31) + b"1")
        foreign = dict((await rows_of(another)).slots)[2]
    await run_sql(library, "INSERT INTO vault_slots VALUES (2, ?)", foreign)
    assert (await vault.status()).ways == ["recovery"]
    vault.lock()
    await unlock_by_code(vault, code)
    assert await slot_numbers(vault) == [1, 2], "it is not ours to take away"
    vault.lock()
    with pytest.raises(WrongWayIn):
        await unlock_by_code(vault, foreign_code)


# -- the vault's own row, and the retired keys

HARMS = {
    "key id": "UPDATE vault SET key_id = x'0011223344556677'",
    "key id, no longer bytes": "UPDATE vault SET key_id = CAST(x'FF00' AS TEXT)",
    "store id": "UPDATE vault SET store_id = 'b' || substr(store_id, 2)",
    "store id, no longer text": "UPDATE vault SET store_id = CAST(x'FF00' AS TEXT)",
    "the whole row": "DELETE FROM vault",
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
async def test_a_vault_whose_own_row_rotted_opens_and_is_mended_by_a_rotation(
    library: Library, harm: str
) -> None:
    """Each slot says itself where it leads, and has a checksum."""
    vault = library.vault
    await make_vault(vault)
    code = await rotate(vault)
    values = await add_secrets(vault, 3)
    vault.lock()
    await run_sql(library, harm)
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values
    await vault.set("MORE", b"more")
    values["MORE"] = b"more"
    with pytest.raises(UsageError, match="There is a vault already"):
        await vault.prepare(ways())
    code = await rotate(vault)
    found = await rows_of(library)
    assert await slot_numbers(vault) == [3]
    vault.lock()
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values
    assert [line.words for line in (await vault.status()).slots] == [""]
    assert found.mark[0] and len(found.mark[1]) == 8


async def test_a_damaged_row_and_a_rotation_that_was_broken_off_open_by_the_way_before(
    library: Library,
) -> None:
    """What a rotation adds comes after what is in force, so the first slots are it."""
    vault = library.vault
    code = await make_vault(vault)
    values = await add_secrets(vault, 2)
    prepared = await vault.prepare_rotation(ways())
    await library.store.write(changes.add, (await rows_of(library)).mark, prepared.slots)
    vault.lock()
    await run_sql(library, "UPDATE vault SET key_id = x'00'")
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values


async def test_a_damaged_retired_key_stops_nothing_and_stays(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 2)
    await rotate(vault)
    code = await rotate(vault)
    vault.lock()
    first, second = (await rows_of(library)).retired
    await run_sql(
        library,
        "UPDATE vault_retired_keys SET sealed = ? WHERE key_id = ?",
        flipped(first[1]),
        first[0],
    )
    await unlock_by_code(vault, code)
    assert await values_in(vault) == values
    await rotate(vault)
    retired = dict((await rows_of(library)).retired)
    assert retired[first[0]] == flipped(first[1])
    assert retired[second[0]] != second[1]
    assert len(retired) == 3


async def test_a_backup_from_before_a_rotation_opens_with_a_key_that_was_retired(
    library: Library,
) -> None:
    """Rows sealed long ago come back, and today's way in opens them."""
    vault = library.vault
    await make_vault(vault)
    values = await add_secrets(vault, 2)
    then = await sealed_rows(library)
    await rotate(vault)
    code = await rotate(vault)
    for name, sealed in then.items():
        await run_sql(
            library, "UPDATE secrets SET encrypted_value = ? WHERE provider = ?", sealed, name
        )
    assert await values_in(vault) == values
    vault.lock()
    await unlock_by_code(vault, code)
    assert not set((await sealed_rows(library)).values()) & set(then.values())
    assert await values_in(vault) == values
