"""What a reader found, kept for as long as nobody changes the database: a list that is scrolled
asks for page after page of one filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar, cast

from simtui.store.engine import Reader

if TYPE_CHECKING:
    from sqlite3 import Connection

Found = TypeVar("Found")

MOST = 8
"""A filter by name may keep the ids of ten thousand workflows."""


def remembered(connection: Connection, key: Hashable, find: Callable[[], Found]) -> Found:
    """What `find` answers, found once by this connection in the database as it is now. Whoever may
    write finds it each time: what it wrote itself would not be seen in the version."""
    if not isinstance(connection, Reader):
        return find()
    # asking begins the read, so that what is found belongs to this version and to no later one
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    if version != connection.version:
        connection.version = version
        connection.found.clear()
    if key not in connection.found:
        if len(connection.found) >= MOST:
            del connection.found[next(iter(connection.found))]
        connection.found[key] = find()
    return cast(Found, connection.found[key])
