"""Draws the pictures of the README: `make screenshots`. The samples, a fixed hour, no web fonts;
the same source draws the same pictures."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill
from tests.making import as_bytes, block, document, edge
from tests.tui.driving import Driver, driven

FOLDER = Path(__file__).parent.parent / "screenshots"
NOW_MS = 1_795_363_200_000
"""Sunday, 22 November 2026, 16:00 UTC."""


def picture(screen: Driver, name: str) -> None:
    svg = screen.app.export_screenshot(title="simtui", simplify=True)
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    # the drawing is named after what is in it, so that a small change stays a small difference
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    (FOLDER / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")


@asynccontextmanager
async def sample_screen(folder: str, columns: int, rows: int) -> AsyncIterator[Driver]:
    home = Home(Path(folder) / "SimAI")
    async with await Library.open(home) as library:
        await fill(library, NOW_MS)
    async with driven(home, columns=columns, rows=rows) as screen:
        await screen.sees("Lead enricher")
        yield screen


async def draw() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        async with driven(Home(Path(folder) / "SimAI")) as screen:
            await screen.sees("Nothing here yet.")
            picture(screen, "first-start-80x24")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        async with sample_screen(folder, 120, 32) as screen:
            await screen.sees("Needs")
            picture(screen, "workflows-120x32")
            await screen.press("slash")
            await screen.type("kind answer")
            await screen.press("enter")
            await screen.sees("1 of 12", "Found")
            picture(screen, "found-120x32")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        async with sample_screen(folder, 80, 24) as screen:
            picture(screen, "workflows-80x24")
            await screen.press("enter", "J")
            await screen.sees('"version"')
            picture(screen, "json-80x24")
            await screen.press("escape", "i")
            os.chdir(files_to_import(Path(folder)).parent)
            await screen.type("from-sim")
            await screen.press("enter")
            await screen.sees("1 refused")
            picture(screen, "import-80x24")

    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        home = Home(Path(folder) / "SimAI")
        await fill_and_back_up(home)
        async with driven(home, columns=120, rows=32) as screen:
            await screen.sees("Lead enricher")
            await screen.press("4")
            await screen.sees("daily, weekly")
            picture(screen, "backups-120x32")
            await screen.press("3")
            await screen.sees("ANTHROPIC_API_KEY")
            picture(screen, "secrets-120x32")
            await screen.press("5")
            await screen.sees("backup.keep_daily")
            picture(screen, "settings-120x32")


async def fill_and_back_up(home: Home) -> None:
    """Samples, and a backup of each of a few days."""
    async with await Library.open(home) as library:
        await fill(library, NOW_MS)
    for days_ago in (9, 3, 2, 1, 0):
        with patch("time.time_ns", lambda ago=days_ago: (NOW_MS - ago * 86_400_000) * 1_000_000):
            async with await Library.open(home) as library:
                await library.backups.make("manual" if days_ago == 2 else "daily")


def files_to_import(folder: Path) -> Path:
    """A folder with something of everything in it."""
    place = folder / "from-sim"
    place.mkdir()
    flows = {
        "price-watch.json": document("Price watch"),
        "half.json": document("Half", [block("a")], [edge("a", "b9")]),
        "keyed.json": document("With a key", [block("a", apiKey="sk-" + "a1B2c3D4" * 5)]),
    }
    for name, value in flows.items():
        (place / name).write_bytes(as_bytes(value))
    (place / "notes.json").write_text('{"title": "shopping"}')
    return place


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    os.environ["TZ"] = "UTC"
    # the one clock that the screen reads for its `2 h ago`
    with patch("time.time_ns", lambda: NOW_MS * 1_000_000):
        asyncio.run(draw())


if __name__ == "__main__":
    main()
