"""What takes space in the database, and how free pages are given back to the disk.

This SQLite has no `dbstat`, so a table's share is the sum of the lengths of its values; what is
left of the used pages is indexes, page heads and space between rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

INDEX = "search index"

_STEP_PAGES = 32


@dataclass(frozen=True, slots=True)
class Pages:
    """The database as pages: all of them, and those that hold nothing."""

    page_bytes: int
    pages: int
    free_pages: int

    @property
    def file_bytes(self) -> int:
        """All of them."""
        return self.page_bytes * self.pages

    @property
    def free_bytes(self) -> int:
        """Those that `give_back` gives back."""
        return self.page_bytes * self.free_pages


@dataclass(frozen=True, slots=True)
class TableSpace:
    """How many rows a table has, and the bytes of their values."""

    name: str
    rows: int
    value_bytes: int


@dataclass(frozen=True, slots=True)
class WorkflowSpace:
    """The bytes that belong to one workflow. A file that several have counts for each of them."""

    id: str
    name: str
    folder: str
    deleted_at: int | None
    document_bytes: int
    versions: int = 0
    version_bytes: int = 0
    assets: int = 0
    asset_bytes: int = 0
    runs: int = 0
    run_bytes: int = 0

    @property
    def all_bytes(self) -> int:
        """The whole of it."""
        return self.document_bytes + self.version_bytes + self.asset_bytes + self.run_bytes


def pages(connection: Connection) -> Pages:
    """The database as pages."""
    return Pages(
        *(
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_size", "page_count", "freelist_count")
        )
    )


def by_table(connection: Connection) -> list[TableSpace]:
    """Every table, the largest first; the search index's own are one."""
    found: dict[str, TableSpace] = {}
    for name, kind in connection.execute(
        "SELECT name, type FROM pragma_table_list"
        " WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT LIKE 'sqlite^_%'"
        " ESCAPE '^'"
    ).fetchall():
        rows, value_bytes = connection.execute(
            f'SELECT count(*), coalesce(sum({_length_of(connection, name)}), 0) FROM "{name}"'
        ).fetchone()
        if kind == "shadow":
            name, rows = INDEX, 0  # what it indexes is counted where it stands
        before = found.get(name, TableSpace(name, 0, 0))
        found[name] = TableSpace(name, before.rows + rows, before.value_bytes + value_bytes)
    return sorted(found.values(), key=lambda table: (-table.value_bytes, table.name))


def by_workflow(connection: Connection, only: Collection[str] | None = None) -> list[WorkflowSpace]:
    """Every workflow, in the trash or not, or `only` some; the largest first."""
    chosen = "" if only is None else " WHERE {} IN (SELECT value FROM json_each(:ids))"
    ids = {} if only is None else {"ids": json.dumps(list(only))}

    def grouped(sql: str, column: str = "workflow_id") -> dict[str, tuple[int, int]]:
        rows = connection.execute(f"{sql}{chosen.format(column)} GROUP BY {column}", ids)
        return {row[0]: (int(row[1]), int(row[2])) for row in rows}

    versions = grouped(
        "SELECT workflow_id, count(*), sum(octet_length(data)) FROM workflow_versions"
    )
    assets = grouped(
        "SELECT a.workflow_id, count(*), coalesce(sum((SELECT sum(octet_length(p.data))"
        " FROM asset_contents AS c JOIN asset_pieces AS p ON p.content_id = c.id"
        " WHERE c.digest = a.digest)), 0) FROM assets AS a",
        "a.workflow_id",
    )
    runs = grouped(f"SELECT workflow_id, count(*), sum({_length_of(connection, 'runs')}) FROM runs")
    for table, column, key in _parts_of_runs(connection):
        parts = grouped(
            f"SELECT r.workflow_id, 0, sum({_length_of(connection, table, 'p.')}) FROM runs AS r"
            f' JOIN "{table}" AS p ON p."{column}" = r."{key}"',
            "r.workflow_id",
        )
        for ident, (_none, value_bytes) in parts.items():
            count, before = runs.get(ident, (0, 0))
            runs[ident] = (count, before + value_bytes)
    nothing = (0, 0)
    found = [
        WorkflowSpace(
            ident, name, folder, deleted_at, size, *versions.get(ident, nothing),
            *assets.get(ident, nothing), *runs.get(ident, nothing),
        )
        for ident, name, folder, deleted_at, size in connection.execute(
            "SELECT id, name, folder, deleted_at, octet_length(data) FROM workflows"
            f"{chosen.format('id')}",
            ids,
        ).fetchall()
    ]  # fmt: skip
    return sorted(found, key=lambda space: (-space.all_bytes, space.id))


def _parts_of_runs(connection: Connection) -> list[tuple[str, str, str]]:
    """(table, its column, the column of `runs` that it names) of what belongs to runs."""
    return connection.execute(
        'SELECT t.name, f."from", f."to" FROM pragma_table_list AS t,'
        " pragma_foreign_key_list(t.name) AS f WHERE t.schema = 'main' AND f.\"table\" = 'runs'"
    ).fetchall()


def _length_of(connection: Connection, table: str, of: str = "") -> str:
    """The bytes of a row's values, as an expression. The length of a payload is read from the head
    of its row; a number counts as its digits."""
    columns = [row[1] for row in connection.execute(f'PRAGMA table_xinfo("{table}")') if not row[6]]
    return " + ".join(f'coalesce(octet_length({of}"{column}"), 0)' for column in columns)


def give_back(connection: Connection, limit: int, seconds: float) -> tuple[int, int]:
    """Takes up to `limit` free pages off the end of the file, for about so many seconds. (how many
    it took, how many are still free)"""
    deadline = time.monotonic() + seconds
    before = free = pages(connection).free_pages
    while free and before - free < limit and time.monotonic() < deadline:
        count = min(_STEP_PAGES, limit - (before - free))
        # every row must be fetched: each is a page, and the first alone frees one (finding 9)
        connection.execute(f"PRAGMA incremental_vacuum({count})").fetchall()
        left = pages(connection).free_pages
        if left == free:
            break
        free = left
    return before - free, free
