"""`simtui backup` and `simtui backups …`, as a script runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.backup.backups import forged
from tests.cli.vaulted import private_file, vault_in
from tests.conftest import Command
from tests.harming import flip_a_bit
from tests.looking import tables_in, tree
from tests.making import as_bytes, document


@pytest.fixture
def filled(simtui: Command, tmp_path: Path) -> Command:
    """The command, on a home with three workflows."""
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(3):
        name = folder / f"{n}.json"
        name.write_bytes(as_bytes(document(f"Flow {n}", ident=f"wf-{n}")))
    assert simtui("import", folder).returncode == 0
    return simtui


def test_a_backup_is_made_and_listed(filled: Command, home: Home) -> None:
    made = json.loads(filled("backup", "-o", "json").stdout)
    path = Path(made.pop("path"))
    duration = made.pop("duration_ms")
    assert made == {
        "proven": True, "bytes": path.stat().st_size, "workflows": 3, "runs": 0, "reason": "manual",
    }  # fmt: skip
    assert (path.parent, type(duration)) == (home.backups, int)
    [listed] = json.loads(filled("backups", "list", "-o", "json").stdout)
    assert listed["path"] == str(path)
    assert listed["kept_by"] == ["newest proven", "manual"]
    assert {"created_at", "proven", "bytes", "workflows", "runs", "reason"} <= listed.keys()
    table = filled("backups", "list").stdout
    assert table.splitlines()[1].startswith("✓ ")


def test_if_due_makes_one_and_then_none(filled: Command) -> None:
    made = json.loads(filled("backup", "--if-due", "-o", "json").stdout)
    assert made["reason"] == "daily"
    again = filled("backup", "--if-due", "-o", "json")
    assert (again.returncode, json.loads(again.stdout)) == (0, {"path": None, "reason": "not-due"})
    assert len(json.loads(filled("backups", "list", "-o", "json").stdout)) == 1


def test_without_a_library_there_is_nothing_to_back_up(simtui: Command, home: Home) -> None:
    assert simtui("backup").returncode == 4
    due = simtui("backup", "--if-due", "-o", "json")
    assert (due.returncode, json.loads(due.stdout)["reason"]) == (0, "not-due")
    assert simtui("backups", "list").returncode == 0
    assert not home.root.exists()


def test_a_bad_one_ends_with_6(filled: Command, tmp_path: Path, home: Home) -> None:
    path = Path(filled("backup").stdout.strip())
    assert filled("backups", "prove", "all").returncode == 0
    forged(path, tmp_path / "bad.zip", lambda raw: flip_a_bit(raw, "wf-1"))
    (tmp_path / "bad.zip").replace(path)
    done = filled("backups", "prove", "-o", "json")
    assert done.returncode == 6
    [row] = json.loads(done.stdout)
    assert (row["proven"], "wf-1" in row["words"]) == (False, True)
    restored = filled("backups", "restore", path, "--yes")
    assert restored.returncode == 6
    assert "wf-1" in restored.stderr
    [listed] = json.loads(filled("backups", "list", "-o", "json").stdout)
    assert (listed["proven"], listed["verdict"]) == (False, "bad")


@pytest.mark.parametrize("words", [("restore", "latest"), ("prune",)])
def test_what_destroys_asks_first(filled: Command, words: tuple[str, ...]) -> None:
    for _ in range(2):
        assert filled("backup", "--if-due").returncode == 0
    for rule in ("daily", "weekly", "monthly"):
        assert filled("settings", "set", f"backup.keep_{rule}", "0").returncode == 0
    done = filled("backups", *words)
    assert done.returncode == (2 if words[0] == "restore" else 0)


def test_restore_brings_it_back_and_dry_run_writes_nothing(filled: Command, home: Home) -> None:
    path = Path(filled("backup").stdout.strip())
    filled("workflows", "rename", "wf-1", "Other")
    filled("workflows", "delete", "wf-2", "--yes")
    before, files = tables_in(home), tree(home.root)
    dry = json.loads(filled("backups", "restore", path.name, "--dry-run", "-o", "json").stdout)
    assert [each["now"]["name"] for each in dry["changed"]] == ["Other", "Flow 2"]
    assert (dry["added"], dry["removed"], dry["unchanged"]) == ([], [], 1)
    assert (tables_in(home), tree(home.root)) == (before, files)

    done = json.loads(filled("backups", "restore", path, "--yes", "-o", "json").stdout)
    assert (done["workflows"], Path(done["safety_backup"]).exists()) == (3, True)
    names = [row["name"] for row in json.loads(filled("workflows", "list", "-o", "json").stdout)]
    assert sorted(names) == ["Flow 0", "Flow 1", "Flow 2"]


def test_one_workflow_is_taken_out_and_brought_back(filled: Command, tmp_path: Path) -> None:
    original = as_bytes(document("Flow 1", ident="wf-1"))
    assert filled("backup").returncode == 0
    filled("workflows", "rename", "wf-1", "Other")
    assert filled("backups", "open", "latest", "--workflow", "Flow 1").stdout.encode() == original
    target = tmp_path / "out.json"
    opened = filled("backups", "open", "latest", "--workflow", "wf-1", "--to", target)
    assert (opened.returncode, target.read_bytes()) == (0, original)
    assert filled("backups", "open", "latest", "--workflow", "wf-1", "--to", target).returncode == 2
    assert filled("backups", "open", "latest", "--workflow", "nobody").returncode == 4
    taken = filled("backups", "restore", "latest", "--workflow", "wf-1", "-o", "json")
    assert json.loads(taken.stdout)["outcome"] == "updated"
    assert filled("export", "wf-1").stdout.encode() == original


def test_what_is_in_it_is_listed(filled: Command) -> None:
    assert filled("backup").returncode == 0
    rows = json.loads(filled("backups", "open", "latest", "-o", "json").stdout)
    assert [(row["name"], row["runs"], row["deleted"]) for row in rows] == [
        (f"Flow {n}", 0, False) for n in range(3)
    ]


def test_into_another_home_and_over_a_broken_one(
    filled: Command, home: Home, tmp_path: Path
) -> None:
    path = Path(filled("backup").stdout.strip())
    second = tmp_path / "second"
    assert filled("backups", "restore", path, "--into", second).returncode == 0
    assert filled("backups", "restore", path, "--into", second).returncode == 2
    home.database.write_bytes(b"\0" * 5000)
    broken = filled("backups", "restore", path.name, "--yes", "-o", "json")
    assert broken.returncode == 0
    aside = Path(json.loads(broken.stdout)["set_aside"])
    assert aside.read_bytes() == b"\0" * 5000
    for place in (home.root, second):
        rows = json.loads(filled("--home", place, "workflows", "list", "-o", "json").stdout)
        assert len(rows) == 3


def test_a_newer_backup_is_refused_unharmed(filled: Command, tmp_path: Path) -> None:
    from dataclasses import replace

    path = Path(filled("backup").stdout.strip())
    newer = forged(
        path, tmp_path / "newer.zip", lambda raw: raw.execute("PRAGMA user_version = 99"),
        lambda manifest: replace(manifest, schema=99),
    )  # fmt: skip
    octets = newer.read_bytes()
    done = filled("backups", "restore", newer, "--yes")
    assert (done.returncode, "newer simtui" in done.stderr) == (6, True)
    assert newer.read_bytes() == octets


def test_moved_to_another_machine_the_secrets_come_along(
    filled: Command, home: Home, tmp_path: Path
) -> None:
    """By one backup; the code is all that is remembered, and a new home has its own vault."""
    code = private_file(tmp_path / "code", vault_in(home, KEY=b"value"))
    path = Path(filled("backup").stdout.strip())
    second = Home(tmp_path / "second")
    assert filled("backups", "restore", path, "--into", second.root).returncode == 0
    got = filled(
        "--home", second.root, "secrets", "get", "KEY", "--reveal", "--password-file", code
    )
    assert got.stdout.strip() == "value", got.stderr

    third = Home(tmp_path / "third")
    own = private_file(tmp_path / "own", vault_in(third, OTHER=b"else"))
    done = filled("--home", third.root, "backups", "restore", path, "--yes", "-o", "json")
    assert json.loads(done.stdout)["secrets_left_sealed"] == ["KEY"]
    done = filled(
        "--home", third.root, "--password-file", own,
        "backups", "restore", path, "--yes", "-o", "json", "--backup-password-file", code,
    )  # fmt: skip
    assert json.loads(done.stdout)["secrets_resealed"] == 1
    got = filled("--home", third.root, "secrets", "get", "KEY", "--reveal", "--password-file", own)
    assert got.stdout.strip() == "value", got.stderr


def test_where_the_library_does_not_open_the_backups_are_listed_and_the_latest_restores(
    filled: Command, home: Home
) -> None:
    assert filled("backup").returncode == 0
    home.database.write_bytes(b"\0" * 8192)
    refused = filled("workflows", "list")
    assert refused.returncode == 6
    assert "`simtui backups restore latest`" in refused.stderr
    listed = filled("backups", "list")
    assert listed.returncode == 0
    assert "manual" in listed.stdout
    assert filled("backups", "restore", "latest", "--yes").returncode == 0
    assert len(json.loads(filled("workflows", "list", "-o", "json").stdout)) == 3
    home.database.unlink()
    assert "manual" in filled("backups", "list").stdout
    assert filled("backups", "restore", "latest", "--yes").returncode == 0
    assert len(json.loads(filled("workflows", "list", "-o", "json").stdout)) == 3
