"""Copying: which way is taken, what is sent, and what is said of it."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simtui.paths import Home
from simtui.tui.clipboard import MAX_SEQUENCE, ways
from tests.tui.pty_screen import screen_on

NOTHING = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "TMUX": "", "SSH_CONNECTION": "", "SSH_TTY": ""}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with programs that write what they are given into a file of their name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("wl-copy", "xclip", "xsel", "pbcopy", "tmux"):
        program = folder / name
        program.write_text(f'#!/bin/sh\n/bin/cat > "{tmp_path}/{name}.got"\n')
        program.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def names(environment: dict[str, str], platform: str = "linux") -> list[str]:
    return [way.name for way in ways(environment, platform)]


@pytest.mark.usefixtures("tools")
def test_the_desktop_goes_before_tmux() -> None:
    both = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "TMUX": "a server of tmux"}
    assert names(both) == ["wl-copy", "xclip", "xsel", "tmux"]
    assert names({}, "darwin") == ["pbcopy"]
    assert names({}) == []


@pytest.mark.usefixtures("tools")
def test_over_ssh_the_desktop_is_another_machines() -> None:
    assert names({"DISPLAY": ":10", "SSH_CONNECTION": "a b c d", "TMUX": "x"}) == ["tmux"]


def test_what_is_not_installed_is_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert names({"WAYLAND_DISPLAY": "wayland-0", "TMUX": "x"}) == []


def test_a_desktops_tool_gets_the_text(filled: Home, tools: Path, tmp_path: Path) -> None:
    path = f"{tools}:/usr/bin:/bin"
    with screen_on(filled.root, env=NOTHING | {"DISPLAY": ":0", "PATH": path}) as screen:
        screen.send("y")
        screen.read_until(b"Copied with xclip")
    assert len((tmp_path / "xclip.got").read_text()) == 36


def test_a_tool_that_fails_is_passed_over(filled: Home, tools: Path) -> None:
    (tools / "xclip").write_text("#!/bin/sh\nexit 1\n")
    (tools / "xsel").unlink()
    path = f"{tools}:/usr/bin:/bin"
    with screen_on(filled.root, env=NOTHING | {"DISPLAY": ":0", "PATH": path}) as screen:
        screen.send("y")
        screen.read_until(b"Sent to the terminal")
        assert b"\x1b]52;c;" in screen.seen


def test_the_terminal_is_asked_where_there_is_no_other_way(filled: Home) -> None:
    with screen_on(filled.root, env=NOTHING) as screen:
        screen.send("y")
        screen.read_until(b"tells nothing back")
        sequence = screen.seen.partition(b"\x1b]52;c;")[2].partition(b"\a")[0]
        assert len(base64.b64decode(sequence)) == 36


@pytest.fixture
def tmux(tool: Callable[[str], str]) -> Iterator[list[str]]:
    server = [tool("tmux"), "-L", f"simtui-copy-{os.getpid()}"]
    subprocess.run([*server, "-f", "/dev/null", "new-session", "-d", "sleep 60"], check=True)
    yield server
    subprocess.run([*server, "kill-server"], capture_output=True, check=False)


@pytest.mark.terminal
def test_inside_tmux_it_is_a_buffer_of_tmux(filled: Home, tmux: list[str]) -> None:
    told = ["display-message", "-p", "#{socket_path},#{pid},0"]
    where = subprocess.run([*tmux, *told], capture_output=True, text=True, check=True).stdout
    with screen_on(filled.root, env=NOTHING | {"TMUX": where.strip()}) as screen:
        screen.send("y")
        screen.read_until(b"Copied to tmux")
    shown = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True)
    assert len(shown.stdout) == 36


async def test_more_than_terminals_take_is_refused_and_nothing_is_sent(filled: Home) -> None:
    from simtui.tui import clipboard
    from simtui.tui.app import SimtuiApp

    app = SimtuiApp(filled)
    large = "x" * MAX_SEQUENCE
    with pytest.MonkeyPatch.context() as environment:
        for name in NOTHING:
            environment.delenv(name, raising=False)
        assert await clipboard.copy(app, large) == ""
        assert await clipboard.copy(app, "x" * (MAX_SEQUENCE // 4 * 3)) != ""
    assert "75 kB, and terminals take 56 kB" in clipboard.too_much(large)
