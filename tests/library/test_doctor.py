"""The doctor finds what is wrong, says which, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

import pytest
from sqlcipher3 import dbapi2 as engine

from simtui.library import Library
from simtui.library.doctor import Finding, examine
from simtui.paths import Home
from tests.conftest import Command
from tests.harming import flip_a_bit, swap_documents
from tests.library.conftest import Adding
from tests.looking import tables_of, tree


async def wrong(home: Home) -> dict[str, Finding]:
    return {finding.name: finding for finding in await examine(home) if finding.ok is False}


@pytest.fixture
async def sound(library: Library, add: Adding) -> Library:
    """Three workflows, one with a version, one in the trash."""
    await add("a", prompt="1")
    await add("a", prompt="2")
    await add("b", "Another")
    await add("c", "Binned")
    await library.workflows.delete(["c"])
    return library


async def test_a_sound_library_is_found_sound_and_left_as_it_is(sound: Library) -> None:
    before = await tables_of(sound)
    findings = {finding.name: finding for finding in await examine(sound.home)}
    assert [name for name, finding in findings.items() if finding.ok is False] == []
    assert findings["documents"].value == "4 unpacked, all as they were written"
    assert findings["search index"].value == "3 entries, 0 wrong"
    assert await tables_of(sound) == before


def flip_in_a_version(connection: Connection) -> None:
    (frame,) = connection.execute("SELECT data FROM workflow_versions").fetchone()
    flipped = frame[:20] + bytes([frame[20] ^ 16]) + frame[21:]
    connection.execute("UPDATE workflow_versions SET data = ?", (flipped,))


DAMAGE: dict[str, tuple[Callable[[Connection], object], str, str]] = {
    "a flipped byte in a payload": (
        lambda connection: flip_a_bit(connection, "b"),
        "documents",
        "1 damaged: workflow b: its content cannot be unpacked",
    ),
    "a flipped byte in the trash": (
        lambda connection: flip_a_bit(connection, "c"),
        "documents",
        "1 damaged: workflow c",
    ),
    "a flipped byte in a version": (
        flip_in_a_version,
        "documents",
        "1 damaged: workflow a version 1",
    ),
    "a document of another workflow": (
        lambda connection: swap_documents(connection, "b", "a"),
        "documents",
        "workflow b: its document does not match its digest",
    ),
    "another digest": (
        lambda connection: connection.execute("UPDATE workflows SET digest = 'x' WHERE id = 'a'"),
        "documents",
        "1 damaged: workflow a: its document does not match",
    ),
    "a workflow that the index lost": (
        lambda connection: connection.execute("DELETE FROM search_items WHERE ref = 'b'"),
        "search index",
        "2 wrong",
    ),
    "an entry without its words": (
        lambda connection: connection.execute(
            "DELETE FROM search WHERE rowid = (SELECT n FROM search_items WHERE ref = 'b')"
        ),
        "search index",
        "1 wrong",
    ),
    "an entry of nobody": (
        lambda connection: connection.execute(
            "INSERT INTO search_items (kind, ref) VALUES ('workflow', 'nobody')"
        ),
        "search index",
        "1 wrong",
    ),
    "a run of nobody": (
        lambda connection: connection.executescript(
            "PRAGMA foreign_keys = 0; INSERT INTO runs (id, workflow_id, status, started_at)"
            " VALUES ('r', 'nobody', 'failed', 1); PRAGMA foreign_keys = 1;"
        ),
        "links",
        "1 broken",
    ),
}


@pytest.mark.parametrize(("damage", "where", "says"), DAMAGE.values(), ids=DAMAGE)
async def test_damage_is_found_and_named(
    sound: Library, damage: Callable[[Connection], object], where: str, says: str
) -> None:
    await sound.close()
    connection = engine.connect(str(sound.home.database), isolation_level=None)
    damage(connection)
    connection.close()
    findings = await wrong(sound.home)
    assert findings.keys() == {where}
    assert says in findings[where].value


async def test_five_damaged_documents_are_named_and_the_rest_counted(
    library: Library, add: Adding
) -> None:
    for number in range(7):
        await add(f"w{number}", f"W {number}")
        await library.store.write(flip_a_bit, f"w{number}")
    found = (await wrong(library.home))["documents"]
    assert "7 unpacked, 7 damaged" in found.value
    assert found.value.count("its content cannot be unpacked") == 5
    assert "restore the rest" in found.advice


async def test_what_others_can_read_is_found(sound: Library) -> None:
    sound.home.database.chmod(0o644)
    sound.home.root.chmod(0o755)
    findings = await wrong(sound.home)
    assert findings.keys() == {"SimAI", "simai.db"}
    assert findings["simai.db"].value == "mode 0644"
    assert "chmod go-rwx" in findings["simai.db"].advice


async def test_a_home_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    before = tree(tmp_path)
    findings = {item.name: item for item in await examine(Home(tmp_path / "no" / "where"))}
    assert findings["database"].value == "not there yet"
    assert tree(tmp_path) == before


@pytest.mark.parametrize("content", [b"not a database at all" * 400, b"SQLite format 3\0" * 99])
async def test_a_file_that_is_no_database_is_found(home: Home, content: bytes) -> None:
    home.root.mkdir(mode=0o700)
    home.database.write_bytes(content)
    home.database.chmod(0o600)
    findings = await wrong(home)
    assert findings.keys() == {"database"}
    assert "cannot be read as a database" in findings["database"].value
    assert home.database.read_bytes() == content


async def test_a_newer_database_is_found_and_unharmed(sound: Library) -> None:
    await sound.close()
    connection = engine.connect(str(sound.home.database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer simtui" in (await wrong(sound.home))["database"].value


async def test_the_command_ends_with_6_where_something_is_wrong(
    sound: Library, simtui: Command
) -> None:
    assert simtui("doctor").returncode == 0
    await sound.store.write(flip_a_bit, "b")
    told, answered = simtui("doctor"), simtui("doctor", "-o", "json")
    assert told.returncode == answered.returncode == 6
    assert "workflow b" in told.stdout
    (finding,) = [item for item in json.loads(answered.stdout) if item["ok"] is False]
    assert finding["name"] == "documents"
