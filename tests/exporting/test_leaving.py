"""Everything comes out without simtui, by the tools that every system has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from simtui.importing import import_paths
from simtui.library import Library
from tests.conftest import Command
from tests.making import as_bytes, block, document

Tool = Callable[[str], str]


async def test_sqlite3_and_zstd_get_each_document_out_byte_for_byte(
    library: Library, tmp_path: Path, tool: Tool
) -> None:
    wanted = as_bytes(document("Größe 🚀", [block("a", prompt="日報 " * 500)], ident="one"))
    (tmp_path / "one.json").write_bytes(wanted)
    async for item in import_paths(library, [tmp_path / "one.json"]):
        assert item.outcome == "imported"
    sql = f"SELECT writefile('{tmp_path / 'one.zst'}', data) FROM workflows"
    subprocess.run([tool("sqlite3"), str(library.home.database), sql], check=True, timeout=30)
    done = subprocess.run(
        [tool("zstd"), "-dc", str(tmp_path / "one.zst")],
        capture_output=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == wanted


def test_unzip_gets_a_workspace_zip_apart_and_jq_can_read_it(
    simtui: Command, tmp_path: Path, tool: Tool
) -> None:
    (tmp_path / "one.json").write_bytes(as_bytes(document("One")))
    simtui("import", tmp_path / "one.json")
    assert simtui("export", "--all", "--to", tmp_path / "all.zip").returncode == 0
    out = tmp_path / "out"
    unzip = [tool("unzip"), "-q", str(tmp_path / "all.zip"), "-d", str(out)]
    subprocess.run(unzip, check=True, timeout=30)
    [file] = [path for path in out.rglob("*.json") if not path.name.startswith("_")]
    query = [tool("jq"), ".state.metadata.name", str(file)]
    told = subprocess.run(query, capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(told.stdout) == "One"
