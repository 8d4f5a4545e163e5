"""Keys that were bound anew: they work, the old ones do not, and every place tells the new ones."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.tui.driving import Driver, driven


async def with_settings(home: Home, stored: Mapping[str, str]) -> None:
    async with await Library.open(home) as library:
        for key, value in stored.items():
            await library.settings.set(key, value)


async def test_an_action_works_with_its_new_key_alone(filled: Home) -> None:
    await with_settings(filled, {"keys.trash": "f3"})
    async with driven(filled) as screen:
        await screen.press("T")
        assert "in the trash" not in await screen.sees("12")
        await screen.press("f3")
        await screen.sees("0 in the trash")


async def test_two_actions_can_change_places(filled: Home) -> None:
    await with_settings(filled, {"keys.delete": "f8", "keys.rename": "d"})
    await with_settings(filled, {"keys.delete": "R"})
    async with driven(filled) as screen:
        await screen.press("d")
        await screen.sees("Rename", "⏎ rename")
        await screen.press("escape", "R")
        await screen.sees("Move Lead enricher to the trash?")


async def test_a_move_can_have_another_key(filled: Home) -> None:
    await with_settings(filled, {"keys.down": "z"})
    async with driven(filled) as screen:
        before = screen.app.areas.workflows.table.cursor
        await screen.press("j", "z", "z")
        assert screen.app.areas.workflows.table.cursor == before + 2


async def test_what_is_typed_is_typed_also_where_it_is_a_key(filled: Home) -> None:
    await with_settings(filled, {"keys.trash": "z"})
    async with driven(filled) as screen:
        await screen.press("slash")
        await screen.type("zz")
        await screen.sees("/ zz", "Nothing matches.")


async def test_the_line_of_keys_the_help_and_the_palette_tell_the_new_key(filled: Home) -> None:
    await with_settings(filled, {"keys.delete": "f8", "keys.help": "f6"})
    async with driven(filled, columns=120) as screen:
        await screen.sees("f8 delete", "f6 help")
        await screen.press("f6")
        await screen.sees("f8 ", "Delete: to the trash")
        await screen.press("f6")
        await screen.sees("f8 delete")
        await screen.press("colon")
        await screen.type("delete")
        await screen.sees("f8    Delete: to the trash")


async def test_a_default_that_gave_way_is_told(filled: Home) -> None:
    async with await Library.open(filled) as library:
        await library.settings.set("keys.delete", "f8")
        await library.settings.set("keys.rename", "d")
        # as an older simtui may have left it
        await library.settings._store.write(_forget, "keys.delete")
    async with driven(filled) as screen:
        await screen.sees('d is set for "Rename", and no more for "Delete: to the trash".')


def _forget(connection: Connection, key: str) -> None:
    connection.execute("DELETE FROM settings WHERE key = ?", (key,))


async def to_key(screen: Driver, ident: str) -> None:
    await screen.press("5", "G")
    await screen.sees("▸ keys.quit")
    while f"▸ keys.{ident}" not in screen.text:
        await screen.press("k")


async def test_the_settings_area_binds_a_key_at_once_and_tells_whose_it_is(filled: Home) -> None:
    async with driven(filled) as screen:
        await to_key(screen, "help")
        await screen.press("enter", "backspace")
        await screen.type("q")
        await screen.sees('q is the key for "Quit"', "Give keys.quit another")
        await screen.press("enter", "backspace")  # is not taken
        await screen.type("f6")
        await screen.press("enter")
        await screen.sees("keys.help is now f6.", "f6 help")
        await screen.press("f6")
        await screen.sees("Keys here")


async def test_a_reset_gives_the_key_back(filled: Home) -> None:
    await with_settings(filled, {"keys.help": "f6"})
    async with driven(filled) as screen:
        await to_key(screen, "help")
        await screen.press("d")
        await screen.sees("▸ keys.help               ?               default", "? help")


@pytest.mark.parametrize(("letter", "seen"), [("a", "No runs yet."), ("s", "SLACK_BOT_TOKEN")])
async def test_a_jump_goes_where_its_letter_stands(filled: Home, letter: str, seen: str) -> None:
    async with driven(filled) as screen:
        await screen.press("apostrophe")
        await screen.sees("a2 Runs", "s3 Secrets")
        await screen.press(letter)
        await screen.sees(seen)


async def test_a_jump_reaches_the_filter_the_other_pane_and_each_view(filled: Home) -> None:
    async with driven(filled, columns=120, rows=40) as screen:
        await screen.press("apostrophe")
        await screen.sees("a2 Runs")
        await screen.press("g")
        assert not screen.app.areas.workflows.free
        await screen.press("escape", "apostrophe")
        await screen.press("h")
        assert screen.app.areas.workflows.in_detail
        await screen.press("apostrophe", "h")  # in the overview: the first of the views
        await screen.sees("Blocks")


async def test_any_other_key_ends_a_jump(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("apostrophe")
        await screen.sees("a2 Runs")
        await screen.press("escape")
        await screen.loses("a2 Runs")
        await screen.press("j")
        assert screen.app.areas.workflows.table.cursor == 1


async def test_half_a_page_is_half_a_page(filled: Home) -> None:
    async with driven(filled, rows=12) as screen:
        table = screen.app.areas.workflows.table
        await screen.press("ctrl+d")
        half = table.cursor
        assert 2 <= half < 8
        await screen.press("ctrl+u")
        assert table.cursor == 0
