"""`simtui runs …`, as a script uses it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, Stock, rows_of
from tests.conftest import Command
from tests.making import as_lines, document, run_events

RUN = {
    "id", "workflow_id", "workflow_name", "status", "trigger", "started_at", "duration_ms",
    "cost_usd", "tokens", "error",
}  # fmt: skip
KEY = "sk-" + "q7W2e9R4" * 4


def text(*events: dict[str, Any]) -> str:
    return as_lines(list(events)).decode()


def bring(simtui: Command, *events: dict[str, Any]) -> None:
    done = simtui("runs", "import", "-", input=text(*events))
    assert done.returncode == 0, done.stderr


def test_import_answers_as_the_import_of_workflows_does(simtui: Command) -> None:
    stream = text(*run_events("r1")) + "broken\n"
    done = simtui("runs", "import", "-", "-o", "json", input=stream)
    assert done.returncode == 3
    answer = rows_of(done.stdout)
    items = answer.pop("items")
    assert answer == {"imported": 1, "updated": 0, "unchanged": 0, "refused": 1, "skipped": 0}
    for item in items:
        assert set(item) == {
            "source", "entry", "format", "outcome", "run_id", "workflow_id", "status", "events",
            "reason", "problems",
        }  # fmt: skip
    bad, good = items
    assert (bad["entry"], bad["outcome"], bad["run_id"]) == ("line 7", "refused", None)
    assert (good["run_id"], good["outcome"], good["status"]) == ("r1", "imported", "completed")


@pytest.mark.parametrize(
    ("stream", "code"), [("", 0), ("nonsense\n", 6), ('{"event":"run"}\n', 6), ("\0\xff\n", 6)]
)
def test_the_exit_code_tells_what_was_taken(simtui: Command, stream: str, code: int) -> None:
    assert simtui("runs", "import", "-", input=stream).returncode == code


def test_list_keeps_its_contract(simtui: Command) -> None:
    ended = {"duration_ms": 930, "cost_usd": 0.5, "tokens": 3, "error": f"no {KEY}"}
    bring(simtui, *run_events("r1", status="failed", trigger="api", ended=ended))
    bring(simtui, *run_events("r2", at="2026-11-23T14:00:00Z", status=None))
    newest, row = rows_of(simtui("runs", "list", "-o", "json").stdout)
    assert set(row) == set(newest) == RUN
    assert newest["cost_usd"] is newest["duration_ms"] is None
    assert newest["status"] == "interrupted"
    assert (row["duration_ms"], row["cost_usd"], row["tokens"]) == (930, 0.5, 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["started_at"])
    assert "q7W2e9R4q7" not in row["error"]
    (only,) = rows_of(simtui("runs", "list", "--filter", "status:failed", "-o", "json").stdout)
    assert only == row
    lines = simtui("runs", "list", "--limit", "1", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [newest]


def test_nothing_is_an_empty_list(simtui: Command) -> None:
    bring(simtui, *run_events("r1"))
    done = simtui("runs", "list", "--filter", "status:failed", "-o", "json")
    assert (rows_of(done.stdout), done.returncode) == ([], 0)


def test_a_wrong_filter_says_what_is_wrong(simtui: Command) -> None:
    bring(simtui, *run_events("r1"))
    done = simtui("runs", "list", "--filter", "statu:failed")
    assert done.returncode == 2
    assert 'Did you mean "status:"?' in done.stderr


def test_get_tells_what_went_wrong(simtui: Command) -> None:
    error = {"message": f"channel_not_found {KEY}", "block_name": "Slack"}
    said = run_events("r1", status="failed", ended={"error": error, "output": {"apiKey": KEY}})
    said[1] |= {"level": "error", "message": f"\x1b[31mbad {KEY}"}
    bring(simtui, *said)
    shown = simtui("runs", "get", "r1", "--trace", "--log").stdout
    for piece in ("failed", "Error in Slack", "channel_not_found", "Agent 1", "line 1 of r1"):
        assert piece in shown
    assert "\x1b" not in shown
    assert "q7W2e9R4q7" not in shown
    row = rows_of(simtui("runs", "get", "r1", "--trace", "--log", "-o", "json").stdout)
    assert row["error_block"] == "Slack"
    assert [step["name"] for step in row["trace"]] == ["Agent 0", "Agent 1"]
    assert [line["level"] for line in row["log"]] == ["error", "info"]
    assert "q7W2e9R4q7" not in json.dumps(row)
    assert simtui("runs", "get", "none").returncode == 4


def test_two_runs_stand_side_by_side(simtui: Command) -> None:
    bring(simtui, *run_events("r1", ended={"duration_ms": 5, "output": {"a": 1}}))
    bring(simtui, *run_events("r2", ended={"duration_ms": 9, "output": {"a": 2}}))
    row = rows_of(simtui("runs", "get", "r1", "--with", "r2", "-o", "json").stdout)
    assert (row["duration_ms"], row["output"]) == (4, [{"path": "a", "left": 1, "right": 2}])


def test_what_is_exported_comes_in_again_without_loss(
    simtui: Command, tmp_path: Path, home: Home
) -> None:
    bring(simtui, *run_events("r1", input={"a": [1, {"b": None}]}, ended={"output": "ü\0🚀"}))
    bring(simtui, *run_events("r2", status=None))
    left = simtui("runs", "export", "--all").stdout
    target = tmp_path / "runs.ndjson"
    assert simtui("runs", "export", "--all", "--to", target).stdout.strip() == str(target)
    assert target.read_text() == left
    other = [sys.executable, "-m", "simtui", "--home", str(tmp_path / "other"), "runs"]
    done = subprocess.run([*other, "import", str(target)], capture_output=True, check=False)
    assert done.returncode == 0
    again = subprocess.run([*other, "export", "--all"], capture_output=True, text=True, check=True)
    assert again.stdout == left
    # the file that is there stays
    assert simtui("runs", "export", "--all", "--to", target).returncode == 2


def test_a_run_that_is_running_at_its_export_is_running_again(simtui: Command) -> None:
    said = run_events("r1", status=None, still_running=True)
    bring(simtui, *said)
    (row,) = rows_of(simtui("runs", "list", "-o", "json").stdout)
    assert row["status"] == "running"
    left = simtui("runs", "export", "r1").stdout
    simtui("runs", "delete", "r1", "--yes")
    simtui("runs", "import", "-", input=left)
    assert simtui("runs", "export", "r1").stdout == left


def test_csv_runs_nothing_in_a_spreadsheet_and_markdown_is_text(simtui: Command) -> None:
    bring(simtui, *run_events("=cmd()", status="failed", ended={"error": "+1`*<b>"}))
    head, row = simtui("runs", "export", "--all", "--as", "csv").stdout.splitlines()
    assert head.split(",")[0] == "id"
    assert row.startswith("'=cmd(),")
    page = simtui("runs", "export", "--all", "--as", "markdown").stdout
    assert page.startswith("# Lead enricher: failed\n")
    assert "```\n+1`*<b>\n```" in page


def test_stats_prune_and_pin(simtui: Command) -> None:
    for n in range(3):
        bring(simtui, *run_events(f"r{n}", at=f"2026-11-0{n + 1}T00:00:00Z"))
    assert simtui("runs", "prune", "--keep-newest", "1").returncode == 2
    assert simtui("runs", "pin", "r0").returncode == 0
    dry = rows_of(simtui("runs", "prune", "--keep-newest", "1", "--dry-run", "-o", "json").stdout)
    assert (dry["runs"], dry["removed"], dry["pinned"]) == (1, 0, 1)
    done = simtui("runs", "prune", "--keep-newest", "1", "--yes", "-o", "json")
    assert rows_of(done.stdout)["removed"] == 1
    rows = rows_of(simtui("runs", "list", "-o", "json").stdout)
    assert [row["id"] for row in rows] == ["r2", "r0"]
    simtui("runs", "pin", "r0", "--off")
    simtui("settings", "set", "keep.runs", "1")
    assert rows_of(simtui("runs", "prune", "--yes", "-o", "json").stdout)["removed"] == 1
    stats = rows_of(simtui("runs", "stats", "--days", "3660", "-o", "json").stdout)
    assert stats["runs"] == 1
    drawn = simtui("runs", "stats", "--days", "60", "--ascii").stdout
    assert "runs a day" in drawn and drawn.isascii()


def test_a_workflow_that_goes_to_the_trash_keeps_its_runs(simtui: Command, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    bring(simtui, *run_events("r1", workflow_id=ALPHA))
    simtui("workflows", "delete", ALPHA, "--yes")
    (row,) = rows_of(simtui("runs", "list", "-o", "json").stdout)
    assert row["workflow_id"] == ALPHA


def test_follow_tells_what_other_processes_write(simtui: Command, home: Home) -> None:
    bring(simtui, *run_events("old", status=None, still_running=True))
    command = [sys.executable, "-m", "simtui", "--home", str(home.root), "runs", "follow"]
    with subprocess.Popen([*command, "-o", "jsonl"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline())["id"] == "old"  # it goes on
        bring(simtui, *run_events("new", at="2026-11-23T00:00:00Z"))
        told = json.loads(child.stdout.readline())
        while told["id"] != "new" or told["status"] != "completed":
            told = json.loads(child.stdout.readline())
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130


def test_follow_of_one_run_prints_its_log_and_ends_with_it(simtui: Command) -> None:
    bring(simtui, *run_events("r1", lines=3))
    done = simtui("runs", "follow", "r1", "-o", "jsonl")
    messages = [json.loads(line)["message"] for line in done.stdout.splitlines()]
    assert messages == ["line 0 of r1", "line 1 of r1", "line 2 of r1"]
    assert done.returncode == 0


def test_a_reader_that_has_gone_is_no_fault(simtui: Command, home: Home) -> None:
    bring(simtui, *[event for n in range(300) for event in run_events(f"r{n}")])
    command = [sys.executable, "-m", "simtui", "--home", str(home.root), "runs", "export", "--all"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        os.read(child.stdout.fileno(), 10)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(20) == 0


def test_an_export_with_a_key_is_refused_unless_one_insists(
    simtui: Command, tmp_path: Path
) -> None:
    said = run_events("r1")
    said[1] |= {"message": f"asked with {KEY}"}
    bring(simtui, *said)
    there = tmp_path / "runs.ndjson"
    for words in (("r1",), ("--all",), ("r1", "--to", there)):
        done = simtui("runs", "export", *words)
        assert (done.returncode, done.stdout, there.exists()) == (6, "", False)
        assert "run r1 of" in done.stderr and KEY not in done.stderr
    assert KEY in simtui("runs", "export", "r1", "--allow-secrets").stdout
    assert simtui("runs", "export", "r1", "--as", "csv").returncode == 0
    assert simtui("runs", "export", "r1", "--to", there, "--allow-secrets").returncode == 0
    assert simtui("runs", "import", there, "-o", "json").returncode == 0
