"""Names, ids and folders of workflows in files: what Sim makes of them, and what is safe to write.

Source of the rules: Sim's import-export.ts (the name of an imported workflow, file names in a zip).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from simtui.errors import shown

MAX_NAME = 200

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_ENDS_IN_UUID = re.compile(rf"^(.*?)-?({_UUID})$", re.DOTALL)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$", re.IGNORECASE)


def stem_of(file_name: str) -> str:
    """The last part of a name in a zip or a folder, without its ending."""
    last = file_name.rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[0] if "." in last[1:] else last


def id_in_name(file_name: str) -> str | None:
    """The UUID at the end of `<name>-<uuid>.json`, in lower case."""
    match = _ENDS_IN_UUID.match(stem_of(file_name))
    return match[2].lower() if match else None


def name_from_file(file_name: str) -> str:
    """Sim's name for a workflow that bears none: the file's, without the UUID, dashes and
    underscores as spaces, each word with a capital."""
    stem = stem_of(file_name)
    match = _ENDS_IN_UUID.match(stem)
    words = re.sub(r"[-_]+", " ", match[1] if match else stem).split()
    return clean_name(" ".join(word[:1].upper() + word[1:] for word in words))


def clean_name(name: str) -> str:
    """A name that can be kept and shown: no control characters, at most 200 characters."""
    if shown(name, len(name) + 1) != name:
        name = "".join(c for c in name if shown(c) == c)
    return name.strip()[:MAX_NAME].strip() or "Imported Workflow"


def checked_id(value: Any) -> str | None:
    """An id from a file, if it can be one here: 1 to 200 printable characters that are no path."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        return None
    if not value.isprintable() or value.strip() != value or "/" in value or "\\" in value:
        return None
    return None if value in (".", "..") else value


def sim_part(name: str) -> str:
    """One part of a path in a zip, as Sim makes it from a name: letters and digits of any script,
    `_` and `-` stay, and each run of all else is one `-` (`sanitizePathSegment`)."""
    return re.sub("\0+", "-", "".join(c if _stays(c) else "\0" for c in name))


def ascii_sim_part(name: str) -> str:
    """The same by Sim's rule of before 2026-04-17: each UTF-16 unit that is no ASCII letter, digit,
    `_` or `-` is one `-`."""
    return "".join(
        c if c.isascii() and _stays(c) else "-" * (2 if c > "\uffff" else 1) for c in name
    )


def _stays(c: str) -> bool:
    return c in "_-" or unicodedata.category(c)[0] in "LN"


def safe_part(name: str, limit: int = 120) -> str:
    """One part of a path as Sim makes it, of at most `limit` bytes and as every system can hold
    it."""
    part = unicodedata.normalize("NFC", re.sub("-+", "-", sim_part(name)))
    while len(part.encode()) > limit:
        part = part[:-1]
    part = part or "workflow"
    return f"{part}-" if _RESERVED.match(part) else part


def portable_part(name: str) -> str:
    """One part of a path for a file that has a name already: that name, where every system can hold
    it and a number fits behind it; else what Sim would make of it, with its ending."""
    part = unicodedata.normalize("NFC", name)
    reserved = _RESERVED.match(part.split(".")[0])
    if len(part.encode()) <= 190 and not reserved and part == part.rstrip(" .") and ":" not in part:
        return part
    stem, _, ending = part.rpartition(".")
    if stem and ending.isascii() and ending.isalnum() and len(ending) <= 20:
        return f"{safe_part(stem)}.{ending}"
    return safe_part(part)


class UniquePaths:
    """Gives each path once: a second one that some system could not tell from the first (case,
    accents) gets a number before its ending."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {folded(path) for path in taken}

    def take(self, path: str) -> str:
        """The path itself, or the first of `name-2.ending`, `name-3.ending`… that is free."""
        stem, dot, ending = path.rpartition(".")
        if not dot or "/" in ending:
            stem, dot, ending = path, "", ""
        wanted, number = path, 1
        while folded(wanted) in self._taken:
            number += 1
            wanted = f"{stem}-{number}{dot}{ending}"
        self._taken.add(folded(wanted))
        return wanted


def folded(path: str) -> str:
    """What two paths share that some file system holds for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
