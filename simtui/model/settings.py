"""The registry of settings: what there is, what each may be, and where its value comes from.

One table serves the command, the screen and the README. A value comes from a flag, else from the
environment, else from the library, else it is the default.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from simtui.errors import UsageError, shown


@dataclass(frozen=True, slots=True)
class Setting:
    """`choices` are the words that it may be; `environment` is the variable that overrides it."""

    key: str
    default: str
    doc: str
    choices: tuple[str, ...]
    environment: str | None = None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="display.theme",
        default="simtui",
        doc="Colours of the screen: dark, light, or the terminal's own sixteen.",
        choices=("simtui", "simtui-light", "simtui-ansi"),
        environment="SIMTUI_THEME",
    ),
    Setting(
        key="display.times",
        default="relative",
        doc="How the lists tell a time: `2 h ago`, or date and time. `t` switches for the moment.",
        choices=("relative", "absolute"),
        environment="SIMTUI_TIMES",
    ),
    Setting(
        key="vault.lock_after",
        default="10 min",
        doc="When the screen locks the vault by itself: after this long without a key.",
        choices=("1 min", "5 min", "10 min", "30 min", "60 min", "never"),
        environment="SIMTUI_LOCK_AFTER",
    ),
    Setting(
        key="import.on_conflict",
        default="copy",
        doc="What an import does with a workflow that bears no id, where another one has its name "
        "in the same folder: keep both, leave it out, or make it the new version.",
        choices=("copy", "skip", "replace"),
        environment="SIMTUI_ON_CONFLICT",
    ),
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A setting's value and where it comes from: `default`, `library`, `environment` or `flag`."""

    setting: Setting
    value: str
    source: str


def find(key: str) -> Setting:
    """Raises `UsageError` with the nearest key there is."""
    for setting in SETTINGS:
        if setting.key == key:
            return setting
    keys = [setting.key for setting in SETTINGS]
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(keys)}."
    raise UsageError(f'There is no setting "{shown(key, 60)}". {hint}')


def parse(setting: Setting, text: str) -> str:
    """The value that a text means. Raises `UsageError` with the nearest right one."""
    wanted = text.strip().lower()
    if wanted in setting.choices:
        return wanted
    near = difflib.get_close_matches(wanted, setting.choices, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f'{setting.key} is one of {", ".join(setting.choices)}, not "{shown(text, 60)}".{hint}'
    )


def resolve(
    setting: Setting,
    stored: Mapping[str, str],
    environment: Mapping[str, str],
    flag: str | None = None,
) -> Resolved:
    """The value in force. A word that was stored or set and cannot be meant is passed over, so that
    a bad one never keeps the program from starting."""
    places = (
        ("flag", flag),
        ("environment", environment.get(setting.environment) if setting.environment else None),
        ("library", stored.get(setting.key)),
    )
    for source, text in places:
        if text is not None and text.strip().lower() in setting.choices:
            return Resolved(setting, text.strip().lower(), source)
    return Resolved(setting, setting.default, "default")
