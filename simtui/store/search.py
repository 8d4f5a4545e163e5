"""The search index: contentless FTS5, keyed by a map of its own, filled in the transaction that
writes what it indexes. It holds words only; titles and snippets are cut from the source row."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

_WORD = re.compile(r"\w+", re.UNICODE)


def put(connection: Connection, kind: str, ref: str, title: str, body: str) -> None:
    """Indexes a thing, instead of what was indexed of it before."""
    row = connection.execute(
        "SELECT n FROM search_items WHERE kind = ? AND ref = ?", (kind, ref)
    ).fetchone()
    if row is None:
        n = connection.execute(
            "INSERT INTO search_items (kind, ref) VALUES (?, ?)", (kind, ref)
        ).lastrowid
    else:
        n = row[0]
        connection.execute("DELETE FROM search WHERE rowid = ?", (n,))
    connection.execute("INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", (n, title, body))


def remove(connection: Connection, kind: str, ref: str) -> None:
    """Takes a thing out of the index, where it is in it."""
    row = connection.execute(
        "DELETE FROM search_items WHERE kind = ? AND ref = ? RETURNING n", (kind, ref)
    ).fetchone()
    if row is not None:
        connection.execute("DELETE FROM search WHERE rowid = ?", (row[0],))


def forget_removed(connection: Connection) -> None:
    """Rewrites the index without the words of what was removed from it: a contentless index keeps
    them in its segments until then."""
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")


def forget_some(connection: Connection, table: str, pages: int) -> bool:
    """A step of the same in any of the indexes, of about so many pages, so that nobody waits long
    (2.6 s in one go with 500,000 log lines here). The first step has the number negative, which
    begins anew; False when the last one is done."""
    before = connection.total_changes
    connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
    # one change is the command itself (sqlite.org/fts5.html, "The merge Command")
    return connection.total_changes - before > 1


def words_of(text: str) -> list[str]:
    """The words of what a person typed, as the index would split them. Composed first: a combining
    accent belongs to its word, and Python would split there."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def match_of(text: str) -> str | None:
    """An FTS5 query that finds rows with every word of `text`, each by its beginning. None where
    there is no word in it. Words are quoted, so nothing in them is an operator."""
    words = words_of(text)
    return " ".join(f'"{word}"*' for word in words) if words else None


def workflows(connection: Connection, match: str, limit: int) -> list[tuple[str, str, int]]:
    """(id, name, updated_at) of the workflows that fit, best first, then newest. A name counts
    ten times what a word in the body does. Scores alike in two digits are equal; they are tiny
    where most rows have the word."""
    return connection.execute(
        "SELECT w.id, w.name, w.updated_at FROM search AS s"
        " JOIN search_items AS i ON i.n = s.rowid AND i.kind = 'workflow'"
        " JOIN workflows AS w ON w.id = i.ref AND w.deleted_at IS NULL"
        " WHERE s.search MATCH ?"
        " ORDER BY CAST(format('%.1e', bm25(search, 10.0, 1.0)) AS REAL), w.updated_at DESC"
        " LIMIT ?",
        (match, limit),
    ).fetchall()


def assets(connection: Connection, match: str, limit: int) -> list[tuple[str, str, str, int]]:
    """(workflow's id, its name, file's name, added_at) of the files whose names fit, newest
    first."""
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM assets)").fetchone()[0]:
        return []  # the index would give all workflows with these words, to be passed over
    return connection.execute(
        "SELECT w.id, w.name, a.name, a.added_at FROM search AS s"
        " JOIN search_items AS i ON i.n = s.rowid AND i.kind = 'asset'"
        " JOIN assets AS a ON a.workflow_id = substr(i.ref, 1, instr(i.ref, '/') - 1)"
        "  AND a.name = substr(i.ref, instr(i.ref, '/') + 1)"
        " JOIN workflows AS w ON w.id = a.workflow_id AND w.deleted_at IS NULL"
        " WHERE s.search MATCH ? ORDER BY a.added_at DESC, a.name LIMIT ?",
        (match, limit),
    ).fetchall()
