"""The library under a key, and back (on request: names, prompts, runs and the index are then
unreadable without a way into the vault).

The database is written anew beside itself, held against what it was, row for row, and takes its own
place in one rename. Killed at any moment, one whole library is left: the one before, or the new one
with what opens it beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Damaged, Locked, NotWritable, UsageError
from simtui.library.backups import PROVEN, Made
from simtui.library.keyed import PLAIN_HEAD_BYTES, is_keyed, is_plain_head
from simtui.model import wording
from simtui.store import backups as backup_rows
from simtui.store import rekeying, snapshots
from simtui.store import vault as rows
from simtui.store.filesystem import is_network, sync_folder, type_of
from simtui.store.store import to_its_end
from simtui.vault import sidecar
from simtui.vault.changes import current
from simtui.vault.memory import wipe
from simtui.vault.sealing import new_key
from simtui.vault.sidecar import Sidecar, sealed_library_key

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.library import Library
    from simtui.paths import Home
    from simtui.vault.held import Held

OnStage = Callable[[str], None]
"""Called with what is being done."""

_SPARE_BYTES = 8 << 20


# -- the library under a key


async def encrypt(library: Library, on_stage: OnStage | None = None) -> Made:
    """Puts the library under a key of its own, which the vault's ways in lead to; the vault is
    open. The library is closed then, to be opened anew. The proven backup that was made before.

    Raises `Locked`, `Busy` where anybody else has it open, `NotWritable` where there is no room,
    `Damaged` where it is not sound, `UsageError` where it is encrypted. It is as it was then.
    """
    if library.is_encrypted:
        raise UsageError("The library is encrypted already.")
    return await _rewritten(library, _encrypted, on_stage)


async def decrypt(library: Library, on_stage: OnStage | None = None) -> Made:
    """The same back: a plain database, which `sqlite3` opens. Raises as `encrypt` does."""
    if not library.is_encrypted:
        raise UsageError("The library is not encrypted.")
    return await _rewritten(library, _decrypted, on_stage)


async def _rewritten(
    library: Library, work: Callable[[Home, Held, OnStage], None], on_stage: OnStage | None
) -> Made:
    tell = on_stage or (lambda _: None)
    held = library.vault.copied_keys()
    try:
        await _check_room(library)
        tell("a backup first")
        made = await library.backups.make(patience_seconds=60)
        if made is None or made.backup.verdict != PROVEN:
            raise Damaged("The backup that comes first could not be proven. Nothing was changed.")
        await library.close()
        await to_its_end(asyncio.create_task(asyncio.to_thread(work, library.home, held, tell)))
    finally:
        held.wipe()
    return made


async def _check_room(library: Library) -> None:
    # the copy, and a backup of it beside the one that is made first
    needed = 3 * await library.store.read(snapshots.used_bytes) + _SPARE_BYTES
    free = shutil.disk_usage(library.home.root).free
    if free < needed:
        raise NotWritable(
            f"It takes {wording.size(needed)} for a while, and {wording.size(free)} are free on "
            "this disk. Nothing was changed; free some space, or let go of backups with `simtui "
            "backups prune`."
        )


def _encrypted(home: Home, held: Held, tell: OnStage) -> None:
    library_key = _key_before(home, held) or new_key()
    try:
        with _alone(home, None) as connection:
            current(connection, held.mark)
            found = rows.read(connection)
            assert found is not None
            with _gone_on_failure(home, had_keys=home.keys.exists()):
                _write_anew(connection, home, library_key, tell)
                sealed = sealed_library_key(held.key, library_key, held.store_id)
                beside = Sidecar(found, rows.generation(connection), sealed)
                sidecar.write(home.keys, sidecar.packed(beside))
                _check_opens(home, held, library_key)
                rekeying.put_in_place(connection, home.database, home.rewritten)
    finally:
        wipe(library_key)


def _key_before(home: Home, held: Held) -> bytearray | None:
    """The key in a file that was left from another time, which backups may lie under."""
    if not home.keys.exists():
        return None
    try:
        return sidecar.read(home.keys).opened(held.keys)
    except (Damaged, Locked):
        raise Damaged(
            f"{home.keys} lies there already, and is not of this vault. It may be all that opens "
            "another library: move it to where it belongs, and try again. Nothing was changed."
        ) from None


def _check_opens(home: Home, held: Held, library_key: bytearray) -> None:
    """What lies on the disk leads to the key."""
    from_disk = sidecar.read(home.keys).opened(held.keys)
    same = from_disk == library_key
    wipe(from_disk)
    if not same:
        raise Damaged(f"{home.keys} did not come back from disk as it was written.")


def _decrypted(home: Home, held: Held, tell: OnStage) -> None:
    library_key = sidecar.read(home.keys).opened(held.keys)
    try:
        with _alone(home, library_key) as connection:
            current(connection, held.mark)
            with _gone_on_failure(home, had_keys=True):
                _write_anew(connection, home, None, tell)
                rekeying.put_in_place(connection, home.database, home.rewritten)
    finally:
        wipe(library_key)
    # a plain database rules, whatever lies beside it; each encrypted backup has a copy
    home.keys.unlink()
    sync_folder(home.root)


def _alone(home: Home, key: bytearray | None) -> contextlib.AbstractContextManager[Connection]:
    return rekeying.alone(home.database, key, network=is_network(type_of(home.root)))


def _write_anew(connection: Connection, home: Home, key: bytearray | None, tell: OnStage) -> None:
    """The new file, proven, beside the one that is there."""
    home.rewritten.unlink(missing_ok=True)  # of a process that was killed: nobody else is here
    tell("writing the library anew")
    rekeying.write_anew(connection, home.rewritten, key)
    tell("proving it")
    rekeying.check_same(connection, home.rewritten, key)


@contextlib.contextmanager
def _gone_on_failure(home: Home, *, had_keys: bool) -> Iterator[None]:
    """Nothing of what was begun is left where it fails; once the new file has its name, nothing
    fails any more."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):
            home.rewritten.unlink(missing_ok=True)
            if not had_keys:
                home.keys.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise NotWritable(
                f"{home.root} cannot be written: {error.strerror}. The library is as it was."
            ) from error
        raise


