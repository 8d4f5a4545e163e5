"""What a file held, before the library decides on it."""

from __future__ import annotations

from dataclasses import dataclass

from simtui.model.workflow import JsonObject


@dataclass(frozen=True, slots=True)
class Draft:
    """One workflow of a file. `format` is the code of the shape it came in (`F1`, `Z2`…; an entry
    of a zip bears the zip's). `document` is in Sim's export form, and `value` is what it holds;
    times are Unix milliseconds. `entry`: its place in the file, where there are several.
    `folder` is None where the source says nothing of folders."""

    format: str
    document: bytes
    value: JsonObject
    name: str
    id: str | None = None
    folder: tuple[str, ...] | None = None
    description: str = ""
    entry: str | None = None
    created_at: int | None = None
    updated_at: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing of a file that cannot be taken; the rest of the file goes on."""

    entry: str | None
    reason: str
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that a workspace export names, also when it is empty."""

    path: tuple[str, ...]
    id: str | None = None
    sort_order: int | None = None
