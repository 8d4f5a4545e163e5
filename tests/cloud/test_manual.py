"""The manual page and the README know what the command knows."""

from __future__ import annotations

import re
from pathlib import Path

import click

from simtui.cloud.command import extract_command

ROOT = Path(__file__).parents[2]


def test_the_manual_names_every_option() -> None:
    page = (ROOT / "man" / "simtui-extract.1").read_text()
    for each in extract_command.params:
        if isinstance(each, click.Option) and each.name != "version":
            name = each.opts[-1].removeprefix("-")
            assert re.search(rf"(?:Fl|,) {name}\b", page), each.opts


def test_what_the_readme_calls_is_there() -> None:
    page = (ROOT / "README.md").read_text()
    known = {name for each in extract_command.params for name in each.opts}
    called = re.findall(r"simtui-extract ((?:--[a-z-]+ ?)+)", page)
    assert called
    for words in called:
        assert set(words.split()) <= known
