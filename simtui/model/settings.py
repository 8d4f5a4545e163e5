"""The registry of settings: what there is, what each may be, and where its value comes from.

One table serves the command, the screen and the README. A value comes from a flag, else from the
environment, else from the library, else it is the default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from simtui.errors import UsageError, shown
from simtui.model import bound_keys
from simtui.model.actions import EVERY

_OWN = re.compile(r"\w[\w.-]{0,80}")


@dataclass(frozen=True, slots=True)
class Setting:
    """`choices` are the words that it may be, `numbers` the lowest and the highest whole number,
    where it may be one; `environment` is the variable that overrides it. `is_keys`: it says which
    keys an action has. `own_under`: it may also be the name of a file of one's own, behind this."""

    key: str
    default: str
    doc: str
    choices: tuple[str, ...]
    environment: str | None = None
    numbers: tuple[int, int] | None = None
    is_keys: bool = False
    own_under: str = ""

    @property
    def may_be(self) -> tuple[str, ...]:
        """What it may be, for people: `("0 to 1000", "all")`."""
        if self.is_keys:
            return ("keys with spaces between", "none")
        if self.own_under:
            return (*self.choices, f"{self.own_under}NAME")
        if self.numbers is None:
            return self.choices
        return (f"{self.numbers[0]} to {self.numbers[1]}", *self.choices)

    def meant(self, text: str) -> str | None:
        """The value that a text means, as it is kept; None where it means none."""
        if self.is_keys:
            keys = bound_keys.read(text)
            return None if keys is None else bound_keys.written(",".join(keys))
        wanted = text.strip().lower()
        if wanted in self.choices:
            return wanted
        if self.own_under and _OWN.fullmatch(name := text.strip().removeprefix(self.own_under)):
            return text.strip() if text.strip() != name else None
        if self.numbers and wanted.isascii() and wanted.isdecimal() and len(wanted) <= 9:
            number = int(wanted)
            if self.numbers[0] <= number <= self.numbers[1]:
                return str(number)
        return None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="display.theme",
        default="simtui",
        doc="Colours of the screen: dark, light, the terminal's own sixteen, or ones that every "
        "kind of eye tells apart; or a file of your own in the home's folder `themes`.",
        choices=("simtui", "simtui-light", "simtui-ansi", "simtui-safe"),
        environment="SIMTUI_THEME",
        own_under="themes/",
    ),
    Setting(
        key="display.times",
        default="relative",
        doc="How the lists tell a time: `2 h ago`, or date and time. `t` switches for the moment.",
        choices=("relative", "absolute"),
        environment="SIMTUI_TIMES",
    ),
    Setting(
        key="display.mouse",
        default="on",
        doc="Whether the screen takes the mouse. Without it the terminal selects text as it does "
        "elsewhere; with it, hold Shift to select.",
        choices=("on", "off"),
        environment="SIMTUI_MOUSE",
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
    Setting(
        key="backup.every",
        default="24",
        doc="How many hours after the last proven backup the next one is due, while simtui is open "
        "and for `simtui backup --if-due`.",
        choices=("off",),
        environment="SIMTUI_BACKUP_EVERY",
        numbers=(1, 720),
    ),
    Setting(
        key="backup.keep_last",
        default="0",
        doc="How many of the newest daily backups stay, whenever they were made.",
        choices=(),
        environment="SIMTUI_KEEP_LAST",
        numbers=(0, 1000),
    ),
    Setting(
        key="backup.keep_daily",
        default="7",
        doc="For how many days with a backup the newest one of the day stays.",
        choices=(),
        environment="SIMTUI_KEEP_DAILY",
        numbers=(0, 1000),
    ),
    Setting(
        key="backup.keep_weekly",
        default="4",
        doc="For how many weeks with a backup the newest one of the week stays.",
        choices=(),
        environment="SIMTUI_KEEP_WEEKLY",
        numbers=(0, 1000),
    ),
    Setting(
        key="backup.keep_monthly",
        default="12",
        doc="For how many months with a backup the newest one of the month stays.",
        choices=(),
        environment="SIMTUI_KEEP_MONTHLY",
        numbers=(0, 1000),
    ),
    Setting(
        key="backup.keep_yearly",
        default="0",
        doc="For how many years with a backup the newest one of the year stays.",
        choices=(),
        environment="SIMTUI_KEEP_YEARLY",
        numbers=(0, 1000),
    ),
    # nothing is lost unless somebody said so: both keep everything, and only a command prunes
    Setting(
        key="keep.versions",
        default="all",
        doc="How many earlier versions of each workflow `simtui workflows prune` leaves.",
        choices=("all",),
        environment="SIMTUI_KEEP_VERSIONS",
        numbers=(1, 100_000),
    ),
    Setting(
        key="keep.trash_days",
        default="forever",
        doc="After how many days in the trash `simtui workflows prune` removes a workflow.",
        choices=("forever",),
        environment="SIMTUI_KEEP_TRASH_DAYS",
        numbers=(0, 36_500),
    ),
    Setting(
        key="keep.run_days",
        default="forever",
        doc="For how many days after its start a run stays, when `simtui runs prune` is called. "
        "Pinned runs always stay.",
        choices=("forever",),
        environment="SIMTUI_KEEP_RUN_DAYS",
        numbers=(0, 36_500),
    ),
    Setting(
        key="keep.runs",
        default="all",
        doc="How many of the newest runs `simtui runs prune` leaves.",
        choices=("all",),
        environment="SIMTUI_KEEP_RUNS",
        numbers=(0, 100_000_000),
    ),
    Setting(
        key="keep.run_mb",
        default="all",
        doc="How many megabytes of the newest runs `simtui runs prune` leaves.",
        choices=("all",),
        environment="SIMTUI_KEEP_RUN_MB",
        numbers=(1, 100_000_000),
    ),
)


