"""Which folder is the home, and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.errors import UsageError
from simtui.paths import Home, home, log_folder


def test_the_home_is_a_folder_that_people_see() -> None:
    assert home().root == Path.home() / "SimAI"


def test_the_flag_goes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMTUI_HOME", str(tmp_path / "variable"))
    assert home().root == tmp_path / "variable"
    assert home(str(tmp_path / "flag")).root == tmp_path / "flag"


def test_a_relative_home_is_one_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert home("here").root == tmp_path / "here"


def test_a_home_that_is_a_link_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert home(str(tmp_path / "link")).root == tmp_path / "link"


def test_the_folder_of_a_stranger_is_refused() -> None:
    with pytest.raises(UsageError, match="Name the home in full"):
        home("~nobody-of-this-name/SimAI")


def test_the_own_folder_is_said_as_a_person_writes_it() -> None:
    assert str(Home(Path.home() / "SimAI")) == "~/SimAI"
    assert str(Home(Path.home())) == "~"
    assert str(Home(Path("/srv/SimAI"))) == "/srv/SimAI"


def test_naming_paths_makes_none(tmp_path: Path) -> None:
    root = tmp_path / "SimAI"
    there = Home(root)
    assert {there.database.parent, there.exports.parent, there.backups.parent} == {root}
    assert not root.exists()
    assert not log_folder().exists()
