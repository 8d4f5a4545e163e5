"""What is typed into a box is text, whatever it would mean outside; and no key is ever lost for
good."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.paths import Home
from tests.tui.driving import driven


async def test_what_is_typed_behind_the_slash_is_text_and_no_key(filled: Home) -> None:
    async with driven(filled, columns=120) as screen:
        await screen.press("slash")
        await screen.type('q?1:d "x" T')
        text = await screen.sees('/ q?1:d "x" T', "0 of 12")
        assert "to the trash?" not in text


@pytest.mark.parametrize("opening", ["R", "m", "i"])
async def test_what_is_typed_into_a_dialog_is_text_and_no_key(filled: Home, opening: str) -> None:
    async with driven(filled) as screen:
        await screen.press(opening)
        await screen.sees("esc not now")
        await screen.type('q?1:j "x"')
        await screen.sees('q?1:j "x"', "esc not now")
        await screen.press("escape")
        await screen.loses("esc not now")
        await screen.sees("12", "▸ Lead enricher")


async def test_lines_that_are_pasted_into_the_filter_become_one(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.paste("\r\nrelease\nnotes\x1b\n")
        await screen.sees("/ release notes", "1 of 12", "Release notes")


async def test_lines_that_are_pasted_into_a_dialog_become_one_and_answer_nothing(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.press("R", "ctrl+u")
        await screen.sees("⏎ rename")
        await screen.paste("two\nlines\n")
        await screen.sees("two lines", "⏎ rename")
        await screen.press("enter")
        await screen.sees("Renamed to two lines.")


async def test_what_is_pasted_where_nothing_takes_it_does_nothing(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.paste("dy\nq")
        await screen.press("j")
        await screen.sees("▸ Competitor monitor", "12")


async def test_a_key_that_goes_wrong_is_told_and_the_next_one_works(home: Home) -> None:
    async with driven(home) as screen:

        async def broken() -> None:
            raise ZeroDivisionError("on purpose")

        screen.app.typed.put(broken)
        await screen.sees("a fault in simtui (ZeroDivisionError: on purpose)")
        await screen.press("2")
        await screen.sees("No runs yet.")


async def test_tab_behind_a_home_that_nobody_has_leaves_every_key_working(home: Home) -> None:
    async with driven(home) as screen:
        await screen.press("i")
        await screen.sees("Tab completes")
        await screen.type("~nobodyofthisname/x")
        await screen.press("tab", "escape")
        await screen.loses("Tab completes")
        await screen.sees("Nothing here yet.")


async def test_tab_completes_a_path_as_far_as_it_can_only_go_on(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("alpha one.json", "alpha two.json", "ne\nw.json"):
        (tmp_path / "in" / name).write_text("{}")
    async with driven(home) as screen:
        await screen.press("i")
        await screen.sees("Tab completes")
        await screen.type("in/al")
        await screen.press("tab")
        await screen.sees("in/alpha  ", "alpha one.json  alpha two.json")
        await screen.type("t")
        await screen.press("tab")
        await screen.sees("in/alpha two.json", "Tab completes")
        await screen.press("ctrl+u", "tab")
        await screen.type("in/")
        await screen.press("tab")
        await screen.sees("ne\\nw.json")


async def test_the_palette_opens_in_areas_only(filled: Home) -> None:
    async with driven(filled) as screen:
        for key, there in (("question_mark", "Keys here"), ("R", "⏎ rename")):
            await screen.press(key)
            await screen.sees(there)
            await screen.press("ctrl+p")
            text = await screen.sees(there)
            assert "Search for commands" not in text
            await screen.press("escape")
            await screen.loses(there)


async def test_ctrl_c_says_how_to_quit(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("ctrl+c")
        await screen.sees("q quits.")


async def test_a_key_works_only_where_the_line_of_keys_could_name_it(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        await screen.press("T")
        await screen.sees("1 in the trash")
        await screen.press("R", "m", "d", "D", "F", "i", "B")
        await screen.press("enter", "R", "m", "d")
        text = await screen.sees("in the trash ·", "w take out", "q quit")
        assert "esc not now" not in text
        await screen.press("w")
        await screen.sees("1 workflow taken out of the trash.", "The trash is empty.")


@pytest.mark.parametrize(
    ("area", "size"),
    [("1", (80, 24)), ("1", (120, 40)), ("1", (40, 12)), ("1", (20, 5)), ("3", (60, 20))],
)
async def test_every_key_everywhere_leaves_a_screen_that_works(
    filled: Home, area: str, size: tuple[int, int]
) -> None:
    keys = "enter x escape R escape m escape d n u space F escape T T o J v bracketright n N tab"
    keys += " escape y t r escape ? j G g k q : escape slash a enter escape escape I z left f5"
    names = {"bracketright": "right_square_bracket", "?": "question_mark", ":": "colon"}
    async with driven(filled, columns=size[0], rows=size[1]) as screen:
        await screen.press(area)
        for key in keys.split():
            await screen.press(names.get(key, key))
        assert "fault" not in screen.text
        await screen.resize(100, 30)
        await screen.press("escape", "escape", "escape", "1")
        await screen.sees("Lead enricher", "12")
