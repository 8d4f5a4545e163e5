"""Every path that simtui uses. Data lies in one visible folder, the home; only the log folder and
its crash reports lie where the system keeps such things (the one use of platformdirs)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from simtui.errors import UsageError, shown

HOME_VARIABLE = "SIMTUI_HOME"


@dataclass(frozen=True, slots=True)
class Home:
    """One home. Making it writes nothing; the library creates what is missing when it opens."""

    root: Path

    @property
    def database(self) -> Path:
        """The library's file."""
        return self.root / "simai.db"

    @property
    def keys(self) -> Path:
        """The ways into the library; only beside an encrypted one."""
        return self.root / "simai.keys"

    @property
    def rewritten(self) -> Path:
        """The library while it is written anew, under a key or without one."""
        return self.root / "simai.db.new"

    @property
    def backups(self) -> Path:
        """Where backups are kept."""
        return self.root / "backups"

    @property
    def reserve(self) -> Path:
        """Space that is given up when the disk is full, so that cleaning up can work."""
        return self.root / "reserve"

    @property
    def exports(self) -> Path:
        """Where an export goes that names no place."""
        return self.root / "exports"

    @property
    def themes(self) -> Path:
        """A person's own themes, if any."""
        return self.root / "themes"

    def __str__(self) -> str:
        """The path as a person writes it, with `~` for their own folder."""
        try:
            own = Path.home()
        except RuntimeError:  # nobody's: no $HOME and no entry in passwd
            return str(self.root)
        if self.root == own:
            return "~"
        if self.root.is_relative_to(own):
            return f"~/{self.root.relative_to(own)}"
        return str(self.root)


def home(given: str | None = None) -> Home:
    """The home to use: `given` (`--home`), else $SIMTUI_HOME, else `~/SimAI`. Raises `UsageError`
    for the folder (`~somebody`) of a person who is not here."""
    chosen = given or os.environ.get(HOME_VARIABLE) or "~/SimAI"
    try:
        # absolute() rather than resolve(): a home that is a link stays under the name people know
        return Home(Path(chosen).expanduser().absolute())
    except RuntimeError:
        raise UsageError(
            f"Whose folder {shown(chosen, 80)} begins with is not known. Name the home in full."
        ) from None


def log_folder() -> Path:
    """Where the program's log and crash reports go. Not created here."""
    from platformdirs import user_log_path  # 5 ms, and rarely needed

    return user_log_path("simtui", appauthor=False)


def systemd_folder() -> Path:
    """Where systemd looks for the units of this person. Not created here."""
    config = os.environ.get("XDG_CONFIG_HOME") or ""
    # a relative one is to be ignored (XDG base directory specification)
    base = Path(config) if config.startswith("/") else Path.home() / ".config"
    return base / "systemd" / "user"


def launch_agents_folder() -> Path:
    """Where launchd looks for the agents of this person. Not created here."""
    return Path.home() / "Library" / "LaunchAgents"
