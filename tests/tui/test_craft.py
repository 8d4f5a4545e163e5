"""In a real terminal: stopping and going on, other programs on it, few colours, ASCII, no mouse."""

from __future__ import annotations

import os
import re
import signal
import termios
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.tui.pty_screen import PtyScreen, screen_on

ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"


def editor(place: Path, command: str) -> dict[str, str]:
    """An environment with an editor that is a shell command on the file, `$1`."""
    script = place / "editor.sh"
    script.write_text(f"#!/bin/sh\n{command}\n")
    script.chmod(0o700)
    return {"VISUAL": str(script), "EDITOR": "/nowhere"}


def local_modes(screen: PtyScreen) -> int:
    modes: int = termios.tcgetattr(screen.terminal)[3]
    return modes & (termios.ICANON | termios.ECHO | termios.ISIG)


ORDINARY = termios.ICANON | termios.ECHO | termios.ISIG


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name
)
def test_a_signal_gives_the_terminal_back_as_it_was(filled: Home, number: signal.Signals) -> None:
    with screen_on(filled.root) as screen:
        assert local_modes(screen) == 0
        screen.signal(number)
        assert screen.exit_code() == 128 + number
        assert local_modes(screen) == ORDINARY
        tail = screen.seen[screen.seen.rindex(b"\x1b[?1000l") - 200 :]
    for switched_off in (b"\x1b[?1049l", b"\x1b[?1006l", b"\x1b[?2004l", b"\x1b[?1004l"):
        assert switched_off in tail


