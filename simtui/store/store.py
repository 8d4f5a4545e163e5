"""One open database: a writer, a few readers, and one way through each.

A write is one function run inside `BEGIN IMMEDIATE` … `COMMIT` on the writer's own thread. Because
the transaction never crosses an `await`, a cancelled caller cannot leave half of it behind, nor
can two tasks share one (storage facts, finding 10). A read holds one reader for itself and is
interrupted when its caller is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from simtui.store import engine, migrations

if TYPE_CHECKING:
    from sqlite3 import Connection

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Job = Callable[Concatenate["Connection", Arguments], Result]

READERS = 2
_CHUNK = 1000


class Store:
    """Made by `Store.open`; `close` must be awaited, since each connection is a thread."""

    def __init__(self, path: Path, *, network: bool) -> None:
        self.path = path
        self.network = network
        self._writer: aiosqlite.Connection | None = None
        self._readers: list[aiosqlite.Connection] = []
        self._free: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._opening = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, path: Path, *, network: bool = False) -> Store:
        """Opens the database at `path`, makes it where there is none, and migrates an older one.

        Raises `NewerLibrary`, `Damaged`, `Busy`, `NotWritable`, or `BadInput` for another
        program's database. What is there is unharmed in each case.
        """
        store = cls(path, network=network)
        try:
            await store._start()
        except BaseException:
            await store.close()
            raise
        return store

    async def _start(self) -> None:
        engine.create_file(self.path)
        if self.network:
            # the lock of a rollback journal is exclusive there: one connection does everything
            await self._open_writer()
            self._free.put_nowait(cast(aiosqlite.Connection, self._writer))
        else:
            await self._add_reader()
        before = await self.read(migrations.version_of, self.path)
        if before < migrations.SCHEMA_VERSION:
            await self._open_writer()
            await self._on(cast(aiosqlite.Connection, self._writer), migrations.migrate, self.path)

    async def _connect(self, *, read_only: bool) -> aiosqlite.Connection:
        def connector() -> Connection:
            return engine.connect(self.path, read_only=read_only, network=self.network)

        return await aiosqlite.Connection(connector, iter_chunk_size=_CHUNK)

    async def _add_reader(self) -> None:
        reader = await self._connect(read_only=True)
        self._readers.append(reader)
        self._free.put_nowait(reader)

    async def _open_writer(self) -> aiosqlite.Connection:
        async with self._opening:
            if self._writer is None:
                self._writer = await self._connect(read_only=False)
            return self._writer

    async def _on(
        self,
        connection: aiosqlite.Connection,
        job: Job[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Runs `job` on the connection's thread. aiosqlite has no public call for a whole function
        in one hop; three hops a statement cost 50 times more (storage facts, B7)."""

        def run() -> Result:
            # the raw connection is what aiosqlite itself hands to its own jobs
            raw = connection._conn
            with engine.translated(self.path):
                return job(raw, *args, **kwargs)

        execute = cast("Callable[[Callable[[], Result]], object]", connection._execute)
        return await cast("asyncio.Future[Result]", execute(run))

    async def write(
        self, job: Job[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Runs `job(connection, …)` in one transaction: all of it, or none.

        A caller that is cancelled while the job runs does not stop it; the job ends whole.
        """
        writer = self._writer or await self._open_writer()
        return await self._on(writer, _in_transaction, job, args, kwargs)

    async def read(
        self, job: Job[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Runs `job(connection, …)` on a reader, within one read transaction."""
        if self._free.empty() and not self.network and len(self._readers) < READERS:
            await self._add_reader()
        reader = await self._free.get()
        work = asyncio.ensure_future(self._on(reader, _in_snapshot, job, args, kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # the reader is ours until the job has ended, so nobody else's query is interrupted
            if not work.done():
                self._ending.add(ending := asyncio.create_task(_interrupted(reader, work)))
                ending.add_done_callback(self._ending.discard)
            raise
        finally:
            work.add_done_callback(lambda _: self._free.put_nowait(reader))

    async def data_version(self) -> int:
        """A number that changes when any other connection, ours or another process's, commits."""
        if self.network:
            return 0  # there is no other process: the lock is ours
        return await self._on(self._readers[0], _data_version)

    async def checkpoint(self) -> bool:
        """Moves the write-ahead log into the database and empties it; False while one reads."""
        writer = self._writer or await self._open_writer()
        return await self._on(writer, _checkpoint)

    async def close(self) -> None:
        """Ends every connection after what it was given to do. Can be called twice."""
        if self._ending:
            await asyncio.wait(self._ending)
        connections = [*self._readers, *([self._writer] if self._writer else [])]
        self._readers.clear()
        writer, self._writer = self._writer, None
        for connection in connections:
            if connection is writer:
                with contextlib.suppress(Exception):  # advice to the planner, never worth an error
                    await self._on(connection, _optimize)
            with contextlib.suppress(ValueError):  # closed already
                await connection.close()


async def _interrupted(reader: aiosqlite.Connection, work: asyncio.Future[Result]) -> None:
    """Stops a job that nobody waits for. Again and again, since an interrupt that comes just before
    a statement starts is lost."""
    while not work.done():
        await reader.interrupt()
        await asyncio.wait([work], timeout=0.01)
    if not work.cancelled():
        work.exception()  # looked at: nobody else will


def _in_transaction(
    connection: Connection,
    job: Callable[..., Result],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Result:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = job(connection, *args, **kwargs)
        connection.execute("COMMIT")
    except BaseException:
        # on a full disk SQLite has rolled back already (storage facts, finding 19)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _in_snapshot(
    connection: Connection,
    job: Callable[..., Result],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Result:
    connection.execute("BEGIN")
    try:
        return job(connection, *args, **kwargs)
    finally:
        connection.execute("ROLLBACK")


def _data_version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _checkpoint(connection: Connection) -> bool:
    return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def _optimize(connection: Connection) -> None:
    connection.execute("PRAGMA analysis_limit = 400")
    connection.execute("PRAGMA optimize")
