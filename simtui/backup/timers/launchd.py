"""A launchd agent of the user, on macOS: one property list, and `launchctl`."""

from __future__ import annotations

import os
import platform
import plistlib
import shlex
from pathlib import Path

from simtui.backup import timers
from simtui.backup.timers import MARK, Installed, Job, Piece, asked, done
from simtui.paths import Home, launch_agents_folder


class Launchd:
    """`~/Library/LaunchAgents`."""

    kind = "launchd"

    def missing(self) -> str:
        """Why it cannot be used here."""
        if platform.system() != "Darwin":
            return "this is not macOS"
        return "" if asked(["launchctl", "version"]).returncode == 0 else "there is no launchctl"

    def pieces(self, job: Job) -> list[Piece]:
        """The property list."""
        return [Piece(str(_path(job.home)), text_for(job))]

    def is_written(self, job: Job) -> bool:
        """Whether just that stands there."""
        return timers.holds(_path(job.home), text_for(job))

    def install(self, job: Job) -> None:
        """Writes the property list and loads it."""
        path = _path(job.home)
        timers.write(path, text_for(job))
        asked(["launchctl", "bootout", f"{_domain()}/{path.stem}"])
        done(["launchctl", "bootstrap", _domain(), str(path)])

    def installed(self, home: Home) -> Installed | None:
        """What is there; launchd tells how the last run ended, and not when it was."""
        path = _path(home)
        if not timers.is_ours(path):
            return None
        answer = asked(["launchctl", "print", f"{_domain()}/{path.stem}"])
        loaded = answer.returncode == 0
        ended = [line.split("=")[1].strip() for line in answer.stdout.splitlines()
                 if "last exit code =" in line]  # fmt: skip
        note = f"its last exit code: {ended[0]}" if ended else ""
        return Installed(self.kind, (str(path),), _command_in(path), loaded, None, None, note)

    def remove(self, home: Home) -> list[str]:
        """Unloads it and takes the property list away."""
        path = _path(home)
        if timers.is_ours(path):
            asked(["launchctl", "bootout", f"{_domain()}/{path.stem}"])
        return [str(path)] if timers.remove_file(path) else []

    def hints(self) -> list[str]:
        """Nothing: it runs whenever the person is logged in."""
        return []


def text_for(job: Job) -> str:
    """The property list: once an hour, and once after the machine was asleep at that time."""
    content = {
        "Label": _path(job.home).stem,
        "ProgramArguments": list(job.words),
        "StartCalendarInterval": {"Minute": job.minute},
        "RunAtLoad": True,
        "ProcessType": "Background",
        "StandardOutPath": "/dev/null",
        "Comment": MARK,
    }
    return plistlib.dumps(content, sort_keys=False).decode("utf-8")


def _path(home: Home) -> Path:
    return launch_agents_folder() / f"{timers.name_of(home)}.plist"


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _command_in(path: Path) -> str:
    try:
        content = plistlib.loads(path.read_bytes())
        return shlex.join(content["ProgramArguments"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