# -- what is left in clear


@dataclass(frozen=True, slots=True)
class InClear:
    """Files in the home from before the library was encrypted, which hold it in clear, or parts of
    it: backups that are not encrypted, exports, and whole databases that were put aside."""

    backups: tuple[Path, ...]
    exports: tuple[Path, ...]
    others: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.backups or self.exports or self.others)


def in_clear(home: Home) -> InClear:
    """Looks for them. What cannot be read counts as clear."""
    from simtui.backup import archive

    backups, others = [], []
    for path in _files(home.backups):
        if path.suffix == ".zip" and path.parent == home.backups:
            manifest = archive.peek(path)
            if manifest is None or not manifest.encrypted:
                backups.append(path)
        elif path.name != "locked-out":
            others.append(path)
    for path in sorted(home.root.glob(f"{home.database.name}.*")):
        others += [each for each in ([path] if path.is_file() else _files(path)) if _is_clear(each)]
    return InClear(tuple(backups), tuple(_files(home.exports)), tuple(others))


def _is_clear(path: Path) -> bool:
    """Whatever can be read; of a database that is encrypted, and of its log, nothing can."""
    database = path.with_name(path.name.removesuffix("-wal").removesuffix("-shm"))
    with contextlib.suppress(OSError), database.open("rb") as file:
        return is_plain_head(file.read(PLAIN_HEAD_BYTES))
    return True


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


async def made_again(library: Library) -> Made:
    """A proven backup of the library as it is now, encrypted. Raises as `BackupShelf.make`, and
    `Damaged` where it could not be proven."""
    made = await library.backups.make(patience_seconds=60)
    if made is None or made.backup.verdict != PROVEN or not library.is_encrypted:
        raise Damaged("The encrypted backup could not be proven. Nothing was deleted.")
    return made


async def delete(library: Library, files: Iterable[Path]) -> None:
    """Takes files away for good, and what is known of them as backups. What the disk keeps of freed
    blocks is out of reach. Raises `NotWritable`."""
    gone = list(files)
    try:
        for path in gone:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in gone}:
            sync_folder(folder)
    except OSError as error:
        raise NotWritable(f"Not all could be deleted: {error.strerror}.") from error
    names = [path.name for path in gone if path.parent == library.home.backups]
    await library.store.write(backup_rows.forget, names)


# -- what a timer opens it with


async def keep_password_file(library: Library, path: str) -> None:
    """Names the file in which a timer finds the password; "" for none. It stands in clear, since it
    is read before anything is open."""

    def put(_: Connection) -> None:
        # under the write lock of the database, as every change of the file
        there = sidecar.read(library.home.keys)
        sidecar.write(library.home.keys, sidecar.packed(replace(there, password_file=path)))

    if not is_keyed(library.home):
        raise UsageError("The library is not encrypted: a timer needs no password.")
    await library.store.write(put)
