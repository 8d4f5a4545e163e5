"""Random keys over a screen, with a library full of what should break one."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill_workflows
from simtui.tui.screens.dialogs import AskText
from simtui.tui.screens.frame import Frame
from tests.making import as_bytes, block, document, edge
from tests.tui.driving import Driver, driven

NOW_MS = 1_795_000_000_000

SCREENS = {
    "workflows": "1", "workflow": "1J", "versions": "1v", "trash": "1T", "runs": "2",
    "secrets": "3", "backups": "4", "settings": "5",
}  # fmt: skip
"""The keys that lead to each."""

HOSTILE = (
    "[/", "[b", "[link=x]y[/link]", "{0} {name} %s", "a\tb", "\u202eright to left", "e\u0301" * 80,
    "日本語" * 60, "🏳️‍🌈👨‍👩‍👧", "\u200b\u200d", "x" * 190, '"', "\\", "$(reboot)",
    "-o json", "\ufeffbom",
)  # fmt: skip

KEYS = (
    *"abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789",
    "space", "enter", "enter", "escape", "escape", "escape", "tab", "shift+tab", "backspace",
    "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "ctrl+d", "ctrl+u",
    "ctrl+p", "colon", "semicolon", "slash", "asterisk", "apostrophe", "question_mark", "minus",
    "right_square_bracket", "left_square_bracket", "quotation_mark", "f1", "ctrl+c", "delete",
    "greater_than_sign", "left_parenthesis", "plus", "full_stop", "comma",
)  # fmt: skip
"""All that does something somewhere, but what ends or stops the program."""

_NO_PATHS = {"slash", "full_stop", "~"}
"""In a question for a path these lead out of the test's folder."""


async def fill_with_trouble(home: Home, place: Path) -> None:
    """Samples, and beside them workflows whose every text is one that a screen may break on."""
    flows = place / "hostile"
    flows.mkdir()
    for number, text in enumerate(HOSTILE):
        blocks = [
            block("a", text, name=text, prompt=f"{text}\n\x1b[31m{text}\x00\r\n" * 30),
            block(
                "b", name=text, code=text, messages=[{"role": text, "content": f"{text} {text}"}]
            ),
        ]
        value = document(text, blocks, [edge("a", "b"), edge("b", "nowhere")])
        value["workflow"] = {"name": text, "folderPath": f"{text}/{text}", "description": text}
        (flows / f"{number}.json").write_bytes(as_bytes(value))
    async with await Library.open(home) as library:
        await fill_workflows(library, NOW_MS)
        async for _ in import_paths(library, [flows]):
            pass
        for row in (await library.workflows.page(limit=8))[::2]:
            await library.workflows.rename(row.id, "Renamed [/b]")
        trashed = [row.id for row in (await library.workflows.page(limit=4))]
        await library.workflows.delete(trashed)


async def press_at_random(
    home: Home, *, start: str, seed: int, count: int, columns: int = 80, rows: int = 24
) -> None:
    """Presses `count` keys, beginning on a screen, and fails with those that led to a fault."""
    chance = random.Random(seed)
    while count > 0:  # the palette holds "Quit" too: then it is opened again
        async with driven(home, columns=columns, rows=rows) as screen:
            await screen.press(*start)
            count -= await _press(screen, chance, count)


async def _press(screen: Driver, chance: random.Random, count: int) -> int:
    """Presses so many keys, or until the program is left. How many."""
    app, pressed = screen.app, list[str]()
    while len(pressed) < count:
        key = chance.choice(KEYS)
        if key in _NO_PATHS and isinstance(app.screen, AskText):
            continue
        pressed.append(key)
        await screen.press_ahead(key)
        assert app._exception is None, pressed[-40:]
        if app.return_code is not None:
            assert app.return_code == 0, pressed[-40:]
            return len(pressed)
        told = app.said[0] if app.said else ""
        assert "a fault in simtui" not in told, (told, pressed[-40:])
    await _answers(screen, pressed)
    return len(pressed)


async def _answers(screen: Driver, pressed: list[str]) -> None:
    """The way back is open, and a key does what it should."""
    await _at_rest(screen, pressed)
    if screen.app.return_code is not None:
        return
    for area, name in (("5", "[5 Settings]"), ("1", "[1 Workflows]")):
        await screen.press(area)
        await screen.sees(name)


async def _at_rest(screen: Driver, pressed: list[str]) -> None:
    """Until every key is through, no act goes on that may yet ask something, and an area is shown:
    on a slow machine much is still to come when the last key was pressed."""
    app = screen.app
    for _ in range(1000):
        if app.return_code is not None:
            return
        if not app.typed.idle:
            await asyncio.sleep(0.05)
        elif not (isinstance(app.screen, Frame) and app.screen.free):
            await screen.press("escape")
        elif any(worker.is_running for worker in app.workers):
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError(pressed[-40:])
