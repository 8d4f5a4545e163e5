"""The pictures of the README are what the screen shows. After a change that was meant to be seen:
`make screenshots`, and a look at each."""

from __future__ import annotations

import re
from pathlib import Path

from tests.screenshots import FOLDER, draw, the_hour


async def test_every_picture_is_as_the_screen_draws_it(tmp_path: Path) -> None:
    with the_hour():
        await draw(tmp_path)
    committed = {path.name: seen(path) for path in FOLDER.glob("*.svg")}
    fresh = {path.name: seen(path) for path in tmp_path.glob("*.svg")}
    assert sorted(fresh) == sorted(committed)
    differ = [name for name, svg in fresh.items() if svg != committed[name]]
    assert differ == []


def seen(path: Path) -> str:
    """A picture without the sizes of backups, which a compressor of another day may change."""
    return re.sub(r"\d+(?:\.\d+)?&#160;kB", "some kB", path.read_text())
