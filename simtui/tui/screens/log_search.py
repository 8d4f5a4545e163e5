"""Finding in a log: by the beginnings of words at once, from the index; else anywhere in the text,
line by line, which shows how far it is and can be given up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simtui.errors import shown
from simtui.model.run import Run
from simtui.tui.widgets.log_words import pattern_for

if TYPE_CHECKING:
    from simtui.tui.screens.runs import Runs

_MAX_MATCHES = 100_000


async def begin(screen: Runs) -> None:
    """Goes to the last place of the text from here backwards, as one reads a log from its end;
    else to the first behind it."""
    view, run, text = screen.pane.log_view, screen.pane.open_run, screen.looked_for
    screen.matches = None
    if not text or run is None:
        view.look_for(None)
        return
    words = re.findall(r"\w+", text)
    if words and await screen.shelf.log(run, from_end=True, limit=1, text=text):
        view.look_for(pattern_for(text, words))
    else:
        screen.matches = await _anywhere(screen, run, text)
        if screen.matches is None:
            return
        view.look_for(pattern_for(text, []))
    line = view.line
    if line is not None and view.matches(line):
        screen.simtui.tell(_told(screen))
        return
    await step(screen, -1)


async def _anywhere(screen: Runs, run: Run, text: str) -> list[int] | None:
    """The numbers of all lines that hold the text. None where the search was given up."""
    found: list[int] = []

    async def look() -> None:
        total = await screen.shelf.log_count(run)
        words = f'looking for "{shown(text, 30)}"'
        async for lines, at in screen.shelf.log_holding(run, text):
            found.extend(line.seq for line in lines)
            if len(found) >= _MAX_MATCHES:
                return
            if at is not None:
                screen.simtui.work.at(words, min(at, total), total)

    if screen.simtui.busy():
        return None
    whole = await screen.simtui.work.run(f'looking for "{shown(text, 30)}"', look())
    return found if whole or found else None


async def step(screen: Runs, by: int) -> None:
    """To the next match, or the one before, round the end."""
    run, view, text = screen.pane.open_run, screen.pane.log_view, screen.looked_for
    if run is None:
        return
    at = view.line.seq if view.line is not None else 0
    if screen.matches is None:
        seq = await _by_words(screen, run, text, at, by)
    elif by > 0:
        seq = next((n for n in screen.matches if n > at), next(iter(screen.matches), None))
    else:
        before = [n for n in screen.matches if n < at] or screen.matches
        seq = before[-1] if before else None
    if seq is None:
        screen.simtui.tell(f'"{shown(text, 60)}" is not in this log.')
        return
    await view.go_to(seq)
    screen.simtui.tell(_told(screen))


async def _by_words(screen: Runs, run: Run, text: str, at: int, by: int) -> int | None:
    shelf, levels = screen.shelf, screen.pane.log_view.levels
    if by > 0:
        found = await shelf.log(run, after=at, limit=1, text=text, levels=levels)
        found = found or await shelf.log(run, limit=1, text=text, levels=levels)
    else:
        found = await shelf.log(run, before=at, limit=1, text=text, levels=levels)
        found = found or await shelf.log(run, from_end=True, limit=1, text=text, levels=levels)
    return found[0].seq if found else None


def _told(screen: Runs) -> str:
    keys = screen.simtui.keys
    if screen.matches is not None:
        count = len(screen.matches)
        more = "at least " if count >= _MAX_MATCHES else ""
        hold = "1 line holds it" if count == 1 else f"{more}{count:,} lines hold it"
        return f"{hold} · {keys.say('{next_match} and {previous_match}')} go on"
    return keys.say("{next_match} and {previous_match} go on from there")
