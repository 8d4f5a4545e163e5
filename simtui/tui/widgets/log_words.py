"""How log lines are said, and what is made plain in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simtui.errors import shown
from simtui.model import wording
from simtui.model.run import LogLine
from simtui.model.run_text import with_masked_keys

_MARKS = {
    "error": ("✗", "error"), "fatal": ("✗", "error"), "critical": ("✗", "error"),
    "warn": ("!", "warning"), "warning": ("!", "warning"), "debug": ("·", "dim"),
    "trace": ("·", "dim"),
}  # fmt: skip


def mark_of(level: str) -> tuple[str, str]:
    """The sign of a level, and its colour."""
    return _MARKS.get(level, (" ", ""))


def head(line: LogLine, started_at: int, *, absolute: bool, roomy: bool) -> list[tuple[str, str]]:
    """What stands before a message, in (text, colour) pieces: when, of what level, in which
    block."""
    if absolute:
        at = f"{wording.local(line.at):%H:%M:%S}.{line.at % 1000:03d}"
    else:
        at = since(line.at - started_at)
    mark, colour = mark_of(line.level)
    level = f"{shown(line.level, 6):<6}" if roomy else ""
    block = line.block_name or line.block_id or ""
    named = f"{shown(block, 16)}: " if block else ""
    return [(f"{at:>9} ", "dim"), (f"{mark} {level}", colour), (named, "dim")]


def since(ms: int) -> str:
    """A time from a run's start: `+0.180`, `+1:02.500`, `+2:03:04.5`."""
    sign = "+" if ms >= 0 else "-"
    minutes, rest = divmod(abs(ms), 60_000)
    if not minutes:
        return f"{sign}{rest / 1000:.3f}"
    if minutes < 60:
        return f"{sign}{minutes}:{rest // 1000:02d}.{rest % 1000 // 100}"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02d}:{rest // 1000:02d}"


def plain(line: LogLine) -> str:
    """A line as text, for a pager or a file."""
    block = f"[{shown(line.block_name or line.block_id or '', 40)}] "
    text = with_masked_keys(line.message)
    message = "\n".join(shown(part, max(1, len(part))) for part in text.split("\n"))
    named = block if line.block_name or line.block_id else ""
    return f"{wording.rfc3339(line.at)}  {shown(line.level, 8):5}  {named}{message}"


def pattern_for(text: str, words: Sequence[str]) -> re.Pattern[str]:
    """What is made plain of a text that was looked for: its words where they begin one, or the
    text itself."""
    if words:
        return re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\w*", re.IGNORECASE)
    return re.compile(re.escape(text), re.IGNORECASE)
