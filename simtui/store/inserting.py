"""Many rows by few statements.

The binding gives the interpreter's lock away for each statement that it steps, and whoever
computes meanwhile keeps it for 5 ms: row by row an import would wait where it could work. Of some
hundred rows a statement it costs two thirds, and a whole batch lets others work as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite3 import Connection

_MOST_ROWS = 256  # of 128 columns at the most: SQLite takes 32,766 values a statement


def insert(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    or_else: str = "",
) -> None:
    """Inserts rows, each with a value a column; `or_else` says what to do where one is there."""
    size, done = _MOST_ROWS, 0
    while done < len(rows):
        while size > len(rows) - done:
            size //= 2
        values = chain.from_iterable(rows[done : done + size])
        connection.execute(_statement(table, tuple(columns), size, or_else), list(values))
        done += size


@cache
def _statement(table: str, columns: tuple[str, ...], rows: int, or_else: str) -> str:
    """The same text each time, which the connection knows again. Halved sizes alone are asked for:
    a few for each table."""
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)} {or_else}"
