"""The files of workflows as rows: what each workflow calls them, and their bytes in pieces.

The bytes come in over many short transactions, so that a large file holds up no other writer, and
nothing refers to them before they are whole: `settle` names them and refers to them in one. Bytes
that nobody has any more go the same way back, a few pieces at a time (`sweep`).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.errors import Busy, Damaged, SimtuiError, shown
from simtui.model.asset import Asset
from simtui.store import payload, search

if TYPE_CHECKING:
    from sqlite3 import Connection

PIECE_BYTES = 1 << 20
PIECES_AT_ONCE = 8
"""How many a transaction writes, reads or removes."""

KIND = "asset"

_GIVEN_UP_MS = 3_600_000

Frame = tuple[int, bytes]
"""A piece as it is stored: whether it is packed (1, 0), and its bytes."""


class ContentGone(SimtuiError):
    """Bytes that were here a moment ago: the last workflow that had them let them go."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Bytes that are here, in full, and that nothing refers to yet; `id` is None where they were
    here before."""

    id: str | None
    digest: str
    size_bytes: int


# -- pieces


def packed(piece: bytes) -> Frame:
    """A piece ready to be stored."""
    frame = payload.encode(piece)
    return (1, frame) if len(frame) < len(piece) else (0, piece)


def unpacked(frame: Frame, what: str) -> bytes:
    """The bytes of a stored piece. Raises `Damaged`."""
    is_packed, data = frame
    return payload.decode(data, what) if is_packed else data


# -- bytes on their way in


def begin(connection: Connection, now_ms: int) -> str:
    """A place for bytes to come. What others left half way goes."""
    sweep(connection, now_ms)
    ident = str(uuid.uuid4())
    connection.execute(
        "INSERT INTO asset_contents (id, digest, size_bytes, touched_at) VALUES (?, NULL, 0, ?)",
        (ident, now_ms),
    )
    return ident


def put_pieces(
    connection: Connection, ident: str, first: int, frames: Sequence[Frame], now_ms: int
) -> None:
    """The next pieces. Raises `Busy` where the ones before were given up for dead."""
    kept = connection.execute(
        "UPDATE asset_contents SET touched_at = ? WHERE id = ? AND digest IS NULL", (now_ms, ident)
    ).rowcount
    if not kept:
        raise Busy("It took so long that its beginning was cleared away. Try again.")
    connection.executemany(
        "INSERT INTO asset_pieces (content_id, number, packed, data) VALUES (?, ?, ?, ?)",
        [(ident, first + n, *frame) for n, frame in enumerate(frames)],
    )


def drop(connection: Connection, ident: str) -> None:
    """Gives up bytes that came in; `sweep` takes them away."""
    connection.execute(
        "UPDATE asset_contents SET touched_at = 0 WHERE id = ? AND digest IS NULL", (ident,)
    )


def settle(connection: Connection, staged: Staged) -> None:
    """Makes sure that the bytes are here under their digest. Raises `ContentGone`. Whoever calls it
    refers to them in the same transaction."""
    if _content_id(connection, staged.digest) is not None:
        if staged.id is not None:
            drop(connection, staged.id)
        return
    named = 0
    if staged.id is not None:
        named = connection.execute(
            "UPDATE asset_contents SET digest = ?, size_bytes = ? WHERE id = ? AND digest IS NULL",
            (staged.digest, staged.size_bytes, staged.id),
        ).rowcount
    if not named:
        raise ContentGone("A file was removed from the library meanwhile. Try again.")


def has_content(connection: Connection, digest: str) -> bool:
    """Whether these bytes are here."""
    return _content_id(connection, digest) is not None


def _content_id(connection: Connection, digest: str) -> str | None:
    row = connection.execute("SELECT id FROM asset_contents WHERE digest = ?", (digest,)).fetchone()
    return row[0] if row else None


# -- and out of it


def pieces(connection: Connection, digest: str, after: int, limit: int) -> list[Frame]:
    """The next stored pieces of a content, behind the number `after` (-1: the first); fewer than
    `limit` at its end, or where one is missing."""
    return connection.execute(
        "SELECT p.packed, CAST(p.data AS BLOB) FROM asset_contents AS c JOIN asset_pieces AS p"
        " ON p.content_id = c.id AND p.number BETWEEN ?2 + 1 AND ?2 + ?3"
        " WHERE c.digest = ?1 ORDER BY p.number",
        (digest, after, limit),
    ).fetchall()


class Checking:
    """Holds the bytes of a content against its digest while they go by."""

    def __init__(self, digest: str, size_bytes: int, what: str) -> None:
        self._digest, self._left, self._what = digest, size_bytes, what
        self._hash = hashlib.sha256()

    def piece(self, frame: Frame) -> bytes:
        """The bytes of the next stored piece. Raises `Damaged`."""
        content = unpacked(frame, self._what)
        self._hash.update(content)
        self._left -= len(content)
        return content

    def end(self) -> None:
        """All pieces went by. Raises `Damaged` where they are not what was stored."""
        if self._left or self._hash.hexdigest() != self._digest:
            raise Damaged(f"{self._what}: its bytes do not match its digest.")


# -- who has which


_ASSET = (
    "SELECT a.workflow_id, a.name, a.digest, c.size_bytes, a.added_at FROM assets AS a"
    " JOIN asset_contents AS c ON c.digest = a.digest"
)


def of_workflow(connection: Connection, workflow_id: str) -> list[Asset]:
    """The files of a workflow, by name."""
    rows = connection.execute(f"{_ASSET} WHERE a.workflow_id = ? ORDER BY a.name", (workflow_id,))
    return [Asset(*row) for row in rows]


def names(connection: Connection, workflow_id: str) -> dict[str, str]:
    """The digest of each file of a workflow, by name."""
    return dict(
        connection.execute("SELECT name, digest FROM assets WHERE workflow_id = ?", (workflow_id,))
    )


def get(connection: Connection, workflow_id: str, name: str) -> Asset | None:
    """A workflow's file of this name."""
    row = connection.execute(
        f"{_ASSET} WHERE a.workflow_id = ? AND a.name = ?", (workflow_id, name)
    ).fetchone()
    return Asset(*row) if row else None


