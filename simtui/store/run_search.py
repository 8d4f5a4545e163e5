"""The search indexes of runs and of log lines: contentless FTS5, each keyed by a number of its rows
that stands in time order, so that what is found comes newest first without a sort.

They are apart from `search`: a map of a million ids more would cost as much as the rows, and a
prefix index makes the first letters of a word quick at a million lines (0.1 ms instead of 40 to
500 ms here), which a few thousand workflows do not need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simtui.store import inserting

if TYPE_CHECKING:
    from sqlite3 import Connection

SEQ_BITS = 32
_LONGER = re.compile(r'"([0-9A-Za-z]{4,})"\*')
_MOST_TERMS = 4
_LAST = (1 << 63) - 1
_PASSED, _MANY_PASSED = 200, 2000


def line_key(run_number: int, seq: int) -> int:
    """The key of a log line in its index."""
    return run_number << SEQ_BITS | seq


def lazily(connection: Connection, table: str, match: str) -> str:
    """The same query, in a form that finds its first rows at once.

    The beginning of a word that is longer than the prefix index goes is looked up by putting
    together all that holds it, before the first row is given: 40 ms where a million lines do. So
    it gives way to the words that there are which begin so, where they are few.
    """
    words = match.split()
    found = [_whole_words(connection, table, word) for word in words]
    return match if found == words else " AND ".join(found)


def _whole_words(connection: Connection, table: str, word: str) -> str:
    beginning = _LONGER.fullmatch(word)
    if beginning is None:
        return word
    # of ASCII alone it is known here how the index folds it
    prefix = beginning[1].lower()
    terms: list[str] = []
    at = prefix
    while len(terms) <= _MOST_TERMS:
        row = connection.execute(
            f"SELECT term FROM temp.{table}_terms WHERE term >= ? LIMIT 1", (at,)
        ).fetchone()
        if row is None or not row[0].startswith(prefix):
            break
        terms.append(row[0])
        at = f"{row[0]}\x01"  # past it, and before any word that goes on
    if not 0 < len(terms) <= _MOST_TERMS or not all(map(_is_plain, terms)):
        return word
    quoted = " OR ".join(f'"{term}"' for term in terms)
    return f"({quoted})"


def _is_plain(term: str) -> bool:
    return term.isascii() and term.isalnum()


def put_runs(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Runs that are not in the index yet, as (place, text)."""
    inserting.insert(connection, "run_search", ("rowid", "body"), rows)


def remove_run(connection: Connection, place: int) -> None:
    """Takes a run out of the index, where it is in it."""
    connection.execute("DELETE FROM run_search AS s WHERE s.rowid = ?", (place,))


def put_lines(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Lines that are not in the index yet, as (key, text)."""
    inserting.insert(connection, "log_search", ("rowid", "message"), rows)


def remove_line(connection: Connection, key: int) -> None:
    """Takes a line out of the index, where it is in it."""
    connection.execute("DELETE FROM log_search AS s WHERE s.rowid = ?", (key,))


def remove_lines(connection: Connection, run_number: int) -> None:
    """Takes every line of a run out of the index."""
    connection.execute(
        "DELETE FROM log_search AS s WHERE s.rowid IN"
        " (SELECT (? << 32) | seq FROM log_lines WHERE run_number = ?)",
        (run_number, run_number),
    )


def runs_matching(
    connection: Connection, match: str, after: int, before: int, backwards: bool
) -> Iterator[int]:
    """The places of the runs that a query finds, between two places, in order."""
    order = "DESC" if backwards else "ASC"
    rows = connection.execute(
        "SELECT s.rowid FROM run_search AS s WHERE s.run_search MATCH ?"
        f" AND s.rowid > ? AND s.rowid < ? ORDER BY s.rowid {order}",
        (lazily(connection, "run_search", match), after, before),
    )
    return (place for (place,) in rows)


def lines_of(
    connection: Connection,
    run_number: int,
    match: str,
    after: int | None,
    before: int | None,
    backwards: bool,
) -> Iterator[int]:
    """The numbers of a run's lines that a query finds, in order."""
    order = "DESC" if backwards else "ASC"
    rows = connection.execute(
        "SELECT s.rowid FROM log_search AS s WHERE s.log_search MATCH ?"
        f" AND s.rowid > ? AND s.rowid < ? ORDER BY s.rowid {order}",
        (
            lazily(connection, "log_search", match),
            line_key(run_number, 0) - 1 if after is None else line_key(run_number, after),
            line_key(run_number + 1, 0) if before is None else line_key(run_number, before),
        ),
    )
    return (key & ((1 << SEQ_BITS) - 1) for (key,) in rows)


def newest_runs(connection: Connection, match: str, limit: int) -> list[int]:
    """The places of the newest runs that a query finds."""
    rows = connection.execute(
        "SELECT s.rowid FROM run_search AS s WHERE s.run_search MATCH ?"
        " ORDER BY s.rowid DESC LIMIT ?",
        (lazily(connection, "run_search", match), limit),
    )
    return [place for (place,) in rows]


def newest_lines(
    connection: Connection, match: str, limit: int, each: int
) -> list[tuple[int, int]]:
    """(run's number, line's number) of the newest lines that a query finds, of the runs that came
    last first, at most `each` of one run."""
    found: list[tuple[int, int]] = []
    before = _LAST
    match = lazily(connection, "log_search", match)
    # a run with many such lines is passed by a query anew, which costs as much as some rows; as
    # many rows, where it puts together what it finds
    enough = _MANY_PASSED if _LONGER.search(match) else _PASSED
    while len(found) < limit:
        rows = connection.execute(
            "SELECT s.rowid FROM log_search AS s WHERE s.log_search MATCH ? AND s.rowid < ?"
            " ORDER BY s.rowid DESC",
            (match, before),
        )
        last, of_it, passed = -1, 0, 0
        for (key,) in rows:
            number = key >> SEQ_BITS
            last, of_it = number, 1 if number != last else of_it + 1
            if of_it <= each:
                found.append((number, key & ((1 << SEQ_BITS) - 1)))
                if len(found) == limit:
                    return found
            else:
                passed += 1
                if passed == enough:
                    break
        else:
            return found
        before = line_key(last, 0)
    return found