@cache
def every() -> tuple[Setting, ...]:
    """All there are, with one for the keys of each action."""
    return SETTINGS + tuple(
        Setting(
            key=f"{bound_keys.PREFIX}{action.id}",
            default=bound_keys.written(action.keys),
            doc=f"{action.help}.",
            choices=(),
            is_keys=True,
        )
        for action in EVERY
    )


@dataclass(frozen=True, slots=True)
class Resolved:
    """A setting's value and where it comes from: `default`, `library`, `environment` or `flag`."""

    setting: Setting
    value: str
    source: str


def find(key: str) -> Setting:
    """Raises `UsageError` with the nearest key there is."""
    for setting in every():
        if setting.key == key:
            return setting
    keys = [setting.key for setting in SETTINGS]
    near = difflib.get_close_matches(key, [each.key for each in every()], n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(keys)}, and keys.ACTION."
    raise UsageError(f'There is no setting "{shown(key, 60)}". {hint}')


def parse(setting: Setting, text: str) -> str:
    """The value that a text means. Raises `UsageError` with the nearest right one."""
    if (value := setting.meant(text)) is not None:
        return value
    if setting.is_keys:
        raise UsageError(
            f"{setting.key} is one key or several with spaces between (d, /, space, esc, ctrl+d, "
            f'f2), or none; not "{shown(text, 60)}".'
        )
    near = difflib.get_close_matches(text.strip().lower(), setting.choices, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]}?" if near else ""
    may_be = (
        f"one of {', '.join(setting.choices)}{_or_own(setting)}"
        if setting.numbers is None
        else f"a whole number, {', or '.join(setting.may_be)}"
    )
    raise UsageError(f'{setting.key} is {may_be}, not "{shown(text, 60)}".{hint}')


def _or_own(setting: Setting) -> str:
    return f", or {setting.own_under}NAME" if setting.own_under else ""


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
        if text is not None and (value := setting.meant(text)) is not None:
            return Resolved(setting, value, source)
    return Resolved(setting, setting.default, "default")


def number(
    key: str, stored: Mapping[str, str], environment: Mapping[str, str], flag: str | None = None
) -> int | None:
    """The number in force; None where the setting is a word instead (`off`, `all`, `forever`)."""
    value = resolve(find(key), stored, environment, flag).value
    return int(value) if value.isdecimal() else None
