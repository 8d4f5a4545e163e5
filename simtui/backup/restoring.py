"""A backup brought back: proven, made ready for the library it goes into, and taken in whole.

Two ways. A library that is open takes the copy in, in one transaction. Where the database does not
open, or is not there, a proven file takes its name, and what was there is kept beside it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simtui.errors import NotWritable
from simtui.store import migrations, snapshots, taking_in
from simtui.store.backups import Attempt
from simtui.store.filesystem import sync_folder
from simtui.store.snapshots import Key
from simtui.store.vault import VaultRows
from simtui.vault import sidecar

_JOURNAL = "-journal"
WITH_IT = ("-wal", "-shm", _JOURNAL)
"""What may lie beside a database and belongs to it."""


Resealed = tuple[str, bytes, bytes]
"""A secret's name, how it is sealed in the copy, and the same value sealed by the present key."""


@dataclass(frozen=True, slots=True)
class Into:
    """What a copy is made ready for. `key`: of the library, None of a plain one. `ways`: the ways
    into its vault, which stay; None where it has none. `attempts`: what it knows of backups."""

    key: bytes | bytearray | None
    page_size: int | None
    ways: VaultRows | None
    generation: int
    attempts: Sequence[Attempt]


def made_ready(copy: Path, key: Key, into: Into, resealed: Sequence[Resealed]) -> Path:
    """The file, in the same folder, that holds what the copy holds as the library will have it.
    Long work."""
    if _schema(copy, key) < migrations.SCHEMA_VERSION:
        taking_in.migrate_copy(copy, key)
    if into.key is not None and key is None:
        copy, key = taking_in.keyed_copy(copy, into.key, copy.with_name("keyed.db")), into.key
    elif key is None and into.page_size is not None:
        copy = taking_in.relaid_copy(copy, into.page_size, copy.with_name("relaid.db"))
    taking_in.make_present(
        copy,
        key,
        ways=into.ways,
        generation=into.generation,
        attempts=into.attempts,
        now_ms=time.time_ns() // 1_000_000,
    )
    if resealed:
        taking_in.reseal_in_copy(copy, key, resealed)
    return copy


def _schema(copy: Path, key: Key) -> int:
    with snapshots.opened_copy(copy, key) as connection:
        return snapshots.marks_of(connection).schema


def broken_name(database: Path, now_ms: int) -> Path:
    """Where a database goes that does not open: `simai.db.broken-20261122T193400Z`."""
    stamp = datetime.fromtimestamp(now_ms // 1000, UTC)
    when = f"{stamp.year:04}{stamp:%m%dT%H%M%SZ}"
    for number in range(1, 1000):
        again = f"-{number}" if number > 1 else ""
        place = database.with_name(f"{database.name}.broken-{when}{again}")
        if not any(place.with_name(place.name + ending).exists() for ending in ("", *WITH_IT)):
            return place
    raise AssertionError("a thousand in one second")


def put_in_place(ready: Path, database: Path, now_ms: int, keys: bytes | None) -> Path | None:
    """Gives a finished file the database's name, and an encrypted one its `keys`.

    What was there, with its log, is kept beside it: where; None where there was nothing. Killed at
    any moment, all of it is under one of its two names, and a log never lies beside a database that
    is not its own. Raises `NotWritable`.
    """
    there = [
        (path, ending)
        for ending in ("", *WITH_IT)
        if (path := database.with_name(database.name + ending)).exists()
        and (ending != _JOURNAL or path.stat().st_size)  # an empty one stays when it is truncated
    ]
    beside = database.with_suffix(".keys")
    aside = broken_name(database, now_ms) if there else None
    try:
        with ready.open("rb") as file:
            os.fsync(file.fileno())
        if aside is not None:
            for path, ending in there:
                _second_name(path, aside.with_name(aside.name + ending))
            sync_folder(database.parent)
            for path, ending in there:
                if ending:
                    path.unlink(missing_ok=True)
            sync_folder(database.parent)
        if keys is not None:
            _put_keys(keys, beside, aside)
        ready.replace(database)
    except OSError as error:
        kept = f"there, or in {aside}" if aside is not None else "there"
        raise NotWritable(
            f"{database.parent} cannot be written: {error.strerror}. What was there is {kept}. Try "
            "again; where it fails again, restore into a home on another disk with --into."
        ) from error
    try:
        sync_folder(database.parent)
    except OSError as error:
        kept = f" What was there before is in {aside}." if aside is not None else ""
        raise NotWritable(
            f"{database} is restored, and the disk does not say that it stays so: "
            f"{error.strerror}.{kept} Copy the home to another disk."
        ) from error
    return aside.with_name(aside.name + there[0][1]) if aside is not None else None


def _second_name(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except OSError:  # a file system without links
        with contextlib.suppress(FileNotFoundError):
            path.rename(other)


def _put_keys(keys: bytes, beside: Path, aside: Path | None) -> None:
    """The slots of an encrypted library; those of another one that lie there are kept."""
    if beside.exists():
        if beside.read_bytes() == keys:
            return
        if aside is not None:
            _second_name(beside, aside.with_name(f"{aside.name}.keys"))
    sidecar.write(beside, keys)
