"""Making a backup: a copy of the database, packed, proven, and only then given its name.

The heavy part runs apart, in a folder of its own that goes however it ends. What has a final name
was proven; a process that is killed leaves the folder, which the next one sweeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.apart import run_apart
from simtui.backup import archive, names, workplace
from simtui.backup.manifest import Manifest
from simtui.backup.proof import Proof, prove, slots_in
from simtui.errors import Damaged, NotWritable
from simtui.model.retention import BEFORE
from simtui.store import snapshots
from simtui.store.backups import Attempt
from simtui.store.store import to_its_end
from simtui.vault.memory import close_this_process, wipe

if TYPE_CHECKING:
    from simtui.store.secrets import SealedSecret
    from simtui.store.store import Store

SMALL_BYTES = 4 << 20
"""A library up to this size is backed up in a thread: a new process would take longer."""

NOT_OPENED = "secrets not opened"
_SPARE_BYTES = 1 << 20
_POLL_SECONDS = 0.1

Record = Callable[[Attempt], Awaitable[None]]
OpenSecrets = Callable[[tuple["SealedSecret", ...]], list[str]]
OnStage = Callable[[str, float], None]
"""Called with what is being done (copying, packing, proving) and how much of it is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup under its final name."""

    path: Path
    attempt: Attempt
    stages_ms: tuple[tuple[str, int], ...]

    @property
    def damaged(self) -> bool:
        """It is no backup, but a copy of what is damaged, kept before something is changed."""
        return not self.attempt.is_good


@dataclass(frozen=True, slots=True)
class Built:
    """What came of the work apart."""

    proof: Proof
    size_bytes: int
    stages_ms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What the work apart needs. `place` is its private folder; a copy that is there already is
    taken. `keys`: the file with the slots beside an encrypted library."""

    database: Path
    place: Path
    reason: str
    created_at: int
    key: bytes | bytearray | None
    keys: Path | None

    @property
    def copy(self) -> Path:
        """The database as it was."""
        return self.place / "copy.db"

    @property
    def file(self) -> Path:
        """The archive that is being made."""
        return self.place / "backup.zip"

    @property
    def unpacked(self) -> Path:
        """What came out of it."""
        return self.place / "proof.db"


async def make(
    store: Store,
    folder: Path,
    reason: str,
    *,
    record: Record,
    open_secrets: OpenSecrets | None = None,
    keys: Path | None = None,
    on_stage: OnStage | None = None,
    others: str = "",
) -> Made:
    """Makes a proven backup of the library that `store` has open, in `folder`; the caller holds
    `workplace.one_at_a_time`. `open_secrets`: what is wrong with each secret, where the keys are
    at hand. `keys`: the slots beside an encrypted library. `others`: what else is untouched when it
    cannot be made, in words.

    Raises `Damaged` where it was made and is not good (before a change a faithful copy of what is
    damaged is kept then, under a name that says so), and `NotWritable`.
    """
    started, now_ms = time.perf_counter(), time.time_ns() // 1_000_000
    await asyncio.to_thread(workplace.sweep, folder)
    used = await store.read(snapshots.used_bytes)
    # the copy and the file of it stand at one time, and then the file and what came out of it
    safe = f"Your library{others} untouched."
    workplace.check_room(folder, 2 * used + _SPARE_BYTES, "Backup not made", safe)
    with workplace.private_folder(folder) as place, key_of(store) as key:
        work = Work(store.path, place, reason, now_ms, key, keys if key else None)
        if store.network:
            await store.write_copy(work.copy)
        built = await _built(work, used, on_stage, safe)
        proof, words = built.proof, ""
        if open_secrets is None:
            words = NOT_OPENED if proof.sealed else ""
        elif wrong := open_secrets(proof.sealed):
            proof = replace(proof, rot=(*proof.rot, *wrong))
        if proof.faults or (proof.rot and reason not in BEFORE):
            raise Damaged(
                f"Backup not made: {proof.words}. Your library{others} untouched; `simtui doctor` "
                "says more."
            )
        assert proof.manifest is not None
        attempt = Attempt(
            name=None,
            reason=reason,
            created_at=now_ms,
            is_good=proof.is_good,
            words=words if proof.is_good else proof.words,
            size_bytes=built.size_bytes,
            workflows=proof.manifest.workflows,
            runs=proof.manifest.runs,
            duration_ms=round((time.perf_counter() - started) * 1000),
            proven_at=time.time_ns() // 1_000_000,
            proof_ms=proof.duration_ms,
        )
        path, attempt = await to_its_end(
            asyncio.ensure_future(_published(work.file, folder, attempt, record))
        )
    return Made(path, attempt, built.stages_ms)