def refer(connection: Connection, workflow_id: str, name: str, digest: str, added_at: int) -> None:
    """Gives a workflow a file, instead of one that it had under that name. The bytes are here."""
    before = names(connection, workflow_id).get(name)
    connection.execute(
        "INSERT INTO assets (workflow_id, name, digest, added_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (workflow_id, name) DO UPDATE SET digest = excluded.digest,"
        " added_at = excluded.added_at",
        (workflow_id, name, digest, added_at),
    )
    search.put(connection, KIND, search_ref(workflow_id, name), name, "")
    if before is not None:
        release(connection, before)


def remove(connection: Connection, workflow_id: str, name: str) -> bool:
    """Takes a file from a workflow. False where it had none of that name."""
    gone = connection.execute(
        "DELETE FROM assets WHERE workflow_id = ? AND name = ? RETURNING digest",
        (workflow_id, name),
    ).fetchone()
    if gone is None:
        return False
    search.remove(connection, KIND, search_ref(workflow_id, name))
    release(connection, gone[0])
    return True


def copy(connection: Connection, workflow_id: str, copy_id: str) -> int:
    """Gives a copy of a workflow the files of the first; the bytes stay where they are. How
    many."""
    files = of_workflow(connection, workflow_id)
    for each in files:
        refer(connection, copy_id, each.name, each.digest, each.added_at)
    return len(files)


def forget_workflow(connection: Connection, workflow_id: str) -> None:
    """Takes all files of a workflow that goes for good, in the transaction in which it goes."""
    for each in of_workflow(connection, workflow_id):
        remove(connection, workflow_id, each.name)


def search_ref(workflow_id: str, name: str) -> str:
    """What the search index calls a file. An id holds no "/"."""
    return f"{workflow_id}/{name}"


# -- what nobody has any more


def release(connection: Connection, digest: str) -> None:
    """Gives up bytes if no workflow refers to them any more; `sweep` takes them away."""
    connection.execute(
        "UPDATE asset_contents SET digest = NULL, touched_at = 0 WHERE digest = ?1"
        " AND NOT EXISTS (SELECT 1 FROM assets WHERE digest = ?1)",
        (digest,),
    )


def sweep(connection: Connection, now_ms: int, limit: int = PIECES_AT_ONCE) -> bool:
    """Removes up to `limit` pieces of what nobody has, or left half way an hour ago. Whether there
    is more."""
    row = connection.execute(
        "SELECT id FROM asset_contents WHERE digest IS NULL"
        " AND touched_at NOT BETWEEN ? AND ? LIMIT 1",  # nor what a clock ahead of ours touched
        (now_ms - _GIVEN_UP_MS, now_ms + _GIVEN_UP_MS),
    ).fetchone()
    if row is None:
        return False
    removed = connection.execute(
        "DELETE FROM asset_pieces WHERE content_id = ?1 AND number IN ("
        " SELECT number FROM asset_pieces WHERE content_id = ?1 ORDER BY number DESC LIMIT ?2)",
        (row[0], limit),
    ).rowcount
    if removed < limit:
        connection.execute("DELETE FROM asset_contents WHERE id = ?", (row[0],))
    return True


# -- checks


@dataclass(frozen=True, slots=True)
class StoredContent:
    """Bytes that are whole, with a workflow and a name under which they are known."""

    digest: str
    size_bytes: int
    workflow_id: str
    name: str

    @property
    def what(self) -> str:
        """What people read."""
        return f"file {shown(self.name, 80)} of workflow {shown(self.workflow_id)}"


def contents_after(connection: Connection, after: str, limit: int) -> list[StoredContent]:
    """The next whole contents, by digest."""
    rows = connection.execute(
        "SELECT c.digest, c.size_bytes, min(a.workflow_id), a.name"
        " FROM asset_contents AS c JOIN assets AS a ON a.digest = c.digest"
        " WHERE c.digest > ? GROUP BY c.digest ORDER BY c.digest LIMIT ?",
        (after, limit),
    )
    return [StoredContent(*row) for row in rows]


def check(
    connection: Connection, content: StoredContent, asked_to_stop: Callable[[], bool] = bool
) -> None:
    """Unpacks a content and holds it against its digest, in little memory. Raises `Damaged`."""
    checking, number = Checking(content.digest, content.size_bytes, content.what), -1
    while not asked_to_stop():
        batch = pieces(connection, content.digest, number, PIECES_AT_ONCE)
        for frame in batch:
            checking.piece(frame)
        if len(batch) < PIECES_AT_ONCE:
            checking.end()
            return
        number += len(batch)


def damaged(connection: Connection) -> Iterator[tuple[StoredContent, str | None]]:
    """Every whole content, with what is wrong with it or None."""
    after = ""
    while batch := contents_after(connection, after, 100):
        for content in batch:
            try:
                check(connection, content)
            except Damaged as error:
                yield content, error.message
            else:
                yield content, None
        after = batch[-1].digest


def left_over(connection: Connection) -> tuple[int, int]:
    """(contents, their pieces) that nobody has, or that are coming in at this moment."""
    row = connection.execute(
        "SELECT count(DISTINCT c.id), count(p.number) FROM asset_contents AS c"
        " LEFT JOIN asset_pieces AS p ON p.content_id = c.id WHERE c.digest IS NULL"
    ).fetchone()
    return int(row[0]), int(row[1])
