"""A systemd timer of the user: two files, and `systemctl --user`."""

from __future__ import annotations

import os
import re
import shlex
from datetime import datetime
from pathlib import Path

from simtui.backup import timers
from simtui.backup.timers import MARK, Installed, Job, Piece, asked, done
from simtui.errors import NotWritable
from simtui.paths import Home, systemd_folder

_SERVICE = """\
# {mark}; `simtui schedule remove` takes it away
[Unit]
Description=Back up the simtui home {home} when it is due

[Service]
Type=oneshot
ExecStart={command}
Nice=10
IOSchedulingClass=idle
"""

_TIMER = """\
# {mark}; `simtui schedule remove` takes it away
[Unit]
Description=Back up the simtui home {home} when it is due

[Timer]
OnCalendar=*-*-* *:{minute:02}:00
Persistent=true

[Install]
WantedBy=timers.target
"""


class Systemd:
    """`~/.config/systemd/user`."""

    kind = "systemd"

    def missing(self) -> str:
        """Why it cannot be used here."""
        found = asked(["systemctl", "--user", "show-environment"])
        if found.returncode == 0:
            return ""
        if found.returncode == 127:
            return "there is no systemctl"
        return "no systemd runs for this user (there is no session bus, as in a container or su)"

    def pieces(self, job: Job) -> list[Piece]:
        """The two files."""
        return [Piece(str(path), text) for path, text in self._files(job)]

    def _files(self, job: Job) -> list[tuple[Path, str]]:
        service, timer = _paths(job.home)
        home = _plain(str(job.home))
        command = command_line(job.words)
        return [
            (service, _SERVICE.format(mark=MARK, home=home, command=command)),
            (timer, _TIMER.format(mark=MARK, home=home, minute=job.minute)),
        ]

    def is_written(self, job: Job) -> bool:
        """Whether just that stands there."""
        return all(timers.holds(path, text) for path, text in self._files(job))

    def install(self, job: Job) -> None:
        """Writes the files and starts the timer."""
        for path, text in self._files(job):
            timers.write(path, text)
        try:
            done(["systemctl", "--user", "daemon-reload"])
            done(["systemctl", "--user", "enable", "--now", f"{job.name}.timer"])
        except NotWritable:
            self.remove(job.home)  # half a timer would look like one
            raise

    def installed(self, home: Home) -> Installed | None:
        """What is there, and when it ran."""
        service, timer = _paths(home)
        places = tuple(str(path) for path in (service, timer) if timers.is_ours(path))
        if not places:
            return None
        state = self._told(timer.name, "ActiveState", "LastTriggerUSec", "NextElapseUSecRealtime")
        ended = self._told(service.name, "Result")
        note = ""
        if not state:
            note = "systemd cannot be asked from here"
        elif ended.get("Result", "success") != "success":
            note = f"its last run failed: journalctl --user -u {service.stem}"
        return Installed(
            self.kind,
            places,
            _command_in(service),
            state.get("ActiveState") == "active" if state else None,
            _milliseconds(state.get("LastTriggerUSec", "")),
            _milliseconds(state.get("NextElapseUSecRealtime", "")),
            note,
        )

    def _told(self, unit: str, *names: str) -> dict[str, str]:
        answer = asked(["systemctl", "--user", "show", unit, f"--property={','.join(names)}"])
        if answer.returncode:
            return {}
        return dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)

    def remove(self, home: Home) -> list[str]:
        """Stops the timer and takes the files away, also where systemd does not run now."""
        service, timer = _paths(home)
        if timers.is_ours(timer):
            asked(["systemctl", "--user", "disable", "--now", timer.name])
            # what `disable` does, where nobody is there to do it
            link = timer.parent / "timers.target.wants" / timer.name
            if link.is_symlink():
                link.unlink()
        gone = [str(path) for path in (service, timer) if timers.remove_file(path)]
        if gone:
            asked(["systemctl", "--user", "daemon-reload"])
        return gone

    def hints(self) -> list[str]:
        """On a server the user's systemd ends with the last session."""
        answer = asked(["loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value"])
        if answer.returncode == 0 and answer.stdout.strip() == "yes":
            return []
        return [
            "Timers of yours stop when you log out. On a server: loginctl enable-linger",
        ]


def command_line(words: tuple[str, ...]) -> str:
    """Words for `ExecStart=` (systemd.service(5)): quoted, with `%` and `$` doubled, so that they
    are no specifier and no variable. The first is a path, in which no variable is looked for, and
    no quote may be: then a shell calls it."""
    if set(words[0]) & set("'\"\\"):
        words = ("/bin/sh", "-c", 'exec "$0" "$@"', *words)
    program, *rest = words
    return " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in rest)])


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _plain(text: str) -> str:
    """A path in a description: `%` is a specifier there too, a backslash at the end joins lines."""
    return text.replace("%", "%%").replace("\\", "/")


def _paths(home: Home) -> tuple[Path, Path]:
    name = timers.name_of(home)
    folder = systemd_folder()
    return folder / f"{name}.service", folder / f"{name}.timer"


def _command_in(service: Path) -> str:
    try:
        text = service.read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    if found is None:
        return ""
    try:
        words = shlex.split(found[1].replace("%%", "%").replace("$$", "$"))
    except ValueError:
        return found[1]
    return shlex.join(words[3:] if words[:2] == ["/bin/sh", "-c"] else words)


def _milliseconds(stamp: str) -> int | None:
    """`Sun 2026-11-22 11:00:00 UTC`; anything else is no time."""
    found = re.fullmatch(r"\w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", stamp)
    if found is None:
        return None
    return int(datetime.fromisoformat(f"{found[1]}+00:00").timestamp()) * 1000
