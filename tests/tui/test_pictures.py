"""The pictures of the README are what the screen shows. After a change that was meant to be seen:
`make screenshots`, and a look at each."""

from __future__ import annotations

from pathlib import Path

from tests.screenshots import FOLDER, draw, the_hour


async def test_every_picture_is_as_the_screen_draws_it(tmp_path: Path) -> None:
    with the_hour():
        await draw(tmp_path)
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.svg")}
    fresh = {path.name: path.read_text() for path in tmp_path.glob("*.svg")}
    assert sorted(fresh) == sorted(committed)
    differ = [name for name, svg in fresh.items() if svg != committed[name]]
    assert differ == []
