"""A backup brought back into a library, or into a home that has none that opens.

What a restore never takes back: the ways into the vault, and what is known of backups. Secrets that
another key sealed are sealed anew where a way into the backup's own vault is known; the others stay
as they are, and are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.apart import run_apart
from simtui.backup import archive, looking, making, restoring, workplace
from simtui.backup.names import read_name
from simtui.backup.proof import check_kind
from simtui.backup.restoring import Into, Resealed
from simtui.errors import BadInput, Damaged, Locked, NotWritable, UsageError, shown
from simtui.library.backups import Made, now_ms
from simtui.model import wording
from simtui.paths import Home
from simtui.store import backups as rows
from simtui.store import migrations, snapshots, vault
from simtui.store.store import to_its_end
from simtui.store.taking_in import Ready

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.backup.making import OnStage
    from simtui.backup.proof import Proof
    from simtui.library import Library
    from simtui.store.vault import VaultRows
    from simtui.vault.held import Held

BEFORE = "before-restore"
PATIENCE_SECONDS = 10.0
TRIES = 3
_WAIT = re.compile(r" ?[0-9]+ s until the next try\.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a person: a way into the backup's own vault. `ways`: those there are.
    `what` it is for; `said`: why the last one did not do."""

    ways: tuple[str, ...]
    what: str
    said: str = ""


AskWay = Callable[[Asked], Awaitable[bytearray | None]]
"""A password or a recovery code, as it was typed; it is wiped. None: leave it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of it. `safety`: the backup of what was there before; `aside`: where a database
    went that did not open. `left_sealed`: names of secrets that only another key opens."""

    workflows: int
    runs: int
    safety: Made | None
    aside: Path | None
    resealed: int
    left_sealed: tuple[str, ...]
    duration_ms: int
    stages_ms: tuple[tuple[str, int], ...] = ()


class Keys:
    """The keys of a backup, as far as they are at hand; wiped at the end."""

    def __init__(self, file: Path, ask: AskWay | None) -> None:
        self._file = file
        self._ask = ask
        self.held: Held | None = None
        self.library_key: bytearray | None = None

    def wipe(self) -> None:
        """Overwrites every key."""
        from simtui.vault.memory import wipe

        if self.held is not None:
            self.held.wipe()
        if self.library_key is not None:
            wipe(self.library_key)

    async def open_keys(self) -> bool:
        """Opens `simai.keys` in the backup, by asking."""
        from simtui.vault import elsewhere

        with archive.opened(self._file) as opened:
            octets = opened.keys() or b""

        async def open_with(way: str, secret: bytearray) -> None:
            self.held, self.library_key = await elsewhere.opened_keys(octets, way, secret)

        return await self._asked(elsewhere.ways_in_keys(octets), "the backup", open_with)

    async def open_ways(self, found: VaultRows, what: str) -> bool:
        """Opens the vault in a plain backup, by asking."""
        from simtui.vault import elsewhere

        async def open_with(way: str, secret: bytearray) -> None:
            self.held = await elsewhere.opened_ways(found, way, secret)

        return self.held is not None or await self._asked(elsewhere.ways_of(found), what, open_with)

    async def _asked(
        self, ways: list[str], what: str, open_with: Callable[[str, bytearray], Awaitable[None]]
    ) -> bool:
        from simtui.library.secrets import meant

        said = ""
        for _ in range(TRIES if self._ask is not None else 0):
            assert self._ask is not None
            typed = await self._ask(Asked(tuple(ways), what, said))
            if typed is None:
                return False
            tries, said = meant(typed, ways)
            for way, secret in tries:
                try:
                    await open_with(way, secret)
                except Locked as error:
                    said = f"{_WAIT.sub('', error.message)} {said}".strip()
                else:
                    return True
        return False


@contextlib.asynccontextmanager
async def keys_of(
    library: Library | None, file: Path, ask: AskWay | None
) -> AsyncIterator[tuple[Keys, bytearray | None]]:
    """The keys of a backup, and the one that its database needs; None where it is plain. Raises
    `Locked` where it is encrypted and nothing opens it."""
    keys, key = Keys(file, ask), None
    manifest = archive.peek(file)
    try:
        if manifest is not None and manifest.encrypted:
            with contextlib.suppress(BadInput):  # what is wrong with it, its proof will tell
                key = await _own_key(library, file)
                if key is None and not await keys.open_keys():
                    raise Locked(
                        f"{file.name} is encrypted, and another key opens it than this library's. "
                        "Its own password or recovery code is needed. Nothing was changed."
                    )
            key = key or keys.library_key
        yield keys, key
    finally:
        keys.wipe()
        if key is not None:
            key[:] = bytes(len(key))


