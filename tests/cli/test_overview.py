"""`simtui` alone: without a terminal a plain overview; on a dumb one too, and it says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, BETA, Stock
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.making import document


def test_an_empty_home_is_made_and_told_what_to_do_first(simtui: Command, home: Home) -> None:
    done = simtui()
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 workflows" in done.stdout
    assert "simtui import PATH" in done.stdout
    assert home.database.exists()
    assert home.root.stat().st_mode & 0o077 == 0


def test_what_is_there_is_listed_newest_first_and_no_more_than_ten(
    simtui: Command, stock: Stock
) -> None:
    stock(document("Alpha", ident=ALPHA), document("Beta", ident=BETA))
    simtui("workflows", "delete", "Beta", "--yes")
    stock(*(document(f"Number {n}") for n in range(11)))
    done = simtui()
    assert done.returncode == 0
    assert "12 workflows, 1 in the trash" in done.stdout
    assert "… and 2 more: simtui workflows list" in done.stdout
    assert done.stdout.count("Number") == 10
    assert "Alpha" not in done.stdout


@pytest.mark.parametrize("terminal", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_the_plain_view(
    stock: Stock, home: Home, terminal: str
) -> None:
    stock(document("Alpha", ident=ALPHA))
    code, sent = on_a_terminal(home, TERM=terminal)
    assert code == 0
    assert "here is the plain view" in sent
    assert "1 workflow, 0 in the trash" in sent
    assert "\x1b" not in sent


def test_the_home_can_be_named_by_a_variable(
    simtui: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = home.root.parent / "other"
    monkeypatch.setenv("SIMTUI_HOME", str(other))
    done = simtui("settings", "list")  # the flag goes first
    assert done.returncode == 0
    assert not other.exists()


def test_a_variable_overrides_a_setting_and_is_told(
    simtui: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMTUI_TIMES", "absolute")
    assert simtui("settings", "get", "display.times").stdout == "absolute\n"
    done = simtui("settings", "set", "display.times", "relative")
    assert "$SIMTUI_TIMES is set and goes first." in done.stderr
    lines = simtui("settings", "list").stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("display.times")]
    assert "from environment" in line


def test_the_samples_leave_nothing_behind(
    simtui: Command, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    done = simtui("--samples")
    assert (done.returncode, done.stderr) == (0, "")
    assert "simtui-samples-" in done.stdout
    assert not list((tmp_path / "temporary").iterdir())
    assert not home.root.exists()


def test_the_samples_go_with_no_command(simtui: Command) -> None:
    assert simtui("--samples", "workflows", "list").returncode == 2
