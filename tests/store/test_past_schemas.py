"""A database of every past schema opens, and holds what it held."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simtui.library import Library, doctor
from simtui.paths import Home
from simtui.store.migrations import SCHEMA_VERSION

DATABASES = Path(__file__).parent.parent / "databases"


@pytest.fixture
def old(home: Home) -> Home:
    home.root.mkdir(mode=0o700)
    shutil.copyfile(DATABASES / "schema-1.db", home.database)
    home.database.chmod(0o600)
    return home


async def test_schema_1_opens_whole(old: Home) -> None:
    async with await Library.open(old) as library:
        kept = await library.workflows.find("kept")
        assert (kept.name, kept.folder) == ("Kept", "Ops/Täglich")
        assert b"second words" in await library.workflows.document("kept")
        [version] = await library.workflows.versions("kept")
        assert b"first words" in await library.workflows.version_document("kept", version.number)
        gone = await library.workflows.find("gone", trash=True)
        assert gone.name == "Größe 🚀"
        assert await library.settings.all() == {"display.times": "absolute"}
        assert list(await library.workflows.needed()) == ["OPENAI_API_KEY"]
        assert [hit.id for hit in await library.search("second")] == ["kept"]
        version_now = await library.store.read(
            lambda connection: connection.execute("PRAGMA user_version").fetchone()[0]
        )
        assert version_now == SCHEMA_VERSION


async def test_it_is_sound_after_its_migration(old: Home) -> None:
    async with await Library.open(old):
        pass
    assert [found for found in await doctor.examine(old) if found.ok is False] == []


def test_every_schema_before_ours_has_its_database() -> None:
    for number in range(1, SCHEMA_VERSION):
        assert (DATABASES / f"schema-{number}.db").is_file(), number
