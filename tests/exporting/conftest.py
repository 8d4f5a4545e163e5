"""A library with some of everything in it, and a second home to bring it to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simtui.importing import ImportItem, import_paths
from simtui.library import Library
from simtui.paths import Home
from tests.importing.archives import Entry, archive
from tests.making import as_bytes, block, document

SAMPLE = {
    "lead": document("Lead enricher", ident="lead"),
    "resume": document("Résumé: naïve/πarser 🚀", ident="resume"),
    "twin": document("Lead enricher", [block("ask", prompt="Another.")], ident="twin"),
    "con": document("CON", ident="con"),
}


async def bring(library: Library, *paths: Path) -> list[ImportItem]:
    return [item async for item in import_paths(library, list(paths))]


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Library]:
    """An empty library in a home of its own."""
    async with await Library.open(Home(tmp_path / "other")) as library:
        yield library


@pytest.fixture
async def filled(library: Library, tmp_path: Path) -> Library:
    """Folders (one named with a slash, one empty), versions, a rollback, the trash, a setting."""
    index = {
        "folders": [
            {"id": "f1", "name": "Ops / Intake", "sortOrder": 4},
            {"id": "f2", "name": "Täglich 日報", "parentId": "f1", "sortOrder": 2},
            {"id": "f3", "name": "Empty", "sortOrder": 9},
        ]
    }
    value = document("In a folder", ident="placed", exportedAt="1999-12-31T23:59:59.999Z")
    value["workflow"] |= {"createdAt": "2025-01-02T03:04:05.678Z", "description": "What it does."}
    (tmp_path / "ops.zip").write_bytes(
        archive(
            Entry("Ops-Intake/Täglich-日報/a.json", as_bytes(value)),
            Entry("Ops-Intake/b.json", as_bytes(document("Nameless in a folder"))),
            Entry("_workspace.json", json.dumps(index).encode()),
        )
    )
    for ident, content in SAMPLE.items():
        (tmp_path / f"{ident}.json").write_bytes(as_bytes(content))
    await bring(library, tmp_path)
    await library.workflows.move(["twin"], "Ops / Intake / By hand")
    await library.workflows.rename("lead", "Lead finder")
    await library.workflows.rename("lead", "Lead keeper")
    await library.workflows.rollback("lead", 1)
    await library.workflows.rename("con", "AUX")
    await library.workflows.delete(["con", "twin"])
    await library.settings.set("import.on_conflict", "skip")
    return library
