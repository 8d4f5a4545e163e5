"""The README and the man page tell what the program does, and stay true."""

from __future__ import annotations

from tests import manual, readme


def test_the_tables_are_those_of_the_program() -> None:
    text = readme.README.read_text("utf-8")
    assert readme.filled(text) == text, "run `python -m tests.readme`"


def test_the_man_page_is_that_of_the_program() -> None:
    text = manual.MAN_PAGE.read_text("utf-8")
    assert manual.filled(text) == text, "run `python -m tests.readme`"


def test_everything_it_points_to_is_there() -> None:
    linked = list(readme.linked(readme.README.read_text("utf-8")))
    assert len(linked) >= 6
    assert [path for path in linked if not path.exists()] == []


def test_the_pictures_load_nothing_from_elsewhere() -> None:
    pictures = list((readme.README.parent / "screenshots").glob("*.svg"))
    assert len(pictures) >= 6
    for picture in pictures:
        text = picture.read_text("utf-8")
        assert "@font-face" not in text
        assert "url(http" not in text
