"""Before much comes in at once, what is there is backed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from simtui.importing import import_paths
from simtui.library import Library
from tests.making import as_bytes, document


def folder_of(place: Path, count: int, start: int = 0) -> Path:
    place.mkdir()
    for n in range(start, start + count):
        (place / f"{n}.json").write_bytes(as_bytes(document(f"Flow {n}", ident=f"wf-{n}")))
    return place


async def import_all(library: Library, path: Path, *, dry_run: bool = False) -> int:
    return len([item async for item in import_paths(library, [path], dry_run=dry_run)])


@pytest.mark.parametrize(("count", "made"), [(499, 0), (500, 1)])
async def test_a_large_import_is_backed_up_before(
    library: Library, tmp_path: Path, count: int, made: int
) -> None:
    await import_all(library, folder_of(tmp_path / "first", 1))
    many = folder_of(tmp_path / "many", count, start=1)
    await import_all(library, many, dry_run=True)
    assert await library.backups.all() == []
    assert await import_all(library, many) == count
    listed = await library.backups.all()
    assert [(each.reason, each.workflows) for each in listed] == [("before-import", 1)] * made


async def test_into_an_empty_library_none_is_made(library: Library, tmp_path: Path) -> None:
    await import_all(library, folder_of(tmp_path / "many", 500))
    assert await library.backups.all() == []
