"""The tour: offered where there is nothing, four steps, skipped at any of them, called again."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.tui.screens.tour import Tour
from tests.tui.driving import driven


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20), (120, 40)])
async def test_an_empty_home_offers_it_and_four_steps_lead_through(
    home: Home, columns: int, rows: int
) -> None:
    async with driven(home, columns=columns, rows=rows) as screen:
        await screen.sees("f1  what this is, in four steps")
        await screen.press("f1")
        steps = ("Your home is", "narrows a list", "goes to the trash", "{{NAME}}")
        for step, words in enumerate(steps, 1):
            await screen.sees(f"{step} of 4", words, "esc enough")
            await screen.press("enter")
        await screen.loses("4 of 4")
        assert not isinstance(screen.app.screen, Tour)


async def test_it_can_be_left_and_called_again_by_its_name(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("f1")
        await screen.sees("1 of 4")
        await screen.press("enter", "left", "escape")
        await screen.loses("1 of 4")
        await screen.press("colon")
        await screen.type("what simtui is")
        await screen.loses("Open what is under the cursor")
        await screen.sees("What simtui is, in four steps")
        await screen.press("enter")
        await screen.sees("1 of 4")


async def test_it_tells_the_keys_that_are_bound(filled: Home) -> None:
    async with await Library.open(filled) as library:
        await library.settings.set("keys.undo", "f9")
    async with driven(filled) as screen:
        await screen.press("f1", "enter", "enter")
        await screen.sees("3 of 4", "f9 takes the last change back")
