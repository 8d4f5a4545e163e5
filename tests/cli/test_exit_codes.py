"""What a command ends with, by the real command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simtui.paths import Home
from simtui.store import engine
from tests import starting
from tests.cli.conftest import ALPHA, Stock, written
from tests.conftest import Command
from tests.making import document


def test_0_done(simtui: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", document("Alpha"))
    assert simtui("import", folder).returncode == 0
    assert simtui("import", folder).returncode == 0  # unchanged is no fault
    assert simtui("workflows", "list").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["wrkflows"],
        ["workflows"],
        ["workflows", "lst"],
        ["workflows", "list", "--fliter", "x"],
        ["workflows", "list", "--limit", "0"],
        ["workflows", "list", "--filter", "stats:failed"],
        ["workflows", "list", "-o", "xml"],
        ["workflows", "get"],
        ["workflows", "get", b"\xff"],
        ["workflows", "list", "--filter", b"name:\xff"],
        ["search"],
        ["import"],
        ["import", "x.json", "--on-conflict", "overwrite"],
        ["export"],
        ["export", "--all", "--as", "sim"],
        ["settings", "get", "display.thme"],
        ["settings", "set", "display.theme", "neon"],
        ["completion", "tcsh"],
        ["help", "nothing-of-this-name"],
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_2_the_words_cannot_be_meant(stock: Stock, home: Home, words: list[str | bytes]) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = starting.run(["--home", home.root, *words])
    assert done.returncode == 2, done.stderr
    assert done.stdout == b""
    assert done.stderr


def test_3_some_were_refused_and_others_taken(simtui: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", document("Alpha"))
    (folder / "bad.json").write_text("{")
    assert simtui("import", folder).returncode == 3
    assert simtui("import", folder).returncode == 3  # unchanged was taken too


@pytest.mark.parametrize(
    "words",
    [
        ["workflows", "get", "Absent"],
        ["workflows", "rename", "Absent", "Other"],
        ["workflows", "delete", "Absent", "--yes"],
        ["workflows", "restore", "Alpha"],
        ["workflows", "rollback", "Alpha", "7"],
        ["workflows", "get", "Alpha", "--version", "7"],
        ["export", "Absent"],
    ],
    ids=" ".join,
)
def test_4_what_was_named_is_not_there(simtui: Command, stock: Stock, words: list[str]) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui(*words)
    assert done.returncode == 4, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [["workflows", "list"], ["search", "x"], ["export", "--all"], ["workflows", "get", "x"]],
    ids=" ".join,
)
def test_4_no_library_and_none_is_made(simtui: Command, home: Home, words: list[str]) -> None:
    done = simtui(*words)
    assert done.returncode == 4
    assert "`simtui import` makes one" in done.stderr
    assert not home.root.exists()


def test_6_refused_and_nothing_taken(simtui: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert simtui("import", tmp_path / "bad.json").returncode == 6
    assert simtui("import", tmp_path / "absent.json").returncode == 6


def test_6_a_key_would_leave_in_clear(simtui: Command, stock: Stock, tmp_path: Path) -> None:
    value = document("Alpha", ident=ALPHA)
    value["state"]["blocks"]["ask"]["subBlocks"]["apiKey"] = {"value": "hunter2hunter2"}
    stock(value)
    done = simtui("export", "--all", "--to", tmp_path / "out.zip")
    assert done.returncode == 6
    assert "Ask · apiKey" in done.stderr
    assert "hunter2hunter2" not in done.stderr
    assert not (tmp_path / "out.zip").exists()


def test_6_another_programs_database(simtui: Command, home: Home) -> None:
    home.root.mkdir()
    home.database.write_bytes(b"not a database" * 100)
    done = simtui("workflows", "list")
    assert done.returncode == 6
    assert "simtui backups list" in done.stderr
    assert simtui("doctor").returncode == 6


def test_7_another_process_holds_the_library(simtui: Command, stock: Stock, home: Home) -> None:
    stock(document("Alpha", ident=ALPHA))
    other = engine.connect(home.database)
    other.execute("BEGIN IMMEDIATE")
    done = simtui("settings", "set", "display.theme", "simtui-light")
    other.execute("ROLLBACK")
    other.close()
    assert done.returncode == 7
    assert "Nothing was changed; try again" in done.stderr
    assert simtui("settings", "get", "display.theme").stdout == "simtui\n"


def test_8_not_writable(simtui: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = simtui("--home", tmp_path / "file" / "SimAI", "import", tmp_path / "x.json")
    assert done.returncode == 8
    assert "--home" in done.stderr


def test_8_the_answer_does_not_fit(stock: Stock, home: Home) -> None:
    stock(document("Alpha", ident=ALPHA))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "simtui", "--home", str(home.root), "workflows", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 8
    assert done.stderr == "simtui: the answer could not be written: No space left on device.\n"


def test_1_a_fault_of_ours_is_told_with_its_report_and_no_trace(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from simtui.console.output import finish\n"
        "def broken():\n"
        "    secret = 'hunter2'\n"
        "    return 1 // 0\n"
        "sys.exit(finish(broken))\n"
    )
    (tmp_path / "fault.py").write_text(script)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "fault.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "a fault of ours: ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    (report,) = (tmp_path / "person").rglob("crash-*.txt")
    assert str(report) in done.stderr
    assert "in broken" in report.read_text()
    assert report.parent.stat().st_mode & 0o077 == 0
