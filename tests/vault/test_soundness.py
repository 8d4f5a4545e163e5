"""The doctor looks at the vault without opening it: how many slots are whole, and what rotted."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.library.doctor import Finding, examine
from simtui.vault.sealing import new_key, seal, secret_place
from tests.conftest import Command
from tests.looking import tables_of
from tests.vault.vaults import (
    PASSWORD,
    add_secrets,
    make_vault,
    rotate,
    rows_of,
    run_sql,
    sealed_rows,
    ways,
)


async def findings_of(library: Library) -> dict[str, Finding]:
    return {each.name: each for each in await examine(library.home)}


async def test_without_a_vault_there_is_nothing_to_judge(library: Library) -> None:
    findings = await findings_of(library)
    assert (findings["vault"].ok, findings["vault"].value) == (None, "none yet")
    assert "secrets" not in findings


async def test_a_whole_vault_is_found_whole_and_left_as_it_is(library: Library) -> None:
    await make_vault(library.vault, PASSWORD, token=bytes(range(32)))
    await add_secrets(library.vault, 3)
    await rotate(library.vault)
    library.vault.lock()
    before = await tables_of(library)
    findings = await findings_of(library)
    assert [each for each in findings.values() if each.ok is False] == []
    assert findings["vault"].value == "1 of 1 slots whole; ways in: recovery"
    assert findings["secrets"].value == "3 sealed, 0 damaged"
    assert await tables_of(library) == before


HARM = {
    "a slot": (
        "UPDATE vault_slots SET packed = x'00' WHERE number = 3",
        "vault",
        "2 of 3 slots whole; ways in: keyring, recovery",
        "slot 3",
    ),
    "every slot but the keyring": (
        "UPDATE vault_slots SET packed = x'00' WHERE number > 2",
        "vault",
        "1 of 3 slots whole; ways in: keyring",
        "No way in is left besides the keyring. Make one: `simtui vault recovery`.",
    ),
    "every slot": (
        "UPDATE vault_slots SET packed = x'00'",
        "vault",
        "0 of 3 slots whole; ways in: none",
        "No way in is left. Restore a backup that has its slots.",
    ),
    "the vault's own row": (
        "UPDATE vault SET key_id = x'00'",
        "vault",
        "3 of 3 slots whole",
        "Its own row is damaged; `simtui vault rotate` writes it anew.",
    ),
    "two secrets": (
        "UPDATE secrets SET encrypted_value = x'00' WHERE provider < 'KEY_002'",
        "secrets",
        "3 sealed, 2 damaged",
        "Damaged: KEY_000, KEY_001. Set again, or restore a backup.",
    ),
    "a retired key": (
        "UPDATE vault_retired_keys SET sealed = x'00'",
        "secrets",
        "3 sealed, 0 damaged",
        "1 retired keys damaged",
    ),
}


@pytest.mark.parametrize(("harm", "name", "value", "advice"), HARM.values(), ids=HARM)
async def test_what_rotted_is_found_and_named(
    library: Library, harm: str, name: str, value: str, advice: str
) -> None:
    vault = library.vault
    await make_vault(vault)
    await add_secrets(vault, 3)
    chosen = ways(PASSWORD, token=bytes(range(32)))
    await vault.keep_rotation(await vault.prepare_rotation(chosen))
    await run_sql(library, harm)
    findings = {
        name: each for name, each in (await findings_of(library)).items() if each.ok is False
    }
    assert findings.keys() == {name}
    assert value in findings[name].value
    assert advice in findings[name].advice


async def test_a_secret_of_an_unknown_key_is_told(library: Library) -> None:
    await make_vault(library.vault)
    place = secret_place((await rows_of(library)).store_id, "STRANGE")
    await run_sql(
        library, "INSERT INTO secrets VALUES ('STRANGE', ?, 0, 0)", seal(new_key(), b"x", place)
    )
    finding = (await findings_of(library))["secrets"]
    assert finding.ok is False
    assert finding.advice == "Sealed by a key that is not here: STRANGE."


async def test_secrets_without_their_lock_are_told(library: Library) -> None:
    await make_vault(library.vault)
    await add_secrets(library.vault, 2)
    for table in ("vault", "vault_slots"):
        await run_sql(library, f"DELETE FROM {table}")
    finding = (await findings_of(library))["vault"]
    assert finding.ok is False
    assert finding.value == "not there, and 2 secrets sealed by it"


async def test_many_damaged_secrets_are_counted_and_five_named(library: Library) -> None:
    await make_vault(library.vault)
    await add_secrets(library.vault, 8)
    await run_sql(library, "UPDATE secrets SET encrypted_value = x'00'")
    finding = (await findings_of(library))["secrets"]
    assert finding.value == "8 sealed, 8 damaged"
    assert "KEY_004…" in finding.advice
    assert "KEY_005" not in finding.advice


async def test_the_command_says_it_and_ends_with_6(library: Library, simtui: Command) -> None:
    await make_vault(library.vault)
    await add_secrets(library.vault, 1)
    assert "1 of 1 slots whole" in simtui("doctor").stdout
    sealed = (await sealed_rows(library))["KEY_000"]
    await run_sql(library, "UPDATE secrets SET encrypted_value = ?", sealed[:-1] + b"?")
    told = simtui("doctor")
    assert told.returncode == 6
    assert "Damaged: KEY_000." in told.stdout
