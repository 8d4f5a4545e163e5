"""An encrypted library on the screen: nothing of it is seen before it is open, or once it locks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from simtui.errors import SimtuiError
from simtui.paths import Home
from simtui.tui.app import SimtuiApp
from tests.cli.vaulted import private_file
from tests.tui.driving import Driver
from tests.tui.pty_screen import PtyScreen
from tests.vault.keyed import encrypted

NAME = "Lead enricher"
PROMPT = "Master password, or recovery code"


@pytest.fixture
async def code(filled: Home) -> str:
    return await encrypted(filled)


@asynccontextmanager
async def asked_first(home: Home) -> AsyncIterator[Driver]:
    app = SimtuiApp(home)
    async with app.run_test(size=(80, 24)) as pilot:
        driver = Driver(app, pilot)
        await driver.sees(PROMPT)
        yield driver


async def test_nothing_is_shown_before_it_is_open(filled: Home, code: str) -> None:
    async with asked_first(filled) as screen:
        assert NAME not in screen.text
        assert "Workflows" not in screen.text
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME, "vault open")


async def test_a_wrong_one_is_told_and_asked_again(filled: Home, code: str) -> None:
    async with asked_first(filled) as screen:
        await screen.type("not it")
        await screen.press("enter")
        await screen.sees("Nothing was tried")
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME)


async def test_who_gives_up_sees_nothing_and_ends(filled: Home, code: str) -> None:
    async with asked_first(filled) as screen:
        await screen.press("escape")
        await screen.loses(PROMPT)
        assert screen.app.return_code == 5
        assert "encrypted, and locked" in screen.app.farewell


async def test_a_lock_closes_it_and_shows_nothing_until_it_is_open_again(
    filled: Home, code: str
) -> None:
    async with asked_first(filled) as screen:
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME)
        before = screen.app.library
        screen.app.lock_vault("Locked.")
        await screen.sees(PROMPT, "Locked.")
        assert NAME not in screen.text
        await screen.pause()
        with pytest.raises(SimtuiError, match="closed"):
            await before.workflows.count()
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME, "Open again.")


async def test_a_while_without_a_key_closes_it_too(filled: Home, code: str) -> None:
    async with asked_first(filled) as screen:
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME)
        screen.app.vault.lock_after_s = 0
        await screen.sees(PROMPT, "without a key")


@contextmanager
def opened(home: Home, code: str) -> Iterator[PtyScreen]:
    with closing(PtyScreen("--home", str(home.root))) as screen:
        screen.read_until(b"Master password")
        screen.read_until_quiet()
        screen.send(f"{code}\r")
        screen.read_until(b"Lead enricher")
        yield screen


def stop(screen: PtyScreen) -> None:
    screen.signal(signal.SIGTSTP)
    screen.read_until(b"\x1b[?1049l")
    os.waitid(os.P_PID, screen.pid, os.WSTOPPED | os.WNOWAIT)


def test_a_process_that_is_stopped_has_closed_it(filled: Home, code: str) -> None:
    with opened(filled, code) as screen:
        assert has_open(screen.pid, filled.database)
        stop(screen)
        assert not has_open(screen.pid, filled.database)
        screen.signal(signal.SIGCONT)
        screen.read_until(b"Locked at suspend.")
        assert b"Lead enricher" not in screen.seen.rpartition(b"\x1b[?1049h")[2]
        screen.send(f"{code}\r")
        screen.read_until(b"Lead enricher")
        screen.send("q")
        assert screen.exit_code() == 0


@pytest.mark.parametrize("after_ms", [0, 200, 600])
def test_who_leaves_while_it_is_opened_again_has_left(
    filled: Home, code: str, after_ms: int
) -> None:
    with opened(filled, code) as screen:
        stop(screen)
        screen.signal(signal.SIGCONT)
        screen.read_until(b"Locked at suspend.")
        screen.send(f"{code}\r")
        time.sleep(after_ms / 1000)
        screen.signal(signal.SIGTERM)
        assert screen.exit_code() == 143


async def test_nothing_is_seen_while_a_password_is_tried(filled: Home, code: str) -> None:
    async with asked_first(filled) as screen:
        await screen.paste(code)
        await screen.press("enter")
        await screen.sees(NAME)
        screen.app.lock_vault("Locked.")
        await screen.sees(PROMPT, "Locked.")
        await screen.type("not it")
        seen: list[str] = []
        screen.app.screen_change_signal.subscribe(screen.app, lambda _: seen.append(screen.text))
        await screen.press("enter")
        await screen.sees("Nothing was tried")
        assert any("Opening" in text for text in seen)
        assert not any(NAME in text for text in seen)


def test_a_password_file_opens_the_screen(filled: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "code", code)
    screen = PtyScreen("--home", str(filled.root), "--password-file", str(file))
    try:
        screen.read_until(b"Lead enricher")
        assert b"Master password" not in screen.seen
        screen.send("q")
        assert screen.exit_code() == 0
    finally:
        screen.close()


def has_open(pid: int, path: Path) -> bool:
    return any(fd.readlink() == path for fd in Path(f"/proc/{pid}/fd").iterdir())
