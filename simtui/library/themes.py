"""A person's own themes: TOML or JSON files in the home's folder `themes`, each a few colours."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from simtui.errors import BadInput, shown
from simtui.paths import Home

COLOURS = (
    "primary", "secondary", "accent", "foreground", "background", "surface", "panel", "success",
    "warning", "error", "border", "cursor",
)  # fmt: skip
"""What a file may set, each as `#rrggbb`; `dark = false` says that the background is light."""

SUFFIXES = (".toml", ".json")
PREFIX = "themes/"

_MAX_BYTES = 64 * 1024
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3}")


def names(home: Home) -> list[str]:
    """The values of `display.theme` that mean a file which is there."""
    try:
        files = sorted(home.themes.iterdir())
    except OSError:
        return []
    return [f"{PREFIX}{file.name}" for file in files if file.suffix in SUFFIXES]


def read(home: Home, value: str) -> Mapping[str, str | bool]:
    """What a theme's file sets. Raises `BadInput` with the place of what is wrong in it."""
    name = value.removeprefix(PREFIX)
    candidates = [name] if name.endswith(SUFFIXES) else [name + suffix for suffix in SUFFIXES]
    for each in candidates:
        path = home.themes / each
        if path.exists():
            return _checked(path, _parsed(path))
    there = ", ".join(names(home)) or "none"
    raise BadInput(f"There is no theme {shown(str(home.themes / name), 200)}. There are: {there}.")


def _parsed(path: Path) -> object:
    import tomllib  # most people have no theme of their own

    place = shown(str(path), 200)
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise BadInput(f"{place} is larger than any theme ({_MAX_BYTES // 1024} kB).")
        text = content.decode()
        value: object = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise BadInput(f"{place} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:  # also of both parsers, with line and column
        raise BadInput(f"{place} cannot be read: {shown(str(error), 200)}.") from error
    return value


def _checked(path: Path, value: object) -> Mapping[str, str | bool]:
    place = shown(str(path), 200)
    if not isinstance(value, dict):
        raise BadInput(f'{place} holds no theme: lines like primary = "#7aa2c8" are wanted.')
    for key, colour in value.items():
        if key == "dark":
            if not isinstance(colour, bool):
                raise BadInput(f"{place}: dark is true or false.")
        elif key not in COLOURS:
            near = difflib.get_close_matches(str(key), COLOURS, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(COLOURS)}."
            raise BadInput(f'{place}: there is no colour "{shown(str(key), 40)}". {hint}')
        elif not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            told = shown(str(colour), 40)
            raise BadInput(f'{place}: {key} is a colour like "#7aa2c8", not "{told}".')
    return value
