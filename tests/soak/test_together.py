"""Several processes in one home at once, and a library that is newer than the program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as engine

from simtui.paths import Home
from tests.making import as_bytes, document
from tests.soak.conftest import COUNT, Exports, ask, check_whole, command

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


def start(home: Home, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(home, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_imports_of_the_same_files_at_once_bring_each_workflow_once(
    home: Home, tmp_path: Path, many: Exports
) -> None:
    halves = tmp_path / "even", tmp_path / "odd"
    for half in halves:
        half.mkdir()
    for n, path in enumerate(sorted(many.folder.iterdir())):
        (halves[n % 2] / path.name).hardlink_to(path)
    # from both ends, so that neither only follows the other
    both = [start(home, "import", *order, "-o", "json") for order in (halves, halves[::-1])]
    answers = [child.communicate(timeout=240) for child in both]
    assert [child.returncode for child in both] == [0, 0], answers
    counts = [json.loads(out) for out, _said in answers]
    for count in counts:
        assert count["imported"] + count["unchanged"] == COUNT
    assert sum(count["imported"] for count in counts) == COUNT
    assert all(count["imported"] for count in counts)
    assert check_whole(home, many.contents) == COUNT


def test_the_list_is_read_while_another_process_writes(home: Home, many: Exports) -> None:
    assert ask(home).returncode == 0
    importing = subprocess.Popen(
        command(home, "import", many.folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    seen = []
    while importing.poll() is None:
        done = ask(home, "workflows", "list", "-o", "json")
        assert done.returncode == 0, done.stderr
        seen.append(len(json.loads(done.stdout)))
    assert importing.returncode == 0
    assert seen == sorted(seen)
    assert check_whole(home, many.contents) == COUNT


def test_ten_processes_that_open_a_new_home_together_make_its_tables_once(tmp_path: Path) -> None:
    alone = Home(tmp_path / "alone")
    assert ask(alone).returncode == 0
    for turn in range(3):
        home = Home(tmp_path / f"home {turn}")
        children = [start(home) for _ in range(10)]
        said = [child.communicate(timeout=120)[1] for child in children]
        assert [child.returncode for child in children] == [0] * 10, said
        assert schema(home) == schema(alone)
        assert check_whole(home, {}) == 0


def schema(home: Home) -> tuple[int, list[tuple[str]]]:
    """The tables, and how often they were changed."""
    connection = engine.connect(str(home.database))
    changes = connection.execute("PRAGMA schema_version").fetchone()[0]
    tables = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    return changes, tables


def test_a_newer_library_is_refused_by_every_command_and_stays_as_it_is(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(as_bytes(document()))
    assert ask(home, "import", file).returncode == 0
    connection = engine.connect(str(home.database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = home.database.read_bytes()
    for arguments in (
        (),
        ("import", file),
        ("export", "--all"),
        ("workflows", "list"),
        ("search", "hello"),
        ("settings", "set", "display.times", "absolute"),
    ):
        done = ask(home, *arguments)
        assert done.returncode == 6, (arguments, done)
        assert "written by a newer simtui (schema 99" in done.stderr
        assert "It is unharmed" in done.stderr
    assert ask(home, "doctor").returncode == 6
    assert home.database.read_bytes() == content
    assert [path.name for path in home.root.iterdir()] == ["simai.db"]
