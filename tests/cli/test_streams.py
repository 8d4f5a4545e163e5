"""stdout is data, stderr is talk; and what the streams do to a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, Stock, written
from tests.conftest import Command
from tests.making import document


def through(shell: str, home: Home, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of sh in which $SIMTUI is the command."""
    return subprocess.run(
        ["sh", "-c", shell],
        env={**os.environ, "SIMTUI": f"{sys.executable} -m simtui", "SIMTUI_HOME": str(home.root)}
        | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["rename", "Alpha", "Beta"],
        ["move", "Alpha", "Ops"],
        ["delete", "Alpha", "--yes"],
        ["rollback", "Alpha", "1"],
    ],
    ids=" ".join,
)
def test_what_only_acts_says_so_on_stderr(simtui: Command, stock: Stock, words: list[str]) -> None:
    stock(document("Alpha", ident=ALPHA))
    stock(document("Alpha", [], ident=ALPHA))
    done = simtui("workflows", *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "Alpha" in done.stderr or "1 workflow moved" in done.stderr


def test_a_setting_that_is_set_is_told_on_stderr_and_its_value_is_data(simtui: Command) -> None:
    done = simtui("settings", "set", "display.times", "Absolute")
    assert (done.stdout, done.stderr) == ("", "display.times is now absolute.\n")
    assert simtui("settings", "get", "display.times").stdout == "absolute\n"
    assert simtui("settings", "reset", "display.times").stdout == ""
    assert simtui("settings", "get", "display.times").stdout == "relative\n"


def test_the_sum_of_an_import_is_talk(simtui: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", document("Alpha"))
    done = simtui("import", folder)
    assert (done.stdout, done.stderr) == ("+ Alpha\n", "1 imported\n")
    assert simtui("import", folder, "-o", "json").stderr == ""


def test_a_workflow_is_exported_to_stdout_and_nothing_else_is_there(
    simtui: Command, stock: Stock
) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui("export", "Alpha")
    assert json.loads(done.stdout)["state"]["metadata"]["name"] == "Alpha"
    assert done.stderr == ""


def test_an_export_elsewhere_says_where_on_stdout(
    simtui: Command, stock: Stock, home: Home
) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui("export", "--all")
    assert Path(done.stdout.strip()).parent == home.exports
    assert done.stderr == "1 workflow written.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["workflows", "list", "--filter", "absent"], "help filter"),
        (["workflows", "list", "--trash"], "The trash is empty."),
        (["workflows", "versions", "Alpha"], "no earlier versions"),
        (["search", "absent"], "Nothing holds"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_empty_table_is_told_and_is_no_data(
    simtui: Command, stock: Stock, words: list[str], said: str
) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui(*words)
    assert (done.returncode, done.stdout) == (0, "")
    assert said in done.stderr


def test_a_long_table_has_one_head(simtui: Command, home: Home, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", *(document(f"Number {n}", []) for n in range(501)))
    simtui("import", folder)
    lines = simtui("workflows", "list").stdout.splitlines()
    assert len(lines) == 502
    assert [line.split() for line in lines].count(
        ["ID", "NAME", "FOLDER", "UPDATED", "BLOCKS", "LAST", "RUN"]
    ) == 1


@pytest.mark.parametrize("form", ["table", "json", "jsonl"])
def test_a_reader_that_has_enough_is_no_fault(
    simtui: Command, home: Home, tmp_path: Path, form: str
) -> None:
    # more than a pipe holds, so that the writing fails and not only the last flush
    folder = written(tmp_path / "in", *(document(f"{n} {'x' * 190}", []) for n in range(700)))
    simtui("import", folder)
    line = f"{{ $SIMTUI workflows list -o {form}; echo rc=$? >&2; }} | head -n 1"
    done = through(line, home)
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b"rc=0\n"


def test_a_reader_that_has_gone_is_no_fault(simtui: Command, stock: Stock, home: Home) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = through("{ $SIMTUI workflows list; echo rc=$? >&2; } | true", home)
    assert done.stderr == b"rc=0\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_leads_nowhere(stock: Stock, home: Home, closed: str) -> None:
    stock(document("Alpha", ident=ALPHA))
    before = home.database.stat().st_size
    done = through(f"$SIMTUI workflows list {closed}", home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert home.database.stat().st_size == before
    assert through(f"$SIMTUI {closed}", home).returncode == 0


def test_no_standard_input_is_an_empty_one(home: Home) -> None:
    assert through("$SIMTUI import - <&-", home).returncode == 6


def test_what_an_encoding_lacks_is_written_as_an_escape(stock: Stock, home: Home) -> None:
    stock(document("Täglich 中", ident=ALPHA))
    table = through("$SIMTUI workflows list", home, PYTHONIOENCODING="ascii")
    assert (table.returncode, table.stderr) == (0, b"")
    assert rb"T\xe4glich \u4e2d" in table.stdout
    answer = through("$SIMTUI workflows list -o json", home, PYTHONIOENCODING="latin-1")
    assert json.loads(answer.stdout)[0]["name"] == "Täglich 中"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_file_whose_name_is_not_utf_8_stays_json(home: Home, tmp_path: Path, locale: str) -> None:
    folder = written(tmp_path / "in", document("Alpha"))
    (folder / "00000.json").rename(folder / os.fsdecode(b"\xff.json"))
    done = through(f"$SIMTUI import -o json '{folder}'", home, LC_ALL=locale)
    assert done.returncode == 0
    answer = json.loads(done.stdout.decode("utf-8", "strict"))
    assert answer["items"][0]["outcome"] == "imported"


def test_the_standard_input_is_read(simtui: Command) -> None:
    done = simtui("import", "-", input=json.dumps(document("Piped")))
    assert (done.returncode, done.stdout) == (0, "+ Piped\n")


def test_a_dry_run_makes_no_home(simtui: Command, home: Home, tmp_path: Path) -> None:
    done = simtui("import", "--dry-run", written(tmp_path / "in", document("Alpha")))
    assert (done.returncode, done.stdout) == (0, "+ Alpha\n")
    assert "nothing was written" in done.stderr
    assert not home.root.exists()


def test_a_dry_run_says_what_the_import_then_does(
    simtui: Command, stock: Stock, tmp_path: Path
) -> None:
    stock(document("Alpha", ident=ALPHA))
    folder = written(tmp_path / "in", document("Alpha", [], ident=ALPHA), document("Beta"))
    dry = simtui("import", "--dry-run", folder)
    assert simtui("workflows", "versions", ALPHA).stdout == ""
    wet = simtui("import", folder)
    assert dry.stdout == wet.stdout


def test_a_folder_without_files_to_take_is_told(simtui: Command, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("x")
    done = simtui("import", tmp_path / "in")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing found: a folder is searched for .json, .zip and .simworkflow" in done.stderr
