"""Damage done to a library on purpose, as a write on its store or on a raw connection."""

from __future__ import annotations

from sqlite3 import Connection


def flip_a_bit(connection: Connection, workflow_id: str) -> None:
    """In the payload of the current document of a workflow."""
    (frame,) = connection.execute(
        "SELECT data FROM workflows WHERE id = ?", (workflow_id,)
    ).fetchone()
    flipped = frame[:-5] + bytes([frame[-5] ^ 1]) + frame[-4:]
    connection.execute("UPDATE workflows SET data = ? WHERE id = ?", (flipped, workflow_id))


def swap_documents(connection: Connection, workflow_id: str, other_id: str) -> None:
    """The payload of one workflow in the place of another's."""
    connection.execute(
        "UPDATE workflows SET data = (SELECT data FROM workflows WHERE id = ?) WHERE id = ?",
        (other_id, workflow_id),
    )