async def _published(
    file: Path, folder: Path, attempt: Attempt, record: Record
) -> tuple[Path, Attempt]:
    """First the row, since a row without a file is none, and a file without a row not proven."""
    for number in range(1, 1000):
        name = names.name_of(
            attempt.created_at, attempt.reason, number, damaged=not attempt.is_good
        )
        if (folder / name).exists():
            continue
        named = replace(attempt, name=name)
        if attempt.is_good:
            await record(named)
        try:
            await asyncio.to_thread(workplace.publish, file, folder / name)
        except FileExistsError:
            continue
        except OSError as error:
            raise _not_made(folder, error) from error
        return folder / name, named
    raise AssertionError("a thousand backups in one second")


def _not_made(folder: Path, error: OSError) -> NotWritable:
    return NotWritable(
        f"Backup not made: {folder} cannot be written ({error.strerror}). Your library and the "
        "backups in it are untouched; free some space, or let go of backups with `simtui backups "
        "prune`."
    )


@contextlib.contextmanager
def key_of(store: Store) -> Iterator[bytearray | None]:
    """The key of an encrypted library, wiped afterwards."""
    key = store.copied_key()
    try:
        yield key
    finally:
        if key is not None:
            wipe(key)


async def _built(work: Work, used: int, on_stage: OnStage | None, safe: str) -> Built:
    watching = None
    if on_stage is not None:
        watching = asyncio.create_task(_tell_stages(work, used, on_stage))
    try:
        if used <= SMALL_BYTES:
            return await to_its_end(asyncio.ensure_future(asyncio.to_thread(build, work)))
        return await run_apart(build_apart, work)
    except OSError as error:
        raise _not_made(work.place.parent, error) from error
    except NotWritable as error:
        raise NotWritable(f"Backup not made: {error.message}") from error
    except Damaged as error:
        raise Damaged(f"Backup not made: {error.message.rstrip('.')}. {safe}") from error
    finally:
        if watching is not None:
            watching.cancel()


async def _tell_stages(work: Work, used: int, on_stage: OnStage) -> None:
    """Looks at the files as they grow: the work itself has no time to tell."""
    while True:
        for name, file in (
            ("proving", work.unpacked), ("packing", work.file), ("copying", work.copy),
        ):  # fmt: skip
            with contextlib.suppress(OSError):
                on_stage(name, min(file.stat().st_size / max(used, 1), 1.0))
                break
        await asyncio.sleep(_POLL_SECONDS)


def build_apart(work: Work) -> Built:
    """`build`, in a process of its own."""
    if work.key is not None:
        close_this_process()
    return build(work)


def build(work: Work) -> Built:
    """The file, made and proven. Raises `OSError`, `NotWritable`, and as `engine.connect` does."""
    clock = Clock()
    if not work.copy.exists():
        snapshots.copy_of(work.database, work.copy, work.key)
    clock.lap("copy")
    with snapshots.opened_copy(work.copy, work.key) as connection:
        schema = snapshots.schema_in(connection)
        rows = snapshots.row_counts(connection, snapshots.tables_of(schema))
        workflows, runs = snapshots.told_counts(connection)
        marks, slots = snapshots.marks_of(connection), slots_in(connection)
    clock.lap("count")
    keys = work.keys.read_bytes() if work.keys else None

    def describe(size: int, digest: str) -> Manifest:
        return Manifest(
            created_at=work.created_at,
            reason=work.reason,
            schema=marks.schema,
            encrypted=keys is not None,
            database_bytes=size,
            database_sha256=digest,
            keys_sha256=archive.sha256(keys) if keys is not None else None,
            rows=rows,
            slots=slots,
            workflows=workflows,
            runs=runs,
        )

    archive.pack(work.file, work.copy, describe, keys)
    clock.lap("pack")
    work.copy.unlink()
    proof = prove(work.file, work.unpacked, work.key)
    clock.lap("prove")
    return Built(proof, work.file.stat().st_size, tuple(clock.laps))


class Clock:
    """Where the time goes: each lap in milliseconds, by its name."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: list[tuple[str, int]] = []

    def lap(self, name: str) -> None:
        """Ends one."""
        now = time.perf_counter()
        self.laps.append((name, round((now - self._last) * 1000)))
        self._last = now
