"""The floors of the house: a room uses only what lies below it (`[tool.importlinter]`)."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_contracts_are_kept() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_room_has_its_floor() -> None:
    """A room that no layer names would be above the law."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (floors,) = [each for each in config["contracts"] if each["type"] == "layers"]
    named = {room.strip() for floor in floors["layers"] for room in floor.split("|")}
    there = {
        f"simtui.{path.stem}"
        for path in (ROOT / "simtui").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert there - named == {"simtui.__init__"}


def test_the_package_itself_loads_nothing() -> None:
    script = (
        "import sys; before = set(sys.modules); import simtui; print(set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "{'simtui'}"
