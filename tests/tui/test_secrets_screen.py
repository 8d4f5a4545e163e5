"""The Secrets area, from no vault to a value that is used, and what the screen gives away."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.samples import fill_workflows
from tests.cli.vaulted import vault_in
from tests.tui.conftest import NOW_MS
from tests.tui.driving import Driver, driven

PASSWORD = "correct horse battery"
VALUE = "sk-planted-51f0c2a7"
CODE = re.compile(r"(?:[0-9A-Z]{4}-){8}[0-9A-Z]{4}")


async def make_vault(screen: Driver) -> None:
    """Makes a vault by setting a first secret."""
    await screen.press("a")
    await screen.sees("A new secret: its name")
    await screen.type("OPENAI_API_KEY")
    await screen.press("enter")
    for label in ("Choose a master password", "The same once more"):
        await screen.sees(label)
        await screen.type(PASSWORD)
        await screen.press("enter")
    text = await screen.sees("Your recovery code")
    code = str(CODE.findall(text)[0])
    await screen.press("enter")
    await screen.sees("The recovery code, please")
    await screen.type(code.lower().replace("-", " "))
    await screen.press("enter")
    await screen.sees("Its value")
    await screen.type(VALUE)
    await screen.press("enter")
    await screen.sees("OPENAI_API_KEY is set.")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home to copy that has a vault with the secret, and the recovery code."""
    home = Home(tmp_path_factory.mktemp("vaulted") / "SimAI")

    async def fill() -> None:
        async with await Library.open(home) as library:
            await fill_workflows(library, NOW_MS)

    asyncio.run(fill())
    return home.root, vault_in(home, PASSWORD, OPENAI_API_KEY=VALUE.encode())


@pytest.fixture
def code(home: Home, made: tuple[Path, str]) -> str:
    """Of such a home."""
    root, code = made
    shutil.copytree(root, home.root)
    return code


async def unlock(screen: Driver, code: str) -> None:
    """By the code, which costs no time, on the secret."""
    await to_the_secret(screen)
    await screen.press("enter")
    await screen.sees("Unlock")
    await screen.type(code)
    await screen.press("enter")
    await screen.sees(VALUE)
    await screen.press("escape")
    await screen.loses(VALUE)


async def to_the_secret(screen: Driver) -> None:
    await screen.press("g")
    for _ in range(12):
        if "▸ OPENAI_API_KEY" in screen.text:
            return
        await screen.press("j")
    raise AssertionError(screen.text)


async def test_names_that_workflows_refer_to_are_listed_though_nobody_set_them(
    filled: Home,
) -> None:
    async with driven(filled, columns=100) as screen:
        await screen.press("3")
        await screen.sees("ANTHROPIC_API_KEY", "! none", "1 workflow: Lead enricher", "SHEET_ID")


async def test_a_first_secret_makes_a_vault_and_no_value_is_seen_unasked(filled: Home) -> None:
    async with driven(filled, columns=100) as screen:
        await screen.press("3")
        await screen.sees("ANTHROPIC_API_KEY")
        await make_vault(screen)
        text = await screen.sees("●●●●●●●●", "vault open")
        await screen.sees("ways in:  password ✓  recovery code ✓ · locks after 10 min")
        assert VALUE not in text
        assert PASSWORD not in text


async def test_a_value_is_shown_on_enter_and_gone_on_escape(home: Home, code: str) -> None:
    async with driven(home, columns=100) as screen:
        await screen.press("3")
        await unlock(screen, code)
        await to_the_secret(screen)
        await screen.press("enter")
        await screen.sees(VALUE)
        await screen.press("escape")
        await screen.loses(VALUE)


@pytest.mark.parametrize("by", ["password", "recovery code"])
async def test_a_locked_vault_asks_and_a_wrong_password_says_so(
    home: Home, code: str, by: str
) -> None:
    async with driven(home, columns=100) as screen:
        await screen.press("3")
        await unlock(screen, code)
        await screen.press("L")
        await screen.sees("vault locked")
        await to_the_secret(screen)
        await screen.press("y")
        text = await screen.sees("Unlock", "Master password, or recovery code")
        await screen.type("not this one")
        text = screen.text
        assert "not this one" not in text
        await screen.press("enter")
        await screen.sees("does not open it", "until the next try")
        await screen.type(PASSWORD if by == "password" else code)
        await screen.press("enter")
        await screen.sees("vault open", "clipboard")


async def test_a_name_that_nothing_can_refer_to_is_told_before_anything_is_asked(
    filled: Home,
) -> None:
    """Somebody may type a value where a name is asked for."""
    async with driven(filled) as screen:
        await screen.press("3", "a")
        await screen.sees("A new secret: its name")
        await screen.type("sk-live 4711")
        await screen.sees("Letters, digits and _ only")
        await screen.press("enter")
        await screen.sees("A new secret: its name")
        await screen.press("escape")
        await screen.loses("A new secret")


async def test_the_one_under_the_cursor_is_set_without_asking_for_its_name(
    home: Home, code: str
) -> None:
    async with driven(home, columns=100) as screen:
        await screen.press("3")
        await unlock(screen, code)
        await screen.press("g", "s")
        await screen.sees("Its value")
        await screen.type(VALUE)
        await screen.press("enter")
        await screen.sees("ANTHROPIC_API_KEY is set.")


async def test_leaving_the_making_keeps_no_vault(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("3", "s")
        await screen.sees("Choose a master password")
        await screen.type("short")
        await screen.press("enter")
        await screen.type("short")
        await screen.press("enter")
        await screen.sees("at least 8 characters")
        await screen.press("escape")
        await screen.loses("Choose a master password")
    async with await Library.open(filled) as library:
        assert not await library.has_vault()


async def test_delete_asks_and_the_name_stays_where_workflows_refer_to_it(
    home: Home, code: str
) -> None:
    async with driven(home, columns=100) as screen:
        await screen.press("3")
        await unlock(screen, code)
        await to_the_secret(screen)
        await screen.press("d")
        await screen.sees("Delete the value of OPENAI_API_KEY?")
        await screen.press("y")
        await screen.sees("OPENAI_API_KEY is deleted.")
        await screen.loses("●●●●●●●●")


async def test_it_locks_by_itself_after_a_while_without_a_key(home: Home, code: str) -> None:
    async with driven(home, columns=100) as screen:
        await screen.press("3")
        await unlock(screen, code)
        screen.app.vault.lock_after_s = 0
        await screen.sees("vault locked", "without a key")


async def test_a_picture_of_the_prompt_shows_nothing_of_what_is_typed(filled: Home) -> None:
    async with driven(filled, columns=100) as screen:
        await screen.press("3", "s")
        await screen.sees("Choose a master password")
        await screen.type("zebra-7-crossing")
        assert "zebra" not in screen.app.export_screenshot()
        assert "zebra" not in screen.text