def test_ctrl_z_stops_it_and_it_comes_back_whole(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.send("\x1a")
        screen.read_until(LEFT)
        os.waitid(os.P_PID, screen.pid, os.WSTOPPED | os.WNOWAIT)
        assert local_modes(screen) == ORDINARY
        screen.signal(signal.SIGCONT)
        screen.read_until(ENTERED)
        came = screen.read_until(b"quit")
        assert b"Lead enricher" in screen.seen.rpartition(ENTERED)[2] or b"Lead enricher" in came
        screen.send("j")
        assert screen.read_until_quiet()


def test_an_editor_has_the_terminal_to_itself_and_gives_it_back(
    filled: Home, tmp_path: Path
) -> None:
    said = editor(tmp_path, 'stty -a; echo here it is; read -r line; echo "  " >> "$1"')
    with screen_on(filled.root, env=said) as screen:
        screen.send("e")
        screen.read_until(b"as JSON")
        screen.send("\r")
        screen.read_until(b"here it is")
        told = screen.seen.rpartition(LEFT)[2]
        assert b" icanon" in told
        assert b" echo " in told
        assert screen.read_until_quiet(1.5) == b""  # nothing is drawn over it
        screen.send("on\r")
        screen.read_until(ENTERED)
        screen.read_until(b"Saved; the document before")
        assert b"Hello" in screen.seen.rpartition(ENTERED)[2]
        assert local_modes(screen) == 0


def test_ctrl_c_in_the_editor_is_the_editors(filled: Home, tmp_path: Path) -> None:
    said = editor(tmp_path, "trap 'echo heard; exit 0' INT; echo here it is; sleep 60 & wait")
    with screen_on(filled.root, env=said) as screen:
        screen.send("e")
        screen.read_until(b"as JSON")
        screen.send("\r")
        screen.read_until(b"here it is")
        screen.send("\x03")
        screen.read_until(b"heard")
        screen.read_until(b"Nothing was changed.")
        screen.send("q")
        assert screen.exit_code() == 0


def test_a_termination_ends_the_editor_too_and_keeps_what_was_written(
    filled: Home, tmp_path: Path
) -> None:
    said = editor(tmp_path, 'echo half > "$1"; echo $$ > "$0.pid"; echo here it is; exec sleep 60')
    with screen_on(filled.root, env=said) as screen:
        screen.send("e")
        screen.read_until(b"as JSON")
        screen.send("\r")
        screen.read_until(b"here it is")
        screen.signal(signal.SIGTERM)
        assert screen.exit_code() == 143
    assert not Path(f"/proc/{(tmp_path / 'editor.sh.pid').read_text().strip()}").exists()
    assert not Path(f"{filled.database}-wal").exists()
    with screen_on(filled.root, env=said) as screen:
        screen.send("e")
        screen.read_until(b"as JSON")
        screen.send("\r")
        screen.read_until(b"An earlier try was not saved")
    assert list(filled.root.glob("edit-*")) == []


def test_an_editor_that_is_not_there_is_told_and_the_screen_stays(filled: Home) -> None:
    with screen_on(filled.root, env={"VISUAL": "/no/such/editor"}) as screen:
        screen.send("e")
        screen.read_until(b"as JSON")
        screen.send("\r")
        screen.read_until(b"cannot be run")
    assert list(filled.root.glob("edit-*")) == []


def test_the_pager_shows_the_open_text(filled: Home, tmp_path: Path) -> None:
    pager = tmp_path / "pager.sh"
    pager.write_text("#!/bin/sh\ncat; echo the end\n")
    pager.chmod(0o700)
    with screen_on(filled.root, env={"PAGER": str(pager)}) as screen:
        screen.send("J")
        screen.read_until(b"version")
        screen.send("p")
        screen.read_until(b"the end")
        text = screen.seen.rpartition(LEFT)[2]
        assert b'"exportedAt"' in text
        assert text.count(b"\n") > 100


RGB, OF_256 = rb"\x1b\[[0-9;]*[34]8;2;", rb"\x1b\[[0-9;]*[34]8;5;"


@pytest.mark.parametrize(
    ("variables", "none_of", "some_of"),
    [
        ({"TERM": "xterm", "COLORTERM": ""}, [RGB, OF_256], rb"\x1b\[[0-9;]*44m"),
        ({"TERM": "xterm-256color", "COLORTERM": ""}, [RGB], OF_256),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, [], RGB),
    ],
    ids=["16", "256", "truecolor"],
)
def test_a_terminal_is_sent_the_colours_that_it_has(
    filled: Home, variables: dict[str, str], none_of: list[bytes], some_of: bytes
) -> None:
    with screen_on(filled.root, env=variables) as screen:
        for keys in ("j", "?", "\x1b", "d", "n", "5"):
            screen.send(keys)
            screen.read_until_quiet(0.3)
        assert re.search(some_of, screen.seen)
        for sequence in none_of:
            assert not re.search(sequence, screen.seen)


@pytest.mark.parametrize("variables", [{"LANG": "C"}, {"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}])
def test_a_locale_of_ascii_alone_is_sent_ascii_alone(
    filled: Home, variables: dict[str, str]
) -> None:
    with screen_on(
        filled.root, env={"LANG": "", "LC_ALL": "", "LC_CTYPE": ""} | variables
    ) as screen:
        for keys in ("d", "n", "J", "\x1b", "?", "\x1b", "5", "1"):
            screen.send(keys)
            screen.read_until_quiet(0.3)
        assert screen.seen.isascii()
        assert b"+-----" in screen.seen  # a dialog's border
        assert b"enter" in screen.seen  # the key that is told by a sign elsewhere


def test_no_mouse_leaves_it_to_the_terminal(filled: Home) -> None:
    screen = PtyScreen("--home", str(filled.root), "--no-mouse")
    try:
        screen.read_until(b"quit")
        screen.send("q")
        assert screen.exit_code() == 0
        assert b"\x1b[?1000h" not in screen.seen
    finally:
        screen.close()


def test_the_setting_lets_the_mouse_go(filled: Home) -> None:
    with screen_on(filled.root, env={"SIMTUI_MOUSE": "off"}) as screen:
        assert screen.seen.rindex(b"\x1b[?1000l") > screen.seen.rfind(b"\x1b[?1000h")
