"""While the screen makes a backup of a large library, keys are answered, another process writes,
and nobody's writing is lost."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simtui.library import Library
from simtui.library.backups import PROVEN
from simtui.library.inside import opened_backup
from simtui.paths import Home
from tests.backup.backups import fill
from tests.bench.backups import WRITER
from tests.tui.pty_screen import screen_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

COUNT = 800


async def _fill(home: Home) -> None:
    chance = random.Random(9)
    async with await Library.open(home) as library:
        await fill(library, COUNT, words=" ".join(f"{chance.random()}" for _ in range(3000)))


def test_keys_are_answered_and_every_acknowledged_write_is_kept(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "off")
    asyncio.run(_fill(home))
    assert home.database.stat().st_size > 40_000_000
    stop, moves, failed = tmp_path / "stop", 0, b"Backup not made"
    command = [sys.executable, "-c", WRITER, str(home.database), str(stop)]
    with screen_on(home.root) as screen:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            screen.send("b")
            screen.read_until(b"backing up")
            while b"Backed up and proven" not in screen.seen and failed not in screen.seen:
                screen.send("G" if moves % 2 == 0 else "g")
                # the first of the list or the last, with the sign of where the cursor is
                screen.read_until("▸".encode())
                moves += 1
                time.sleep(0.02)
            stop.touch()
            written = len(writer.communicate()[0].split())
        assert failed not in screen.seen
        screen.send("q")
        assert screen.exit_code() == 0
    assert moves > 10
    assert written > 10

    async def check() -> None:
        async with await Library.open(home, create=False) as library:
            assert int((await library.settings.all())["bench"]) == written - 1
            [backup] = await library.backups.all()
            assert (backup.verdict, backup.workflows) == (PROVEN, COUNT)
            proof, _ = await library.backups.prove(backup.path)
            assert proof.is_good
            async with opened_backup(library, backup.path) as inside:
                found = await inside.difference(library)
                assert (found.unchanged, found.added, found.changed) == (COUNT, (), ())

    asyncio.run(check())
