"""The files of workflows by command: what is written lies where it was told to, and nothing is
taken away unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from simtui.paths import Home
from tests import starting
from tests.cli.conftest import ALPHA, BETA, Stock, rows_of
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.looking import tables_in, tree
from tests.making import document


@pytest.fixture(autouse=True)
def _library(stock: Stock, tmp_path: Path) -> None:
    stock(document("Alpha", ident=ALPHA), document("Beta", ident=BETA))
    (tmp_path / "report.csv").write_bytes(b"a,b\n")
    (tmp_path / "notes.txt").write_bytes(b"notes")


@pytest.fixture
def given(simtui: Command, tmp_path: Path) -> None:
    """Alpha has both files."""
    done = simtui("assets", "add", "Alpha", tmp_path / "report.csv", tmp_path / "notes.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "+ report.csv  4 B\n+ notes.txt  5 B\n"


def listed(simtui: Command, workflow: str = "Alpha") -> dict[str, dict[str, Any]]:
    rows = rows_of(simtui("assets", "list", workflow, "-o", "json").stdout)
    return {row["name"]: row for row in rows}


@pytest.mark.usefixtures("given")
def test_what_was_added_is_listed(simtui: Command) -> None:
    row = listed(simtui)["report.csv"]
    assert row.pop("added_at").endswith("Z")
    digest = sha256(b"a,b\n").hexdigest()
    assert row == {"name": "report.csv", "bytes": 4, "type": "text/csv", "digest": digest}
    lines = simtui("assets", "list", "Alpha").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["NAME", "notes.txt", "report.csv"]
    assert "It has no files" in simtui("assets", "list", "Beta").stderr
    simtui("workflows", "delete", "Alpha", "--yes")
    assert set(listed(simtui)) == {"report.csv", "notes.txt"}


def test_a_file_may_be_called_otherwise_here(simtui: Command, tmp_path: Path) -> None:
    row = json.loads(
        simtui(
            "assets", "add", "Alpha", tmp_path / "notes.txt", "--name", "a b:c.txt", "-o", "json"
        ).stdout
    )[0]  # fmt: skip
    assert (row["name"], row["outcome"], row["bytes"]) == ("a b:c.txt", "added", 5)
    assert set(listed(simtui)) == {"a b:c.txt"}
    done = simtui("assets", "add", "Alpha", tmp_path / "notes.txt", "--name", "../up")
    assert (done.returncode, set(listed(simtui))) == (2, {"a b:c.txt"})


def test_one_bad_file_does_not_stop_the_rest(simtui: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = simtui(
        "assets", "add", "Alpha", tmp_path / "missing", tmp_path / "pipe", tmp_path / "notes.txt"
    )
    assert done.returncode == 3
    assert "No such file" in done.stdout
    assert "a pipe, not a file" in done.stdout
    assert set(listed(simtui)) == {"notes.txt"}
    assert simtui("assets", "add", "Alpha", tmp_path / "missing").returncode == 6


@pytest.mark.usefixtures("given")
def test_the_same_file_again_changes_nothing(simtui: Command, home: Home, tmp_path: Path) -> None:
    before = tables_in(home)
    done = simtui("assets", "add", "Alpha", tmp_path / "notes.txt")
    assert (done.returncode, done.stdout) == (0, "= notes.txt  5 B\n")
    assert tables_in(home) == before


@pytest.mark.usefixtures("given")
def test_another_of_that_name_takes_its_place_when_told(simtui: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"other notes")
    done = simtui("assets", "add", "Alpha", tmp_path / "notes.txt")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert listed(simtui)["notes.txt"]["bytes"] == 5
    done = simtui("assets", "add", "Alpha", tmp_path / "notes.txt", "--yes")
    assert done.stdout == "↻ notes.txt  11 B\n"
    assert listed(simtui)["notes.txt"]["bytes"] == 11


@pytest.mark.usefixtures("given")
def test_it_is_saved_where_it_was_told_to(simtui: Command, tmp_path: Path) -> None:
    done = simtui("assets", "save", "Alpha", "--to", tmp_path / "out")
    assert done.stdout == f"{tmp_path}/out/notes.txt\n{tmp_path}/out/report.csv\n"
    assert (tmp_path / "out" / "report.csv").read_bytes() == b"a,b\n"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"notes.txt", "report.csv"}
    done = simtui("assets", "save", "Alpha", "report.csv", "--to", "-")
    assert (done.returncode, done.stdout) == (0, "a,b\n")
    assert simtui("assets", "save", "Alpha", "--to", "-").returncode == 2
    assert simtui("assets", "save", "Alpha", "nothing").returncode == 4
    assert simtui("assets", "save", "Beta").returncode == 4


@pytest.mark.usefixtures("given")
def test_what_is_there_is_replaced_only_when_told(
    simtui: Command, home: Home, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    done = simtui("assets", "save", "Alpha", "--to", out)
    assert done.returncode == 2
    assert [path.read_text() for path in out.iterdir()] == ["mine"]
    words = ("assets", "save", "Alpha", "notes.txt", "--to", out)
    code, sent = on_a_terminal(home, *words, prompt="[y/N]", typed="n\n")
    assert (code, (out / "notes.txt").read_text()) == (130, "mine")
    assert f"Replace {out}/notes.txt?" in sent
    code, _ = on_a_terminal(home, *words, prompt="[y/N]", typed="y\n")
    assert (code, (out / "notes.txt").read_text()) == (0, "notes")


@pytest.mark.usefixtures("given")
def test_a_link_that_lies_there_is_never_followed(simtui: Command, tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.write_text("mine")
    (out / "notes.txt").symlink_to(elsewhere)
    assert simtui("assets", "save", "Alpha", "notes.txt", "--to", out).returncode == 2
    assert simtui("assets", "save", "Alpha", "notes.txt", "--to", out, "--yes").returncode == 0
    assert elsewhere.read_text() == "mine"
    assert not (out / "notes.txt").is_symlink()


@pytest.mark.parametrize("name", ["../up.txt", "/etc/up.txt", "..", "a\x1b]0;x\x07b"])
@pytest.mark.usefixtures("given")
def test_a_name_that_a_foreign_library_holds_leads_nowhere(
    simtui: Command, home: Home, tmp_path: Path, name: str
) -> None:
    """Such a name never comes in by a command; a database can be made by anybody."""
    from simtui.store import engine

    connection = engine.connect(home.database)
    connection.execute("UPDATE assets SET name = ? WHERE name = 'notes.txt'", (name,))
    connection.close()
    before = tree(tmp_path, without=tmp_path / "out")
    done = simtui("assets", "save", "Alpha", "--to", tmp_path / "out")
    assert done.returncode == 0
    assert len(list((tmp_path / "out").iterdir())) == 2
    after = tree(tmp_path, without=tmp_path / "out")
    assert {k: v for k, v in after.items() if "simai.db" not in k} == {
        k: v for k, v in before.items() if "simai.db" not in k
    }
    assert "\x1b" not in done.stdout + simtui("assets", "list", "Alpha").stdout


@pytest.mark.usefixtures("given")
def test_deleting_asks_first_and_is_for_good(simtui: Command, home: Home) -> None:
    assert simtui("assets", "delete", "Alpha", "notes.txt").returncode == 2
    assert simtui("assets", "delete", "Alpha", "nothing", "--yes").returncode == 4
    code, sent = on_a_terminal(
        home, "assets", "delete", "Alpha", "notes.txt", prompt="[y/N]", typed="n\n"
    )
    assert code == 130
    assert "Delete notes.txt for good?" in sent
    assert set(listed(simtui)) == {"notes.txt", "report.csv"}
    done = simtui("assets", "delete", "Alpha", "notes.txt", "report.csv", "--yes")
    assert (done.returncode, done.stderr) == (0, "2 files deleted.\n")
    assert tables_in(home)["asset_pieces"] == []


@pytest.mark.usefixtures("given")
def test_a_damaged_file_is_not_saved(simtui: Command, home: Home, tmp_path: Path) -> None:
    from simtui.store import engine

    connection = engine.connect(home.database)
    connection.execute("UPDATE asset_pieces SET data = x'00'")
    connection.close()
    for place in (tmp_path / "out", "-"):
        done = simtui("assets", "save", "Alpha", "notes.txt", "--to", place)
        assert (done.returncode, done.stdout) == (6, "")
        assert "does not match" in done.stderr or "do not match" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert simtui("doctor").returncode == 6


@pytest.mark.usefixtures("given")
def test_a_bundle_by_command_there_and_back(simtui: Command, home: Home, tmp_path: Path) -> None:
    done = simtui("export", "Alpha", "--as", "bundle", "-o", "json")
    path = home.root / "exports" / "Alpha.simworkflow"
    about = {"path": str(path), "workflows": 1, "bytes": path.stat().st_size}
    assert json.loads(done.stdout) == about | {"left_out": [], "needs": []}
    assert simtui("import", path).stderr == "1 unchanged\n"
    elsewhere = [sys.executable, "-m", "simtui", "--home", str(tmp_path / "other")]
    with path.open("rb") as stream:
        done = subprocess.run(
            [*elsewhere, "import", "-"], stdin=stream, capture_output=True, text=True, check=True
        )
    assert done.stdout == "+ Alpha\n"
    done = subprocess.run(
        [*elsewhere, "assets", "save", "Alpha", "report.csv", "--to", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "a,b\n"


def test_runs_travel_in_a_bundle_when_asked_for(simtui: Command, tmp_path: Path) -> None:
    events = [
        {"event": "run", "id": "r1", "workflow_id": ALPHA, "started_at": "2026-11-01T10:00:00Z"},
        {"event": "log", "run_id": "r1", "at": "2026-11-01T10:00:01Z", "message": "hello"},
        {"event": "end", "run_id": "r1", "status": "completed",
         "ended_at": "2026-11-01T10:00:02Z"},
    ]  # fmt: skip
    (tmp_path / "runs.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in events))
    assert simtui("runs", "import", tmp_path / "runs.ndjson").returncode == 0
    bundle = tmp_path / "out.simworkflow"
    done = simtui("export", "Alpha", "--as", "bundle", "--with-runs", "--to", bundle)
    assert done.returncode == 0, done.stderr
    assert simtui("export", "Alpha", "--as", "sim", "--with-runs").returncode == 2

    def there(*words: object) -> str:
        done = starting.as_text(starting.run(["--home", tmp_path / "other", *words]))
        done.check_returncode()
        return done.stdout

    for _ in range(2):
        there("import", bundle)
        assert there("runs", "list", "-o", "json") == simtui("runs", "list", "-o", "json").stdout
        assert there("runs", "export", "r1") == simtui("runs", "export", "r1").stdout
    assert '"id": "r1"' in there("runs", "list", "-o", "json")


def test_a_key_in_a_run_is_told_and_nothing_is_written(simtui: Command, tmp_path: Path) -> None:
    key = "sk-proj-0123456789abcdefABCDEF0123456789"
    events = [
        {"event": "run", "id": "r1", "workflow_id": ALPHA, "started_at": "2026-11-01T10:00:00Z"},
        {"event": "log", "run_id": "r1", "at": "2026-11-01T10:00:01Z", "message": f"with {key}"},
    ]
    (tmp_path / "runs.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in events))
    assert simtui("runs", "import", tmp_path / "runs.ndjson").returncode == 0
    bundle = tmp_path / "out.simworkflow"
    words = ("export", "Alpha", "--as", "bundle", "--to", bundle)
    done = simtui(*words, "--with-runs")
    assert (done.returncode, bundle.exists()) == (6, False)
    assert "Alpha · runs: sk-p… (40 characters)" in done.stderr
    assert simtui(*words).returncode == 0