async def _own_key(library: Library | None, file: Path) -> bytearray | None:
    """The key of an encrypted backup, where what this library holds leads to it."""
    if library is None or not library.vault_is_open:
        return library.store.copied_key() if library is not None else None
    from simtui.vault import sidecar
    from simtui.vault.sealing import SealedByAnotherKey

    with archive.opened(file) as opened:
        octets = opened.keys() or b""
    try:
        return sidecar.unpacked(octets).opened(library.vault.held().keys)
    except (Damaged, SealedByAnotherKey):
        return None


# -- into the library that is open


async def restore(
    library: Library,
    file: Path,
    *,
    ask: AskWay | None = None,
    on_stage: OnStage | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Restored:
    """Puts everything that is in a backup in the place of everything in the library, after a backup
    of the present. Every connection goes on and sees what is there then.

    `ask`: for a way into the backup's own vault, where its secrets need one. `patience_seconds`:
    how long another process may hold the library. Raises `Damaged` or `BadInput` (the backup is not
    good), `Locked`, `Busy`, `NotWritable`; then the library is as it was.
    """
    started, store, folder = time.perf_counter(), library.store, library.backups.folder
    clock = making.Clock()
    workplace.make_folder(folder)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(workplace.one_at_a_time(folder))
        used = await store.read(snapshots.used_bytes)
        unpacked = _unpacked_bytes(file)
        # the safety backup is made while the source lies unpacked; then a log of its full size
        more = max(2 * used, used + 2 * unpacked + max(0, unpacked - used))
        place = stack.enter_context(looking.room_for(file, folder, more_bytes=more))
        keys, key = await stack.enter_async_context(keys_of(library, file, ask))
        own = stack.enter_context(making.key_of(store))
        if key is not None and own is None:
            raise UsageError(
                f"{file.name} is encrypted, and this library is not: what was under a key is never "
                "put in clear. Restore it with --into another home, or encrypt this library first."
            )
        copy = place / "source.db"
        proof = await _proven(file, copy, key)
        clock.lap("prove")
        safety = await library.backups.make_within(BEFORE, on_stage=on_stage)
        clock.lap("safety")
        if on_stage is not None:
            on_stage("restoring", 0.0)
        resealed, left = await _resealed(library, keys, proof)
        into = await store.read(_into, own)
        ready = await _made_ready(copy, key, into, resealed, unpacked)
        clock.lap("ready")
        await store.take_in(Ready(ready, own if key is None else key), patience_seconds)
        clock.lap("take in")
    manifest = proof.manifest
    assert manifest is not None
    await store.read(_check)
    clock.lap("check")
    return Restored(
        workflows=manifest.workflows,
        runs=manifest.runs,
        safety=safety,
        aside=None,
        resealed=len(resealed),
        left_sealed=left,
        duration_ms=round((time.perf_counter() - started) * 1000),
        stages_ms=tuple(clock.laps),
    )


def _unpacked_bytes(file: Path) -> int:
    manifest = archive.peek(file)
    return manifest.database_bytes if manifest else 0


async def _proven(file: Path, copy: Path, key: bytearray | None) -> Proof:
    """Unpacks a backup that is good. Raises `Damaged`."""
    proof = await looking.proven(file, copy, key)
    if not proof.is_good:
        raise Damaged(
            f"{shown(str(file), 400)} is not restored: {proof.words}. What is there now is as it "
            "was; `simtui backups list` shows the others."
        )
    return proof


def _into(connection: Connection, own: bytearray | None) -> Into:
    return Into(
        key=own,
        page_size=snapshots.marks_of(connection).page_size,
        ways=vault.read(connection),
        generation=vault.generation(connection),
        attempts=rows.all_of(connection),
    )


async def _made_ready(
    copy: Path, key: bytearray | None, into: Into, resealed: Sequence[Resealed], size_bytes: int
) -> Path:
    try:
        if size_bytes > making.SMALL_BYTES:
            return await run_apart(restoring.made_ready, copy, key, into, resealed)
        work = asyncio.to_thread(restoring.made_ready, copy, key, into, resealed)
        return await to_its_end(asyncio.ensure_future(work))
    except Damaged as error:  # it was proven a moment ago
        raise Damaged(
            f"The backup is good, and its copy could not be made ready: {error.message}. What is "
            "there now is as it was; look at the disk, and try again."
        ) from error


async def _resealed(
    library: Library, keys: Keys, proof: Proof
) -> tuple[list[Resealed], tuple[str, ...]]:
    """Seals anew what another key sealed, where a way to that one is known; and the names of those
    that stay as they are."""
    present = await library.store.read(vault.read)
    if present is None or not proof.sealed or proof.ways is None:
        return [], ()
    from simtui.vault import elsewhere

    foreign = elsewhere.foreign(present, proof.sealed)
    done: list[Resealed] = []
    if foreign:
        what = f"{wording.plural(len(foreign), 'secret')} in the backup"
        if await keys.open_ways(proof.ways, what) and library.vault_is_open:
            assert keys.held is not None
            done = elsewhere.resealed(library.vault, keys.held, foreign)
    names = {name for name, _, _ in done}
    return done, tuple(row.name for row in foreign if row.name not in names)


def _check(connection: Connection) -> None:
    """Looks at what is there now: it was proven, and came in whole or not at all. Raises
    `Damaged`."""
    try:
        check_kind(connection, migrations.SCHEMA_VERSION)
        snapshots.told_counts(connection)
    except BadInput as error:
        raise Damaged(
            f"The restore came to its end, and what is there now is not sound: {error.message}. "
            "The backup that was made before it has what was there."
        ) from error


# -- into a home whose database does not open, or that has none


async def restore_over(
    home: Home, file: Path, *, ask: AskWay | None = None, patience_seconds: float = 0
) -> Restored:
    """Puts a backup where no database is, or none that opens: what is there is kept beside it.
    Whoever calls it has tried to open it. Raises as `restore` does; then nothing was changed."""
    started = time.perf_counter()
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"The home {home} cannot be made: {error.strerror}.") from error
    workplace.make_folder(home.backups)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(workplace.one_at_a_time(home.backups, patience_seconds))
        place = stack.enter_context(
            looking.room_for(file, home.backups, more_bytes=_unpacked_bytes(file))
        )
        _keys, key = await stack.enter_async_context(keys_of(None, file, ask))
        octets = None
        if key is not None:
            with archive.opened(file) as opened:
                octets = opened.keys()
        elif home.keys.exists():
            raise UsageError(
                f"The library in {home} is encrypted, and {file.name} is not: what was under a key "
                "is never put in clear. Restore an encrypted backup, or use --into another home."
            )
        proof = await _proven(file, place / "source.db", key)
        attempts = [each] if (each := _known(file, home.backups, proof)) else []
        into = Into(key=key, page_size=None, ways=None, generation=0, attempts=attempts)
        ready = await _made_ready(place / "source.db", key, into, (), _unpacked_bytes(file))
        work = asyncio.to_thread(restoring.put_in_place, ready, home.database, now_ms(), octets)
        aside = await to_its_end(asyncio.ensure_future(work))
    assert proof.manifest is not None
    return Restored(
        workflows=proof.manifest.workflows,
        runs=proof.manifest.runs,
        safety=None,
        aside=aside,
        resealed=0,
        left_sealed=(),
        duration_ms=round((time.perf_counter() - started) * 1000),
    )


def _known(file: Path, folder: Path, proof: Proof) -> rows.Attempt | None:
    """What this proof tells of a backup in the home's own folder."""
    named, manifest = read_name(file.name), proof.manifest
    if named is None or manifest is None or file.parent != folder:
        return None
    return rows.Attempt(
        name=file.name,
        reason=manifest.reason,
        created_at=manifest.created_at,
        is_good=True,
        words=making.NOT_OPENED if proof.sealed else "",
        size_bytes=file.stat().st_size,
        workflows=manifest.workflows,
        runs=manifest.runs,
        proven_at=now_ms(),
        proof_ms=proof.duration_ms,
    )
