"""Colours: the one that was chosen, on the terminal that there is."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.model.settings import find
from simtui.paths import Home
from simtui.tui.theme import THEMES, name_for
from tests.tui.driving import driven

CHOICES = find("display.theme").choices


async def choose(home: Home, theme: str) -> None:
    async with await Library.open(home) as library:
        await library.settings.set("display.theme", theme)


@pytest.mark.parametrize("colours", ["truecolor", "256", "standard", None])
@pytest.mark.parametrize("wanted", CHOICES)
def test_every_choice_is_a_theme_on_every_terminal(wanted: str, colours: str | None) -> None:
    assert name_for(wanted, colours) in {theme.name for theme in THEMES}


@pytest.mark.parametrize("wanted", CHOICES)
async def test_every_theme_draws_a_screen_and_a_dialog(filled: Home, wanted: str) -> None:
    await choose(filled, wanted)
    async with driven(filled) as screen:
        assert screen.app.theme == wanted
        await screen.press("d")
        await screen.sees("to the trash?")
        await screen.press("n", "colon")
        await screen.sees("Bring workflows in")


def test_colours_for_256_are_among_them() -> None:
    cube = ("00", "5f", "87", "af", "d7", "ff")
    there = {f"#{r}{g}{b}" for r in cube for g in cube for b in cube}
    there |= {f"#{8 + 10 * n:02x}" + f"{8 + 10 * n:02x}" * 2 for n in range(24)}
    for theme in THEMES:
        if theme.name.endswith("-256"):
            told = [value for value in vars(theme).values() if isinstance(value, str)]
            told += theme.variables.values()
            assert {each for each in told if each.startswith("#")} <= there


def test_what_is_told_apart_by_red_and_green_elsewhere_is_not_so_in_the_safe_one() -> None:
    safe = next(theme for theme in THEMES if theme.name == "simtui-safe")

    def blue(colour: str | None) -> int:
        assert colour is not None
        return int(colour[5:7], 16)

    # no eye takes something blue for something orange
    assert blue(safe.success) - blue(safe.error) > 128


async def test_ones_own_theme_counts(filled: Home) -> None:
    filled.themes.mkdir()
    (filled.themes / "mine.toml").write_text('error = "#010203"\ncursor = "#040506"\n')
    await choose(filled, "themes/mine")
    async with driven(filled) as screen:
        assert screen.app.theme == "themes/mine"
        assert screen.app.current_theme.error == "#010203"
        assert screen.app.theme_variables["block-cursor-background"] == "#040506"


async def test_ones_own_theme_that_is_wrong_is_told_and_the_usual_one_is_used(filled: Home) -> None:
    filled.themes.mkdir()
    (filled.themes / "mine.toml").write_text('error = "red"\n')
    await choose(filled, "themes/mine")
    async with driven(filled, columns=250) as screen:
        await screen.sees("error is a colour like", "The usual colours are used.")
        assert screen.app.theme == "simtui"


async def test_the_settings_area_offers_ones_own(filled: Home) -> None:
    filled.themes.mkdir()
    (filled.themes / "mine.toml").write_text("")
    async with driven(filled) as screen:
        await screen.press("5", "enter")
        await screen.sees("simtui-safe", "themes/mine.toml")
        await screen.press("end", "enter")
        await screen.sees("display.theme is now themes/mine.toml.")
