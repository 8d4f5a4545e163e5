"""Two processes on one home: what the other one does shows here, and takes nothing away from under
the hands of a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simtui.library import Library
from simtui.library.workflows import WorkflowShelf
from simtui.paths import Home
from tests.tui.driving import driven


@asynccontextmanager
async def elsewhere(home: Home) -> AsyncIterator[WorkflowShelf]:
    async with await Library.open(home) as other:
        yield other.workflows


async def test_an_open_workflow_that_is_deleted_elsewhere_stays_open_and_says_so(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.press("enter")
        await screen.sees("o Overview", "Lead enricher")
        async with elsewhere(filled) as shelf:
            await shelf.delete([(await shelf.find("Lead enricher")).id])
        await screen.sees("in the trash ·", "Lead enricher", "w take out")
        await screen.press("d")
        await screen.press("w")
        await screen.sees("1 workflow taken out of the trash.", "12")


async def test_beside_the_list_what_is_open_stays_when_its_row_goes(filled: Home) -> None:
    async with driven(filled, columns=130, rows=40) as screen:
        await screen.sees("maxRows")
        await screen.press("tab")
        await screen.sees("/ filter  x export")
        async with elsewhere(filled) as shelf:
            await shelf.delete([(await shelf.find("Lead enricher")).id])
        await screen.sees("in the trash ·", "maxRows", "11")


async def test_a_rename_of_what_went_to_the_trash_meanwhile_is_refused(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        async with elsewhere(filled) as shelf:
            await shelf.delete([(await shelf.find("Lead enricher")).id])
        await screen.type("Other")
        await screen.press("enter")
        await screen.sees("Lead enricher went to the trash meanwhile. It was not renamed.")
    async with elsewhere(filled) as shelf:
        assert (await shelf.find("Lead enricher", trash=True)).name == "Lead enricher"


async def test_a_dialog_stays_open_while_another_process_writes(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.type("Mi")
        async with elsewhere(filled) as shelf:
            await shelf.rename((await shelf.find("Hello")).id, "Bonjour")
        await screen.sees("Bonjour", "⏎ rename")
        await screen.type("ne")
        await screen.press("enter")
        await screen.sees("Renamed to Mine.")


async def test_the_trash_that_is_looked_at_follows_what_is_restored_elsewhere(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        await screen.press("T")
        await screen.sees("1 in the trash")
        async with elsewhere(filled) as shelf:
            await shelf.restore([(await shelf.find("Lead enricher", trash=True)).id])
        await screen.sees("0 in the trash", "The trash is empty.")


async def test_the_version_that_is_read_stays_when_its_workflow_changes(filled: Home) -> None:
    async with elsewhere(filled) as shelf:
        ident = (await shelf.find("Hello")).id
        await shelf.rename(ident, "Hello again")
    async with driven(filled) as screen:
        await screen.press("v", "enter")
        await screen.sees("JSON (version 1)", '"name": "Hello"')
        async with elsewhere(filled) as shelf:
            await shelf.rename(ident, "Changed once more")
        await screen.sees("Changed once more", "JSON (version 1)", '"name": "Hello"')


async def test_an_id_with_anything_in_it_is_gone_to_the_trash_included(filled: Home) -> None:
    async with elsewhere(filled) as shelf:
        found = await shelf.find("Hello")
        await shelf.delete([found.id])
    async with driven(filled) as screen:
        await screen.app.areas.go_to(found.id)
        await screen.sees("in the trash ·", "Hello", "Overview")
        await screen.press("escape")
        await screen.sees(f'id:"{found.id}"', "1 of 1 in the trash")
        await screen.app.areas.go_to("no such one")
        await screen.sees("It is not here any more.")


async def test_what_changes_while_another_area_is_shown_is_there_on_the_way_back(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.sees("Lead enricher")
        await screen.press("2")
        await screen.sees("No runs yet")
        async with elsewhere(filled) as shelf:
            await shelf.rename((await shelf.find("Hello")).id, "Bonjour")
            await shelf.delete([(await shelf.find("Lead enricher")).id])
        while not screen.app.areas.workflows.is_behind:
            await asyncio.sleep(0.01)
        await screen.press("1")
        await screen.sees("Bonjour", "11")
        await screen.loses("Lead enricher")
