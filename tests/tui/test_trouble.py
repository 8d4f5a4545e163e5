"""What goes wrong is told in words, and the screen goes on."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.harming import flip_a_bit
from tests.tui.driving import driven


@pytest.fixture
async def damaged(filled: Home) -> Home:
    """The second workflow of the list cannot be read."""
    async with await Library.open(filled) as library:
        found = await library.workflows.find("Competitor monitor")
        await library.store.write(flip_a_bit, found.id)
    return filled


@pytest.mark.parametrize("key", ["enter", "J"])
@pytest.mark.parametrize("columns", [80, 120])
async def test_a_damaged_workflow_says_so_in_its_own_place(
    damaged: Home, key: str, columns: int
) -> None:
    async with driven(damaged, columns=columns, rows=30) as screen:
        await screen.press("enter")
        await screen.sees("Enrich")
        await screen.press("escape", "j", key)
        text = await screen.sees("Competitor monitor", "corruption detected")
        assert "Enrich" not in text.replace("Lead enricher", "")
        await screen.press("d")
        await screen.sees("Move Competitor monitor to the trash?")


async def test_an_export_of_a_damaged_workflow_asks_nothing_and_says_why(damaged: Home) -> None:
    async with driven(damaged) as screen:
        await screen.press("j", "x", "enter")
        text = await screen.sees("corruption detected")
        assert "in clear?" not in text


def _break_the_list(connection: Connection) -> None:
    connection.execute("ALTER TABLE workflows RENAME COLUMN folder TO shelf")


@pytest.mark.parametrize("keys", [("T",), ("r",), ("slash", "a", "enter"), ("F",)])
async def test_a_list_that_cannot_be_read_is_told_and_keys_go_on(
    filled: Home, keys: tuple[str, ...]
) -> None:
    async with driven(filled) as screen:
        await screen.app.library.store.write(_break_the_list)
        await screen.press(*keys)
        await screen.sees("no such column")
        await screen.press("escape", "escape", "2")
        await screen.sees("No runs yet.")


async def test_rows_that_cannot_be_fetched_are_told(home: Home) -> None:
    async with driven(home) as screen:
        table = screen.app.areas.workflows.table
        table.post_message(table.Failed(ZeroDivisionError("on purpose")))
        await screen.sees("a fault in simtui (ZeroDivisionError: on purpose)")


async def test_an_export_into_a_place_that_cannot_be_written_says_so(filled: Home) -> None:
    filled.exports.write_text("in the way")
    async with driven(filled, columns=160) as screen:
        await screen.press("x", "enter")
        await screen.sees("cannot be made", "File exists")


async def test_a_long_message_is_told_to_its_end_and_gives_its_place_back(filled: Home) -> None:
    async with driven(filled, columns=60, rows=20) as screen:
        screen.app.tell("word " * 30 + "END", "error")
        await screen.sees("word word", "END", "q quit")
        await screen.press("2", "1")
        text = await screen.loses("END")
        assert "word" not in text


async def test_a_database_that_was_moved_away_is_told(filled: Home, tmp_path: Path) -> None:
    async with driven(filled, columns=160) as screen:
        filled.database.rename(tmp_path / "elsewhere.db")
        await screen.sees("simai.db was moved away or replaced while it is open here.")


async def test_a_change_that_another_process_holds_up_is_told_and_loses_nothing(
    filled: Home,
) -> None:
    async with driven(filled, columns=160) as screen:
        await screen.press("d", "y")
        await screen.sees("moved to the trash")
        async with await Library.open(filled) as other:
            await screen.app.library.store.write(_give_up_at_once)
            connection = await other.store._open_writer()
            await connection.execute("BEGIN IMMEDIATE")
            await screen.press("u")
            await screen.sees("in use by another", "Nothing was changed")
            await connection.execute("ROLLBACK")
        await screen.press("u")
        await screen.sees("Undone: Lead enricher brought back.", "12")


def _give_up_at_once(connection: Connection) -> None:
    connection.execute("PRAGMA busy_timeout = 0")


async def test_a_fault_in_an_act_is_told_and_written_down(filled: Home) -> None:
    async def faulty() -> None:
        raise ZeroDivisionError("on purpose")

    async with driven(filled) as screen:
        screen.app.areas.workflows.start(faulty)
        await screen.sees("a fault in simtui (ZeroDivisionError: on purpose)")
        await screen.press("j")
        await screen.sees("▸ Competitor monitor")
    [report] = Path.home().rglob("crash-*.txt")
    assert "on purpose" in report.read_text()
