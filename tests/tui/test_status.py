"""The status line: true, whole, and never stale for good."""

from __future__ import annotations

import asyncio
import time

import pytest

from simtui.paths import Home
from simtui.tui.screens import workflows
from simtui.tui.screens.dialogs import Confirm
from tests.tui.driving import driven


@pytest.mark.parametrize("key", ["space", "enter", "2", "y", "T", "question_mark", "F"])
async def test_what_was_said_gives_way_to_the_next_act(filled: Home, key: str) -> None:
    async with driven(filled) as screen:
        screen.app.tell("Said before.", "success")
        await screen.sees("Said before.")
        await screen.press(key, "escape", "escape")
        await screen.loses("Said before.")


async def test_what_was_said_stays_while_the_cursor_moves(filled: Home) -> None:
    async with driven(filled) as screen:
        screen.app.tell("Said before.", "success")
        await screen.press("j", "k", "G", "g")
        await screen.sees("Said before.")


async def test_what_is_running_and_what_was_said_stand_side_by_side(filled: Home) -> None:
    async with driven(filled) as screen:
        ended = asyncio.Event()

        async def wait() -> None:
            await ended.wait()

        running = asyncio.create_task(screen.app.work.run("importing x", wait()))
        await screen.sees("importing x (esc cancels)")
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.type("Other")
        await screen.press("enter")
        await screen.sees("importing x (esc cancels) · Renamed to Other.")
        ended.set()
        assert await running
        text = await screen.loses("importing x")
        assert "Renamed to Other." in text


async def test_the_areas_are_named_before_the_home(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.sees("5 Settings")
    async with driven(filled, columns=40, rows=12) as screen:
        await screen.sees("[1 Workflows] 2  3  4  5")


async def test_esc_leads_from_another_area_to_the_workflows(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("4")
        await screen.sees("Kept by")
        await screen.press("escape")
        await screen.sees("Lead enricher")


async def test_how_long_ago_goes_on_being_true(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows, "MINUTE_SECONDS", 0.05)
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.type("Other")
        await screen.press("enter")
        await screen.sees("Other", "now  ")
        later = time.time_ns() + 300 * 10**9
        monkeypatch.setattr("simtui.tui.clock.time.time_ns", lambda: later)
        await screen.sees("5 min ago")


async def test_a_filter_that_only_gains_a_space_still_lists_what_it_means(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        for key in ("r", "e", "l", "e", "a", "s", "e", "space", "space"):
            screen.app.simulate_key(key)
        await screen.sees("1 of 12", "Release notes")


async def test_on_the_narrowest_screen_what_is_typed_and_its_help_can_be_read(filled: Home) -> None:
    async with driven(filled, columns=40, rows=12) as screen:
        await screen.press("slash")
        await screen.type("release notes")
        await screen.sees("/ release notes", "1 of 12")
        await screen.press("escape", "question_mark")
        await screen.sees("g G       to the first, to the last")
        await screen.press("escape", "d")
        await screen.sees("to the trash?", "u brings it back.", "y  yes")


async def test_a_question_with_a_long_detail_keeps_its_answers_in_sight(filled: Home) -> None:
    async with driven(filled, columns=60, rows=14) as screen:
        detail = "\n".join(f"line {number}" for number in range(40))

        async def ask() -> bool:
            answer = await screen.app.ask(Confirm("Go on?", detail))
            return answer is True

        asked = asyncio.create_task(ask())
        await screen.sees("Go on?", "line 0", "y  yes")
        await screen.press("end")
        await screen.sees("line 39", "y  yes")
        await screen.press("y")
        assert await asked


async def test_what_is_told_after_the_end_breaks_nothing(filled: Home) -> None:
    """Another program writes, the library is closed, and who follows it finds out too late."""
    async with driven(filled) as screen:
        app = screen.app
    app.tell("Too late.", "error")
    assert not app.screen_stack
