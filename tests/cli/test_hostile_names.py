"""Text from outside is escaped where a terminal reads it, and exact where a program does."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from simtui.paths import Home
from tests.cli.conftest import ALPHA, Stock, rows_of, written
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command
from tests.making import block, document

HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202ereversed\nsecond line\r\x9b5m[/b][link=x]"
ESCAPED = "\\x1b]0;owned\\x07\\x1b[31m\\u{202e}reversed\\nsecond line\\r\\x9b5m[/b][link=x]"


def hostile() -> dict[str, Any]:
    """A document with hostile text wherever a command shows some."""
    return document(
        f"Name [/b] {HOSTILE}",
        [
            block("start", "start_trigger", f"Start {HOSTILE}"),
            block(
                "ask", f"agent{HOSTILE}", "Ask", prompt=f"findme {HOSTILE} {{{{NEED{HOSTILE}}}}}"
            ),
        ],
        [
            {"id": "e", "source": "start", "target": "ask"},
            {"id": "f", "source": "start", "target": f"nowhere {HOSTILE}"},
        ],
        variables={"v": {"id": "v", "name": f"variable {HOSTILE}", "type": HOSTILE, "value": 1}},
        workflow={"id": ALPHA, "folderPath": f"Folder {HOSTILE}", "name": "Name"},
    )


def is_safe(text: str) -> bool:
    unsafe = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return not any(unicodedata.category(c) in unsafe for c in text.replace("\n", ""))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["workflows", "list"],
        ["workflows", "get", ALPHA],
        ["workflows", "versions", ALPHA],
        ["search", "findme"],
        ["doctor"],
        ["export", ALPHA, "--as", "zip"],
    ],
    ids=" ".join,
)
def test_a_table_never_sends_what_a_terminal_obeys(
    simtui: Command, stock: Stock, words: list[str]
) -> None:
    stock(hostile())
    stock(hostile() | {"version": "1.1"})
    done = simtui(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert is_safe(done.stdout)
    assert is_safe(done.stderr)


def test_an_overview_shows_what_was_hidden(simtui: Command, stock: Stock) -> None:
    stock(hostile())
    lines = simtui("workflows", "get", ALPHA).stdout.splitlines()
    shown = "\n".join(lines)
    assert f"Start {ESCAPED}" in shown
    assert f"variable {ESCAPED}" in shown
    assert "[/b]" in lines[0]


def test_on_a_terminal_only_our_own_codes_are_sent(stock: Stock, home: Home) -> None:
    stock(hostile())
    code, sent = on_a_terminal(home, "search", "findme")
    assert code == 0
    assert "\x1b[1mfindme\x1b[22m" in sent
    assert is_safe(sent.replace("\x1b[1m", "").replace("\x1b[22m", ""))


def test_json_is_exact(simtui: Command, stock: Stock) -> None:
    stock(hostile())
    row = rows_of(simtui("workflows", "get", ALPHA, "-o", "json").stdout)
    assert row["block_list"][0]["name"] == f"Start {HOSTILE}"
    assert row["block_list"][1]["type"] == f"agent{HOSTILE}"
    assert row["variables"] == [{"name": f"variable {HOSTILE}", "type": HOSTILE}]
    assert any("nowhere \x1b]0;owned" in problem for problem in row["problems"])
    # a name is one line of plain characters everywhere; the document keeps what it was
    assert is_safe(row["name"])
    assert row["name"].startswith("Name [/b] ]0;owned")
    document = rows_of(simtui("workflows", "get", ALPHA, "--document").stdout)
    assert document["state"]["metadata"]["name"] == f"Name [/b] {HOSTILE}"


def test_json_lines_are_one_line_each(simtui: Command, stock: Stock) -> None:
    stock(hostile())
    done = simtui("workflows", "get", ALPHA, "-o", "jsonl")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("form", ["table", "json"])
def test_an_import_tells_of_a_file_with_a_hostile_name(
    simtui: Command, tmp_path: Path, form: str
) -> None:
    folder = written(tmp_path / "in", hostile())
    name = f"evil {HOSTILE.replace('/', '')}.json"
    (folder / name).write_text("{")
    done = simtui("import", folder, "-o", form)
    assert done.returncode == 3
    if form == "json":
        assert rows_of(done.stdout)["items"][1]["source"] == str(folder / name)
    else:
        assert is_safe(done.stdout)
        assert "✗ evil \\x1b]0;owned" in done.stdout
    assert is_safe(done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ["wrk\x1b[31mflows"],
        ["workflows", "l\x1b[31mst"],
        ["workflows", "list", "--fl\x1b[31m"],
        ["workflows", "get", HOSTILE],
        ["workflows", "rename", ALPHA, HOSTILE],
        ["workflows", "move", ALPHA, HOSTILE],
        ["workflows", "list", "--filter", f"blocks:{HOSTILE}"],
        ["workflows", "list", "-o", "\x1b[31m"],
        ["settings", "get", HOSTILE],
        ["settings", "set", "display.theme", HOSTILE],
        ["help", HOSTILE],
        ["export", HOSTILE],
        ["import", HOSTILE],
    ],
    ids=ascii,
)
def test_a_mistake_is_told_without_what_it_hides(
    simtui: Command, stock: Stock, words: list[str]
) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui(*words)
    assert done.returncode in (2, 4, 6), done.stderr
    assert "a fault of ours" not in done.stderr
    assert is_safe(done.stdout + done.stderr)


def test_a_home_with_a_hostile_name_is_a_home(simtui: Command, tmp_path: Path) -> None:
    home = tmp_path / "evil \x1b[31m\nhome"
    for words in (["workflows", "list"], ["doctor"], [], ["workflows", "list"], ["doctor"]):
        done = simtui("--home", home, *words)
        assert "evil \\x1b[31m" in done.stdout + done.stderr or words == ["workflows", "list"]
        assert is_safe(done.stdout + done.stderr), words
    assert (home / "simai.db").exists()


def test_a_home_that_is_not_utf_8_is_refused_in_words(simtui: Command, tmp_path: Path) -> None:
    done = simtui("--home", os.fsdecode(os.fsencode(tmp_path) + b"/\xff"), "workflows", "list")
    assert done.returncode in (4, 6)
    assert "a fault of ours" not in done.stderr
