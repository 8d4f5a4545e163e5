"""A new user's first minutes, in tmux: keys in, the captured screen out."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.making import as_bytes, block, document, edge

pytestmark = pytest.mark.terminal


class Tmux:
    """One window of a server of its own."""

    def __init__(self, command: str, columns: int, rows: int) -> None:
        self._socket = f"simtui-{uuid.uuid4().hex[:8]}"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", f"{columns}", "-y", f"{rows}", command
        )

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def sees(self, *texts: str, seconds: float = 20) -> str:
        """Waits until all of these are on the screen. The whole screen."""
        deadline = time.monotonic() + seconds
        while not all(text in (screen := self._tmux("capture-pane", "-p")) for text in texts):
            assert time.monotonic() < deadline, f"never saw {texts!r}:\n{screen}"
            time.sleep(0.05)
        return screen

    def loses(self, text: str, seconds: float = 20) -> None:
        """Waits until this is not on the screen any more."""
        deadline = time.monotonic() + seconds
        while text in (screen := self._tmux("capture-pane", "-p")):
            assert time.monotonic() < deadline, f"{text!r} stays:\n{screen}"
            time.sleep(0.05)

    def settled(self) -> str:
        """The screen with its colours, once it stays the same for a while."""
        screen, since = "", time.monotonic()
        while time.monotonic() < since + 0.4:
            now = self._tmux("capture-pane", "-peN")
            if now != screen:
                screen, since = now, time.monotonic()
            time.sleep(0.05)
        return screen

    def cursor_row(self) -> int:
        """The line that the terminal's cursor is in, from 0."""
        return int(self._tmux("display-message", "-p", "#{cursor_y}"))

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", f"{columns}", "-y", f"{rows}")

    def close(self) -> None:
        subprocess.run(
            ["tmux", "-L", self._socket, "kill-server"], capture_output=True, check=False
        )


@pytest.fixture(
    params=[(80, 24), (120, 40), (60, 20), (200, 60)],
    ids=["80x24", "120x40", "60x20", "200x60"],
)
def tmux(request: pytest.FixtureRequest, home: Home, tool: Callable[[str], str]) -> Iterator[Tmux]:
    tool("tmux")
    command = shlex.join([sys.executable, "-m", "simtui", "--home", str(home.root)])
    window = Tmux(f"{command}; echo ended with $?; sleep 60", *request.param)
    yield window
    window.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace zip in Sim's layout."""
    place = tmp_path / "w.zip"
    flows = {
        "Sales/Lead-enricher-l1.json": document(
            "Lead enricher",
            [
                block("start", "start_trigger", "Start"),
                block("enrich", prompt="Ask for the payroll size."),
            ],
            [edge("start", "enrich")],
        ),
        "Monitor-m1.json": document("Monitor"),
    }
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(
            "_workspace.json",
            '{"workspace": {"name": "W"},'
            ' "folders": [{"id": "f", "name": "Sales", "parentId": null}]}',
        )
        for name, value in flows.items():
            archive.writestr(name, as_bytes(value))
    return place


def test_a_zip_comes_in_a_word_of_a_prompt_is_found_and_it_goes_out_again(
    tmux: Tmux, workspace: Path, home: Home
) -> None:
    tmux.sees("Nothing here yet.", "i import")
    tmux.keys("i")
    tmux.type(f"{workspace}")
    tmux.keys("Enter")
    tmux.sees("2 in", "+ Lead enricher", "+ Monitor")
    tmux.keys("Escape")
    tmux.sees("Name", "Lead enricher", "Monitor")
    tmux.type("/payroll")
    tmux.keys("Enter", "Enter")
    tmux.sees("Found", "Ask for the payroll")
    tmux.keys("x", "Enter")
    tmux.sees("in the home under")
    assert [file.name for file in home.exports.iterdir()] == ["Lead-enricher.simworkflow"]
    tmux.keys("q")
    tmux.sees("ended with 0")


def test_the_terminals_cursor_is_where_the_focus_is(tmux: Tmux, workspace: Path) -> None:
    def is_on(*texts: str) -> None:
        """Waits until it is in a line with all of these."""
        for _ in range(100):
            screen = tmux.sees(*texts).splitlines()
            if all(text in screen[tmux.cursor_row()] for text in texts):
                return
            time.sleep(0.05)
        raise AssertionError((texts, tmux.cursor_row(), screen))

    tmux.sees("Nothing here yet.")
    tmux.keys("i")
    tmux.type(f"{workspace}")
    is_on("w.zip")
    tmux.keys("Enter")
    tmux.sees("2 in")
    tmux.keys("Escape")
    lines = tmux.sees("Name", "Lead enricher", "Monitor").splitlines()
    names = [
        name for line in lines for name in ("Lead enricher", "Monitor") if f" {name} " in line[:30]
    ]
    tmux.keys("g")
    is_on("▸", names[0])
    tmux.keys("j")
    is_on("▸", names[1])
    tmux.keys("Enter", "J")
    is_on("{")
    tmux.keys("q")


def test_a_window_made_small_and_large_again_shows_what_fits(tmux: Tmux, workspace: Path) -> None:
    tmux.sees("Nothing here yet.")
    tmux.keys("i")
    tmux.type(f"{workspace}")
    tmux.keys("Enter")
    tmux.sees("2 in")
    tmux.keys("Escape")
    tmux.resize(130, 40)
    tmux.sees("Folder", "Overview", "5 Settings", "q quit")
    tmux.resize(40, 12)
    tmux.sees("Lead enricher", "q quit")
    tmux.resize(80, 24)
    tmux.sees("Blocks", "q quit")
