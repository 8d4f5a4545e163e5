"""An older library is backed up before it is migrated, and not migrated where that cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from simtui.errors import SimtuiError
from simtui.paths import Home
from simtui.store import backups as rows
from simtui.store import migrations

if TYPE_CHECKING:
    from simtui.backup.making import Made
    from simtui.store.store import Store

_REASON = "before-migration"
PATIENCE_SECONDS = 300


class BackupFirst:
    """What is done around a migration, and put down after it: the older schema may have no place
    for it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._made: Made | None = None

    @asynccontextmanager
    async def around(self, store: Store, schema: int) -> AsyncIterator[None]:
        """Makes the backup; nobody else makes one until the migration is done. Raises what `making`
        does, with what that means here."""
        from simtui.backup import making, workplace

        folder = self._home.backups
        with _told(schema):
            workplace.make_folder(folder)
        async with workplace.one_at_a_time(folder, PATIENCE_SECONDS):
            # another process may have done all this while we waited
            if await store.read(migrations.version_of, store.path) == schema:
                with _told(schema):
                    self._made = await making.make(
                        store, folder, _REASON, record=_later, keys=self._home.keys
                    )
            yield

    async def put_down(self, store: Store) -> list[str]:
        """Keeps what is known of the backup, where one was made. What should be known of it."""
        if self._made is None:
            return []
        if self._made.damaged:
            return [
                "Something in this library was damaged before it was brought to a new schema: "
                f"{self._made.attempt.words}. As it was, it is kept in {self._made.path}."
            ]
        await store.write(rows.add, self._made.attempt)
        return []


async def _later(_attempt: rows.Attempt) -> None:
    """The row is written when there is a table for it."""


@contextmanager
def _told(schema: int) -> Iterator[None]:
    try:
        yield
    except SimtuiError as error:
        raise type(error)(
            f"This library was written by an older simtui (schema {schema}), and is backed up "
            f"before it is brought to schema {migrations.SCHEMA_VERSION}. {error.message} "
            "Nothing was migrated."
        ) from error
