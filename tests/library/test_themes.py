"""A person's own themes: what a file may say, and what is said of one that is wrong."""

from __future__ import annotations

import pytest

from simtui.errors import BadInput
from simtui.library import themes
from simtui.paths import Home


@pytest.fixture
def folder(home: Home) -> Home:
    home.themes.mkdir(parents=True)
    return home


def test_a_file_is_read_by_its_name_with_or_without_its_ending(folder: Home) -> None:
    (folder.themes / "mine.toml").write_text('primary = "#123abc"\ndark = false\n')
    (folder.themes / "his.json").write_text('{"error": "#f00"}')
    (folder.themes / "notes.txt").write_text("")
    assert themes.names(folder) == ["themes/his.json", "themes/mine.toml"]
    assert themes.read(folder, "themes/mine") == {"primary": "#123abc", "dark": False}
    assert themes.read(folder, "themes/his.json") == {"error": "#f00"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.toml", "primary = \n", r"t\.toml cannot be read: .*line 1, column 11"),
        ("t.json", "{", r"t\.json cannot be read: .*line 1 column 2"),
        ("t.json", "[" * 20000, "cannot be read"),
        ("t.json", "[1]", "holds no theme"),
        ("t.toml", 'primry = "#123abc"', "Did you mean primary?"),
        ("t.toml", 'primary = "blue"', 'primary is a colour like "#7aa2c8", not "blue"'),
        ("t.toml", "primary = 3", 'not "3"'),
        ("t.toml", 'dark = "yes"', "dark is true or false"),
        ("t.toml", "#" * 70_000, "larger than any theme"),
        ("t.toml", '"\\u001b[31m" = 1', r"no colour .\\x1b\[31m"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_the_place(
    folder: Home, name: str, text: str, message: str
) -> None:
    (folder.themes / name).write_text(text)
    with pytest.raises(BadInput, match=message):
        themes.read(folder, "themes/t")


def test_a_file_that_is_not_utf_8_is_told(folder: Home) -> None:
    (folder.themes / "t.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read"):
        themes.read(folder, "themes/t")


def test_one_that_is_not_there_is_told_with_those_that_are(folder: Home) -> None:
    (folder.themes / "mine.toml").write_text("")
    with pytest.raises(BadInput, match=r"There are: themes/mine\.toml"):
        themes.read(folder, "themes/other")


def test_no_folder_is_no_themes(home: Home) -> None:
    assert themes.names(home) == []
