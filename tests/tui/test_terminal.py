"""In a real terminal: what is sent to it, and how it is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.tui.pty_screen import PtyScreen, screen_on

LEFT_THE_SCREEN = b"\x1b[?1049l"
MAX_BYTES_A_KEY = 1200


async def assert_sound(home: Home) -> None:
    async with await Library.open(home, create=False) as library:
        assert await library.workflows.count() == 12


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_signal_leaves_a_clean_terminal_and_a_closed_database(
    filled: Home, number: signal.Signals, code: int
) -> None:
    with screen_on(filled.root) as screen:
        screen.signal(number)
        assert screen.exit_code() == code
        assert LEFT_THE_SCREEN in screen.seen
        assert b"\x1b[?25h" in screen.seen  # the cursor is there again
    assert not Path(f"{filled.database}-wal").exists()
    await assert_sound(filled)


async def test_a_dropped_connection_ends_it_with_a_closed_database(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.hang_up()
        assert screen.exit_code() == 129
    assert not Path(f"{filled.database}-wal").exists()
    await assert_sound(filled)


async def test_a_terminal_that_goes_without_a_word_ends_it_too(filled: Home) -> None:
    """No signal comes from a terminal that does not control the program."""
    with screen_on(filled.root, controlling=False) as screen:
        screen.send("j")
        screen.hang_up()
        assert screen.exit_code() == 129
    assert not Path(f"{filled.database}-wal").exists()
    await assert_sound(filled)


async def test_much_to_draw_does_not_keep_it_from_ending(filled: Home) -> None:
    """Nobody takes what is drawn, and more is drawn than is kept for drawing."""
    with screen_on(filled.root, controlling=False) as screen:
        screen.send("jk" * 200)
        screen.hang_up()
        assert screen.exit_code() == 129
    await assert_sound(filled)


def test_q_ends_it_well(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.send("q")
        assert screen.exit_code() == 0
        assert LEFT_THE_SCREEN in screen.seen


def test_no_color_sends_no_colour_at_all(filled: Home) -> None:
    with screen_on(filled.root, env={"NO_COLOR": "1"}) as screen:
        for keys in ("j", "?", "\x1b", "i", "\x1b", ":", "\x1b", "d", "n", "2", "1"):
            screen.send(keys)
            screen.read_until_quiet(0.3)
        codes = {
            code
            for sgr in re.findall(rb"\x1b\[([0-9;:]*)m", screen.seen)
            for code in re.split(rb"[;:]", sgr)
        }
    # bold, dim, reverse and the terminal's own colours are all that is left
    assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"39", b"49"}


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
def test_a_key_in_the_list_sends_few_bytes(filled: Home, columns: int, rows: int) -> None:
    with screen_on(filled.root, columns=columns, rows=rows) as screen:
        for key in "jjkjG":
            screen.send(key)
            assert 0 < len(screen.read_until_quiet()) <= MAX_BYTES_A_KEY


@pytest.mark.parametrize("key", ["/", "R", "i", ":"])
def test_nothing_blinks_where_something_can_be_typed(filled: Home, key: str) -> None:
    with screen_on(filled.root) as screen:
        screen.send(key)
        screen.read_until_quiet()
        screen.send("x")
        assert screen.read_until_quiet()
        assert not screen.read_until_quiet(1.2)


def test_nothing_blinks_and_nothing_is_sent_while_nobody_does_anything(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        assert screen.read_until_quiet(2.5) == b""


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_dumb_terminal_gets_the_plain_view(filled: Home, variables: dict[str, str]) -> None:
    master, slave = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "simtui", "--home", str(filled.root)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, **variables},
        timeout=60,
        check=False,
    )
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert done.returncode == 0
    assert "Lead enricher" in shown
    assert "\x1b" not in shown


def test_without_a_terminal_it_prints_the_plain_view(filled: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "simtui", "--home", str(filled.root)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert "Lead enricher" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_library_that_cannot_be_opened_is_told_on_a_clean_terminal(home: Home) -> None:
    home.root.mkdir()
    home.database.write_bytes(b"this is no database " * 400)
    screen = PtyScreen("--home", str(home.root))
    try:
        assert screen.exit_code() == 6
        last = screen.seen.rpartition(LEFT_THE_SCREEN)[2]
        assert b"simtui: " in last
        assert b"Traceback" not in screen.seen
    finally:
        screen.close()


def test_a_fault_of_ours_leaves_a_clean_terminal_and_a_report_without_values(
    filled: Home, tmp_path: Path
) -> None:
    script = tmp_path / "faulty.py"
    script.write_text(
        "import sys\n"
        "from simtui.paths import Home\n"
        "from simtui.tui.app import SimtuiApp\n"
        "from pathlib import Path\n"
        "class Faulty(SimtuiApp):\n"
        "    async def _follow(self):\n"
        "        password = 'hunter' + '22'\n"
        "        raise RuntimeError('on purpose')\n"
        "app = Faulty(Home(Path(sys.argv[1])))\n"
        "app.run()\n"
        "print(app.farewell)\n"
        "sys.exit(app.return_code)\n"
    )
    screen = PtyScreen(str(filled.root), program=[str(script)])
    try:
        assert screen.exit_code() == 1
        last = screen.seen.rpartition(LEFT_THE_SCREEN)[2].decode()
        assert "RuntimeError: on purpose" in last
        assert "hunter22" not in screen.seen.decode()
        [report] = Path.home().rglob("crash-*.txt")
        assert "on purpose" in report.read_text()
        assert "hunter22" not in report.read_text()
    finally:
        screen.close()


@pytest.mark.parametrize("after_ms", [0, 200, 500])
def test_who_quits_while_a_backup_is_made_has_quit(filled: Home, after_ms: int) -> None:
    with screen_on(filled.root) as screen:
        screen.read_until(b"backing up")
        time.sleep(after_ms / 1000)
        screen.send("q")
        assert screen.exit_code() == 0
