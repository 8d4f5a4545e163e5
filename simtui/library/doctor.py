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
from simtui.errors import Damaged, SimtuiError, shown
from simtui.library import Library
from simtui.library.content import checked
from simtui.model import wording
from simtui.paths import Home, log_folder
from simtui.store import checks, engine, migrations, secrets, vault
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


async def examine(home: Home) -> list[Finding]:
    """Everything there is to know of a home, also where its database does not open."""
    findings = [*_versions(), *_places(home)]
    if not home.database.exists():
        return [*findings, Finding("database", None, "not there yet", "`simtui import` makes it.")]
    findings += _modes(home)
    try:
        library = await Library.open(home, create=False)
    except SimtuiError as error:
        return [*findings, Finding("database", False, error.message)]
    async with library:
        findings += [Finding("notice", False, notice) for notice in library.notices]
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
    for path in (home.root, *sorted(home.root.glob("simai.db*"))):
        mode = stat.S_IMODE(path.stat().st_mode)
        private = not mode & 0o077
        advice = "" if private else f"Others can read it. chmod go-rwx '{path}'"
        yield Finding(path.name, private, f"mode {mode:04o}", advice)


async def _database(store: Store) -> list[Finding]:
    found = [Finding("database", True, wording.size(store.path.stat().st_size))]
    said = await store.read(checks.quick_check)
    found.append(Finding("quick check", said == "ok", shown(said, 400)))
    broken = await store.read(checks.broken_links)
    found.append(Finding("links", not broken, "sound" if not broken else f"{broken} broken"))
    found.append(await _documents(store))
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
