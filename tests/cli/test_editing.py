"""`simtui workflows edit` and `duplicate`, as a person and as a script run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.making import as_bytes, document

ID = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def stocked(simtui: Command, tmp_path: Path) -> Command:
    file = tmp_path / "in.json"
    file.write_bytes(as_bytes(document(ident=ID)))
    assert simtui("import", file).returncode == 0
    return simtui


def script(tmp_path: Path, command: str) -> str:
    """An editor: a shell command on the file, `$1`."""
    place = tmp_path / "editor.sh"
    place.write_text(f"#!/bin/sh\n{command}\n")
    place.chmod(0o700)
    return str(place)


def test_edit_saves_what_the_editor_made(stocked: Command, home: Home, tmp_path: Path) -> None:
    editor = script(tmp_path, 'sed -i "s/hello/good evening/" "$1"')
    code, told = on_a_terminal(home, "workflows", "edit", "Lead enricher", EDITOR=editor, VISUAL="")
    assert (code, "is saved" in told) == (0, True), told
    assert "good evening" in stocked("workflows", "get", ID, "--document").stdout
    assert json.loads(stocked("workflows", "versions", ID, "-o", "json").stdout)[0]["number"] == 1


def test_edit_refuses_with_line_and_column_and_goes_on_from_there(
    stocked: Command, home: Home, tmp_path: Path
) -> None:
    spoil = script(tmp_path, 'echo "{,}" > "$1"')
    code, told = on_a_terminal(home, "workflows", "edit", ID, EDITOR=spoil, VISUAL="")
    assert code == 6
    assert "line 1, column 2" in told
    assert "is kept" in told
    see = script(tmp_path, 'grep -q "{,}" "$1" && cp "$1" "$1.seen"; rm "$1.seen"; exit 0')
    code, told = on_a_terminal(home, "workflows", "edit", ID, EDITOR=see, VISUAL="")
    assert "Going on from what an earlier try left" in told


def test_one_field_is_edited_by_its_name(stocked: Command, home: Home, tmp_path: Path) -> None:
    assert stocked("workflows", "edit", ID, "--field", "?").stdout == "Ask · prompt\n"
    editor = script(tmp_path, 'echo "Say good night." > "$1"')
    words = ("workflows", "edit", ID, "--field", "prompt")
    assert on_a_terminal(home, *words, EDITOR=editor, VISUAL="")[0] == 0
    assert '"Say good night."' in stocked("workflows", "get", ID, "--document").stdout


def test_a_field_that_is_not_there_is_told_with_those_that_are(
    stocked: Command, home: Home
) -> None:
    code, told = on_a_terminal(home, "workflows", "edit", ID, "--field", "nosuch")
    assert code == 4
    assert "Ask · prompt" in told


def test_without_a_terminal_edit_says_what_to_do_instead(stocked: Command) -> None:
    done = stocked("workflows", "edit", ID)
    assert done.returncode == 2
    assert "workflows get --document" in done.stderr


def test_duplicate_tells_the_new_id(stocked: Command) -> None:
    row = json.loads(stocked("workflows", "duplicate", ID, "-o", "json").stdout)
    assert row["name"] == "Lead enricher (copy)"
    assert stocked("workflows", "get", row["id"]).returncode == 0
    named = stocked("workflows", "duplicate", ID, "--name", "Mine")
    assert "was copied as Mine" in named.stderr


def test_duplicate_refuses_a_name_that_cannot_be_one(stocked: Command) -> None:
    assert stocked("workflows", "duplicate", ID, "--name", " ").returncode == 2
