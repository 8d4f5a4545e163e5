"""Libraries to back up, and backups to harm."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from simtui.backup import archive
from simtui.backup.manifest import Manifest
from simtui.backup.proof import Proof, prove
from simtui.library import Library
from simtui.library.content import content_of
from simtui.model.workflow import Workflow
from simtui.paths import Home
from simtui.store import engine, snapshots, workflows
from tests.making import as_bytes, document

TABLE = b"a,b\n" * 5000
DAY_MS = 86_400_000
A_TIME = 1_795_000_000_000


async def fill(library: Library, count: int = 3, *, words: str = "Say hello.") -> list[str]:
    """So many workflows, each with a run and all but the first with an earlier version."""
    idents = [f"wf-{n}" for n in range(count)]
    for n, ident in enumerate(idents):
        await library.store.write(_put, ident, n, words)
    return idents


def _put(connection: Connection, ident: str, n: int, words: str) -> None:
    def content(text: str) -> workflows.Content:
        return content_of(as_bytes(document(f"Flow {n}", ident=ident, notes=text)))

    row = Workflow(
        id=ident, name=f"Flow {n}", folder="", description="", created_at=A_TIME, updated_at=A_TIME,
        digest="", document_bytes=0, block_count=2, edge_count=1, source="F1",
    )  # fmt: skip
    workflows.insert(connection, row, content(f"{words} first"))
    if n:
        workflows.replace(
            connection, ident, content(words), name=f"Flow {n}", description="", now_ms=A_TIME + n
        )
    connection.execute(
        "INSERT INTO runs (id, workflow_id, status, started_at, number, place)"
        " VALUES (?, ?, 'completed', ?, ?, ?)",
        (f"run {ident}", ident, A_TIME, n + 1, A_TIME * 65536 + n),
    )


async def a_backup(home: Home, count: int = 3) -> Path:
    """Of a new library."""
    async with await Library.open(home) as library:
        await fill(library, count)
        await library.assets.add("wf-0", "table.csv", io.BytesIO(TABLE))
        made = await library.backups.make()
        assert made is not None
        return made.backup.path


def proof_of(file: Path, place: Path) -> Proof:
    """A fresh one."""
    copy = place / "proof.db"
    copy.unlink(missing_ok=True)
    return prove(file, copy)


def forged(
    file: Path,
    target: Path,
    change: Callable[[Connection], object] = lambda connection: None,
    describe: Callable[[Manifest], Manifest] = lambda manifest: manifest,
) -> Path:
    """The same backup with another database in it, every checksum right again: only a look at the
    database itself can tell."""
    database = target.with_name(f"{target.name}.db")
    database.unlink(missing_ok=True)
    with archive.opened(file) as opened:
        opened.extract_database(database)
        before = opened.manifest
    with snapshots.opened_copy(database) as connection:
        change(connection)
    target.unlink(missing_ok=True)

    def manifest(size: int, digest: str) -> Manifest:
        return describe(replace(before, database_bytes=size, database_sha256=digest))

    archive.pack(target, database, manifest, None)
    database.unlink()
    return target


def run_sql(path: Path, *statements: str) -> None:
    """Harms a database that nobody has open."""
    connection = engine.open_plainly(path)
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()
