"""A timer of the system that calls `simtui backup --if-due` while no simtui is open.

What is written names its home by a mark, so that each home has its own timer, and nothing is ever
taken away or written over that is not ours. The timer comes every hour: whether a backup is due,
simtui decides, so a machine that was asleep or a backup that failed is caught up with soon.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simtui.errors import BadInput, NotFound, NotWritable, UsageError, shown
from simtui.paths import Home

MARK = "written by simtui schedule"
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Job:
    """What is called, word by word, for which home."""

    words: tuple[str, ...]
    home: Home

    @property
    def name(self) -> str:
        """`simtui-backup-3f2a91c0`: the home's own, wherever it is written down."""
        return name_of(self.home)

    @property
    def minute(self) -> int:
        """In which minute of the hour: not all machines at once."""
        return int(self.name[-8:], 16) % 60


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that is written: where, and what stands there then."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """A timer that is there. `runs`: whether the system will call it, `last_run` and `next_run`:
    Unix milliseconds; None is not known. `note`: what else is to be known."""

    kind: str
    places: tuple[str, ...]
    command: str
    runs: bool | None
    last_run: int | None
    next_run: int | None
    note: str


class Timers(Protocol):
    """One way to have something called: systemd, launchd or cron."""

    kind: str

    def missing(self) -> str:
        """Why it cannot be used here, as the end of a sentence; "" where it can."""

    def pieces(self, job: Job) -> list[Piece]:
        """What it would write."""

    def is_written(self, job: Job) -> bool:
        """Whether just that stands there."""

    def install(self, job: Job) -> None:
        """Writes it and starts it, in the place of one for the same home."""

    def installed(self, home: Home) -> Installed | None:
        """What is there for this home."""

    def remove(self, home: Home) -> list[str]:
        """Stops it and takes it away. What went, by its place."""

    def hints(self) -> list[str]:
        """What the person should know once it is there."""


def all_kinds() -> dict[str, Timers]:
    """Every way there is, the best first."""
    from simtui.backup.timers.cron import Cron
    from simtui.backup.timers.launchd import Launchd
    from simtui.backup.timers.systemd import Systemd

    return {each.kind: each for each in (Systemd(), Launchd(), Cron())}


def chosen(kind: str | None) -> tuple[Timers, list[str]]:
    """The way that was named, or the first that works here; and why the ones before it do not.
    Raises `NotFound` where it cannot be used, with the one that can."""
    kinds = all_kinds()
    missing = {name: each.missing() for name, each in kinds.items()}
    works = [name for name, why in missing.items() if not why]
    if kind is not None:
        if missing[kind]:
            other = next(iter(works), None)
            hint = f" `--with {other}` works here." if other else ""
            raise NotFound(f"{kind} cannot be used: {missing[kind]}. Nothing was written.{hint}")
        return kinds[kind], []
    if not works:
        said = "; ".join(f"{name}: {why}" for name, why in missing.items())
        raise NotFound(
            f"There is no timer here that could be used ({said}). Backups are made while simtui is "
            "open, or by `simtui backup --if-due`, called by whatever you have."
        )
    # what is never there on this system is not worth a word
    other_system = "systemd" if platform.system() == "Darwin" else "launchd"
    before = list(kinds)[: list(kinds).index(works[0])]
    return kinds[works[0]], [
        f"{name} cannot be used: {missing[name]}. {works[0]} is used instead."
        for name in before
        if name != other_system
    ]


def name_of(home: Home) -> str:
    """The mark of a home: the same as long as it lies where it lies."""
    digest = hashlib.sha256(os.fsencode(home.root)).hexdigest()
    return f"simtui-backup-{digest[:8]}"


def job_for(home: Home, password_file: str | None) -> Job:
    """What a timer calls for this home. Raises `UsageError` for a path that cannot stand in a
    line."""
    words = [*program(), "--home", str(home.root)]
    if password_file is not None:
        words += ["--password-file", password_file]
    words += ["backup", "--if-due"]
    for word in words:
        if shown(word, len(word) + 1) != word:
            raise UsageError(
                f"{shown(word, 200)} has characters that no timer can name. Give it another name."
            )
    return Job(tuple(words), home)


def program() -> list[str]:
    """The simtui that runs now, by its whole path; links are kept, since what they lead to moves
    with an update."""
    called = Path(sys.argv[0])
    beside = Path(sys.executable).with_name("simtui")
    if called.name == "simtui" and (found := shutil.which(str(called))):
        return [str(Path(found).absolute())]
    if os.access(beside, os.X_OK):
        return [str(beside)]
    return [sys.executable, "-m", "simtui"]


def asked(words: Sequence[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a program of the system answers, in plain English and UTC. One that is not there, or
    that does not answer in time, ends with 127."""
    try:
        # bytes: text would lose the carriage returns of a crontab
        found = subprocess.run(  # noqa: S603  # words of ours, and no shell
            words,
            input=None if text is None else os.fsencode(text),
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(list(words), 127, "", str(error))
    return subprocess.CompletedProcess(
        list(words), found.returncode, os.fsdecode(found.stdout), os.fsdecode(found.stderr)
    )


def done(words: Sequence[str], text: str | None = None) -> None:
    """Has it done. Raises `NotWritable` with what it said where it was not."""
    answer = asked(words, text)
    if answer.returncode:
        said = shown(" ".join(answer.stderr.split()), 300) or f"exit code {answer.returncode}"
        raise NotWritable(f"`{shlex.join(words)}` did not do it: {said}")


def write(path: Path, text: str) -> None:
    """Writes a file of ours, whole or not at all. Raises `BadInput` where another's is there."""
    if path.is_symlink() or (path.exists() and not is_ours(path)):
        raise BadInput(f"{path} was not written by simtui. It is left as it is.")
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise NotWritable(f"{path} cannot be written: {error.strerror}.") from error


def remove_file(path: Path) -> bool:
    """Takes away a file of ours. False where it is not there. Raises `BadInput` for another's."""
    if not path.exists():
        return False
    if not is_ours(path):
        raise BadInput(f"{path} was not written by simtui. It is left as it is.")
    try:
        path.unlink()
    except OSError as error:
        raise NotWritable(f"{path} cannot be removed: {error.strerror}.") from error
    return True


def holds(path: Path, text: str) -> bool:
    """Whether just this text stands in a file."""
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def is_ours(path: Path) -> bool:
    """Whether our mark stands in a file."""
    try:
        return MARK in path.read_text("utf-8", "replace")
    except OSError:
        return False
