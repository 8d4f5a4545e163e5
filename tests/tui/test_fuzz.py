"""200 random keys on every screen, the same ones each time: no fault, no key that leads nowhere,
and a library that is whole. `make soak` presses 10,000."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.paths import Home
from tests.conftest import Command
from tests.tui.fuzzing import SCREENS, fill_with_trouble, press_at_random


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCREENS)
async def test_random_keys_break_nothing(
    name: str, home: Home, tmp_path: Path, simtui: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "cwd"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "off")
    await fill_with_trouble(home, tmp_path)
    await press_at_random(home, start=SCREENS[name], seed=len(name), count=200)
    checked = simtui("doctor")
    assert checked.returncode == 0, checked.stdout + checked.stderr
