"""The settings that were set in this library, as text. Their types are the registry's."""

from __future__ import annotations

from simtui.store import settings
from simtui.store.store import Store


class SettingsShelf:
    """The settings of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def all(self) -> dict[str, str]:
        """What was set, by key."""
        return await self._store.read(settings.all_of)

    async def set(self, key: str, value: str) -> None:
        """Keeps a value; whether it may be one, the registry has said."""
        await self._store.write(settings.put, key, value)

    async def reset(self, key: str) -> bool:
        """Back to the default. False where it was not set."""
        return await self._store.write(settings.remove, key)
