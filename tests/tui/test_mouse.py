"""The mouse does what it seems to, and nothing needs it."""

from __future__ import annotations

from simtui.paths import Home
from tests.tui.driving import driven


async def test_a_click_moves_the_cursor_and_a_click_on_it_opens(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.click(10, 5)
        await screen.sees("▸ Meeting follow-up")
        await screen.click(10, 5)
        await screen.sees("o Overview", "Meeting follow-up")


async def test_a_click_where_nothing_is_does_nothing(filled: Home) -> None:
    async with driven(filled) as screen:
        for place in ((3, 0), (3, 1), (3, 2), (3, 20), (70, 22), (3, 23)):
            await screen.click(*place)
        await screen.press("j")
        await screen.sees("▸ Competitor monitor", "quit")


async def test_a_double_click_in_a_choice_answers_it_once(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("x")
        text = await screen.sees("Export as", "⏎ choose")
        row = next(n for n, line in enumerate(text.splitlines()) if "Sim JSON" in line)
        await screen.click(10, row, times=2)
        await screen.sees("in the home under exports/")
        assert len(list(filled.exports.iterdir())) == 1


async def test_a_click_out_of_the_filter_puts_back_what_is_listed(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("blocks:4")
        await screen.sees("6 of 12")
        await screen.press("enter", "slash")
        await screen.type(" colour:red")
        await screen.sees('There is no "colour:" here.')
        await screen.click(10, 5)
        await screen.sees("/ blocks:4  ", "6 of 12")


async def test_a_filter_that_cannot_be_meant_keeps_the_box_open(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("colour:red")
        await screen.press("enter", "j", "q")
        await screen.sees("/ colour:redjq", "12")
        await screen.press("escape")
        text = await screen.sees("▸ Lead enricher")
        assert "colour" not in text
