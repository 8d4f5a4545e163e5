"""The backups of one library: made, listed, proven again, let go of.

What is listed is what lies in the folder, with what is known of each: a file that nothing is known
of is not proven, and a row without its file is no backup.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import Damaged, NotFound, NotWritable, SimtuiError, shown
from simtui.model import retention, settings, wording
from simtui.store import backups as rows

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.backup.making import OnStage, OpenSecrets
    from simtui.backup.proof import Proof
    from simtui.library import Library
    from simtui.library.restoring import AskWay, Restored

PROVEN, BAD, UNPROVEN, DAMAGED = "proven", "bad", "unproven", "damaged"
REPROOF_MS = 7 * 86_400_000
"""How often an old backup is proven again by itself."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file in the folder of the backups. Times are Unix milliseconds; None is not known.

    `verdict`: `proven`; `bad`, a proof found what `words` say; `unproven`, nobody has looked since
    it came or changed; `damaged`, a copy of a damaged library that was kept before a change.
    `kept_by`: what keeps it, in words; empty: the next prune takes it.
    """

    path: Path
    reason: str
    created_at: int
    size_bytes: int
    verdict: str
    words: str = ""
    workflows: int | None = None
    runs: int | None = None
    duration_ms: int | None = None
    proven_at: int | None = None
    proof_ms: int | None = None
    kept_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making one. `notice`: what the person should know, or "". `gone`: the names of
    the older ones that were let go of. `stages_ms`: where the time went."""

    backup: Backup
    notice: str
    gone: tuple[str, ...]
    stages_ms: tuple[tuple[str, int], ...]


