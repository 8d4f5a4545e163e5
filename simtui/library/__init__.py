"""The library: the open database of one home, and the only door to it for the faces.

Opening makes a home that is not there, migrates an older one, refuses a newer one, and says the
ways out of a broken one. It hands out the parts (`workflows`, `settings`) and does none of their
work.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from simtui.errors import NotFound, NotWritable, shown
from simtui.library.settings import SettingsShelf
from simtui.library.workflows import WorkflowShelf
from simtui.paths import Home
from simtui.store.filesystem import is_network, type_of
from simtui.store.store import Store

if TYPE_CHECKING:
    from simtui.library.searching import Hit
    from simtui.vault.life import Vault

__all__ = ["Library", "SettingsShelf", "WorkflowShelf"]


class Library:
    """Made by `Library.open`; `close` must be awaited (or `async with` used)."""

    def __init__(self, home: Home, store: Store, notices: tuple[str, ...]) -> None:
        self.home = home
        self.store = store
        self.notices = notices
        """What the person should know about this home, a sentence each."""
        self.workflows = WorkflowShelf(store)
        self.settings = SettingsShelf(store)
        self._vault: Vault | None = None

    @classmethod
    async def open(cls, home: Home, *, create: bool = True) -> Library:
        """Opens the library of `home`, making both where they are not there.

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
        return cls(home, await Store.open(home.database, network=network), notices)

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
    def vault_is_open(self) -> bool:
        """Whether keys are held; loads nothing."""
        return self._vault is not None and self._vault.is_open

    async def close(self) -> None:
        """Wipes keys and ends every connection. Can be called twice."""
        if self._vault is not None:
            self._vault.lock()
        await self.store.close()

    async def search(self, text: str, limit: int = 50) -> list[Hit]:
        """What holds every word of `text`, by the words' beginnings; best first, then newest."""
        from simtui.library.searching import find_hits  # a command that only lists needs none of it

        return await find_hits(self.store, text, limit)

    async def data_version(self) -> int:
        """A number that changes whenever anyone, this process or another, changed the library."""
        return await self.store.data_version()


def _make_root(home: Home) -> None:
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(
            f"The home {home} cannot be made: {error.strerror}. Choose another with --home."
        ) from error
