"""The settings that were set in this library, as text. Their types are the registry's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simtui.model import bound_keys
from simtui.model.settings import find
from simtui.store import settings
from simtui.store.store import Store

if TYPE_CHECKING:
    from sqlite3 import Connection


class SettingsShelf:
    """The settings of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> dict[str, str]:
        """What was set, by key."""
        return await self._store.read(settings.all_of)

    async def set(self, key: str, value: str) -> None:
        """Keeps a value; whether it may be one, the registry has said. Raises `UsageError` for a
        key that another action has."""
        await self._store.write(_put, key, value)

    async def reset(self, key: str) -> bool:
        """Back to the default. False where it was not set. Raises as `set` does."""
        return await self._store.write(_remove, key)


def _put(connection: Connection, key: str, value: str) -> None:
    if key.startswith(bound_keys.PREFIX):
        bound_keys.check(key, value, settings.all_of(connection))
    settings.put(connection, key, value)


def _remove(connection: Connection, key: str) -> bool:
    if key.startswith(bound_keys.PREFIX):
        bound_keys.check(key, find(key).default, settings.all_of(connection))
    return settings.remove(connection, key)
