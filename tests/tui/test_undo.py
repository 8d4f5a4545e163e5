"""Undo: every change, newest first, and the truth where it cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.errors import Busy, NotFound, SimtuiError
from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.tui.undo import Undo
from tests.making import as_bytes, block, document
from tests.tui.driving import driven
from tests.tui.running import bring, end, failing, run
from tests.tui.test_settings_screen import absolute, to_setting


async def test_several_changes_are_undone_one_by_one_newest_first(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.press("end")
        await screen.type(" two")
        await screen.press("enter")
        await screen.sees("Renamed to Lead enricher two.")
        await screen.press("m")
        await screen.sees("which folder?")
        await screen.press("ctrl+u")
        await screen.type("Archive")
        await screen.press("enter")
        await screen.sees("1 workflow moved.")
        await screen.press("d", "y")
        await screen.sees("1 workflow moved to the trash.", "11")
        for said in ("brought back", "moved back", "Lead enricher again", "Nothing to undo"):
            await screen.press("u")
            await screen.sees(said)
        await screen.sees("  Lead enricher  ", "12")
    async with await Library.open(filled) as library:
        assert (await library.workflows.find("Lead enricher")).folder == "Sales/Inbound"


async def test_a_delete_that_another_process_took_back_is_not_said_to_be_undone(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        async with await Library.open(filled) as other:
            found = await other.workflows.find("Lead enricher", trash=True)
            await other.workflows.restore([found.id])
        await screen.press("u")
        await screen.sees("This cannot be undone any more: Lead enricher: not in the trash")
        await screen.press("u")
        await screen.sees("Nothing to undo.")


async def test_an_undo_brings_back_only_what_was_deleted_here(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "space", "d")
        await screen.sees("Move 2 workflows")
        async with await Library.open(filled) as other:
            found = await other.workflows.find("Lead enricher")
            await other.workflows.delete([found.id])
        await screen.press("y")
        await screen.sees("1 workflow moved to the trash, 1 there already.")
        await screen.press("u")
        await screen.sees("Undone", "11")
    async with await Library.open(filled) as library:
        assert (await library.workflows.find("Lead enricher", trash=True)).id == found.id


async def test_the_undo_of_a_rename_brings_back_the_very_document(
    home: Home, tmp_path: Path
) -> None:
    name = "so long " * 40 + "\nand a second line"  # such a one cannot be given
    file = tmp_path / "long.json"
    file.write_bytes(as_bytes(document(name, ident="long")))
    async with await Library.open(home) as library:
        assert [item.outcome async for item in import_paths(library, [file])] == ["imported"]
        before = await library.workflows.get("long")
        document_before = await library.workflows.document("long")
    async with driven(home) as screen:
        await screen.press("R", "ctrl+u")
        await screen.sees("⏎ rename")
        await screen.type("Short")
        await screen.press("enter")
        await screen.sees("Renamed to Short.")
        await screen.press("u")
        await screen.sees("Undone", "so long so long")
    async with await Library.open(home) as library:
        after = await library.workflows.get("long")
        assert before and after and after.name == before.name
        assert await library.workflows.document("long") == document_before


async def test_the_undo_of_a_rename_keeps_what_another_process_did_since(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.type("Mine")
        await screen.press("enter")
        await screen.sees("Renamed to Mine.")
        async with await Library.open(filled) as other:
            found = await other.workflows.find("Mine")
            await other.workflows.rollback(found.id, 1)
            await other.workflows.rename(found.id, "Theirs")
        await screen.press("u")
        await screen.sees("Lead enricher again", "▸ Lead enricher")
    async with await Library.open(filled) as library:
        names = [version.name for version in await library.workflows.versions(found.id)]
        assert "Theirs" in names


async def test_a_name_left_as_it_is_offered_changes_nothing(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.press("enter")
        text = await screen.loses("⏎ rename")
        assert "Renamed" not in text


async def test_what_could_not_be_undone_this_time_can_be_tried_again() -> None:
    undo, tries = Undo(), []

    async def inverse() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise Busy("somebody writes")
        return "as it was"

    undo.remember(inverse)
    with pytest.raises(Busy):
        await undo.last()
    assert undo
    assert await undo.last() == "as it was"
    assert not undo


async def test_what_can_never_be_undone_gives_way_to_what_was_done_before_it() -> None:
    undo = Undo()

    async def good() -> str:
        return "as it was"

    async def gone() -> str:
        raise NotFound("it is gone")

    undo.remember(good)
    undo.remember(gone)
    with pytest.raises(SimtuiError, match=r"cannot be undone any more: it is gone"):
        await undo.last()
    assert await undo.last() == "as it was"
    assert await undo.last() == ""


async def test_what_was_done_in_the_samples_is_not_undone_at_home(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("D")
        await screen.sees("nothing is kept")
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        await screen.press("escape")
        await screen.sees("Back in your own home.")
        await screen.press("u")
        await screen.sees("Nothing to undo.")


async def test_an_import_goes_to_the_trash_and_what_it_made_new_is_as_before(
    filled: Home, tmp_path: Path
) -> None:
    async with await Library.open(filled) as library:
        before = await library.workflows.find("Lead enricher")
    flows = tmp_path / "flows"
    flows.mkdir()
    changed = document("Lead enricher", [block("b", prompt="Another")], ident=before.id)
    (flows / "one.json").write_bytes(as_bytes(changed))
    (flows / "two.json").write_bytes(as_bytes(document("Quite new")))
    async with driven(filled) as screen:
        await screen.press("i")
        await screen.type(str(flows))
        await screen.press("enter")
        await screen.sees("1 in · 1 updated")
        await screen.press("escape", "u")
        await screen.sees("Undone: 1 workflow to the trash, 1 workflow as before.", "12")
    async with await Library.open(filled) as library:
        assert (await library.workflows.find("Lead enricher")).digest == before.digest
        assert (await library.workflows.find("Quite new", trash=True)).deleted_at


async def test_a_setting_goes_back_to_what_it_was_from_any_area(filled: Home) -> None:
    async with driven(filled) as screen:
        await to_setting(screen, "display.times")
        await screen.press("enter", "j", "enter")
        await screen.sees("display.times is now absolute.")
        await screen.press("d")
        await screen.sees("display.times is the default again: relative.")
        await screen.press("1", "u")
        await screen.sees("Undone: display.times is absolute again.")
        assert absolute(screen)
        await screen.press("u")
        await screen.sees("Undone: display.times is relative again.")
        assert not absolute(screen)
    async with await Library.open(filled) as library:
        assert await library.settings.all() == {}


async def test_runs_that_were_deleted_come_back_as_they_were(home: Home) -> None:
    await bring(home, run("r-old"), end("r-old", took=12), *failing())
    async with await Library.open(home) as library:
        await library.runs.pin(await library.runs.page(limit=1))
        before = [lines async for lines in library.runs.events()]
    async with driven(home) as screen:
        await screen.press("2")
        await screen.sees("failed")
        await screen.press("space", "space", "d")
        await screen.sees("Delete 2 runs?", "u brings them back")
        await screen.press("y")
        await screen.sees("2 runs deleted. u undoes it.", "No runs yet.")
        await screen.press("u")
        await screen.sees("Undone: 2 runs brought back.", "failed")
    async with await Library.open(home) as library:
        assert [lines async for lines in library.runs.events()] == before


async def test_a_pin_is_taken_off_again(home: Home) -> None:
    await bring(home, run("r-old"), end("r-old"))
    async with driven(home) as screen:
        await screen.press("2")
        await screen.sees("completed")
        await screen.press("p")
        await screen.sees("1 run pinned")
        await screen.press("u")
        await screen.sees("Undone: 1 run no longer pinned.")
    async with await Library.open(home) as library:
        assert not (await library.runs.page(limit=1))[0].pinned


async def test_a_file_that_was_removed_is_there_again(filled: Home, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"a,b\n1,2\n")
    async with driven(filled) as screen:
        await screen.press("enter", "a", "A")
        await screen.type(str(tmp_path / "table.csv"))
        await screen.press("enter")
        await screen.sees("table.csv is added.")
        await screen.press("X", "y")
        await screen.sees("No files.")
        await screen.press("u")
        await screen.sees("Undone: table.csv is there again.", "8 B")
        await screen.press("u")
        await screen.sees("Undone: table.csv is not there any more.", "No files.")
