"""Looks at everything and changes nothing: the home, its modes, the database, each document, and
the search index against its rows."""

from __future__ import annotations

import asyncio
import platform
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from simtui import __version__
from simtui.errors import Damaged, Locked, SimtuiError, shown
from simtui.library import Library
from simtui.library.content import checked
from simtui.library.keyed import Unlocking
from simtui.model import wording
from simtui.paths import Home, log_folder
from simtui.store import assets, checks, engine, migrations, secrets, vault
from simtui.store.filesystem import is_network, type_of

if TYPE_CHECKING:
    from simtui.store.store import Store

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `ok` is None where there is nothing to judge; `advice`: what to do."""

    name: str
    ok: bool | None
    value: str
    advice: str = ""


async def examine(home: Home, unlocking: Unlocking | None = None) -> list[Finding]:
    """Everything there is to know of a home, also where its database does not open. `unlocking`
    opens one that is encrypted."""
    findings = [*_versions(), *_places(home)]
    if not home.database.exists():
        return [*findings, Finding("database", None, "not there yet", "`simtui import` makes it.")]
    findings += _modes(home)
    try:
        library = await Library.open(home, create=False, unlocking=unlocking)
    except Locked:
        raise  # nothing is known of it then, good or bad
    except SimtuiError as error:
        return [*findings, Finding("database", False, error.message)]
    async with library:
        findings += [Finding("notice", False, notice) for notice in library.notices]
        findings += _keys(library)
        findings += await _database(library.store)
        findings += await _vault(library.store)
    return findings


def _versions() -> Iterator[Finding]:
    yield Finding("simtui", None, f"{__version__}, schema {migrations.SCHEMA_VERSION}")
    yield Finding("Python", None, f"{platform.python_version()} on {platform.platform()}")
    # the WAL-reset bug was mended in 3.51.3; 3.52.0 was withdrawn
    sound = tuple(map(int, engine.SQLITE_VERSION.split("."))) >= (3, 51, 3)
    yield Finding("SQLite", sound, f"{engine.SQLITE_VERSION} (sqlcipher3 {version('sqlcipher3')})")


def _places(home: Home) -> Iterator[Finding]:
    yield Finding("home", None, shown(str(home.root), 400))
    yield Finding("log folder", None, shown(str(log_folder()), 400))
    place = home.root
    while not place.exists():
        place = place.parent
    kind = type_of(place)
    yield Finding("file system", not is_network(kind), kind or "unknown")
    free = shutil.disk_usage(place).free
    enough = free > 100_000_000
    advice = "" if enough else "Free some space before the next import or backup."
    yield Finding("free space", enough, wording.size(free), advice)


def _modes(home: Home) -> Iterator[Finding]:
    for path in (home.root, *sorted(home.root.glob("simai.[dk]*"))):
        mode = stat.S_IMODE(path.stat().st_mode)
        private = not mode & 0o077
        advice = "" if private else f"Others can read it. chmod go-rwx '{path}'"
        yield Finding(path.name, private, f"mode {mode:04o}", advice)


def _keys(library: Library) -> Iterator[Finding]:
    name = library.home.keys.name
    if library.is_encrypted:
        yield Finding("encryption", True, f"the whole library; what opens it lies in {name}")
    elif library.home.keys.exists():
        advice = "Move it to the encrypted library that it opens, if there is one."
        yield Finding(name, None, "lies beside a library that is not encrypted", advice)


async def _database(store: Store) -> list[Finding]:
    found = [Finding("database", True, wording.size(store.path.stat().st_size))]
    said = await store.read(checks.quick_check)
    found.append(Finding("quick check", said == "ok", shown(said, 400)))
    broken = await store.read(checks.broken_links)
    found.append(Finding("links", not broken, "sound" if not broken else f"{broken} broken"))
    found.append(await _documents(store))
    found.append(await _files(store))
    looked, wrong = await store.read(checks.index_both_ways)
    found.append(
        Finding("search index", not wrong, f"{wording.count(looked)} entries, {wrong} wrong")
    )
    return found


async def _vault(store: Store) -> list[Finding]:
    """What can be told of the vault without opening it."""
    from simtui.vault import soundness

    found = await store.read(vault.read)
    sealed = await store.read(secrets.all_of)
    if found is None and sealed:
        lost = f"not there, and {wording.plural(len(sealed), 'secret')} sealed by it"
        return [Finding("vault", False, lost, "Restore a backup that has it.")]
    if found is None:
        return [Finding("vault", None, "none yet")]
    return [
        Finding(name, not wrong, value, " ".join(wrong))
        for name, value, wrong in (
            ("vault", *soundness.of_ways(found)),
            ("secrets", *soundness.of_sealed(found, sealed)),
        )
    ]


async def _documents(store: Store) -> Finding:
    """Unpacks every document, current and earlier, and holds it against its digest."""
    total, bad = 0, []
    after: tuple[str, int] | None = None
    while batch := await store.read(checks.documents_after, after, _BATCH):
        total += len(batch)
        bad += await asyncio.to_thread(_damaged_in, batch)
        last = batch[-1]
        after = (last.workflow_id, last.number)
    value = f"{wording.count(total)} unpacked, all as they were written"
    if bad:
        value = f"{wording.count(total)} unpacked, {len(bad)} damaged: {'; '.join(bad[:5])}"
    advice = "The others are whole. Export what you can, and restore the rest." if bad else ""
    return Finding("documents", not bad, value, advice)


async def _files(store: Store) -> Finding:
    """Unpacks every file of a workflow and holds it against its digest."""
    total, size, bad, after = 0, 0, [], ""
    while batch := await store.read(assets.contents_after, after, _BATCH):
        for content in batch:
            total, size = total + 1, size + content.size_bytes
            try:
                await store.read(assets.check, content)
            except Damaged as error:
                bad.append(error.message)
        after = batch[-1].digest
    value = f"{wording.plural(total, 'file')}, {wording.size(size)}"
    _, left_over = await store.read(assets.left_over)
    if left_over:
        pieces = wording.size(left_over * assets.PIECE_BYTES)
        value += f"; up to {pieces} of others coming in or going"
    if not bad:
        return Finding("files", True, f"{value}, all as they were written" if total else value)
    return Finding(
        "files",
        False,
        f"{value}; {len(bad)} damaged: {'; '.join(bad[:5])}",
        "The others are whole. Add these again, or restore a backup.",
    )


def _damaged_in(batch: list[checks.StoredDocument]) -> list[str]:
    bad = []
    for item in batch:
        what = f"workflow {item.workflow_id}"
        if item.number:
            what += f" version {item.number}"
        try:
            checked(item.frame, item.digest, what)
        except Damaged as error:
            bad.append(error.message)
    return bad
