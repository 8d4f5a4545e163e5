"""Import, export, import again: nothing is lost, whatever a document holds."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simtui.exporting import export_files, export_sim, export_zip
from simtui.importing import ImportItem, import_paths
from simtui.library import Library
from simtui.model.workflow import Workflow
from simtui.paths import Home
from tests.formats import strategies

pytestmark = [pytest.mark.soak, pytest.mark.timeout(580)]

long = settings(
    deadline=None,
    max_examples=500,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

spellings = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2, "\t"]),
        "ensure_ascii": st.booleans(),
        "separators": st.sampled_from([None, (",", ":"), (" , ", " : ")]),
    }
)


async def brought(library: Library, path: Path) -> list[ImportItem]:
    return [item async for item in import_paths(library, [path])]


async def listed(library: Library) -> list[Workflow]:
    return await library.workflows.page(limit=1000)


async def out_and_in(place: Path, content: bytes) -> None:
    # a workflow without a name is called by its file's
    file, other = place / "one.json", place / "out" / "one.json"
    file.write_bytes(content)
    other.parent.mkdir()
    async with (
        await Library.open(Home(place / "home")) as home,
        await Library.open(Home(place / "elsewhere")) as elsewhere,
    ):
        (item,) = await brought(home, file)
        assert (item.outcome, item.format) == ("imported", "F1"), item.reason
        assert item.workflow_id is not None
        stream = BytesIO()
        await export_sim(home, item.workflow_id, stream, allow_secrets=True)
        assert stream.getvalue() == content.removeprefix(b"\xef\xbb\xbf")

        other.write_bytes(stream.getvalue())
        (second,) = await brought(elsewhere, other)
        assert second.outcome == "imported"
        assert second.problems == item.problems
        (here,), (there,) = await listed(home), await listed(elsewhere)
        assert (here.digest, here.name, here.block_count) == (
            there.digest,
            there.name,
            there.block_count,
        )
        for library in (home, elsewhere):
            (again,) = await brought(library, file)
            assert again.outcome == "unchanged"
            assert len(await listed(library)) == 1


@long
@given(strategies.exports(), spellings, st.booleans())
def test_one_workflow_comes_back_byte_for_byte(
    value: dict[str, Any], spelling: dict[str, Any], mark: bool
) -> None:
    content = json.dumps(value, **spelling).encode()
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(out_and_in(Path(place), b"\xef\xbb\xbf" * mark + content))


async def all_out_and_in(place: Path, contents: Sequence[bytes], form: str) -> None:
    source = place / "source"
    for number, content in enumerate(contents):
        folder = source / f"Folder {number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.json").write_bytes(content)
    async with (
        await Library.open(Home(place / "home")) as home,
        await Library.open(Home(place / "elsewhere")) as elsewhere,
    ):
        items = await brought(home, source)
        assert {item.outcome for item in items} <= {"imported", "unchanged"}
        if form == "zip":
            target = place / "out.zip"
            with target.open("wb") as stream:
                await export_zip(home, None, stream, allow_secrets=True)
        else:
            target = place / "out"
            await export_files(home, target, allow_secrets=True)
        await brought(elsewhere, target)
        assert await standing(elsewhere) == await standing(home)


async def standing(library: Library) -> list[tuple[str, str, str]]:
    """Digest, name and folder of each workflow."""
    rows = await listed(library)
    return sorted((row.digest, row.name, row.folder) for row in rows)


@settings(long, max_examples=100)
@given(st.lists(strategies.exports(), min_size=1, max_size=5), st.sampled_from(["zip", "files"]))
def test_a_whole_library_comes_back(values: list[dict[str, Any]], form: str) -> None:
    contents = [json.dumps(value).encode() for value in values]
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(all_out_and_in(Path(place), contents, form))
