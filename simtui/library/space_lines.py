"""What takes space, in words: for `doctor --space` and for the screen."""

from __future__ import annotations

from collections.abc import Iterator

from simtui.library.space import Space
from simtui.model import wording
from simtui.model.columns import table_lines

HOW = (
    "Counted: the file by its pages; tables and workflows by the lengths of their stored values, "
    "packed. The rest of the file is indexes, page heads and space between rows."
)
_SHOWN = 20


def space_lines(home: str, space: Space) -> Iterator[str]:
    """The report, line by line."""
    size = wording.size
    parts = [
        ("library", size(space.pages.file_bytes), "simai.db"),
        ("  in tables", size(space.value_bytes), ""),
        ("  indexes and the rest", size(space.other_bytes), ""),
        ("  free, given back in idle time", size(space.pages.free_bytes), ""),
        ("written, not yet moved in", size(space.log_bytes), "simai.db-wal"),
        ("backups", size(space.backups[1]), wording.plural(space.backups[0], "file")),
        ("exports", size(space.exports[1]), wording.plural(space.exports[0], "file")),
        ("reserve", size(space.reserve_bytes), "given up when the disk is full"),
        ("free on this disk", size(space.disk_free_bytes), ""),
    ]
    yield from table_lines((home, "SIZE", ""), parts)
    yield ""
    tables = [
        (each.name, size(each.value_bytes), wording.count(each.rows) if each.rows else "")
        for each in space.tables
        if each.value_bytes
    ]
    yield from table_lines(("TABLE", "SIZE", "ROWS"), tables)
    yield ""
    rows = [
        (
            size(each.all_bytes),
            size(each.document_bytes),
            _of(each.versions, each.version_bytes),
            _of(each.assets, each.asset_bytes),
            _of(each.runs, each.run_bytes),
            f"{each.name} (in the trash)" if each.deleted_at is not None else each.name,
        )
        for each in space.workflows[:_SHOWN]
    ]
    if rows:
        yield from table_lines(("SIZE", "DOCUMENT", "VERSIONS", "ASSETS", "RUNS", "WORKFLOW"), rows)
    if len(space.workflows) > _SHOWN:
        yield f"… and {wording.plural(len(space.workflows) - _SHOWN, 'workflow')} more, smaller"
    yield ""
    yield HOW


def _of(count: int, size: int) -> str:
    return f"{wording.count(count)}, {wording.size(size)}" if count else ""
