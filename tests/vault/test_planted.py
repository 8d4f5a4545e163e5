"""A planted value, and what was sealed and taken away, are in no file of the home."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from simtui.library import Library
from simtui.paths import Home
from simtui.vault.recovery import read_code
from tests.vault.vaults import (
    PASSWORD,
    make_vault,
    rows_of,
    sealed_rows,
    unlock_by_code,
    ways,
)


def forms_of(value: bytes) -> Iterator[bytes]:
    """A value as it might be written: also within a longer text in base64, at each of its three
    offsets."""
    yield value
    yield value.hex().encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value)
        yield encoded[4 * (before > 0) : len(encoded) // 4 * 4 - 4]
        yield base64.urlsafe_b64encode(bytes(before) + value)[4 * (before > 0) : -4]
    text = value.decode("latin-1")
    yield json.dumps(text).encode()[1:-1]
    yield text.encode("utf-16-le")
    yield from {word.encode().lower() for word in re.findall(r"\w{12,}", text)}


def found_in(home: Home, *values: bytes | bytearray) -> list[tuple[str, bytes]]:
    """Which files hold which forms of a value, whatever the case of its letters."""
    forms = {form for value in values for form in forms_of(bytes(value))}
    assert all(len(form) >= 8 for form in forms)
    files = [path for path in home.root.rglob("*") if path.is_file()]
    assert home.database in files
    return [
        (path.name, form)
        for path in files
        for form in forms
        if form in path.read_bytes() or form.lower() in path.read_bytes().lower()
    ]


async def test_what_is_looked_for_would_be_found(library: Library) -> None:
    value = os.urandom(24)
    (library.home.root / "leak").write_bytes(b"log: " + base64.b64encode(b"x" + value) + b"\n")
    assert [name for name, _ in found_in(library.home, value)] == ["leak"]


async def test_a_value_is_nowhere_at_any_time(home: Home) -> None:
    """Nor is the password, the code, or a key."""
    planted = [
        b"sk-" + base64.urlsafe_b64encode(os.urandom(30)),
        b'"q\\uoted" \xf6 ' + os.urandom(20).hex().encode(),
    ]
    async with await Library.open(home) as library:
        vault = library.vault
        chosen = ways(PASSWORD, token=os.urandom(32))
        token = bytes(chosen.token or b"")
        prepared = await vault.prepare(chosen)
        hidden = [*planted, PASSWORD.encode(), token, bytes(read_code(prepared.code))]
        hidden += [prepared.code.encode(), bytes(prepared.data_key)]
        await vault.keep(prepared)
        for n in range(40):
            await vault.set(f"KEY_{n}", planted[n % 2])
            await vault.set("AGAIN", planted[n % 2] + b" %d" % n)
        assert found_in(home, *hidden) == []
        assert (home.root / "simai.db-wal").stat().st_size > 0, "the log was looked at, too"
        rotation = await vault.prepare_rotation(ways("a new master password"))
        hidden += [rotation.code.encode(), bytes(rotation.data_key), b"a new master password"]
        await vault.keep_rotation(rotation)
        for n in range(20):
            await vault.delete(f"KEY_{n}")
        assert await vault.get("KEY_21") == planted[1]
        assert found_in(home, *hidden) == []
        vault.lock()
        assert found_in(home, *hidden) == []
    assert found_in(home, *hidden) == []


def bytes_of(home: Home) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}


def holding(home: Home, octets: bytes) -> list[str]:
    return [path.name for path, content in bytes_of(home).items() if octets in content]


async def test_what_was_deleted_is_gone_from_the_file_and_its_log(library: Library) -> None:
    """Sealed as it was: whoever has an old key and the disk must not find it there."""
    vault = library.vault
    await make_vault(vault)
    for n in range(30):
        await vault.set(f"KEY_{n}", os.urandom(200))
    sealed = (await sealed_rows(library))["KEY_7"]
    assert holding(library.home, sealed[20:120])
    await vault.delete("KEY_7")
    assert holding(library.home, sealed[20:120]) == []


async def test_what_a_retired_key_sealed_is_gone_with_its_slots(library: Library) -> None:
    vault = library.vault
    await make_vault(vault, token=os.urandom(32))
    for n in range(30):
        await vault.set(f"KEY_{n}", os.urandom(200))
    before = [sealed[20:120] for sealed in (await sealed_rows(library)).values()]
    before += [packed[-32:] for _, packed in (await rows_of(library)).slots]
    assert all(holding(library.home, octets) for octets in before)
    await vault.keep_rotation(await vault.prepare_rotation(ways()))
    assert [octets for octets in before if holding(library.home, octets)] == []


async def test_a_password_that_was_changed_leaves_no_slot_behind(library: Library) -> None:
    vault = library.vault
    await make_vault(vault)
    ((_, packed),) = (await rows_of(library)).slots
    await vault.keep_ways(await vault.prepare_ways(ways()))
    assert holding(library.home, packed[-64:]) == []


async def test_what_a_reader_held_in_the_log_is_gone_when_it_is_closed(home: Home) -> None:
    """Nothing is taken out of the log while somebody reads what was there before."""
    async with await Library.open(home) as library:
        vault = library.vault
        await make_vault(vault)
        await vault.set("KEY", os.urandom(200))
        sealed = (await sealed_rows(library))["KEY"]
        reader = await Library.open(home)
        connection = await reader.store._open_writer()
        await reader.store._on(connection, lambda raw: raw.execute("BEGIN"))
        await reader.store._on(
            connection, lambda raw: raw.execute("SELECT count(*) FROM secrets").fetchone()
        )
        await vault.delete("KEY")
        assert holding(home, sealed[20:120])
        await reader.store._on(connection, lambda raw: raw.execute("COMMIT"))
    # ours was closed first; another process keeps the log itself in being
    assert (home.root / "simai.db-wal").exists()
    assert holding(home, sealed[20:120]) == []
    await reader.close()


async def test_a_copy_of_the_locked_home_opens_with_its_way_in_alone(library: Library) -> None:
    vault = library.vault
    code = await make_vault(vault)
    await vault.set("KEY", b"sk-planted")
    vault.lock()
    content = b"".join(bytes_of(library.home).values())
    assert bytes(read_code(code)) not in content
    await unlock_by_code(vault, code)
    assert await vault.get("KEY") == b"sk-planted"
