"""Lines that only move are moved by the terminal itself; what it shows is what was drawn."""

from __future__ import annotations

import random
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.tui.sparing import Shown
from tests.making import as_bytes, document
from tests.tui.pty_screen import screen_on
from tests.tui.test_tmux import Tmux

MAX_BYTES_A_KEY = 1200
MOVES = ("j", "k", "j", "j", "k", "C-d", "C-u", "NPage", "PPage", "G", "g", "Space", "d", "Escape")


@pytest.fixture
async def long_list(home: Home, tmp_path: Path) -> Home:
    flows = tmp_path / "flows"
    flows.mkdir()
    names = ("Lead enricher", "Résumé 日本語", "Night porter", "[/b] 🚀 odd", "Hello")
    for number in range(120):
        name = f"{names[number % len(names)]} {number}"
        (flows / f"{number}.json").write_bytes(as_bytes(document(name)))
    async with await Library.open(home) as library:
        async for _ in import_paths(library, [flows]):
            pass
    return home


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
def test_a_key_that_scrolls_sends_few_bytes(long_list: Home, columns: int, rows: int) -> None:
    said = {"SIMTUI_BACKUP_EVERY": "off"}
    with screen_on(long_list.root, columns=columns, rows=rows, env=said) as screen:
        screen.send("\x04\x04")  # half pages: near the lower edge
        screen.read_until_quiet()
        for key in ("j" * 8) + ("k" * 4):
            screen.send(key)
            assert 0 < len(screen.read_until_quiet()) <= MAX_BYTES_A_KEY


@pytest.fixture(params=[(80, 24), (60, 20), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}")
def tmux(
    request: pytest.FixtureRequest,
    long_list: Home,
    tool: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Tmux]:
    tool("tmux")
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "off")
    window = Tmux(
        shlex.join([sys.executable, "-m", "simtui", "--home", str(long_list.root)]), *request.param
    )
    yield window
    window.close()


@pytest.mark.terminal
def test_what_the_terminal_shows_is_what_a_fresh_drawing_shows(tmux: Tmux) -> None:
    tmux.sees("Hello", "q quit")
    chance = random.Random(6)
    for _ in range(6):
        before = shown_after(tmux, *(chance.choice(MOVES) for _ in range(12)), "n")
        assert shown_after(tmux, "r") == before


LAST = "q quits."


def shown_after(tmux: Tmux, *keys: str) -> str:
    """Text and backgrounds once the keys are through: the last one says so. What colour an empty
    place would write in, nobody sees."""
    tmux.keys("n")
    tmux.loses(LAST)
    tmux.keys(*keys, "C-c")
    tmux.sees(LAST)
    for _ in range(20):
        screen = re.sub(r"\x1b\[(38;5;\d+|39)m", "", tmux.settled())
        plain = re.sub(r"\x1b\[[0-9;]*m", "", screen)
        chosen = re.search(r"^[ ●]*▸ *(\S+(?: \S+)*)  .*│", plain, re.MULTILINE)
        if chosen is None or f"│ {chosen[1]}" in plain:  # the pane beside the list has followed
            return screen
    raise AssertionError(plain)


SIZE = Size(20, 8)
STYLES = (Style.null(), Style.parse("red"), Style.parse("on blue"))


class Screenful:
    """A terminal that knows no more than what is sent here: text, places, and lines that move."""

    def __init__(self) -> None:
        self.lines = ["." * SIZE.width for _ in range(SIZE.height)]

    def take(self, sequences: str) -> None:
        x = y = 0
        top, bottom = 0, SIZE.height
        for csi, letter, text in re.findall(r"\x1b\[([0-9;]*)([A-Za-z])|([^\x1b]+)", sequences):
            numbers = [int(n) for n in csi.split(";") if n] if letter else []
            if letter == "H":
                y, x = numbers[0] - 1, numbers[1] - 1
            elif letter == "r":
                top, bottom = (numbers[0] - 1, numbers[1]) if numbers else (0, SIZE.height)
                x = y = 0
            elif letter in ("M", "L"):
                count = min(numbers[0], bottom - y)
                assert top <= y < bottom
                band = self.lines[y:bottom]
                blank = [" " * SIZE.width] * count
                self.lines[y:bottom] = (
                    band[count:] + blank if letter == "M" else blank + band[: len(band) - count]
                )
            elif text:
                line = self.lines[y]
                self.lines[y] = line[:x] + text + line[x + len(text) :]
                x += len(text)


def drawn(shown: Shown, lines: list[Strip]) -> str:
    update = LayoutUpdate([[line] for line in lines], Region(0, 0, *SIZE))
    return shown.sparing(update, SIZE).render_segments(Console())


@pytest.mark.parametrize("seed", range(60))
def test_whatever_moves_the_screen_is_right(seed: int) -> None:
    chance = random.Random(seed)
    shown, terminal = Shown(), Screenful()
    texts = [f"{chance.choice('  ▸●')} row {n:>9} {chance.random():.3f}" for n in range(60)]
    top, saved = 10, 0
    for _ in range(30):
        top = max(0, min(52, top + chance.choice((-20, -7, -3, -1, 0, 1, 1, 2, 5, 9))))
        height = chance.choice((6, 7, 8))
        rows = [texts[n].ljust(SIZE.width)[: SIZE.width] for n in range(top, top + height)]
        rows += [f"below {top}".ljust(SIZE.width)] * (SIZE.height - height)
        if chance.random() < 0.3:
            rows[chance.randrange(8)] = " " * SIZE.width
        lines = [Strip([Segment(row, chance.choice(STYLES))]) for row in rows]
        sequences = drawn(shown, lines)
        saved += "r\x1b[" in sequences
        terminal.take(sequences)
        assert terminal.lines == rows
    assert saved  # lines were moved at all
