"""The Backups area: made, proven, looked into, restored, let go of; and the age of the last."""

from __future__ import annotations

import asyncio
import io
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.library.backups import PROVEN
from simtui.paths import Home
from simtui.store import backups as rows
from simtui.tui import backing_up
from tests.harming import flip_a_bit
from tests.tui.driving import Driver, driven


@pytest.fixture(autouse=True)
def _none_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "off")


async def back_up(screen: Driver) -> None:
    await screen.press("b")
    await screen.sees("Backed up and proven:")


def files(home: Home) -> list[Path]:
    return sorted(home.backups.glob("*.zip"))


async def test_without_one_it_says_so_and_what_makes_one(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.sees("no proven backup yet · b makes one")
        await screen.press("4")
        await screen.sees("No backup yet. b makes one", "none by itself")


async def test_b_makes_one_that_is_proven_and_the_line_below_tells_its_age(filled: Home) -> None:
    async with driven(filled) as screen:
        await back_up(screen)
        await screen.press("t")
        await screen.sees("✓ proven backup now")
        await screen.press("4")
        await screen.sees("manual", "newest proven")
    async with await Library.open(filled) as library:
        (backup,) = await library.backups.all()
        assert (backup.reason, backup.verdict) == ("manual", PROVEN)
        assert [backup.path] == files(filled)


async def test_one_is_made_when_it_is_due(filled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "24")
    monkeypatch.setattr(backing_up, "FIRST_LOOK_SECONDS", 0)
    async with driven(filled) as screen:
        await screen.sees("Backed up and proven:")
        await screen.press("4")
        await screen.sees("daily", "next in 2")
    async with driven(filled) as screen:
        await screen.sees("✓ proven backup")
        await asyncio.sleep(0.2)
        assert len(files(filled)) == 1, "never twice"


async def test_one_that_rotted_is_told_when_it_is_proven_again(filled: Home) -> None:
    async with driven(filled) as screen:
        await back_up(screen)
        (path,) = files(filled)
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 1
        path.write_bytes(octets)
        await screen.press("4")
        await screen.sees("▸")
        await screen.press("p")
        await screen.sees("Not whole:", "✗ not whole", "not proven")
        assert files(filled) == [path]


async def test_two_failures_in_a_row_are_told_until_one_succeeds(filled: Home) -> None:
    async with await Library.open(filled) as library:
        ident = (await library.workflows.page(limit=1))[0].id
        await library.store.write(flip_a_bit, ident)
    async with driven(filled) as screen:
        for _ in range(2):
            await screen.press("b")
            await screen.sees("Backup not made")
            await screen.press("t")
            await screen.loses("Backup not made")
        await screen.sees("! 2 backups in a row failed, there is no proven backup")
        async with await Library.open(filled) as library:
            await library.store.write(flip_a_bit, ident)  # as it was
        await back_up(screen)
        await screen.press("t")
        await screen.sees("✓ proven backup now")
        assert "in a row" not in screen.text


async def test_the_worker_proves_an_old_one_again_and_tells_where_it_is_not_whole(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Library.open(filled) as library:
        made = await library.backups.make()
        assert made is not None
        old = made.backup.created_at - 8 * 86_400_000
        [known] = await library.backups.attempts()
        known = replace(known, created_at=old, proven_at=old)
        await library.store.write(rows.keep, known)
    octets = bytearray(made.backup.path.read_bytes())
    octets[len(octets) // 2] ^= 1
    made.backup.path.write_bytes(octets)
    monkeypatch.setattr(backing_up, "FIRST_LOOK_SECONDS", 0)
    async with driven(filled, columns=120) as screen:
        await screen.sees("An old backup is not whole any more, simai-")
        await screen.press("4")
        await screen.sees("✗ not whole")


async def test_prune_shows_first_what_goes(filled: Home) -> None:
    async with await Library.open(filled) as library:
        for _ in range(3):
            await library.backups.make("daily", prune=False)
        await library.settings.set("backup.keep_weekly", "0")
        await library.settings.set("backup.keep_monthly", "0")
    async with driven(filled) as screen:
        await screen.press("4")
        await screen.sees("nothing")
        await screen.press("P")
        shown = await screen.sees("Let 1 backup go?")
        assert len(re.findall(r"daily$|daily ", shown)) >= 1
        await screen.press("n")
        assert len(files(filled)) == 3
        await screen.press("P")
        await screen.sees("Let 1 backup go?")
        await screen.press("y")
        await screen.sees("1 backup gone")
        await screen.loses("nothing")
    assert len(files(filled)) == 2


async def test_what_takes_space_is_told(filled: Home) -> None:
    async with driven(filled) as screen:
        await screen.press("4", "S")
        await screen.sees("What takes space", "indexes and the rest", "workflows", "12")
        await screen.press("G")
        await screen.sees("Counted: the file by its pages")
        await screen.press("escape")
        await screen.sees("[4 Backups]")


async def lose_and_look(screen: Driver) -> None:
    """Backs up, then loses a workflow, and looks for it in the backup."""
    await back_up(screen)
    await screen.press("1", "g")
    await screen.sees("▸ Lead enricher")
    await screen.press("d", "y")
    await screen.sees("moved to the trash")
    await screen.press("4")
    await screen.sees("manual")
    await screen.press("enter")
    await screen.sees("Inside", "▸ Lead enricher", "in the trash", "alike")


async def test_a_lost_workflow_is_found_in_a_backup_and_taken_out(filled: Home) -> None:
    async with driven(filled) as screen:
        await lose_and_look(screen)
        (path,) = files(filled)
        before = path.read_bytes()
        await screen.press("enter")
        await screen.sees('"state": {')
        await screen.press("escape")
        await screen.sees("Inside")
        await screen.press("w")
        await screen.sees("Take Lead enricher out of the backup")
        await screen.press("y")
        await screen.sees("Lead enricher: restored.")
        await screen.press("escape", "1", "r")
        await screen.sees("Lead enricher")
        assert path.read_bytes() == before
    assert list(filled.backups.iterdir()) == [path], "nothing that was unpacked is left"


@pytest.mark.parametrize("key", ["enter", "R"])
async def test_esc_ends_the_unpacking_of_a_large_one(filled: Home, key: str) -> None:
    async with await Library.open(filled) as library:
        large = io.BytesIO(random.Random(1).randbytes(60_000_000))
        (workflow, *_) = await library.workflows.page()
        await library.assets.add(workflow.id, "large.bin", large)
        await library.backups.make()
    async with driven(filled) as screen:
        await screen.press("4")
        await screen.sees("manual")
        await screen.press_ahead(key)
        while not screen.app.work.words.startswith("unpacking"):
            await asyncio.sleep(0)
        await screen.press_ahead("escape")
        await screen.sees("The unpacking was ended. Nothing was changed.")
    assert list(filled.backups.iterdir()) == files(filled), "nothing that was unpacked is left"


async def test_a_restore_shows_first_what_changes_and_needs_its_word(filled: Home) -> None:
    async with driven(filled) as screen:
        await lose_and_look(screen)
        await screen.press("escape", "R")
        await screen.sees(
            "Restore ", "1 workflow changes back: Lead enricher.", "type  restore  to go on"
        )
        await screen.type("yes")
        await screen.press("enter")  # is not the word
        await screen.press("escape")
        await screen.loses("type  restore")
        assert len(files(filled)) == 1
        await screen.press("R")
        await screen.sees("type  restore  to go on")
        await screen.type("restore")
        await screen.press("enter")
        await screen.sees("Restored: 12 workflows, 0 runs.", "before-restore")
        await screen.press("1")
        await screen.sees("Lead enricher", "12")
    assert len(files(filled)) == 2
    async with await Library.open(filled) as library:
        assert await library.workflows.count(trash=True) == 0
