"""What was taken away comes back as it was, and needs no key for that."""

from __future__ import annotations

import io
from sqlite3 import Connection

import pytest

from simtui.errors import NotFound
from simtui.library import Library
from simtui.library import bringing_back as held_things
from simtui.library.bringing_back import hold_file, hold_secrets
from simtui.store import assets, secrets
from tests.library.conftest import Adding
from tests.vault.vaults import make_vault


async def test_secrets_come_back_sealed_as_they_were_also_while_the_vault_is_locked(
    library: Library,
) -> None:
    await make_vault(library.vault)
    await library.vault.set("KEPT", b"one")
    before = await library.store.read(secrets.all_of)
    held = await hold_secrets(library, ["KEPT", "NEW"])
    await library.vault.set("KEPT", b"another")
    await library.vault.set("NEW", b"two")
    library.vault.lock()
    await held.bring_back()
    assert await library.store.read(secrets.all_of) == before
    await held.bring_back()  # a second time changes nothing
    assert await library.store.read(secrets.all_of) == before


async def test_a_deleted_secret_comes_back_and_opens(library: Library) -> None:
    await make_vault(library.vault)
    await library.vault.set("KEPT", b"one")
    held = await hold_secrets(library, ["KEPT"])
    await library.vault.delete("KEPT")
    await held.bring_back()
    assert await library.vault.get("KEPT") == b"one"


async def test_only_some_of_what_was_held_comes_back(library: Library) -> None:
    await make_vault(library.vault)
    for name in ("ONE", "OTHER"):
        await library.vault.set(name, b"before")
    held = await hold_secrets(library, ["ONE", "OTHER"])
    for name in ("ONE", "OTHER"):
        await library.vault.set(name, b"after")
    await held.only(["ONE"]).bring_back()
    assert await library.vault.get("ONE") == b"before"
    assert await library.vault.get("OTHER") == b"after"


async def test_a_file_comes_back_byte_for_byte(library: Library, add: Adding) -> None:
    await add("w")
    content = bytes(range(256)) * 9000
    await library.assets.add("w", "table.bin", io.BytesIO(content))
    held = await hold_file(library, "w", "table.bin")
    assert held is not None
    await library.assets.remove("w", "table.bin")
    await held.bring_back()
    found = await library.assets.get("w", "table.bin")
    assert b"".join([piece async for piece in library.assets.pieces(found)]) == content


async def test_what_is_not_there_too_large_or_damaged_is_not_held(
    library: Library, add: Adding, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add("w")
    assert await hold_file(library, "w", "table.bin") is None
    await library.assets.add("w", "table.bin", io.BytesIO(b"some bytes"))
    monkeypatch.setattr(held_things, "MAX_HELD_BYTES", 5)
    assert await hold_file(library, "w", "table.bin") is None
    monkeypatch.undo()

    def rot(connection: Connection) -> None:
        connection.execute("UPDATE asset_pieces SET data = zeroblob(20)")

    await library.store.write(rot)
    assert await hold_file(library, "w", "table.bin") is None
    await library.assets.remove("w", "table.bin")  # it can still be taken away
    with pytest.raises(NotFound):
        await library.assets.get("w", "table.bin")
    assert await library.store.read(assets.of_workflow, "w") == []
