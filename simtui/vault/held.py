"""The keys of an open vault, and what can be done with nothing but them. Nothing here awaits: what
awaits may find the keys wiped when it goes on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from simtui.errors import Damaged
from simtui.store.secrets import SealedSecret
from simtui.vault.changes import Mark
from simtui.vault.memory import wipe
from simtui.vault.sealing import (
    SealedByAnotherKey,
    key_id_in,
    retired_place,
    seal,
    secret_place,
    unseal,
)

Retired = tuple[bytes, bytes]
"""A retired key's id, and the key as it is sealed."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Held:
    """Data keys by their ids, that in force among them. `mark` is the vault's row as it was read
    with them."""

    store_id: str
    key_id: bytes
    keys: dict[bytes, bytearray]
    mark: Mark

    @property
    def key(self) -> bytearray:
        """The one in force."""
        return self.keys[self.key_id]

    def copied(self) -> Held:
        """For work that awaits and must come to its end also when the vault is locked."""
        keys = {ident: bytearray(key) for ident, key in self.keys.items()}
        return Held(self.store_id, self.key_id, keys, self.mark)

    def wipe(self) -> None:
        """Overwrites every key."""
        wipe(*self.keys.values())

    def add_retired(self, retired: Iterable[Retired]) -> None:
        """Opens the retired keys. One that is damaged keeps nobody from the others."""
        for ident, sealed in retired:
            with suppress(Damaged, SealedByAnotherKey):
                self.keys[ident] = unseal(self.keys, sealed, retired_place(self.store_id, ident))

    def retired_under(self, key: bytearray) -> list[Retired]:
        """All these keys, sealed by the one that takes their place."""
        return [
            (ident, seal(key, older, retired_place(self.store_id, ident)))
            for ident, older in self.keys.items()
        ]

    def seal(self, name: str, value: bytes | bytearray) -> bytes:
        """A secret's value, sealed by the key in force."""
        return seal(self.key, value, secret_place(self.store_id, name))

    def unseal(self, row: SealedSecret) -> bytearray:
        """A secret's value. Raises `Damaged`, `SealedByAnotherKey`."""
        return unseal(self.keys, row.sealed, secret_place(self.store_id, row.name))

    def is_older(self, row: SealedSecret) -> bool:
        """Whether one of the retired keys sealed it."""
        try:
            key_id = key_id_in(row.sealed, secret_place(self.store_id, row.name))
        except Damaged:
            return False
        return key_id != self.key_id and key_id in self.keys

    def sealed_anew(self, row: SealedSecret) -> bytes:
        """The same value, sealed by the key in force. Raises `Damaged`."""
        plain = self.unseal(row)
        try:
            return self.seal(row.name, plain)
        finally:
            wipe(plain)
