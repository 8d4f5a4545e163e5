"""The library: the open database of one home, and the only door to it for the faces.

Opening makes a home that is not there, migrates an older one, refuses a newer one, and says the
ways out of a broken one. It hands out the parts (`workflows`, `settings`) and does none of their
work.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

from simtui.errors import Damaged, NotFound, NotWritable, shown
from simtui.library import reserve
from simtui.library.keyed import (
    KeyedHome,
    Unlocking,
    forget_rewritten,
    is_keyed,
    not_there,
    take_locked_out,
)
from simtui.library.migrating import BackupFirst
from simtui.library.settings import SettingsShelf
from simtui.library.workflows import WorkflowShelf
from simtui.paths import Home
from simtui.store.filesystem import is_network, type_of
from simtui.store.store import Store

if TYPE_CHECKING:
    from simtui.library.assets import AssetShelf
    from simtui.library.backups import BackupShelf
    from simtui.library.runs import RunShelf
    from simtui.library.searching import Hit
    from simtui.library.space import SpaceShelf
    from simtui.vault.life import Vault

__all__ = ["KeyedHome", "Library", "SettingsShelf", "WorkflowShelf"]


class Library:
    """Made by `Library.open`; `close` must be awaited (or `async with` used)."""

    def __init__(self, home: Home, store: Store, notices: tuple[str, ...]) -> None:
        self.home = home
        self.store = store
        self.notices = notices
        """What the person should know about this home, a sentence each."""
        self.is_encrypted = False
        """Whether the whole of it lies under a key."""
        self.workflows = WorkflowShelf(store)
        self.settings = SettingsShelf(store)
        self._vault: Vault | None = None
        self._backups: BackupShelf | None = None
        self._assets: AssetShelf | None = None

    @classmethod
    async def open(
        cls, home: Home, *, create: bool = True, unlocking: Unlocking | None = None
    ) -> Library:
        """Opens the library of `home`, making both where they are not there.

        `unlocking` opens the vault of a home that is encrypted; without it, or where it does not
        open it, that is `Locked`.

        Raises `NotFound` (`create` is False and there is none), `NewerLibrary`, `Damaged`,
        `Busy`, `NotWritable`, or `BadInput` where the file is another program's.
        """
        if not home.database.exists():
            if not create:
                raise NotFound(f"There is no library in {home}. `simtui import` makes one.")
            _make_root(home)
        kind = type_of(home.root)
        network = is_network(kind)
        notices: tuple[str, ...] = ()
        if network:
            notices = (
                f"{home} lies on a network file system ({shown(kind)}): one simtui at a time, "
                "and slower. A local folder is safer.",
            )
        first = BackupFirst(home)
        if is_keyed(home):
            return await cls._open_keyed(home, network, notices, unlocking, first)
        try:
            store = await Store.open(home.database, network=network, migrating=first.around)
        except Damaged as error:
            raise not_there(home, error) from error
        async with _closed_unless_whole(store):
            forget_rewritten(home)
            return cls(home, store, (*notices, *await first.put_down(store)))

    @classmethod
    async def _open_keyed(
        cls,
        home: Home,
        network: bool,
        notices: tuple[str, ...],
        unlocking: Unlocking | None,
        first: BackupFirst,
    ) -> Library:
        keyed = KeyedHome(home)
        try:
            if unlocking is not None:
                await unlocking(keyed)
            store = await keyed.store(network=network, migrating=first.around)
            async with _closed_unless_whole(store):
                vault, said = await keyed.hand_over(store)
                forget_rewritten(home)
                await take_locked_out(home, store)
                put_down = await first.put_down(store)
        finally:
            keyed.vault.lock()
        library = cls(home, store, (*notices, *filter(None, [said]), *put_down))
        library.is_encrypted, library._vault = True, vault
        return library

    async def __aenter__(self) -> Library:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def vault(self) -> Vault:
        """The vault; loaded when it is first asked for, since a list needs no cryptography."""
        if self._vault is None:
            from simtui.vault.life import Vault

            self._vault = Vault(self.store)
        return self._vault

    @property
    def assets(self) -> AssetShelf:
        """The files of the workflows; loaded when they are first asked for."""
        if self._assets is None:
            from simtui.library.assets import AssetShelf

            self._assets = AssetShelf(self.store)
        return self._assets

    @property
    def backups(self) -> BackupShelf:
        """The backups of this library; loaded when they are first asked for."""
        if self._backups is None:
            from simtui.library.backups import BackupShelf

            self._backups = BackupShelf(self)
        return self._backups

    @property
    def runs(self) -> RunShelf:
        """The runs, their spans and their logs."""
        from simtui.library.runs import RunShelf  # a list of workflows needs none of it

        return RunShelf(self)

    async def is_empty(self) -> bool:
        """Whether there is nothing in it yet that a backup would keep."""
        from simtui.store import backups

        return await self.store.read(backups.is_empty)

    async def has_vault(self) -> bool:
        """Whether there is one; loads no cryptography."""
        from simtui.store import vault

        return await self.store.read(vault.read) is not None

    @property
    def vault_is_open(self) -> bool:
        """Whether keys are held; loads nothing."""
        return self._vault is not None and self._vault.is_open

    @property
    def space(self) -> SpaceShelf:
        """What takes space, and what may go."""
        from simtui.library.space import SpaceShelf  # a list needs none of it

        return SpaceShelf(self)

    async def close(self) -> None:
        """Wipes keys and ends every connection. Can be called twice."""
        if self._vault is not None:
            self._vault.lock()
        grew = self.store.has_written
        await self.store.close()
        if grew:
            reserve.keep(self.home)

    async def search(self, text: str, limit: int = 50) -> list[Hit]:
        """What holds every word of `text`, by the words' beginnings; best first, then newest."""
        from simtui.library.searching import find_hits  # a command that only lists needs none of it

        return await find_hits(self.store, text, limit)

    async def data_version(self) -> int:
        """A number that changes whenever anyone, this process or another, changed the library."""
        return await self.store.data_version()


@contextlib.asynccontextmanager
async def _closed_unless_whole(store: Store) -> AsyncIterator[None]:
    """What goes wrong before there is a library to close would leave its threads running."""
    try:
        yield
    except BaseException:
        await store.close()
        raise


def _make_root(home: Home) -> None:
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(
            f"The home {home} cannot be made: {error.strerror}. Choose another with --home."
        ) from error
