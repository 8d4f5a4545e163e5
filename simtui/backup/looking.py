"""A backup that is there already: proven again, and looked into without restoring it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from simtui.apart import run_apart
from simtui.backup import archive, workplace
from simtui.backup.making import NOT_OPENED, SMALL_BYTES, OpenSecrets
from simtui.backup.manifest import Manifest
from simtui.backup.proof import Proof, check_kind
from simtui.backup.proof import prove as prove_file
from simtui.errors import BadInput, shown
from simtui.store import snapshots
from simtui.store.snapshots import Key
from simtui.store.store import to_its_end
from simtui.vault.memory import close_this_process

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def prove(
    file: Path, folder: Path, key: Key, open_secrets: OpenSecrets | None
) -> tuple[Proof, str]:
    """The proof of a backup, and what was not looked at. `folder`: where it may be unpacked to.
    Raises `NotWritable`."""
    with room_for(file, folder) as place:
        proof = await proven(file, place / "proof.db", key)
    words = ""
    if open_secrets is None:
        words = NOT_OPENED if proof.sealed else ""
    elif wrong := open_secrets(proof.sealed):
        proof = replace(proof, rot=(*proof.rot, *wrong))
    return proof, words


@contextlib.contextmanager
def room_for(file: Path, folder: Path, *, more_bytes: int = 0) -> Iterator[Path]:
    """A private folder with room for what is in a backup, and more. Raises `NotWritable`."""
    manifest = archive.peek(file)
    workplace.make_folder(folder)
    workplace.sweep(folder)
    workplace.check_room(
        folder,
        (manifest.database_bytes if manifest else 0) + more_bytes,
        f"{file.name} was not opened",
        "It stays as it is, and so does your library.",
    )
    with workplace.private_folder(folder) as place:
        yield place


async def proven(file: Path, copy: Path, key: Key) -> Proof:
    """Proves a backup, and leaves what came out of it in `copy`."""
    return await _apart(file, prove_apart, file, copy, key)


async def unpacked(file: Path, copy: Path, key: Key) -> Manifest:
    """Unpacks the database of a backup, sure of its bytes and of its kind, and not of all that is
    in it. Raises `BadInput`."""
    return await _apart(file, unpack_apart, file, copy, key)


async def _apart(
    file: Path,
    work: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    manifest = archive.peek(file)
    if manifest is None or manifest.database_bytes > SMALL_BYTES:
        return await run_apart(work, *args, **kwargs)
    return await to_its_end(asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs)))


def prove_apart(file: Path, copy: Path, key: Key) -> Proof:
    """`proof.prove`, where it may be in a process of its own."""
    if key is not None:
        close_this_process()
    return prove_file(file, copy, key)


def unpack_apart(file: Path, copy: Path, key: Key) -> Manifest:
    """The same without a look at every row."""
    if key is not None:
        close_this_process()
    try:
        with archive.opened(file) as opened:
            opened.keys()
            opened.extract_database(copy)
            manifest = opened.manifest
        if manifest.encrypted and key is None:
            raise BadInput("it is encrypted, and its key is not at hand")
        with snapshots.opened_copy(copy, key if manifest.encrypted else None) as connection:
            check_kind(connection, manifest.schema)
    except BadInput as error:
        raise type(error)(
            f"{shown(str(file), 400)} cannot be used: {error.message}. Nothing was changed."
        ) from None
    return manifest
