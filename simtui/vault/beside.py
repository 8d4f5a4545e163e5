"""What keeps `simai.keys` in step with the vault's rows, which the library holds under its key.

The file rules: it is what opens the library. A change goes into the table and into the file within
one transaction, the file first on disk: a process that is killed between the two leaves a file that
is ahead, and the next unlocking takes the rows out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from simtui.errors import Damaged, NotWritable
from simtui.store import vault as rows
from simtui.vault import sidecar
from simtui.vault.memory import wipe
from simtui.vault.sidecar import Sidecar
from simtui.vault.ways import in_force, now_ms

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.store.store import Store
    from simtui.vault.held import Held

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Beside:
    """The file beside one encrypted library."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rewrapped = b""

    async def write(
        self,
        store: Store,
        job: Callable[Concatenate[Connection, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """One write, and the file with it where that changes the ways in."""
        written: list[tuple[bytes, bytes]] = []

        def in_step(connection: Connection) -> Result:
            before = rows.read(connection)
            result = job(connection, *args, **kwargs)
            after = rows.read(connection)
            if after is not None and after != before:
                written.append(self._put(connection, after))
            return result

        try:
            return await store.write(in_step)
        except BaseException:
            for before, after in written:
                self._put_back(before, after)
            raise

    def rewrap(self, held: Held, data_key: bytearray) -> None:
        """Seals the library's key under another data key, for when that is put in force."""
        library_key = sidecar.read(self.path).opened(held.keys)
        try:
            self._rewrapped = sidecar.sealed_library_key(data_key, library_key, held.store_id)
        finally:
            wipe(library_key)

    def _put(self, connection: Connection, after: rows.VaultRows) -> tuple[bytes, bytes]:
        """Writes the file for these rows: what it was before, and what it is now."""
        before = sidecar.read_bytes(self.path)
        present = sidecar.unpacked(before)
        number = max(present.generation, rows.generation(connection)) + 1
        rows.set_generation(connection, number)
        library_key = present.library_key
        if self._rewrapped and sidecar.seals(self._rewrapped, after.mark):
            library_key = self._rewrapped
        octets = sidecar.packed(Sidecar(after, number, library_key, present.password_file))
        sidecar.write(self.path, octets)
        return before, octets

    def _put_back(self, before: bytes, after: bytes) -> None:
        """The transaction did not come to its end. Where this fails too, the file rules."""
        try:
            if sidecar.read_bytes(self.path) == after:
                sidecar.write(self.path, before)
        except (Damaged, NotWritable):
            return

    async def reconcile(self, store: Store, held: Held) -> None:
        """Brings table and file together, whichever of them is behind. `held`: the keys that the
        file led to. What only the table leads to is never given up."""
        if await store.read(self._differs):
            await store.write(self._reconcile, held)

    def _differs(self, connection: Connection) -> bool:
        there = sidecar.read(self.path)
        mine = rows.read(connection), rows.generation(connection)
        return mine != (there.rows, there.generation) or not there.is_whole

    def _reconcile(self, connection: Connection, held: Held) -> None:
        there, mine = sidecar.read(self.path), rows.read(connection)
        if not self._differs(connection):
            return  # another process was at it meanwhile
        leads = {slot.key_id for slot in in_force(mine)} if mine else set()
        if not there.is_whole and mine is not None and leads == {held.key_id}:
            self._put(connection, mine)
        elif there.is_whole and leads <= held.keys.keys():
            rows.put_all(connection, there.rows, now_ms())
            rows.set_generation(connection, there.generation)
            now = rows.read(connection)
            if now is not None and now != there.rows:  # with retired keys that the file knew not
                self._put(connection, now)

    async def catch_up(self, store: Store, held: Held) -> None:
        """Writes a file anew that leads to another key than the one in force, which is held."""
        if sidecar.seals(sidecar.read(self.path).library_key, (held.store_id, held.key_id)):
            return
        library_key = store.copied_key()
        assert library_key is not None
        try:
            self._rewrapped = sidecar.sealed_library_key(held.key, library_key, held.store_id)
        finally:
            wipe(library_key)

        def put(connection: Connection) -> Any:
            found = rows.read(connection)
            if found is not None and found.mark == held.mark:
                self._put(connection, found)

        await store.write(put)
