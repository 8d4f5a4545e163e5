"""The life of a vault: made, unlocked, locked, its ways in changed, its key rotated.

Rules that hold at every moment: a second way in besides the keyring is there before the first
secret is; a new slot is opened once from disk before an old one goes; a key is never made where
something is sealed already; nothing is thrown away because it cannot be opened.

Whatever is awaited, the vault may be locked meanwhile, and its keys are zeroes then: they are asked
for again after it, or copied before.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from simtui.errors import Busy, Damaged, Locked, NotFound, SimtuiError, UsageError, shown
from simtui.model.secret_names import is_name
from simtui.store import secrets
from simtui.store import vault as rows
from simtui.store.store import Arguments, Job, Result, Store, to_its_end
from simtui.vault import changes, sealing
from simtui.vault.beside import Beside
from simtui.vault.held import Held
from simtui.vault.memory import close_this_process, wipe
from simtui.vault.slots import Slot, WrongWayIn, read_slot
from simtui.vault.tries import Tries
from simtui.vault.ways import (
    Prepared,
    Status,
    Ways,
    check_second_way_in,
    in_force,
    lines_of,
    opened,
    prepared_ways,
    wiped_on_failure,
)


class Vault:
    """The vault of one library. Keys are held while it is open, and wiped by `lock`. `beside`: what
    keeps the ways in beside a library that is encrypted."""

    def __init__(self, store: Store, beside: Beside | None = None) -> None:
        self._store = store
        self._beside = beside
        self._held: Held | None = None
        self._prepared: list[Prepared] = []
        self._lockings = 0
        self._tries = Tries()

    @property
    def is_open(self) -> bool:
        """Whether it holds keys."""
        return self._held is not None

    @property
    def seconds_to_wait(self) -> float:
        """Until the next try is allowed, after a wrong one; 0 or less where it is."""
        return self._tries.seconds_to_wait

    # -- what there is

    async def status(self) -> Status:
        """Never raises for a damaged slot: it is listed as one."""
        found = await self._store.read(rows.read)
        count = await self._store.read(secrets.count)
        if found is None:
            return Status(False, False, secret_count=count)
        return Status(True, self.is_open, tuple(lines_of(found)), count)

    async def _write(
        self, job: Job[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """One that is given up ends before the cancellation is raised: whoever goes on then must
        find what it did, or that it did nothing."""
        if self._beside is None:
            work = self._store.write(job, *args, **kwargs)
        else:
            work = self._beside.write(self._store, job, *args, **kwargs)
        return await to_its_end(asyncio.ensure_future(work))

    async def _rows(self) -> rows.VaultRows:
        found = await self._store.read(rows.read)
        if found is None:
            await self._store.read(changes.check_none)
            raise Locked("There is no vault yet. `simtui vault init` makes one.")
        return found

    # -- made

    async def prepare(self, ways: Ways) -> Prepared:
        """A new vault, not yet kept. Raises `UsageError` where there is one, or where the keyring
        would be the only way in."""
        with wiped_on_failure(ways):
            await self._store.read(changes.check_none)
            check_second_way_in(ways)
            close_this_process()
            return await self._prepare(str(uuid.uuid4()), sealing.new_key(), ways)

    async def _prepare(self, store_id: str, key: bytearray, ways: Ways) -> Prepared:
        lockings = self._lockings
        prepared = await prepared_ways(store_id, key, ways)
        if lockings != self._lockings:
            prepared.wipe()
        _check_not_wiped(prepared)
        self._prepared.append(prepared)
        return prepared

    @contextlib.contextmanager
    def _keeping(self, prepared: Prepared) -> Iterator[None]:
        """`lock` leaves it alone now; it is wiped however this ends."""
        _check_not_wiped(prepared)
        if prepared in self._prepared:
            self._prepared.remove(prepared)
        try:
            yield
        finally:
            prepared.wipe()

    async def keep(self, prepared: Prepared) -> None:
        """Puts a prepared vault in force; it is open then. Where this fails there is none."""
        lockings = self._lockings
        with self._keeping(prepared):
            try:
                slots = await self._write(changes.create, prepared.slots)
                await self._prove(prepared, slots)
            except BaseException:
                with contextlib.suppress(SimtuiError):
                    await self._write(changes.uncreate, prepared.slots)
                raise
            self._hold(_held_by(prepared, slots), lockings)

    async def _prove(self, prepared: Prepared, slots: Sequence[Slot]) -> None:
        """Opens each new slot once as it lies on disk. Raises `Damaged`."""
        stored = dict((await self._rows()).slots)
        for slot, (_, secret) in zip(slots, prepared.made, strict=True):
            if slot.number not in stored:
                raise Busy("Another simtui changed the ways in meanwhile; try again.")
            try:
                key = await opened(read_slot(stored[slot.number], slot.number), secret)
            except WrongWayIn:
                key = bytearray()
            same = key == prepared.data_key
            wipe(key)
            if not same:
                raise Damaged(f"{slot.name} did not come back from disk as it was written.")

    # -- unlocked and locked

    async def unlock(self, way: str, secret: bytearray) -> None:
        """Opens with a password's bytes, a code's bits or the keyring's token; wipes it.

        Raises `WrongWayIn`, `Damaged` where a slot is that might have been it, `Locked` where there
        is no such way, or the last wrong try was a moment ago.
        """
        lockings = self._lockings
        try:
            found = await self._rows()
            close_this_process()
            slot, key = await self._tries.open(found, way, secret)
        finally:
            wipe(secret)
        held = Held(slot.store_id, slot.key_id, {slot.key_id: key}, found.mark)
        held.add_retired(found.retired)
        self._hold(held, lockings)
        await self._go_on(slot)

    async def take_over(self, slot: Slot, held: Held) -> None:
        """Opens with the keys that opened the library itself; they are the vault's from then on.
        Raises `KeyChanged` where another key is in force in it."""
        assert self._beside is not None
        try:
            await self._beside.reconcile(self._store, held)
            found = await self._rows()
            if held.key_id not in {each.key_id for each in in_force(found)}:
                raise changes.KeyChanged(
                    "simai.keys is older than the library beside it: it opens the library, and not "
                    "its secrets. Unlock with the present password or code, and it is written anew."
                )
            held = replace(held, mark=found.mark)
            held.add_retired(found.retired)
        except BaseException:
            held.wipe()
            raise
        self._hold(held, self._lockings)
        await self._go_on(slot)

    async def _go_on(self, slot: Slot) -> None:
        try:
            if self._beside is not None:
                await self._beside.catch_up(self._store, self._open())
            await self._finish(slot)
        except SimtuiError:
            if not self.is_open:
                raise
            # a full disk, say: the next unlocking goes on
        except BaseException:
            self.lock()
            raise

    def _hold(self, held: Held, lockings: int) -> None:
        """Holds the keys, unless it was locked since there had been `lockings` of it."""
        if lockings != self._lockings:
            held.wipe()
            raise Locked("The vault was locked meanwhile; unlock it again.")
        if self._held is not None:
            self._held.wipe()
        self._held = held

    def lock(self) -> None:
        """Wipes the keys, also those that were prepared and not kept."""
        self._lockings += 1
        if self._held is not None:
            self._held.wipe()
            self._held = None
        while self._prepared:
            self._prepared.pop().wipe()

    def _open(self) -> Held:
        if self._held is None:
            raise Locked("The vault is locked.")
        return self._held

    def copied_keys(self) -> Held:
        """What it holds, for whoever wipes it. Raises `Locked`."""
        return self._open().copied()

    @contextlib.contextmanager
    def _locked_if_changed(self) -> Iterator[None]:
        try:
            yield
        except changes.KeyChanged:
            self.lock()
            raise

    # -- the ways in

    async def prepare_ways(self, ways: Ways) -> Prepared:
        """New slots for the key in force: another password, another code, the keyring."""
        with wiped_on_failure(ways):
            held = self._open()
            return await self._prepare(held.store_id, bytearray(held.key), ways)

    async def keep_ways(self, prepared: Prepared) -> None:
        """Adds the prepared slots; those of the same ways before them go, once the new ones have
        opened from disk."""
        held = self._open()
        mark = held.mark
        with self._locked_if_changed(), self._keeping(prepared):
            if any(slot.key_id != held.key_id for slot in prepared.slots):
                raise Locked("Another key is in force since then; start again.")
            slots = await self._add(prepared, mark)
            await self._write(changes.supersede, mark, slots)
        await self._forget_old_pages()

    async def _add(self, prepared: Prepared, mark: changes.Mark) -> list[Slot]:
        """Adds the prepared slots and opens each once; where one does not, none is added."""
        try:
            slots = await self._write(changes.add, mark, prepared.slots)
            await self._prove(prepared, slots)
        except BaseException:
            with contextlib.suppress(SimtuiError):
                await self._write(changes.take_back, mark, prepared.slots)
            raise
        return slots

    async def remove_slot(self, number: int) -> None:
        """Takes a way in away. Raises `NotFound`, and `UsageError` where only the keyring, or
        nothing, would be left."""
        with self._locked_if_changed():
            await self._write(changes.remove, self._open().mark, number)
        await self._forget_old_pages()

    # -- another data key

    async def prepare_rotation(self, ways: Ways) -> Prepared:
        """A new data key with new ways in, not yet in force. Today's ways in go when it is."""
        with wiped_on_failure(ways):
            held = self._open()
            check_second_way_in(ways)
            return await self._prepare(held.store_id, sealing.new_key(), ways)

    async def keep_rotation(
        self, prepared: Prepared, on_progress: Callable[[int, int], None] | None = None
    ) -> None:
        """Puts the new key in force, then seals every secret anew. Broken off at any point, every
        secret can be read, and the next unlocking goes on where it stopped."""
        older, lockings = self._open().copied(), self._lockings
        try:
            with self._locked_if_changed(), self._keeping(prepared):
                slots = await self._add(prepared, older.mark)
                retired = older.retired_under(prepared.data_key)
                if self._beside is not None:
                    self._beside.rewrap(older, prepared.data_key)
                await self._write(changes.put_in_force, older.mark, slots, retired)
                newer = _held_by(prepared, slots)
                newer.keys.update(older.copied().keys)
                self._hold(newer, lockings)
        finally:
            older.wipe()
        await self.seal_anew(on_progress)
        await self._forget_old_pages()

    async def _finish(self, opened_slot: Slot) -> None:
        """Goes on with what was broken off: slots that it left behind go, and what older keys
        sealed is sealed by the present one."""
        held = self._open()
        about = held.mark, opened_slot, tuple(held.keys)
        with self._locked_if_changed():
            left_over = await self._store.read(changes.left_over, *about)
            if left_over:
                await self._write(changes.remove_left_over, *about)
        if await self.seal_anew() or left_over:
            await self._forget_old_pages()

    async def seal_anew(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Seals what an older key sealed under the key in force. How many; what cannot be opened
        stays as it is."""
        stored = await self._store.read(secrets.all_of)
        older = [row for row in stored if self._open().is_older(row)]
        sealed_count = 0
        for done, row in enumerate(older, 1):
            held = self._open()
            with contextlib.suppress(Damaged), self._locked_if_changed():
                sealed = held.sealed_anew(row)
                sealed_count += await self._write(
                    changes.reseal, held.mark, row.name, row.sealed, sealed
                )
            if on_progress:
                on_progress(done, len(older))
        return sealed_count

    async def _forget_old_pages(self) -> None:
        """Empties the log of the database, which keeps what was there before: slots that were
        taken away, and what a key sealed that is no longer in force."""
        with contextlib.suppress(SimtuiError):  # it is tried again when the store is closed
            await self._store.forget(words=False)

    # -- secrets

    async def names(self) -> list[tuple[str, int, int]]:
        """(name, created, updated) of every secret; opens nothing, and needs no key."""
        stored = await self._store.read(secrets.all_of)
        return [(row.name, row.created_at, row.updated_at) for row in stored]

    async def set(self, name: str, value: bytes | bytearray) -> None:
        """Seals a value under its name. Raises `UsageError` for a name that cannot be one."""
        held = self._open()
        sealed = held.seal(checked_name(name), value)
        with self._locked_if_changed():
            await self._write(changes.put_secret, held.mark, name, sealed)

    async def get(self, name: str) -> bytearray:
        """The value; whoever asks wipes it. Raises `NotFound`, `Damaged`, `SealedByAnotherKey`."""
        with self._locked_if_changed():
            row = await self._store.read(changes.secret, self._open().mark, name)
        held = self._open()  # it may have been locked meanwhile
        if row is None:
            raise NotFound(f'There is no secret "{shown(name, 80)}".')
        return held.unseal(row)

    def held(self) -> Held:
        """The keys, for what lies elsewhere. Raises `Locked`. They may be wiped at any await."""
        return self._open()

    async def put_back(self, row: secrets.SealedSecret) -> None:
        """A secret as it was, sealed as it is. Needs no key."""
        await self._write(secrets.put_back, row)
        await self._forget_old_pages()

    async def delete(self, name: str) -> None:
        """Needs no key: what is thrown away need not be read. Raises `NotFound`."""
        if not await self._write(secrets.delete, name):
            raise NotFound(f'There is no secret "{shown(name, 80)}".')
        await self._forget_old_pages()


def checked_name(name: str) -> str:
    """A secret's name as documents refer to it. Raises `UsageError`."""
    if not is_name(name):
        raise UsageError(
            f'"{shown(name, 80)}" cannot name a secret: letters, digits and _ only, not a digit '
            "first, at most 100."
        )
    return name


def _check_not_wiped(prepared: Prepared) -> None:
    if prepared.is_wiped:
        raise Locked("The vault was locked meanwhile; start again. Nothing was changed.")


def _held_by(prepared: Prepared, slots: Sequence[Slot]) -> Held:
    """A copy of the prepared key, as these slots lead to it."""
    store_id, key_id = slots[0].store_id, slots[0].key_id
    return Held(store_id, key_id, {key_id: bytearray(prepared.data_key)}, (store_id, key_id))