class BackupShelf:
    """The backups of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.folder = library.home.backups

    # -- what there is

    async def all(self) -> list[Backup]:
        """Every backup in the folder, newest first, with what keeps it."""
        known = {each.name: each for each in await self.attempts() if each.name}
        found = await asyncio.to_thread(_listed, self.folder, known)
        policy = await self.policy()
        kept = {
            each.name: each.kept_by
            for each in retention.decide(map(_judged, found), policy, now_ms(), None)
        }
        return [replace(each, kept_by=kept[each.name]) for each in found]

    async def attempts(self) -> list[rows.Attempt]:
        """What is known of each attempt, in order; those that failed have no name."""
        return await self._library.store.read(rows.all_of)

    async def policy(self) -> retention.Policy:
        """How many of the daily ones stay."""
        stored = await self._library.settings.all()
        rules = ("last", "daily", "weekly", "monthly", "yearly")
        return retention.Policy(
            *(settings.number(f"backup.keep_{rule}", stored, os.environ) or 0 for rule in rules)
        )

    async def is_due(self) -> bool:
        """Whether the newest proven one is old enough; a first one of nothing is no safety."""
        from simtui.backup import due

        now, stored = now_ms(), await self._library.settings.all()
        every_hours = settings.number("backup.every", stored, os.environ) or 0
        good = [each.created_at for each in await self.all() if each.verdict == PROVEN]
        last = due.last_good(good, now)
        if last is None and await self._library.is_empty():
            return False
        return due.is_due(last, now, every_hours)

    async def failures(self) -> list[rows.Attempt]:
        """The attempts since the last good one that failed, in order."""
        failed: list[rows.Attempt] = []
        for attempt in await self.attempts():
            if attempt.name is None:
                failed.append(attempt)
            elif attempt.is_good:
                failed.clear()
        return failed

    async def find(self, reference: str | Path) -> Path:
        """The file that is meant: a path, a name in the folder, a part of one that only one has, or
        `latest`, the newest proven one, or `newest`. Raises `NotFound`."""
        path = Path(reference).expanduser()
        if path.is_file():
            return path.absolute()
        listed = await self.all()
        proven = [each for each in listed if each.verdict == PROVEN]
        return _meant(str(reference), listed, proven)

    # -- made

    async def make(
        self,
        reason: str = retention.MANUAL,
        *,
        on_stage: OnStage | None = None,
        patience_seconds: float = 0,
        only_if_due: bool = False,
        prune: bool = True,
    ) -> Made | None:
        """Makes a proven backup and lets go of those that no rule keeps. None where `only_if_due`
        and it is not, any more.

        Can be cancelled, and leaves nothing then. `on_stage`: called with what is being done and
        how much of it is. `patience_seconds`: how long to wait while another process makes one.
        Raises `Busy`, `NotWritable` (no room), or `Damaged` (something in the library is; before a
        change a copy is kept all the same, and told by `notice`).
        """
        from simtui.backup import workplace

        workplace.make_folder(self.folder)
        async with workplace.one_at_a_time(self.folder, patience_seconds):
            if only_if_due and not await self.is_due():
                return None
            made = await self.make_within(reason, on_stage=on_stage)
            if not prune or made.backup.verdict != PROVEN:
                return made
            return replace(made, gone=tuple(await self._pruned()))

    async def make_within(self, reason: str, *, on_stage: OnStage | None = None) -> Made:
        """The same for whoever holds `workplace.one_at_a_time` already; lets go of none."""
        from simtui.backup import making

        store = self._library.store
        try:
            made = await making.make(
                store,
                self.folder,
                reason,
                record=lambda attempt: store.write(rows.add, attempt),
                open_secrets=self._secrets_opener(),
                keys=self._library.home.keys,
                on_stage=on_stage,
                others=_others(self.folder),
            )
        except (Damaged, NotWritable) as error:
            await self._put_down_failure(reason, error)
            raise
        return Made(
            _known(made.path, made.attempt, made.attempt.size_bytes or 0),
            notice_of(made.path, made.attempt),
            (),
            made.stages_ms,
        )

    async def _put_down_failure(self, reason: str, error: SimtuiError) -> None:
        attempt = rows.Attempt(None, reason, now_ms(), False, error.message)
        try:
            await self._library.store.write(rows.add, attempt)
        except SimtuiError:
            return  # the disk is full: it is told all the same

    def _secrets_opener(self) -> OpenSecrets | None:
        if not self._library.vault_is_open:
            return None
        from simtui.vault.elsewhere import damaged_among

        return lambda sealed: damaged_among(self._library.vault, sealed)

    # -- proven again

    async def prove(self, file: Path, *, ask: AskWay | None = None) -> tuple[Proof, str]:
        """Opens a backup as a restore would, and looks at everything in it; keeps what it finds.
        The proof, and what was not looked at, in words. Raises `NotWritable` where there is no room
        to unpack it, and `Locked` where it is encrypted by a key that is not at hand."""
        from simtui.backup import looking
        from simtui.library.restoring import keys_of

        async with keys_of(self._library, file, ask) as (_, key):
            proof, words = await looking.prove(file, self.folder, key, self._secrets_opener())
        if file.parent == self.folder:
            await self._library.store.write(_keep_proof, file, proof, words)
        return proof, words

    async def next_to_prove(self, every_ms: int = REPROOF_MS) -> Backup | None:
        """The one whose proof is the oldest, for a worker that proves one again each week; None
        where one was proven within `every_ms`, or each of them lately."""
        proven = [each for each in await self.all() if each.verdict == PROVEN and each.proven_at]
        # the proof that came with the making is no look at an old one
        again = [each.proven_at for each in proven if _was_proven_again(each)]
        if max(filter(None, again), default=0) > now_ms() - every_ms:
            return None
        old = [each for each in proven if (each.proven_at or 0) <= now_ms() - every_ms]
        return min(old, key=lambda each: (each.proven_at or 0, each.name), default=None)

    # -- brought back

    async def restore(
        self, file: Path, *, ask: AskWay | None = None, on_stage: OnStage | None = None
    ) -> Restored:
        """Puts all that is in a backup in the place of all that is here, after a backup of the
        present; `restoring.restore` says how, and what it raises."""
        from simtui.library.restoring import restore

        return await restore(self._library, file, ask=ask, on_stage=on_stage)

    # -- let go of

    async def prune(self, *, dry_run: bool = False) -> list[Backup]:
        """Lets go of the backups that no rule keeps. Those that went, or would."""
        from simtui.backup import workplace

        if dry_run or not self.folder.is_dir():
            return [each for each in await self.all() if not each.kept_by]
        async with workplace.one_at_a_time(self.folder):
            going = [each for each in await self.all() if not each.kept_by]
            await self._remove(going)
        return going

    async def _pruned(self) -> list[str]:
        going = [each for each in await self.all() if not each.kept_by]
        await self._remove(going)
        return [each.name for each in going]

    async def _remove(self, going: Sequence[Backup]) -> None:
        from simtui.backup import workplace

        try:
            await asyncio.to_thread(workplace.remove, [each.path for each in going])
        except OSError as error:
            raise NotWritable(
                f"{self.folder} cannot be written: {error.strerror}. No backup that a rule keeps "
                "was touched; `simtui backups list` shows what is there."
            ) from error
        await self._library.store.write(rows.forget, [each.name for each in going])


def _keep_proof(connection: Connection, file: Path, proof: Proof, words: str) -> None:
    from simtui.backup.names import read_name

    named, manifest, size = read_name(file.name), proof.manifest, file.stat().st_size
    if named is None or named.damaged:
        return
    known = next((each for each in rows.all_of(connection) if each.name == file.name), None)
    if known is None or known.size_bytes != size:
        known = rows.Attempt(
            name=file.name,
            reason=named.reason,
            created_at=manifest.created_at if manifest else named.created_at,
            is_good=False,
            size_bytes=size,
            workflows=manifest.workflows if manifest else None,
            runs=manifest.runs if manifest else None,
        )
    rows.keep(
        connection,
        replace(
            known,
            is_good=proof.is_good,
            words=words if proof.is_good else proof.words,
            proven_at=now_ms(),
            proof_ms=proof.duration_ms,
        ),
    )


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def notice_of(path: Path, attempt: rows.Attempt) -> str:
    """What is said of a copy that is no backup; "" for a backup."""
    if attempt.is_good:
        return ""
    return (
        f"Something in the library is damaged: {attempt.words}. What is there now was kept as it "
        f"is, in {path}; older backups may have it whole."
    )


def _others(folder: Path) -> str:
    count = sum(path.suffix == ".zip" for path in folder.glob("simai-*.zip"))
    return f" and {wording.plural(count, 'older backup')} are" if count else " is"


def in_folder(folder: Path) -> list[Backup]:
    """What lies in a folder of backups, newest first, where the library that knows of them does not
    open."""
    return _listed(folder, {}) if folder.is_dir() else []


def find_in(folder: Path, reference: str | Path) -> Path:
    """The file that is meant, as `BackupShelf.find` finds it; `latest` is the newest. Raises
    `NotFound`."""
    path = Path(reference).expanduser()
    if path.is_file():
        return path.absolute()
    listed = in_folder(folder)
    return _meant(str(reference), listed, [each for each in listed if each.verdict != DAMAGED])


def _meant(text: str, listed: Sequence[Backup], whole: Sequence[Backup]) -> Path:
    if text in ("latest", "newest"):
        fits = list(whole if text == "latest" else listed)[:1]
    else:
        fits = [each for each in listed if each.name == text]
        fits = fits or [each for each in listed if len(text) >= 4 and text in each.name]
    if len(fits) == 1:
        return fits[0].path
    if fits:
        names = ", ".join(each.name for each in fits[:5])
        raise NotFound(f'"{shown(text)}" fits more than one backup: {names}.')
    raise NotFound(f'There is no backup "{shown(text)}". `simtui backups list` lists them.')


def _listed(folder: Path, known: dict[str, rows.Attempt]) -> list[Backup]:
    from simtui.backup import archive, names

    found = []
    for path in folder.glob("simai-*.zip"):
        named = names.read_name(path.name)
        if named is None:
            continue
        try:
            size = path.stat().st_size
        except OSError:  # gone meanwhile
            continue
        attempt = known.get(path.name)
        if attempt is not None and attempt.size_bytes == size:
            found.append(_known(path, attempt, size))
            continue
        manifest = archive.peek(path)
        verdict = DAMAGED if named.damaged else UNPROVEN
        words = "" if attempt is None else "it changed since it was proven"
        rows_in = (manifest.workflows, manifest.runs) if manifest else (None, None)
        found.append(Backup(path, named.reason, named.created_at, size, verdict, words, *rows_in))
    return sorted(found, key=lambda each: (each.created_at, each.name), reverse=True)


def _known(path: Path, attempt: rows.Attempt, size: int) -> Backup:
    return Backup(
        path=path,
        reason=attempt.reason,
        created_at=attempt.created_at,
        size_bytes=size,
        verdict=PROVEN if attempt.is_good else BAD,
        words=attempt.words,
        workflows=attempt.workflows,
        runs=attempt.runs,
        duration_ms=attempt.duration_ms,
        proven_at=attempt.proven_at,
        proof_ms=attempt.proof_ms,
    )


def _was_proven_again(backup: Backup) -> bool:
    made = backup.created_at + (backup.duration_ms or 0)
    return (backup.proven_at or 0) > made + 60_000


def _judged(backup: Backup) -> retention.Backup:
    return retention.Backup(backup.name, backup.created_at, backup.reason, backup.verdict == PROVEN)
