"""What a database can be asked about itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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


def every_document(connection: Connection) -> Iterator[StoredDocument]:
    """All of them in one go: for a copy that nobody else waits for."""
    for row in connection.execute("SELECT id, 0, data, digest FROM workflows"):
        yield StoredDocument(*row)
    for row in connection.execute(
        "SELECT workflow_id, number, data, digest FROM workflow_versions"
    ):
        yield StoredDocument(*row)


# where runs keep what is long: as it is where it is short, else one frame
_RUN_FRAMES = (
    ("run_payloads", "run_number", ("input", "output", "more")),
    ("spans", "run_number", ("payload",)),
    ("log_lines", "run_number", ("more",)),
)
_FRAME_STARTS = bytes.fromhex("28b52ffd")


def every_run_frame(
    connection: Connection, tables: Collection[str]
) -> Iterator[tuple[str, int, bytes]]:
    """(table, the run's number, frame) of all that runs keep packed, in those of these tables that
    there are."""
    for table, key, columns in _RUN_FRAMES:
        for column in columns if table in tables else ():
            rows = connection.execute(
                f"SELECT {key}, {column} FROM {table} WHERE substr({column}, 1, 4) = ?",
                (_FRAME_STARTS,),
            )
            for number, frame in rows:
                yield table, number, frame


def index_both_ways(connection: Connection) -> tuple[int, int]:
    """(looked at, wrong): whether each workflow and each file is in the search index, and each
    entry of the index leads to a row."""
    looked = connection.execute("SELECT count(*) FROM search_items").fetchone()[0]
    wrong = connection.execute(
        "SELECT (SELECT count(*) FROM workflows AS w WHERE NOT EXISTS ("
        "   SELECT 1 FROM search_items AS i JOIN search_docsize AS d ON d.id = i.n"
        "    WHERE i.kind = 'workflow' AND i.ref = w.id))"
        " + (SELECT count(*) FROM search_items AS i WHERE i.kind = 'workflow'"
        "    AND NOT EXISTS (SELECT 1 FROM workflows WHERE id = i.ref))"
        " + (SELECT count(*) FROM assets AS a WHERE NOT EXISTS ("
        "   SELECT 1 FROM search_items AS i JOIN search_docsize AS d ON d.id = i.n"
        "    WHERE i.kind = 'asset' AND i.ref = a.workflow_id || '/' || a.name))"
        " + (SELECT count(*) FROM search_items AS i WHERE i.kind = 'asset'"
        "    AND NOT EXISTS (SELECT 1 FROM assets WHERE workflow_id = substr(i.ref, 1,"
        "     instr(i.ref, '/') - 1) AND name = substr(i.ref, instr(i.ref, '/') + 1)))"
        " + (SELECT count(*) FROM search_docsize AS d"
        "    WHERE NOT EXISTS (SELECT 1 FROM search_items WHERE n = d.id))"
    ).fetchone()[0]
    return looked, wrong
