"""Marks: what is marked is what an act means, and what of it cannot be seen is told first."""

from __future__ import annotations

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.tui.driving import Driver, driven


async def mark_two_and_filter_one_away(screen: Driver) -> None:
    await screen.press("space", "space")
    await screen.sees("2 marked · 12")
    await screen.press("slash")
    await screen.type("enricher")
    await screen.press("enter")
    await screen.sees("2 marked, 1 not shown", "1 of 12", "▸●Lead enricher")


async def test_what_is_marked_and_not_shown_is_told_before_it_is_deleted(filled: Home) -> None:
    async with driven(filled) as screen:
        await mark_two_and_filter_one_away(screen)
        await screen.press("d")
        await screen.sees("Move 2 workflows to the trash?", "1 of them is not in the list")
        await screen.press("y")
        await screen.sees("2 workflows moved to the trash.")


async def test_what_is_marked_and_not_shown_is_told_before_it_is_moved_or_exported(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await mark_two_and_filter_one_away(screen)
        await screen.press("m")
        await screen.sees("Move 2 workflows", "1 of them is not in the list")
        await screen.press("escape", "x")
        await screen.sees("Export as (1 of the marked ones not in sight)", "2 marked workflows")


async def test_marks_can_be_acted_on_where_the_filter_shows_nothing(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "slash")
        await screen.type("xyzzy")
        await screen.press("enter")
        await screen.sees("1 marked, 1 not shown", "Nothing matches.")
        await screen.press("m")
        await screen.sees("Move 1 workflow to which folder?")


async def test_one_that_is_marked_is_asked_about_by_its_own_name(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "j", "j", "d")
        await screen.sees("Move Lead enricher to the trash?")


async def test_an_act_on_another_workflow_leaves_the_marks(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "R")
        await screen.sees("⏎ rename")
        await screen.press("end", "X")
        await screen.press("enter")
        await screen.sees("Renamed to Competitor monitorX.", "1 marked")


async def test_what_another_process_took_away_is_marked_no_more(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "space")
        await screen.sees("2 marked")
        async with await Library.open(filled) as other:
            found = await other.workflows.find("Lead enricher")
            await other.workflows.delete([found.id])
        await screen.sees("1 marked · 11")


@pytest.mark.parametrize("key", ["d", "R", "m", "x"])
async def test_an_act_on_nothing_says_so(filled: Home, key: str) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("xyzzy")
        await screen.press("enter")
        await screen.sees("0 of 12")
        await screen.press(key)
        await screen.sees("There is no workflow under the cursor.")
