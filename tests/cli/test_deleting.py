"""What destroys asks first; where nobody can be asked it needs `--yes`."""

from __future__ import annotations

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, BETA, Stock, rows_of
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.making import document


@pytest.fixture(autouse=True)
def _library(stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA), document("Beta", ident=BETA))


def names(simtui: Command, *words: str) -> set[str]:
    return {
        row["name"] for row in rows_of(simtui("workflows", "list", *words, "-o", "json").stdout)
    }


def test_without_a_terminal_it_needs_to_be_told(simtui: Command) -> None:
    done = simtui("workflows", "delete", "Alpha")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert names(simtui) == {"Alpha", "Beta"}


def test_an_answer_that_is_piped_in_is_none(simtui: Command) -> None:
    assert simtui("workflows", "delete", "Alpha", input="y\n").returncode == 2
    assert names(simtui) == {"Alpha", "Beta"}


def test_told_it_moves_to_the_trash_and_says_the_way_back(simtui: Command) -> None:
    done = simtui("workflows", "delete", "Alpha", "Beta", "--yes")
    assert done.returncode == 0
    assert "2 workflows moved to the trash." in done.stderr
    assert names(simtui) == set()
    assert names(simtui, "--trash") == {"Alpha", "Beta"}
    back = done.stderr.partition("simtui ")[2].split()
    assert simtui(*back).returncode == 0
    assert names(simtui) == {"Alpha"}


def test_a_yes_on_a_terminal_deletes(simtui: Command, home: Home) -> None:
    code, sent = on_a_terminal(home, "workflows", "delete", "Alpha", prompt="[y/N]", typed="y\n")
    assert code == 0
    assert "Move Alpha to the trash? [y/N]" in sent
    assert names(simtui) == {"Beta"}


@pytest.mark.parametrize("typed", ["n\n", "\n", "\x04", "\x03"])
def test_anything_else_changes_nothing(simtui: Command, home: Home, typed: str) -> None:
    words = ("workflows", "delete", "Alpha", "Beta")
    code, sent = on_a_terminal(home, *words, prompt="[y/N]", typed=typed)
    assert code == 130
    assert "Move 2 workflows to the trash?" in sent
    assert "Nothing was changed." in sent
    assert names(simtui) == {"Alpha", "Beta"}
