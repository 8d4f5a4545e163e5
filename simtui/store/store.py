"""One open database: a writer, a few readers, and one way through each.

A write is one function run inside `BEGIN IMMEDIATE` … `COMMIT` on the writer's own thread. Because
the transaction never crosses an `await`, a cancelled caller cannot leave half of it behind, nor
can two tasks share one (storage facts, finding 10). A read holds one reader for itself and is
interrupted when its caller is cancelled. No thread is left behind, whoever is cancelled: one that
still ran would keep the process from ending (finding 11).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Generic, ParamSpec, TypeVar, cast

import aiosqlite

from simtui.errors import Busy, SimtuiError
from simtui.store import engine, migrations, search, snapshots

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.store import taking_in

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Job = Callable[Concatenate["Connection", Arguments], Result]

Migrating = Callable[["Store", int], contextlib.AbstractAsyncContextManager[None]]

READERS = 2
_CHUNK = 1000


class Store:
    """Made by `Store.open`; `close` must be awaited, since each connection is a thread."""

    def __init__(self, path: Path, *, key: bytes | bytearray | None, network: bool) -> None:
        self.path = path
        self.network = network
        self._key = bytearray(key) if key is not None else None
        self._file: tuple[int, int] | None = None
        self._writer: aiosqlite.Connection | None = None
        self._readers: list[aiosqlite.Connection] = []
        self._free: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        self._opening = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()
        self._to_forget = False
        self._closed = False

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        key: bytes | bytearray | None = None,
        network: bool = False,
        migrating: Migrating | None = None,
    ) -> Store:
        """Opens the database at `path`, makes it where there is none, and migrates an older one.

        `key`: of an encrypted library, 32 bytes; it is copied, and the copy wiped at the close.
        `migrating`: entered before an older one is migrated, with the store as it is then and its
        schema's number, and left after; where it raises, nothing is migrated.

        Raises `NewerLibrary`, `Damaged`, `Busy`, `NotWritable`, or `BadInput` for another
        program's database. What is there is unharmed in each case.
        """
        store = cls(path, key=key, network=network)
        try:
            await store._start(migrating)
        except BaseException:
            await store.close()
            raise
        return store

    def copied_key(self) -> bytearray | None:
        """The key of an encrypted library, for whoever wipes it; None of a plain one."""
        return bytearray(self._key) if self._key is not None else None

    async def _start(self, migrating: Migrating | None) -> None:
        engine.create_file(self.path)
        self._file = engine.identity_of(self.path)
        if self.network:
            # the lock of a rollback journal is exclusive there: one connection does everything
            await self._open_writer()
            self._free.put_nowait(cast(aiosqlite.Connection, self._writer))
        else:
            await self._add_reader()
        before = await self.read(migrations.version_of, self.path)
        if before == migrations.SCHEMA_VERSION:
            return
        # a new one has nothing yet that could be lost
        around = migrating(self, before) if migrating and before else contextlib.nullcontext()
        async with around:
            await self._on(await self._open_writer(), migrations.migrate, self.path)

    async def _connect(self, *, read_only: bool) -> aiosqlite.Connection:
        def connector() -> Connection:
            raw = engine.connect(
                self.path, key=self._key, read_only=read_only, network=self.network
            )
            try:
                self._check_same_file()
            except BaseException:
                raw.close()
                raise
            return raw

        connection = aiosqlite.Connection(connector, iter_chunk_size=_CHUNK)
        try:
            return await connection
        except BaseException:
            # aiosqlite stops its thread then, but does not wait for it, and it needs this loop
            ended = asyncio.create_task(asyncio.to_thread(connection._thread.join))
            await to_its_end(ended)
            raise

    async def _add_reader(self) -> None:
        async with self._opening:
            self._check_open()
            if len(self._readers) < READERS:
                reader = await self._connect(read_only=True)
                self._readers.append(reader)
                self._free.put_nowait(reader)

    async def _open_writer(self) -> aiosqlite.Connection:
        async with self._opening:
            self._check_open()
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

        self._check_open()
        execute = cast("Callable[[Callable[[], Result]], object]", connection._execute)
        return await cast("asyncio.Future[Result]", execute(run))

    async def write(
        self, job: Job[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Runs `job(connection, …)` in one transaction: all of it, or none.

        A caller that is cancelled while the job runs does not stop it; the job ends whole.
        """
        writer = self._writer or await self._open_writer()
        return await self._on(writer, _in_transaction, self._check_same_file, job, args, kwargs)

    async def read(
        self, job: Job[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """Runs `job(connection, …)` on a reader, within one read transaction."""
        if self._free.empty() and not self.network and len(self._readers) < READERS:
            await self._add_reader()
        reader = await self._free.get()
        stoppable = _Stoppable(lambda connection: job(connection, *args, **kwargs))
        work = asyncio.ensure_future(self._on(reader, stoppable.run))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if not work.done():
                self._ending.add(ending := asyncio.create_task(_stopped(stoppable, work)))
                ending.add_done_callback(self._ending.discard)
            raise
        finally:
            work.add_done_callback(lambda _: self._free.put_nowait(reader))

    @property
    def has_written(self) -> bool:
        """Whether there was anything to write since it was opened."""
        return self._writer is not None

    async def data_version(self) -> int:
        """A number that changes when any other connection, ours or another process's, commits."""
        self._check_open()
        if self.network:
            return 0  # there is no other process: the lock is ours
        return await self._on(self._readers[0], _data_version)

    async def checkpoint(self) -> bool:
        """Moves the write-ahead log into the database and empties it; False while one reads."""
        writer = self._writer or await self._open_writer()
        return await self._on(writer, _checkpoint)

    async def settle(self) -> None:
        """Moves what it can of the write-ahead log into the database, and with it the end of the
        file; nobody waits for it, and it waits for nobody."""
        writer = self._writer or await self._open_writer()
        await self._on(writer, _settle)

    async def forget(self, *, words: bool = True) -> bool:
        """Takes what was deleted or overwritten out of the write-ahead log, and its `words` out of
        the search index: the clear text of a secret would stay there. False while somebody reads:
        then it is tried again, at the latest when this is closed."""
        self._to_forget = True
        if words:
            await self.write(search.forget_removed)
        with contextlib.suppress(Busy):
            self._to_forget = not await self.checkpoint()
        return not self._to_forget

    async def close(self) -> None:
        """Ends every connection after what it was given to do, also where the caller is cancelled
        meanwhile. Can be called twice."""
        await to_its_end(asyncio.create_task(self._end()))

    async def _end(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending)
        async with self._opening:
            if self._writer is not None:
                with contextlib.suppress(Exception):  # advice to the planner, never worth an error
                    await self._on(self._writer, _optimize)
                if self._to_forget:
                    with contextlib.suppress(SimtuiError):
                        await self._on(self._writer, _checkpoint)
            self._closed = True
            connections = [*self._readers, *([self._writer] if self._writer else [])]
            self._readers, self._writer = [], None
            if self._key is not None:
                self._key[:] = bytes(len(self._key))
        for connection in connections:
            await connection.close()

    async def write_copy(self, target: Path) -> None:
        """Writes the whole database into a new file, through the writer: for where one process
        alone may have it open. Raises as `write` does."""
        writer = self._writer or await self._open_writer()
        await to_its_end(asyncio.ensure_future(self._on(writer, snapshots.write_copy, target)))

    async def take_in(self, copy: taking_in.Ready, patience_seconds: float) -> None:
        """Puts a copy that was made ready in the place of everything here, in one transaction, to
        its end. Every connection goes on, and sees it. Raises `Busy`, `NotWritable`."""
        await to_its_end(asyncio.create_task(self._take_in(copy, patience_seconds)))

    async def _take_in(self, copy: taking_in.Ready, patience_seconds: float) -> None:
        from simtui.store import taking_in  # a restore is rare, and every start would load it

        writer = self._writer or await self._open_writer()
        if not self.network:
            beside = taking_in.take_in_beside
            await self._on(writer, beside, self.path, self._key, copy, patience_seconds)
            return
        # the lock is this one connection's, which must not go on with what it has in memory
        await self._free.get()
        try:
            await self._on(writer, taking_in.take_in, self.path, copy, patience_seconds)
        finally:
            async with self._opening:
                self._writer = None
                await writer.close()
            self._free.put_nowait(await self._open_writer())

    def _check_same_file(self) -> None:
        """A file that was renamed away while it is open takes writes without a word (storage facts,
        B5), and nobody would ever see them."""
        if engine.identity_of(self.path) != self._file:
            raise Busy(
                f"{self.path} is another file than the one that was opened: it was restored, or "
                "moved, meanwhile. Nothing was written; start simtui again."
            )

    def _check_open(self) -> None:
        if self._closed:
            raise SimtuiError(f"{self.path} is closed.")


async def to_its_end(work: asyncio.Task[Result]) -> Result:
    """The result of work that must not be left half way: a cancellation is raised after it."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return work.result()


class _Stoppable(Generic[Result]):
    """A read that its caller may give up. It is interrupted only while it runs: a moment later, the
    interrupt would hit the ROLLBACK behind it, or somebody else's statement."""

    def __init__(self, job: Callable[[Connection], Result]) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._running: Connection | None = None
        self._given_up = False

    def run(self, connection: Connection) -> Result:
        """Runs the job within one read transaction."""
        connection.execute("BEGIN")
        try:
            with self._lock:
                if self._given_up:
                    raise asyncio.CancelledError
                self._running = connection
            try:
                return self._job(connection)
            finally:
                with self._lock:
                    self._running = None
        finally:
            connection.execute("ROLLBACK")

    def give_up(self) -> None:
        with self._lock:
            self._given_up = True
            if self._running is not None:
                self._running.interrupt()


async def _stopped(stoppable: _Stoppable[Result], work: asyncio.Future[Result]) -> None:
    """Stops a job that nobody waits for. Again and again, since an interrupt that comes just before
    a statement starts is lost."""
    while not work.done():
        stoppable.give_up()
        await asyncio.wait([work], timeout=0.01)
    if not work.cancelled():
        work.exception()  # looked at: nobody else will


def _in_transaction(
    connection: Connection,
    check: Callable[[], None],
    job: Callable[..., Result],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Result:
    connection.execute("BEGIN IMMEDIATE")
    try:
        check()
        result = job(connection, *args, **kwargs)
        connection.execute("COMMIT")
    except BaseException:
        # on a full disk SQLite has rolled back already (storage facts, finding 19)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _data_version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _checkpoint(connection: Connection) -> bool:
    return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def _settle(connection: Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _optimize(connection: Connection) -> None:
    connection.execute("PRAGMA busy_timeout = 0")  # nobody waits for it at the end
    connection.execute("PRAGMA analysis_limit = 400")
    connection.execute("PRAGMA optimize")
