"""Paths as people type them, and as a terminal hands them over when a file is dropped on it."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path


def path_meant(typed: str) -> Path:
    """As it is where that is there, else without the quotes or backslashes of a shell."""
    path = _expanded(typed)
    if not os.path.lexists(path):
        with suppress(ValueError):  # a quote that nothing closes
            words = shlex.split(typed)
            if len(words) == 1 and os.path.lexists(unquoted := _expanded(words[0])):
                return unquoted
    return path


def complete_path(text: str) -> tuple[str, list[str]]:
    """What is typed of a path, as far as it can only go on, and the names it may go on with."""
    if text == "~":
        return "~/", []
    folder, _, start = text.rpartition("/")
    place = f"{folder}/" if "/" in text else ""
    try:
        with os.scandir(_expanded(place or ".")) as listing:
            found = sorted(
                f"{entry.name}/" if entry.is_dir() else entry.name
                for entry in listing
                if entry.name.startswith(start) and (start or not entry.name.startswith("."))
            )
    except (OSError, ValueError):
        return text, []
    if not found:
        return text, []
    # the first and the last in order differ where any two do
    pairs = zip(found[0], found[-1], strict=False)
    common = next((n for n, (one, other) in enumerate(pairs) if one != other), len(found[0]))
    return place + found[0][:common], found if len(found) > 1 else []


def _expanded(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:  # nobody here has that name
        return Path(typed)
