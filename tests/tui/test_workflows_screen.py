"""The Workflows area, as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.store import secrets
from tests.making import as_bytes, block, document
from tests.tui.driving import driven
from tests.tui.running import bring, failing


async def test_an_empty_library_greets_with_what_to_do_first(home: Home) -> None:
    async with driven(home) as screen:
        text = await screen.sees("Nothing here yet.", "D samples")
        assert "delete" not in text


async def test_samples_are_looked_at_and_nothing_of_them_is_kept(home: Home) -> None:
    async with driven(home) as screen:
        await screen.press("D")
        await screen.sees("Lead enricher", "nothing is kept")
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        await screen.press("escape")
        await screen.sees("Nothing here yet.", "Back in your own home")
    async with await Library.open(home) as library:
        assert await library.workflows.count() == 0


@pytest.mark.parametrize(
    ("columns", "shown", "gone"),
    [(120, "Folder", ""), (80, "Blocks", "Folder"), (60, "Last run", "Blocks")],
)
async def test_the_columns_follow_the_width(
    filled: Home, columns: int, shown: str, gone: str
) -> None:
    async with driven(filled, columns=columns) as screen:
        text = await screen.sees("Lead enricher", shown)
        assert not gone or gone not in text.splitlines()[2]


async def test_the_filter_finds_a_workflow_by_a_word_of_its_prompt_and_shows_where(
    filled: Home,
) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("jargon")
        await screen.sees("1 of 12", "Release notes")
        await screen.press("enter", "enter")
        await screen.sees("Found", "Notes · userPrompt", "No jargon.")
        await screen.press("J")
        text = await screen.sees('"Group by what a user notices. No jargon."')
        assert "Release notes" in text
        await screen.press("escape", "escape")
        await screen.sees("12", "Lead enricher", "Hello")


async def test_a_filter_that_cannot_be_meant_says_where(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("colour:red")
        await screen.sees('There is no "colour:" here.', "at character 1")


async def test_a_filter_that_finds_nothing_says_so(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("xyzzy")
        await screen.sees("0 of 12", "Nothing matches")


async def test_wide_the_workflow_under_the_cursor_stands_beside_the_list(filled: Home) -> None:
    async with driven(filled, columns=120, rows=40) as screen:
        await screen.sees("Lead enricher", "Needs", "{{ANTHROPIC_API_KEY}}", "maxRows")
        await screen.press("j")
        await screen.sees("{{FIRECRAWL_API_KEY}}", "Tell the channel")


async def test_the_overview_tells_problems_first(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("half-built")
        await screen.press("enter", "enter")
        text = await screen.sees("1 problem", "Blocks")
        assert text.index("1 problem") < text.index("Blocks")


async def test_a_rename_is_undone_with_u(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("R")
        await screen.sees("⏎ rename")
        await screen.type("Other name")
        await screen.press("enter")
        await screen.sees("Renamed to Other name.", "▸ Other name")
        await screen.press("u")
        await screen.sees("Undone", "▸ Lead enricher")


async def test_delete_asks_and_anything_but_y_leaves_it(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("d")
        await screen.sees("Move Lead enricher to the trash?")
        await screen.press("enter")
        await screen.loses("to the trash?")
        await screen.sees("12", "Lead enricher")


async def test_keys_typed_ahead_meet_what_they_were_meant_for(filled: Home) -> None:
    async with driven(filled) as screen:
        # posted at once, as they come over a slow link
        for key in ("d", "y"):
            screen.app.simulate_key(key)
        await screen.sees("moved to the trash", "11")


async def test_the_marked_ones_go_to_the_trash_and_come_back(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("space", "space", "d")
        await screen.sees("Move 2 workflows to the trash?")
        await screen.press("y")
        await screen.sees("2 workflows moved to the trash", "10")
        await screen.press("T")
        await screen.sees("2 in the trash", "Lead enricher")
        await screen.press("w")
        await screen.sees("1 in the trash", "taken out of the trash")
        await screen.press("T", "u", "u")
        await screen.sees("12", "Lead enricher", "Competitor monitor")


async def test_a_move_into_a_folder_shows_there_and_the_list_narrows_to_it(filled: Home) -> None:
    async with driven(filled, columns=120) as screen:
        await screen.press("m")
        await screen.sees("which folder?")
        await screen.type("Archive")
        await screen.press("enter")
        await screen.sees("1 workflow moved.", "Archive")
        await screen.press("F")
        await screen.sees("Which folder?", "all workflows", "Archive  1")
        await screen.press("down", "enter")
        await screen.sees('folder:"Archive"', "1 of 12")


async def test_versions_are_shown_opened_and_rolled_back_to(home: Home, tmp_path: Path) -> None:
    first = document("Flow", [block("a", prompt="old words")], ident="flow")
    second = document("Flow", [block("a", prompt="new words")], ident="flow")
    async with await Library.open(home) as library:
        for number, value in enumerate((first, second)):
            file = tmp_path / f"{number}.json"
            file.write_bytes(as_bytes(value))
            assert [item.outcome async for item in import_paths(library, [file])]
    async with driven(home) as screen:
        await screen.sees("Flow")
        await screen.press("v")
        await screen.sees("Replaced", "B roll back")
        await screen.press("enter")
        await screen.sees("JSON (version 1)", "old words")
        await screen.press("v", "B")
        await screen.sees("Make version 1 of Flow the current one?")
        await screen.press("y")
        await screen.sees("Version 1 is the current one.")
        await screen.press("u")
        await screen.sees("Undone")
    async with await Library.open(home) as library:
        assert b"new words" in await library.workflows.document("flow")


async def test_an_import_reports_each_file_and_leads_to_what_came_in(
    home: Home, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_bytes(as_bytes(document("Fresh one")))
    (tmp_path / "in" / "b.json").write_text("[1]")
    async with driven(home) as screen:
        await screen.press("i")
        await screen.type(str(tmp_path / "in"))
        await screen.press("enter")
        await screen.sees("1 in · 1 refused", "+ Fresh one", "✗ b.json")
        await screen.press("f")
        await screen.loses("Fresh one")
        await screen.press("f", "g", "enter")
        await screen.sees("Fresh one", "Overview", "Blocks")


async def test_an_export_lands_in_the_home_and_says_where(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("x")
        await screen.sees("Export as")
        await screen.press("j", "j", "enter")
        await screen.sees("1 workflow, ", "in the home under exports/Lead-enricher.json")
    [file] = filled.exports.iterdir()
    assert json.loads(file.read_bytes())["state"]["metadata"]["name"] == "Lead enricher"


async def test_a_bundle_is_offered_first_and_tells_what_its_receiver_must_set(filled: Home) -> None:
    async with driven(filled, columns=120) as screen:
        await screen.press("x", "enter")
        await screen.sees(
            "in the home under exports/Lead-enricher.simworkflow",
            "whoever gets it sets ANTHROPIC_API_KEY",
        )


async def test_a_workflow_gets_a_file_and_gives_it_back(filled: Home, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"a,b\n1,2\n")
    there = tmp_path / "there"
    there.mkdir()
    async with driven(filled) as screen:
        await screen.press("enter", "a")
        await screen.sees("No files.")
        await screen.press("A")
        await screen.type(str(tmp_path / "table.csv"))
        await screen.press("enter")
        await screen.sees("table.csv is added.", "8 B")
        await screen.press("s", *["backspace"] * 3)
        await screen.type(str(there))
        await screen.press("enter")
        await screen.sees("8 B saved as")
        assert (there / "table.csv").read_bytes() == b"a,b\n1,2\n"
        await screen.press("X")
        await screen.sees("Remove table.csv?")
        await screen.press("n")
        await screen.sees("table.csv")
        await screen.press("X", "y")
        await screen.sees("No files.")


async def test_likely_keys_are_told_before_an_export_writes_them(
    home: Home, tmp_path: Path
) -> None:
    key = "sk-proj-" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z" * 2
    file = tmp_path / "keyed.json"
    file.write_bytes(as_bytes(document("Keyed", [block("a", apiKey=key)])))
    async with await Library.open(home) as library:
        assert [item.outcome async for item in import_paths(library, [file])] == ["imported"]
    async with driven(home) as screen:
        await screen.press("x", "enter")
        text = await screen.sees("Export with these values in clear?")
        assert key not in text
        await screen.press("n")
        await screen.loses("in clear?")
    assert not home.exports.exists() or not list(home.exports.iterdir())


async def test_what_another_process_changes_appears_without_a_key(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.sees("Lead enricher")
        async with await Library.open(filled) as other:
            found = await other.workflows.find("Lead enricher")
            await other.workflows.rename(found.id, "Renamed elsewhere")
        await screen.sees("Renamed elsewhere")


async def test_what_a_workflow_needs_is_said_to_be_set_or_not(filled: Home) -> None:
    def put(connection: Connection) -> None:
        secrets.put(connection, "SHEET_ID", b"sealed by somebody", 1)

    async with await Library.open(filled) as library:
        await library.store.write(put)
    async with driven(filled, rows=40) as screen:
        await screen.press("enter")
        await screen.sees("{{ANTHROPIC_API_KEY}}  ! no value", "{{SHEET_ID}}  set")


async def test_the_palette_finds_actions_and_workflows(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("colon")
        await screen.sees("Bring workflows in")
        await screen.type("invoice")
        await screen.sees("⏎     Invoice reader  in Finance")
        await screen.press("down", "enter")
        await screen.sees("Came as", "Mailbox")


async def test_the_palette_finds_runs_by_their_workflow_and_their_id(filled: Home) -> None:
    await bring(filled, *failing())
    async with driven(filled, columns=100) as screen:
        for query in ("Competitor", "r-fa"):
            await screen.press("colon")
            await screen.sees("Bring workflows in")
            await screen.type(query)
            await screen.sees("run of Competitor monitor  ✗ failed")
            await screen.press("escape")
        await screen.press("colon")
        await screen.type("r-fails")
        await screen.sees("run of Competitor monitor  ✗ failed")
        await screen.press("down", "enter")
        await screen.sees("[2 Runs]", "channel_not_found")


async def test_help_tells_the_keys_of_where_one_is(filled: Home) -> None:
    async with driven(filled, rows=50) as screen:
        await screen.press("question_mark")
        await screen.sees("Bring workflows in", "The filter behind /")
        await screen.press("escape", "enter", "question_mark")
        text = await screen.sees("Next problem")
        assert "Bring workflows in" not in text


async def test_names_from_outside_are_text_never_markup_or_control(
    home: Home, tmp_path: Path
) -> None:
    hostile = "[/b][red]\x1b]0;owned\x07\u202eevil[@click=app.quit]x[/]"
    file = tmp_path / "h.json"
    file.write_bytes(as_bytes(document(hostile, [block("a", name=hostile, prompt=hostile)])))
    async with await Library.open(home) as library:
        async for item in import_paths(library, [file]):
            assert item.outcome == "imported"
    async with driven(home, columns=160, rows=30) as screen:
        text = await screen.sees("[/b][red]")
        for key in ("enter", "J", "v", "R"):
            await screen.press(key)
            text += await screen.sees("[/b][red]")
        await screen.press("escape", "escape", "d")
        text += await screen.sees("to the trash?")
        await screen.press("n", "colon")
        await screen.type("red")
        text += await screen.sees("⏎     [/b][red]")
        assert not set(text) & {"\x1b", "\x07", "\u202e"}


async def test_times_are_told_absolute_on_t(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.sees("Lead enricher")
        await screen.press("t")
        await screen.sees("26-11-")


async def test_a_running_import_shows_its_progress_and_esc_ends_it_between_whole_workflows(
    home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3000):
        value = document(f"Flow {number}", [block("a", prompt="some words " * 2000)])
        (folder / f"{number:04}.json").write_bytes(as_bytes(value))
    async with driven(home) as screen:
        await screen.press("i")
        await screen.type(str(folder))
        screen.app.simulate_key("enter")
        await screen.sees("importing many", "/3,000 (esc cancels)")
        await screen.press("escape")
        await screen.sees("Import", " in")
        await screen.press("escape")
        text = await screen.sees("ended before its end")
        assert "importing" not in text
    async with await Library.open(home) as library:
        came_in = await library.workflows.count()
        assert 0 < came_in < 3000
        async for item in import_paths(library, [folder]):
            assert item.outcome in ("imported", "unchanged")
        assert await library.workflows.count() == 3000
