"""Search over workflows, runs and log lines, from any area, and the way to what it finds."""

from __future__ import annotations

import pytest

from simtui.library.searching import MARK, UNMARK, Hit
from simtui.paths import Home
from simtui.tui.screens.searching import lines_of
from tests.tui.driving import driven
from tests.tui.running import KEY, bring, end, failing, log, run


async def test_it_opens_from_every_area_and_esc_leads_back(filled: Home) -> None:
    async with driven(filled) as screen:
        for area in "23451":
            await screen.press(area)
            await screen.sees(f"[{area} ")
            await screen.press("semicolon")
            await screen.sees("Search everywhere")
            await screen.press("escape")
            await screen.sees(f"[{area} ")


async def test_it_finds_in_workflows_runs_and_logs_and_shows_the_piece(filled: Home) -> None:
    await bring(filled, *failing(), log("r-fails", f"jargon with {KEY}", 70), end("r-fails"))
    async with driven(filled, columns=100) as screen:
        await screen.press("semicolon")
        await screen.type("jargon")
        text = await screen.sees("2 hits", "workflow", "Release notes", "No jargon", "log line")
        assert KEY[:12] not in text
        await screen.press("enter", "enter")
        await screen.sees("[1 Workflows]", "Release notes", "Overview   J JSON")


async def test_enter_on_a_line_of_a_log_goes_to_that_line(home: Home) -> None:
    lines = [log("r", f"line {n}", n) for n in range(1, 900)]
    lines[449] |= {"message": "the needle itself"}
    await bring(home, run("r"), *lines, end("r"))
    async with driven(home) as screen:
        await screen.press("semicolon")
        await screen.type("needle")
        await screen.sees("1 hit", "the needle itself")
        await screen.press("enter", "enter")
        await screen.sees("[2 Runs]", "at 450 ·", "the needle itself", "line 449")
        await screen.press("escape")
        await screen.sees("id:", "1 of 1")
        await screen.press("semicolon")
        await screen.sees("/ needle", "1 hit")


async def test_the_cursor_goes_from_hit_to_hit_and_back_to_the_box(home: Home) -> None:
    for number in range(3):
        await bring(
            home, run(f"r{number}", f"Flow {number}", later=number),
            end(f"r{number}", "failed", error={"message": "timeout here"}),
        )  # fmt: skip
    async with driven(home) as screen:
        await screen.press("semicolon")
        await screen.type("timeout")
        await screen.sees("3 hits", "Flow 2: failed")
        await screen.press("down", "j", "enter")
        await screen.sees("Flow 1", "Error", "timeout here")


async def test_nothing_found_says_so(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("semicolon")
        await screen.type("xyzzyplugh")
        await screen.sees("0 hits", "Nothing holds it.")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("at", [0, 20, 47, 48])
def test_a_hit_shows_its_match_at_any_width(width: int, at: int) -> None:
    snippet = f"emailDrafter · messages: …{'x' * at}{MARK}Summarize{UNMARK} the call and send it on"
    found = lines_of(Hit("workflow", "w", "w", "A workflow", snippet, 0), width)
    shown = "".join(span.text for span in found[1])
    assert "Summarize the call" in shown[:width]
    assert "messages: …" in shown
