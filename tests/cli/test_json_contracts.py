"""The JSON of each command has exactly the keys that scripts were promised (DESIGN.md part 11)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simtui.model.settings import every
from tests.cli.conftest import ALPHA, BETA, Stock, rows_of, written
from tests.conftest import Command
from tests.making import as_bytes, block, document

WORKFLOW = {
    "id", "name", "folder", "description", "created_at", "updated_at", "blocks", "edges",
    "document_bytes", "digest", "runs", "last_run_status",
}  # fmt: skip
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_import(simtui: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", document("Alpha", ident=ALPHA), document("Beta"))
    (folder / "bad.json").write_text("{")
    done = simtui("import", folder, "-o", "json")
    answer = rows_of(done.stdout)
    assert set(answer) == {"imported", "updated", "unchanged", "refused", "skipped", "items"}
    assert answer["imported"] == 2
    assert answer["refused"] == 1
    for item in answer["items"]:
        assert set(item) == {
            "source", "entry", "format", "outcome", "workflow_id", "name", "reason", "problems",
        }  # fmt: skip
    taken, _, bad = answer["items"]
    assert taken["source"] == str(folder / "00000.json")
    assert (taken["outcome"], taken["workflow_id"], taken["name"]) == ("imported", ALPHA, "Alpha")
    assert (taken["entry"], taken["reason"], taken["problems"]) == (None, None, [])
    assert (bad["outcome"], bad["workflow_id"]) == ("refused", None)
    assert bad["reason"]


def test_every_outcome_is_counted_under_its_word(
    simtui: Command, stock: Stock, tmp_path: Path
) -> None:
    stock(document("Alpha", ident=ALPHA), document("Beta", ident=BETA), document("Twin"))
    folder = written(
        tmp_path / "in",
        document("Alpha", ident=ALPHA),
        document("Beta", [block("other")], ident=BETA),
        document("Twin", [block("other")]),
        document("New"),
    )
    (folder / "bad.json").write_text("[]")
    answer = rows_of(simtui("import", folder, "--on-conflict", "skip", "-o", "json").stdout)
    outcomes = [item["outcome"] for item in answer.pop("items")]
    assert outcomes == ["unchanged", "updated", "skipped", "imported", "refused"]
    assert answer == dict.fromkeys(outcomes, 1)


def test_a_folder_with_nothing_in_it_answers_the_same_way(simtui: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = rows_of(simtui("import", tmp_path / "empty", "-o", "json").stdout)
    assert answer == {
        "imported": 0, "updated": 0, "unchanged": 0, "refused": 0, "skipped": 0, "items": [],
    }  # fmt: skip


def test_import_as_lines_has_an_item_a_line(simtui: Command, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", document("Alpha"), document("Beta"))
    done = simtui("import", folder, "-o", "jsonl")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["Alpha", "Beta"]


def test_workflows_list(simtui: Command, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    (row,) = rows_of(simtui("workflows", "list", "-o", "json").stdout)
    assert set(row) == WORKFLOW
    assert (row["id"], row["name"], row["folder"]) == (ALPHA, "Alpha", "")
    assert (row["blocks"], row["edges"], row["runs"], row["last_run_status"]) == (2, 1, 0, None)
    assert RFC_3339.fullmatch(row["created_at"])
    assert RFC_3339.fullmatch(row["updated_at"])
    assert re.fullmatch(r"[0-9a-f]{64}", row["digest"])
    assert row["document_bytes"] > 0


def test_workflows_list_is_whole_unless_limited_and_newest_first(
    simtui: Command, stock: Stock
) -> None:
    stock(*(document(f"Number {n}") for n in range(7)))
    names = [row["name"] for row in rows_of(simtui("workflows", "list", "-o", "json").stdout)]
    assert len(names) == 7
    done = simtui("workflows", "list", "--limit", "3", "-o", "jsonl")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == names[:3]
    times = [row["updated_at"] for row in rows_of(simtui("workflows", "list", "-o", "json").stdout)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("words", [["workflows", "list"], ["search", "absent"]])
def test_nothing_is_an_empty_list(simtui: Command, stock: Stock, words: list[str]) -> None:
    stock(document("Alpha", ident=ALPHA))
    simtui("workflows", "delete", ALPHA, "--yes")
    assert rows_of(simtui(*words, "-o", "json").stdout) == []
    assert simtui(*words, "-o", "jsonl").stdout == ""


def test_workflows_get(simtui: Command, stock: Stock) -> None:
    blocks = [block("start", "start_trigger", "Start"), block("ask", name="Ask", key="{{TOKEN}}")]
    edges = [{"id": "e", "source": "start", "target": "ask"}]
    variables = {"v": {"id": "v", "name": "limit", "type": "number", "value": 5}}
    stock(document("Alpha", blocks, edges, ident=ALPHA, variables=variables))
    row = rows_of(simtui("workflows", "get", "Alpha", "-o", "json").stdout)
    assert set(row) == WORKFLOW | {"block_list", "variables", "needs", "problems"}
    assert row["block_list"][1] == {
        "id": "ask", "type": "agent", "name": "Ask", "depth": 0, "after": ["Start"],
    }  # fmt: skip
    assert row["variables"] == [{"name": "limit", "type": "number"}]
    assert row["needs"] == ["TOKEN"]
    assert row["problems"] == []


def test_workflows_get_gives_the_document_byte_for_byte(
    simtui: Command, tmp_path: Path, stock: Stock
) -> None:
    content = as_bytes(document("Täglich 中")) + b"\n \n"
    (tmp_path / "one.json").write_bytes(content)
    simtui("import", tmp_path / "one.json")
    done = simtui("workflows", "get", "Täglich 中", "--document")
    assert done.stdout.encode() == content


def test_workflows_versions(simtui: Command, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    stock(document("Alpha", [block("other")], ident=ALPHA))
    (row,) = rows_of(simtui("workflows", "versions", ALPHA, "-o", "json").stdout)
    assert set(row) == {
        "number", "name", "saved_at", "blocks", "edges", "document_bytes", "digest",
    }  # fmt: skip
    assert (row["number"], row["name"], row["blocks"]) == (1, "Alpha", 2)
    assert RFC_3339.fullmatch(row["saved_at"])
    earlier = json.loads(simtui("workflows", "get", ALPHA, "--version", "1").stdout)
    assert len(earlier["state"]["blocks"]) == 2


def test_search(simtui: Command, stock: Stock) -> None:
    stock(document("Alpha", [block("ask", name="Ask", prompt="Sort the mail.")], ident=ALPHA))
    (row,) = rows_of(simtui("search", "mail", "-o", "json").stdout)
    assert set(row) == {"kind", "id", "workflow_id", "title", "snippet", "at"}
    assert (row["kind"], row["id"], row["workflow_id"], row["title"]) == (
        "workflow",
        ALPHA,
        ALPHA,
        "Alpha",
    )
    assert row["snippet"] == "Ask · prompt: Sort the mail."
    assert RFC_3339.fullmatch(row["at"])


def test_settings_list(simtui: Command) -> None:
    rows = rows_of(simtui("settings", "list", "-o", "json").stdout)
    assert [row["key"] for row in rows] == [setting.key for setting in every()]
    for row in rows:
        assert set(row) == {
            "key", "value", "default", "source", "choices", "numbers", "environment", "help",
        }  # fmt: skip
        assert (row["value"], row["source"]) == (row["default"], "default")


def test_settings_get(simtui: Command) -> None:
    answer = rows_of(simtui("settings", "get", "display.theme", "-o", "json").stdout)
    assert answer == {"key": "display.theme", "value": "simtui", "source": "default"}


def test_doctor(simtui: Command, stock: Stock) -> None:
    stock(document("Alpha", ident=ALPHA))
    done = simtui("doctor", "-o", "json")
    rows: list[dict[str, Any]] = rows_of(done.stdout)
    assert done.returncode == 0
    assert all(set(row) == {"name", "ok", "value", "advice"} for row in rows)
    names = {row["name"] for row in rows}
    assert names >= {
        "simtui", "Python", "SQLite", "home", "free space", "simai.db", "database", "quick check",
        "documents", "search index",
    }  # fmt: skip
    assert not [row for row in rows if row["ok"] is False]


def test_export(simtui: Command, stock: Stock, tmp_path: Path) -> None:
    stock(document("Alpha", ident=ALPHA))
    target = tmp_path / "out.zip"
    answer = rows_of(simtui("export", "--all", "--to", target, "-o", "json").stdout)
    size = target.stat().st_size
    about = {"path": str(target), "workflows": 1, "bytes": size}
    assert answer == about | {"left_out": [], "needs": []}
