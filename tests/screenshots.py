"""Draws the pictures of the README: `make screenshots`. The samples, a fixed hour, no web fonts;
the same source draws the same pictures."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
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


def picture(screen: Driver, path: Path) -> None:
    svg = screen.app.export_screenshot(title="simtui", simplify=True)
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    # the drawing is named after what is in it, so that a small change stays a small difference
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    path.with_suffix(".svg").write_text(svg + "\n", encoding="utf-8")


@contextlib.contextmanager
def a_home() -> Iterator[Home]:
    """A home that is called as everybody's is, and gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, HOME=folder):
        yield Home(Path(folder) / "SimAI")


@asynccontextmanager
async def sample_screen(home: Home, columns: int, rows: int) -> AsyncIterator[Driver]:
    async with await Library.open(home) as library:
        await fill(library, NOW_MS)
    async with driven(home, columns=columns, rows=rows) as screen:
        await screen.sees("Lead enricher")
        yield screen


async def draw(into: Path) -> None:
    """Every picture, as `NAME.svg`."""
    with a_home() as home:
        async with driven(home) as screen:
            await screen.sees("Nothing here yet.", "no proven backup yet")
            picture(screen, into / "first-start-80x24")
    with a_home() as home:
        async with sample_screen(home, 120, 40) as screen:
            await screen.sees("Needs", "no proven backup yet")
            picture(screen, into / "workflows-120x40")
            await screen.press("slash")
            await screen.type("kind answer")
            await screen.press("enter")
            await screen.sees("1 of 12", "Found", "no proven backup yet")
            picture(screen, into / "found-120x40")
            await draw_runs(screen, into)
    with a_home() as home:
        async with sample_screen(home, 80, 24) as screen:
            picture(screen, into / "workflows-80x24")
            await screen.press("enter", "J")
            await screen.sees('"version"')
            picture(screen, into / "json-80x24")
            await screen.press("escape", "i")
            files = files_to_import(home.root.parent)
            with contextlib.chdir(files.parent):
                await screen.type(files.name)
                await screen.press("enter")
                await screen.sees("1 refused")
            picture(screen, into / "import-80x24")
    with a_home() as home:
        await fill_and_back_up(home)
        async with driven(home, columns=120, rows=40) as screen:
            await screen.sees("Lead enricher")
            await screen.press("4")
            await screen.sees("daily, weekly")
            picture(screen, into / "backups-120x40")
            await screen.press("3")
            await screen.sees("ANTHROPIC_API_KEY")
            picture(screen, into / "secrets-120x40")
            await screen.press("5")
            await screen.sees("backup.keep_daily")
            picture(screen, into / "settings-120x40")


async def draw_runs(screen: Driver, into: Path) -> None:
    """The runs, one that failed drawn in time, and the pictures of all."""
    await screen.press("2")
    await screen.sees("p95", "Spans")
    picture(screen, into / "runs-120x40")
    await screen.press("slash")
    await screen.type("status:failed workflow:competitor")
    await screen.press("enter")
    await screen.sees("channel_not_found")
    await screen.press("enter", "S")
    await screen.sees("Tell the channel", "5 s")
    picture(screen, into / "run-120x40")
    await screen.press("c")
    await screen.sees("the last 14 days", "cost")
    picture(screen, into / "charts-120x40")
    await screen.press("escape", "semicolon")
    await screen.type("sums do not match")
    await screen.sees("Invoice reader", "hits")
    picture(screen, into / "search-120x40")


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


@contextlib.contextmanager
def the_hour() -> Iterator[None]:
    """The one clock that the screen reads for its `2 h ago`, in one zone; and no backup is due."""
    with (
        patch.dict(os.environ, TZ="UTC", SIMTUI_BACKUP_EVERY="off"),
        patch("time.time_ns", lambda: NOW_MS * 1_000_000),
    ):
        time.tzset()
        yield
    time.tzset()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with the_hour():
        asyncio.run(draw(FOLDER))


if __name__ == "__main__":
    main()
