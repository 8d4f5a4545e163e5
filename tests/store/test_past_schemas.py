"""A database of every past schema opens, and holds what it held."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simtui.library import Library, doctor
from simtui.paths import Home
from simtui.store.migrations import SCHEMA_VERSION

DATABASES = Path(__file__).parent.parent / "databases"


PAST = range(1, SCHEMA_VERSION)


@pytest.fixture(params=PAST)
def old(home: Home, request: pytest.FixtureRequest) -> Home:
    return _with_database(home, request.param)


def _with_database(home: Home, schema: int) -> Home:
    home.root.mkdir(mode=0o700)
    shutil.copyfile(DATABASES / f"schema-{schema}.db", home.database)
    home.database.chmod(0o600)
    return home


async def test_every_past_schema_opens_whole(old: Home) -> None:
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


async def test_a_secret_of_schema_2_opens_with_its_password(home: Home) -> None:
    async with await Library.open(_with_database(home, 2)) as library:
        await library.vault.unlock("password", bytearray(b"an old password"))
        assert await library.vault.get("OLD_KEY") == b"sk-kept-since-schema-2"


def test_every_schema_before_ours_has_its_database() -> None:
    for number in PAST:
        assert (DATABASES / f"schema-{number}.db").is_file(), number
