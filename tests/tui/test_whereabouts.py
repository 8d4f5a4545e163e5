"""Where somebody was is where they are the next time."""

from __future__ import annotations

import signal

import pytest

from simtui.library import Library
from simtui.library.whereabouts import Whereabouts, keep, read
from simtui.paths import Home
from tests.tui.driving import driven
from tests.tui.pty_screen import screen_on
from tests.tui.running import bring, end, failing, run


async def kept(home: Home) -> Whereabouts:
    async with await Library.open(home) as library:
        return await read(library)


async def test_the_row_the_filter_and_the_area_are_there_again(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("blocks:>3")
        await screen.press("enter")
        await screen.sees("9 of 12")
        await screen.press("j", "j", "j")
        row = screen.app.areas.workflows.table.row
        assert row is not None
        await screen.press("3")
        await screen.sees("[3 Secrets]")
    async with driven(filled) as screen:
        await screen.sees("[3 Secrets]")
        await screen.press("1")
        await screen.sees(f"▸ {row.name}", "blocks:>3", "9 of 12")


async def test_so_are_those_of_the_runs(home: Home) -> None:
    for number in range(4):
        await bring(home, run(f"r{number}", later=number), end(f"r{number}"))
    await bring(home, *failing())
    async with driven(home) as screen:
        await screen.press("2", "slash")
        await screen.type("status:completed")
        await screen.press("enter", "j", "j")
        await screen.sees("4 of 5")
        row = screen.app.areas.runs.table.row
        assert row is not None
    async with driven(home) as screen:
        await screen.sees("[2 Runs]", "status:completed", "4 of 5")
        assert screen.app.areas.runs.table.row == row
        await screen.press("1")
        await screen.sees("[1 Workflows]")
    async with driven(home) as screen:  # here nobody goes there
        await screen.sees("[1 Workflows]")
    async with driven(home) as screen:
        await screen.press("2")
        await screen.sees("status:completed", "4 of 5")
        assert screen.app.areas.runs.table.row == row


async def test_a_row_that_is_gone_is_no_trouble(filled: Home) -> None:
    async with await Library.open(filled) as library:
        await keep(library, Whereabouts(1, "no-such-id", "blocks:x"))
    async with driven(filled) as screen:
        await screen.sees("Lead enricher")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"area": 9, "workflow": "", "filter": ""}'])
async def test_what_means_nothing_is_the_beginning(filled: Home, text: str) -> None:
    from simtui.store import aside

    async with await Library.open(filled) as library:
        await library.store.write(aside.put, "whereabouts", text)
        assert await read(library) == Whereabouts()


async def test_a_dropped_connection_keeps_it_too(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.send("jj5")
        screen.read_until(b"Where from")
        screen.read_until_quiet()
        screen.signal(signal.SIGHUP)
        assert screen.exit_code() == 129
    assert (await kept(filled)).area == 5


async def test_samples_leave_no_trace(filled: Home) -> None:
    async with driven(filled, samples=True) as screen:
        await screen.press("j", "5")
        await screen.sees("[5 Settings]")
    assert await kept(filled) == Whereabouts()


async def test_it_is_no_setting(filled: Home) -> None:
    async with await Library.open(filled) as library:
        await keep(library, Whereabouts(3, "x", "y"))
        assert await library.settings.all() == {}
