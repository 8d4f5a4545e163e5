"""Vaults for tests. Most have a recovery code alone, which costs no time to try."""

from __future__ import annotations

import shutil
from pathlib import Path
from sqlite3 import Connection

from simtui.library import Library
from simtui.paths import Home
from simtui.store import secrets
from simtui.store import vault as rows
from simtui.vault.life import Vault
from simtui.vault.passwords import FLOOR, normal
from simtui.vault.recovery import read_code
from simtui.vault.ways import Prepared, Ways

PASSWORD = "four words are better"


def ways(password: str | None = None, *, recovery: bool = True, token: bytes | None = None) -> Ways:
    """Cheap ones."""
    return Ways(
        password=normal(password) if password else None,
        token=bytearray(token) if token else None,
        recovery=recovery,
        cost=FLOOR,
    )


async def make_vault(
    vault: Vault, password: str | None = None, *, recovery: bool = True, token: bytes | None = None
) -> str:
    """Makes one, which is open then. Its recovery code."""
    prepared = await vault.prepare(ways(password, recovery=recovery, token=token))
    await vault.keep(prepared)
    return prepared.code


async def rotate(vault: Vault) -> str:
    """Another data key; the code of it."""
    prepared = await vault.prepare_rotation(ways())
    await vault.keep_rotation(prepared)
    return prepared.code


async def unlock_by_code(vault: Vault, code: str) -> None:
    await vault.unlock("recovery", read_code(code))


async def unlock_by_password(vault: Vault, password: str = PASSWORD) -> None:
    await vault.unlock("password", normal(password))


async def add_secrets(vault: Vault, count: int) -> dict[str, bytes]:
    """Sets so many. Their values by their names."""
    values = {f"KEY_{n:03}": b"value %d" % n for n in range(count)}
    for name, value in values.items():
        await vault.set(name, value)
    return values


async def values_in(vault: Vault) -> dict[str, bytes]:
    """Opens every secret."""
    return {name: bytes(await vault.get(name)) for name, _, _ in await vault.names()}


async def slot_numbers(vault: Vault) -> list[int]:
    return [line.number for line in (await vault.status()).slots]


async def rows_of(library: Library) -> rows.VaultRows:
    found = await library.store.read(rows.read)
    assert found is not None
    return found


async def sealed_rows(library: Library) -> dict[str, bytes]:
    """What is sealed, by the secret's name."""
    return {row.name: row.sealed for row in await library.store.read(secrets.all_of)}


async def run_sql(library: Library, sql: str, *values: object) -> None:
    """Harms a library."""

    def run(connection: Connection) -> None:
        assert connection.execute(sql, values).rowcount, "nothing was harmed"

    await library.store.write(run)


def copied_home(library: Library, to: Path) -> Home:
    """The home's files as they lie there now, somewhere else."""
    shutil.copytree(library.home.root, to)
    return Home(to)


def secrets_of(prepared: Prepared) -> list[bytearray]:
    """Everything in it that must be wiped."""
    return [prepared.data_key, *(secret for _, secret in prepared.made)]
