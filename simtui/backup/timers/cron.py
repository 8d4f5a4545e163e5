"""One line in the user's crontab. Every other line stays as it is, to the byte."""

from __future__ import annotations

import platform
import re
import shlex
import shutil
from pathlib import Path

from simtui.backup import timers
from simtui.backup.timers import Installed, Job, Piece, asked, done
from simtui.errors import NotWritable, shown
from simtui.paths import Home

_EMPTY = re.compile(r"no crontab for|No such file", re.IGNORECASE)
_RUNNING = ("crond.pid", "cron.pid", "crond.reboot", "cron.reboot")


class Cron:
    """`crontab -l` and `crontab -`."""

    kind = "cron"

    def missing(self) -> str:
        """Why it cannot be used here."""
        return "" if shutil.which("crontab") else "there is no crontab"

    def pieces(self, job: Job) -> list[Piece]:
        """The line."""
        return [Piece("crontab", f"{line_for(job)}\n")]

    def is_written(self, job: Job) -> bool:
        """Whether just that stands there."""
        return _split(_read(), job.name)[1] == [line_for(job)]

    def install(self, job: Job) -> None:
        """Puts the line in, in the place of the one before."""
        rest, _ours = _split(_read(), job.name)
        if rest and not rest.endswith("\n"):
            rest += "\n"
        done(["crontab", "-"], f"{rest}{line_for(job)}\n")

    def installed(self, home: Home) -> Installed | None:
        """The line; cron tells nothing of what became of it."""
        if self.missing():
            return None
        _rest, ours = _split(_read(), timers.name_of(home))
        if not ours:
            return None
        note = "cron does not tell when it last ran; `simtui backups list` tells what came of it"
        return Installed(self.kind, ("crontab",), _command_in(ours[-1]), None, None, None, note)

    def remove(self, home: Home) -> list[str]:
        """Takes the line out."""
        if self.missing():
            return []
        rest, ours = _split(_read(), timers.name_of(home))
        if not ours:
            return []
        if rest:
            done(["crontab", "-"], rest)
        else:
            done(["crontab", "-r"])
        return ["crontab"]

    def hints(self) -> list[str]:
        """A crontab may be there without anybody who reads it."""
        if platform.system() != "Linux" or any((Path("/run") / name).exists() for name in _RUNNING):
            return []
        return ["There is no sign here that cron itself is running; its line does nothing then."]


def line_for(job: Job) -> str:
    """Every hour. What it has to say on stderr, cron sends as mail."""
    command = " ".join(_quoted(word) for word in job.words)
    return f"{job.minute} * * * * {command} >/dev/null # {job.name}, {timers.MARK}"


def _quoted(word: str) -> str:
    """For the shell, and for a cron to which `%` is a new line: outside the quotes, `\\%` is one
    `%` for the crons that take the backslash away and for those that leave it to the shell."""
    return "\\%".join(shlex.quote(part) if part else "" for part in word.split("%"))


def _read() -> str:
    answer = asked(["crontab", "-l"])
    if answer.returncode == 0:
        return answer.stdout
    # what could not be read must never be taken for empty: it would be written over
    if _EMPTY.search(answer.stderr) and not answer.stdout:
        return ""
    raise NotWritable(
        f"Your crontab cannot be read: {shown(' '.join(answer.stderr.split()), 200)}. "
        "It is left as it is."
    )


def _split(text: str, name: str) -> tuple[str, list[str]]:
    """(everything else, our lines)"""
    mark = f" # {name}, {timers.MARK}"
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    ours = [line.rstrip("\n") for line in lines if line.rstrip("\n").endswith(mark)]
    rest = [line for line in lines if not line.rstrip("\n").endswith(mark)]
    return "".join(rest), ours


def _command_in(line: str) -> str:
    try:
        words = shlex.split(line.rpartition(" >/dev/null # ")[0])[5:]
    except ValueError:
        return line
    return shlex.join(words)
