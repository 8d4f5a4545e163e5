"""What a database can be asked about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """One payload with its digest. `number` is 0 for the current document."""

    workflow_id: str
    number: int
    frame: bytes
    digest: str


def quick_check(connection: Connection) -> str:
    """What is wrong with the pages, or "ok". Altered bytes it does not see: the digests do."""
    rows = connection.execute("PRAGMA quick_check(5)").fetchall()
    return "; ".join(str(row[0]) for row in rows)


def broken_links(connection: Connection) -> int:
    """How many rows refer to a row that is not there."""
    return len(connection.execute("PRAGMA foreign_key_check").fetchall())


def documents_after(
    connection: Connection, after: tuple[str, int] | None, limit: int
) -> list[StoredDocument]:
    """The next documents, current and earlier, in the order of workflow and number."""
    rows = connection.execute(
        "SELECT id, 0, data, digest FROM workflows WHERE (id, 0) > (?, ?)"
        " UNION ALL SELECT workflow_id, number, data, digest FROM workflow_versions"
        " WHERE (workflow_id, number) > (?, ?) ORDER BY 1, 2 LIMIT ?",
        (*(after or ("", -1)), *(after or ("", -1)), limit),
    )
    return [StoredDocument(*row) for row in rows]


def index_both_ways(connection: Connection) -> tuple[int, int]:
    """(looked at, wrong): whether each workflow is in the search index, and each
    entry of the index leads to a row."""
    looked = connection.execute("SELECT count(*) FROM search_items").fetchone()[0]
    wrong = connection.execute(
        "SELECT (SELECT count(*) FROM workflows AS w WHERE NOT EXISTS ("
        "   SELECT 1 FROM search_items AS i JOIN search_docsize AS d ON d.id = i.n"
        "    WHERE i.kind = 'workflow' AND i.ref = w.id))"
        " + (SELECT count(*) FROM search_items AS i WHERE i.kind = 'workflow'"
        "    AND NOT EXISTS (SELECT 1 FROM workflows WHERE id = i.ref))"
        " + (SELECT count(*) FROM search_docsize AS d"
        "    WHERE NOT EXISTS (SELECT 1 FROM search_items WHERE n = d.id))"
    ).fetchone()[0]
    return looked, wrong
