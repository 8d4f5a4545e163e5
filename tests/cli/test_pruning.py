"""`workflows prune` and `doctor --space`: told first, asked, done, and told again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.looking import tables_in
from tests.making import as_bytes, block, document


@pytest.fixture
def history(home: Home, tmp_path: Path) -> None:
    """`Enricher` with three versions, `Digest` in the trash."""

    async def make() -> None:
        path = tmp_path / "a.json"
        documents = [
            document("Enricher", [block("ask", prompt=f"Say {n}.")], ident="a") for n in range(4)
        ]
        async with await Library.open(home) as library:
            for each in (*documents, document("Digest", ident="b")):
                path.write_bytes(as_bytes(each))
                assert [item.outcome async for item in import_paths(library, [path])]
            await library.workflows.delete(["b"])

    asyncio.run(make())


pytestmark = pytest.mark.usefixtures("history")


def test_by_default_nothing_goes_and_it_says_how(simtui: Command, home: Home) -> None:
    before = tables_in(home)
    done = simtui("workflows", "prune", "--yes")
    assert done.returncode == 0
    assert "Everything is kept" in done.stderr
    assert tables_in(home) == before


def test_a_dry_run_tells_and_removes_nothing(simtui: Command, home: Home) -> None:
    before = tables_in(home)
    done = simtui("workflows", "prune", "--keep-versions", 1, "--trash-days", 0, "--dry-run")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert any("Enricher" in line and "2 versions" in line for line in lines)
    assert any("Digest" in line and "all of it" in line for line in lines)
    assert "Would remove 2 versions of 1 workflow and 1 workflow in the trash" in done.stderr
    assert tables_in(home) == before


def test_without_a_terminal_it_needs_a_yes(simtui: Command, home: Home) -> None:
    before = tables_in(home)
    done = simtui("workflows", "prune", "--trash-days", 0)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert tables_in(home) == before


def test_what_goes_is_shown_and_asked_for(home: Home) -> None:
    before = tables_in(home)
    code, said = on_a_terminal(
        home, "workflows", "prune", "--keep-versions", 1, prompt="[y/N]", typed="n\n"
    )
    assert code == 130
    assert "Remove 2 versions of 1 workflow for good?" in said
    assert "Enricher" in said
    assert tables_in(home) == before


def test_the_settings_are_the_policy_and_a_flag_goes_first(simtui: Command) -> None:
    assert simtui("settings", "set", "keep.versions", 2).returncode == 0
    counts = [
        json.loads(simtui("workflows", "prune", "--dry-run", "-o", "json", *flag).stdout)
        for flag in ((), ("--keep-versions", 1), ("--keep-versions", "all"))
    ]
    assert [sum(each["versions"] for each in one["items"]) for one in counts] == [1, 2, 0]
    done = simtui("workflows", "prune", "--yes", "-o", "json")
    assert (json.loads(done.stdout)["versions"], done.returncode) == (1, 0)
    rows = json.loads(simtui("workflows", "versions", "Enricher", "-o", "json").stdout)
    assert [row["number"] for row in rows] == [3, 2]


def test_what_went_is_gone_and_the_rest_is_sound(simtui: Command) -> None:
    done = simtui("workflows", "prune", "--trash-days", 0, "--yes", "-o", "json")
    answer = json.loads(done.stdout)
    assert (answer["workflows"], answer["versions"], answer["dry_run"]) == (1, 0, False)
    assert [(item["name"], item["whole"]) for item in answer["items"]] == [("Digest", True)]
    assert json.loads(simtui("workflows", "list", "--trash", "-o", "json").stdout) == []
    assert simtui("doctor").returncode == 0
    assert json.loads(simtui("search", "Digest", "-o", "json").stdout) == []


@pytest.mark.parametrize(
    ("flag", "value"), [("--keep-versions", "0"), ("--trash-days", "soon"), ("--trash-days", "-1")]
)
def test_what_is_no_number_is_refused(simtui: Command, flag: str, value: str) -> None:
    done = simtui("workflows", "prune", f"{flag}={value}", "--yes")
    assert done.returncode == 2
    assert "is a whole number" in done.stderr


def test_space_is_told_in_three_forms(simtui: Command, home: Home) -> None:
    whole = json.loads(simtui("doctor", "--space", "-o", "json").stdout)
    assert whole["file_bytes"] == home.database.stat().st_size
    assert whole["value_bytes"] + whole["other_bytes"] + whole["free_bytes"] == whole["file_bytes"]
    by_name = {each["name"]: each for each in whole["workflows"]}
    assert (by_name["Enricher"]["versions"], by_name["Digest"]["in_trash"]) == (3, True)
    lines = [
        json.loads(line)
        for line in simtui("doctor", "--space", "-o", "jsonl").stdout.split("\n")[:-1]
    ]
    assert [line["of"] for line in lines].count("workflow") == 2
    assert lines[0] == {"of": "home"} | {
        key: value for key, value in whole.items() if key not in ("tables", "workflows")
    } | {key: lines[0][key] for key in ("disk_free_bytes", "log_bytes")}
    table = simtui("doctor", "--space")
    assert "Counted: the file by its pages" in table.stdout
    assert "Digest (in the trash)" in table.stdout
