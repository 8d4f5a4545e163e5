"""Folders: the paths that workflows lie in, and what an export said of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


def listed(connection: Connection) -> list[tuple[str, int]]:
    """Every folder that holds a workflow or was named by an export, with the number of workflows
    in it, by path."""
    return connection.execute(
        "SELECT path, sum(n) FROM ("
        " SELECT folder AS path, 1 AS n FROM workflows WHERE deleted_at IS NULL AND folder <> ''"
        " UNION ALL SELECT path, 0 FROM folders"
        ") GROUP BY path ORDER BY path"
    ).fetchall()


@dataclass(frozen=True, slots=True)
class NamedFolder:
    """A folder as an export named it: its real segments, and Sim's id and place where known."""

    segments: tuple[str, ...]
    id: str | None = None
    sort_order: int | None = None


def put(connection: Connection, folder: NamedFolder) -> None:
    """Remembers a folder; what was known of it and is not said anew stays."""
    connection.execute(
        "INSERT INTO folders (path, segments, id, sort_order) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET id = coalesce(excluded.id, id),"
        " sort_order = coalesce(excluded.sort_order, sort_order)",
        (
            path_of(folder.segments),
            json.dumps(folder.segments, ensure_ascii=False),
            folder.id,
            folder.sort_order,
        ),
    )


def named(connection: Connection) -> dict[str, NamedFolder]:
    """The folders that an export named, by path."""
    rows = connection.execute("SELECT path, segments, id, sort_order FROM folders ORDER BY path")
    return {
        path: NamedFolder(tuple(json.loads(segments)), ident, order)
        for path, segments, ident, order in rows
    }


def path_of(segments: Sequence[str]) -> str:
    """A folder's path as people read it. A segment may itself hold a "/" (`Ops / Intake`), so the
    way back goes through `named` first."""
    return "/".join(segments)
