"""`simtui doctor --space`: what takes space, and how that is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simtui.console.output import Face, answer, dumps, opened, run
from simtui.library.space import Space
from simtui.library.space_lines import HOW, space_lines


def show_space(face: Face, output: str) -> None:
    """Prints it, in one of the three forms."""

    async def work() -> Space:
        async with opened(face.home, create=False) as library:
            return await library.space.report()

    space = run(work())
    if output == "table":
        for line in space_lines(str(face.home), space):
            answer(line)
    elif output == "json":
        answer(dumps(_row(space)))
    else:
        for row in _rows(space):
            answer(dumps(row))


def _row(space: Space) -> dict[str, Any]:
    return {
        "file_bytes": space.pages.file_bytes,
        "value_bytes": space.value_bytes,
        "other_bytes": space.other_bytes,
        "free_bytes": space.pages.free_bytes,
        "log_bytes": space.log_bytes,
        "backups": {"files": space.backups[0], "bytes": space.backups[1]},
        "exports": {"files": space.exports[0], "bytes": space.exports[1]},
        "reserve_bytes": space.reserve_bytes,
        "disk_free_bytes": space.disk_free_bytes,
        "counted": HOW,
        "tables": [
            {"name": each.name, "rows": each.rows, "bytes": each.value_bytes}
            for each in space.tables
        ],
        "workflows": [
            {
                "id": each.id,
                "name": each.name,
                "folder": each.folder,
                "in_trash": each.deleted_at is not None,
                "bytes": each.all_bytes,
                "document_bytes": each.document_bytes,
                "versions": each.versions,
                "version_bytes": each.version_bytes,
                "assets": each.assets,
                "asset_bytes": each.asset_bytes,
                "runs": each.runs,
                "run_bytes": each.run_bytes,
            }
            for each in space.workflows
        ],
    }


def _rows(space: Space) -> Iterator[dict[str, Any]]:
    """The same in lines, each saying what it is of."""
    whole = _row(space)
    tables, workflows = whole.pop("tables"), whole.pop("workflows")
    yield {"of": "home", **whole}
    for kind, rows in (("table", tables), ("workflow", workflows)):
        for row in rows:
            yield {"of": kind, **row}
