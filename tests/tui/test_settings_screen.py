"""The Settings area: every setting, and a value that is refused while it is typed."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.model.settings import SETTINGS
from simtui.paths import Home
from tests.tui.driving import Driver, driven


async def to_setting(screen: Driver, key: str) -> None:
    await screen.press("5")
    await screen.sees("Where from")
    await screen.press("g", *"j" * [setting.key for setting in SETTINGS].index(key))
    await screen.sees(f"▸ {key}")


async def stored(home: Home) -> dict[str, str]:
    async with await Library.open(home) as library:
        return await library.settings.all()


def absolute(screen: Driver) -> bool:
    return screen.app.absolute_times


async def test_every_setting_is_there_with_its_meaning(filled: Home) -> None:
    async with driven(filled, rows=30) as screen:
        await screen.press("5")
        await screen.sees(*(setting.key for setting in SETTINGS))
        await to_setting(screen, "vault.lock_after")
        await screen.sees("10 min", "locks the vault by itself", "Default: 10 min.")


async def test_a_word_is_chosen_and_counts_at_once(filled: Home) -> None:
    async with driven(filled) as screen:
        await to_setting(screen, "display.theme")
        await screen.press("enter")
        await screen.sees("⏎ choose")
        await screen.press("j", "enter")
        await screen.sees("display.theme is now simtui-light.", "set here; default simtui")
        assert screen.app.theme == "simtui-light"
    assert await stored(filled) == {"display.theme": "simtui-light"}


async def test_what_the_command_line_said_goes_first_and_is_said(filled: Home) -> None:
    async with driven(filled) as screen:
        screen.app.mouse_wanted = False
        await to_setting(screen, "display.mouse")
        line = next(line for line in screen.text.splitlines() if "display.mouse" in line)
        assert line.split() == ["▸", "display.mouse", "off", "from", "the", "command", "line"]


async def test_a_number_that_cannot_be_is_told_while_it_is_typed(filled: Home) -> None:
    async with driven(filled) as screen:
        await to_setting(screen, "backup.keep_daily")
        await screen.press("enter", "backspace")
        await screen.type("x")
        await screen.sees("a whole number, 0 to 1000", 'not "x"')
        await screen.press("enter")  # is not taken
        await screen.press("backspace")
        await screen.type("30")
        await screen.press("enter")
        await screen.sees("backup.keep_daily is now 30.")
    assert await stored(filled) == {"backup.keep_daily": "30"}


async def test_d_is_the_default_again(filled: Home) -> None:
    async with await Library.open(filled) as library:
        await library.settings.set("display.times", "absolute")
    async with driven(filled) as screen:
        assert absolute(screen)
        await to_setting(screen, "display.times")
        await screen.press("d")
        await screen.sees("display.times is the default again: relative.")
        assert not absolute(screen)
    assert await stored(filled) == {}


async def test_what_the_environment_says_is_told(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMTUI_TIMES", "absolute")
    async with driven(filled) as screen:
        await to_setting(screen, "display.times")
        await screen.sees("from SIMTUI_TIMES")
        await screen.press("enter", "g", "enter")
        await screen.sees("$SIMTUI_TIMES is set and goes first.")


async def look_for(screen: Driver, part: str) -> None:
    await screen.press("/")
    await screen.sees("Find a setting")
    await screen.press(*["backspace"] * 20)
    await screen.type(part)
    await screen.press("enter")


async def test_one_is_found_by_a_part_of_its_name_or_of_what_it_does(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("5")
        await look_for(screen, "locks the vault")
        await screen.sees("▸ vault.lock_after")
        await look_for(screen, "keys.run")
        await screen.sees("▸ keys.run_import", "n and N go on")
        await screen.press("n")
        await screen.sees("▸ keys.run_mark")
        await screen.press("N")
        await screen.sees("▸ keys.run_import")
        await look_for(screen, "no such thing")
        await screen.sees('No setting has "no such thing".')
