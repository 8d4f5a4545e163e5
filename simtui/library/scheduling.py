"""The system's timer for the backups of one home: what would be written, what is there, and away
with it. The door to `backup.timers` for the faces."""

from __future__ import annotations

from dataclasses import dataclass

from simtui.backup import timers
from simtui.backup.timers import Installed, Job, Piece, Timers
from simtui.paths import Home

__all__ = ["KINDS", "Installed", "Piece", "Proposal", "installed", "propose", "remove"]

KINDS = ("systemd", "launchd", "cron")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A timer that could be installed. `said`: why it is this one; `goes`: others for the same home
    that it replaces, by their kind; `is_there`: it is installed exactly so already."""

    kind: str
    pieces: tuple[Piece, ...]
    said: tuple[str, ...]
    goes: tuple[str, ...]
    is_there: bool
    _timers: Timers
    _job: Job

    def install(self) -> list[str]:
        """Writes and starts it, then takes the others away. What the person should know now.
        Raises `NotWritable`, `BadInput`."""
        self._timers.install(self._job)
        every = timers.all_kinds()
        for kind in self.goes:
            every[kind].remove(self._job.home)
        return self._timers.hints()


def propose(home: Home, kind: str | None, password_file: str | None) -> Proposal:
    """What an installation would write. Raises `NotFound` where this kind, or any, cannot be used
    here, `UsageError` where the paths cannot be named in it."""
    job = timers.job_for(home, password_file)
    chosen, said = timers.chosen(kind)
    pieces = tuple(chosen.pieces(job))
    goes = tuple(
        name
        for name, each in timers.all_kinds().items()
        if name != chosen.kind and each.installed(home) is not None
    )
    is_there = not goes and chosen.is_written(job) and chosen.installed(home) is not None
    return Proposal(chosen.kind, pieces, tuple(said), goes, is_there, chosen, job)


def installed(home: Home) -> list[Installed]:
    """Every timer that is there for this home."""
    found = [each.installed(home) for each in timers.all_kinds().values()]
    return [each for each in found if each is not None]


def remove(home: Home) -> list[str]:
    """Takes away what simtui wrote for this home. Where it stood. Raises `BadInput` where another's
    file has its name."""
    return [place for each in timers.all_kinds().values() for place in each.remove(home)]
