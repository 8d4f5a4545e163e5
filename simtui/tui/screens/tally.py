"""What an import did, counted and told: for the screen, and as a text that can be kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from simtui.errors import shown
from simtui.importing import ImportItem
from simtui.model import wording

MAX_ITEMS = 5000

SIGNS = {"imported": ("+", "success"), "updated": ("↻", "success"), "unchanged": ("=", "dim"),
          "skipped": ("–", "dim"), "refused": ("✗", "error")}  # fmt: skip


def troubled(item: ImportItem) -> bool:
    """Whether a person should look at it."""
    return item.outcome == "refused" or bool(item.notes and item.outcome != "unchanged")


class Tally:
    """Counts every item of an import of `source`, and keeps as many of the plain ones, and of those
    that a person should see, as a screen can hold. `whole`: nobody ended it. `ended_by`: what broke
    it off, "" for nothing."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.counts: dict[str, int] = dict.fromkeys(SIGNS, 0)
        self.items: list[ImportItem] = []
        self.left_out = 0
        self.whole = True
        self.ended_by = ""
        self._kept = {True: 0, False: 0}

    def add(self, item: ImportItem) -> None:
        self.counts[item.outcome] += 1
        kind = troubled(item)
        if self._kept[kind] < MAX_ITEMS:
            self._kept[kind] += 1
            self.items.append(item)
        else:
            self.left_out += 1

    def words(self) -> str:
        """`1,186 in · 2 refused`, and whether that is all."""
        told = {"imported": "in", "unchanged": "the same"}
        parts = [
            f"{wording.count(n)} {told.get(outcome, outcome)}"
            for outcome, n in self.counts.items()
            if n
        ]
        end = ""
        if self.ended_by:
            end = f"; broken off: {self.ended_by}"
        elif not self.whole:
            end = "; ended before its end, what came in stays"
        return (" · ".join(parts) or "nothing found") + end

    @property
    def colour(self) -> str:
        if self.ended_by:
            return "error"
        return "success" if self.whole and any(self.counts.values()) else "warning"

    def text(self) -> Iterator[str]:
        """The report, line by line."""
        yield f"Import of {self.source}"
        yield self.words()
        yield ""
        for item in self.items:
            yield f"{sign_of(item)[0]} {shown(heading(item), 400)}"
            yield from (f"    {shown(text, 2000)}" for text, _ in remarks(item))
        if self.left_out:
            yield f"… and {self.left_out:,} more"

    async def save(self, folder: Path) -> Path:
        """Writes the text under a new name into `folder`. Raises `NotWritable`."""
        from simtui.exporting.targets import write_file

        stem = f"import-report-{time.strftime('%Y%m%d-%H%M%S')}"
        path, number = folder / f"{stem}.txt", 1
        while path.exists():
            number += 1
            path = folder / f"{stem}-{number}.txt"
        content = "".join(f"{line}\n" for line in self.text()).encode()
        await asyncio.to_thread(write_file, path, content)
        return path


def sign_of(item: ImportItem) -> tuple[str, str]:
    """The sign of what became of it, and its colour."""
    if item.notes and item.outcome in ("imported", "updated"):
        return "!", "warning"
    return SIGNS[item.outcome]


def place_of(item: ImportItem) -> str:
    """The file that it was in."""
    return item.entry or Path(item.source).name or item.source


def heading(item: ImportItem) -> str:
    """Its name, and the file where that says more."""
    where = place_of(item)
    return f"{item.name}  ({where})" if item.name and item.name != where else item.name or where


def remarks(item: ImportItem) -> list[tuple[str, str]]:
    """What a person should know of it, each with its colour."""
    told = [(item.reason, "error" if item.outcome == "refused" else "dim")] if item.reason else []
    if item.outcome != "unchanged":
        told += [(note, "warning") for note in item.notes]
    return told
