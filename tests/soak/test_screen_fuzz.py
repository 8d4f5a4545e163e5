"""10,000 random keys on every screen, at each size that is promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.paths import Home
from tests.conftest import Command
from tests.tui.fuzzing import SCREENS, fill_with_trouble, press_at_random

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

SIZES = ((80, 24), (60, 20), (120, 40), (200, 60))


@pytest.mark.parametrize("name", SCREENS)
async def test_ten_thousand_random_keys_break_nothing(
    name: str, home: Home, tmp_path: Path, simtui: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "cwd"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("SIMTUI_BACKUP_EVERY", "off")
    await fill_with_trouble(home, tmp_path)
    for seed, (columns, rows) in enumerate(SIZES, 1000 + 10 * list(SCREENS).index(name)):
        await press_at_random(
            home, start=SCREENS[name], seed=seed, count=2500, columns=columns, rows=rows
        )
    checked = simtui("doctor")
    assert checked.returncode == 0, checked.stdout + checked.stderr
