"""Rows for the store's own tests, made without a document reader."""

from __future__ import annotations

from sqlite3 import Connection

from simtui.model.workflow import Workflow
from simtui.store import payload, runs, workflows
from simtui.store.workflows import Content


def content(text: str = "hello", digest: str = "d1") -> Content:
    """A document's row; `text` is both what is stored and what the index gets."""
    frame = payload.encode(text.encode())
    return Content(digest, frame, len(text), block_count=1, edge_count=0, text=text)


def add(
    connection: Connection,
    ident: str,
    name: str = "A workflow",
    *,
    text: str = "hello",
    updated_at: int = 1000,
    created_at: int = 500,
    folder: str = "",
    source: str = "F1",
    blocks: int = 1,
    edges: int = 0,
    size: int = 100,
    deleted_at: int | None = None,
) -> None:
    """Puts a workflow in."""
    made = content(text, f"digest of {ident}")
    workflows.insert(
        connection,
        Workflow(
            id=ident,
            name=name,
            folder=folder,
            description="",
            created_at=created_at,
            updated_at=updated_at,
            digest=made.digest,
            document_bytes=size,
            block_count=blocks,
            edge_count=edges,
            source=source,
            deleted_at=deleted_at,
        ),
        Content(made.digest, made.frame, size, blocks, edges, text),
    )


def add_run(connection: Connection, ident: str, workflow_id: str, status: str, at: int) -> None:
    number, place = runs.next_number(connection), runs.FreePlaces(connection).at(at)
    runs.insert(connection, [runs.Kept(ident, number, place, workflow_id, status, at)])
