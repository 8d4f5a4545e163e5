"""A write is all or nothing, whatever happens to it: an error, a cancelled caller, a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from sqlite3 import Connection

import pytest

from simtui.errors import Busy
from simtui.library import Library
from simtui.paths import Home
from simtui.store import engine, settings
from simtui.store.store import READERS, Store
from tests.store.threads import assert_none_left, connection_threads


def put_two(connection: Connection, first: str, second: str) -> None:
    settings.put(connection, first, "1")
    settings.put(connection, second, "2")


def fail_half_way(connection: Connection) -> None:
    settings.put(connection, "half", "1")
    raise RuntimeError("half way")


async def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        await store.write(fail_half_way)
    await store.write(put_two, "a", "b")
    assert await store.read(settings.all_of) == {"a": "1", "b": "2"}


async def test_a_cancelled_write_leaves_all_or_nothing(store: Store) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        settings.put(connection, "first", "1")
        started.set()
        go_on.wait(10)
        settings.put(connection, "second", "2")

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    # the next write waits for the thread, so what it finds is what the cancelled one left
    await store.write(settings.put, "third", "3")
    assert await store.read(settings.all_of) == {"first": "1", "second": "2", "third": "3"}


async def test_two_tasks_never_share_a_transaction(store: Store) -> None:
    results = await asyncio.gather(
        *(store.write(settings.put, f"k{n}", str(n)) for n in range(50)),
        *(store.write(fail_half_way) for _ in range(50)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, RuntimeError) for result in results) == 50
    assert len(await store.read(settings.all_of)) == 50


async def test_a_cancelled_read_is_interrupted_and_its_reader_is_free_again(store: Store) -> None:
    started = threading.Event()

    def endless(connection: Connection) -> object:
        started.set()
        return connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        ).fetchone()

    for _ in range(3):  # more often than there are readers
        started.clear()
        task = asyncio.create_task(store.read(endless))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await asyncio.wait_for(store.read(settings.all_of), 10) == {}


async def test_a_cancelled_read_never_stops_somebody_elses_statement(tmp_path: Path) -> None:
    """On a network file system one connection does everything, one after the other."""
    store = await Store.open(tmp_path / "simai.db", network=True)
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        settings.put(connection, "first", "1")
        started.set()
        go_on.wait(10)
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
            " SELECT max(i) FROM n"
        ).fetchone()

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(started.wait, 10)
    ran = threading.Event()
    reading = asyncio.create_task(store.read(lambda _: ran.set()))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    go_on.set()
    await writing
    assert await store.read(settings.all_of) == {"first": "1"}
    assert not ran.is_set()  # nobody waited for it any more
    await store.close()


async def test_a_read_that_is_cancelled_again_and_again_leaves_the_readers_sound(
    store: Store,
) -> None:
    def count(connection: Connection) -> object:
        return connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
            " SELECT max(i) FROM n"
        ).fetchone()[0]

    for turn in range(300):
        task = asyncio.create_task(store.read(count))
        for _ in range(turn % 12):
            await asyncio.sleep(0)
        task.cancel()
        # it may have been done before
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert await asyncio.gather(*(store.read(count) for _ in range(9))) == [2000] * 9
    # and the writer, which made the tables
    assert len(connection_threads()) == READERS + 1


async def test_a_read_sees_one_state_while_another_writes(store: Store) -> None:
    await store.write(settings.put, "a", "1")
    between, go_on = threading.Event(), threading.Event()

    def twice(connection: Connection) -> list[dict[str, str]]:
        first = settings.all_of(connection)
        between.set()
        go_on.wait(10)
        return [first, settings.all_of(connection)]

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(between.wait, 10)
    await store.write(settings.put, "a", "2")
    go_on.set()
    assert await reading == [{"a": "1"}, {"a": "1"}]
    assert await store.read(settings.all_of) == {"a": "2"}


async def test_closing_ends_every_thread_although_it_is_cancelled(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "simai.db")
    started, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        settings.put(connection, "kept", "1")
        started.set()
        go_on.wait(10)

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(started.wait, 10)
    closing = asyncio.create_task(store.close())
    for _ in range(3):
        await asyncio.sleep(0)
        closing.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await writing
    await assert_none_left()
    async with await Library.open(Home(tmp_path)) as library:
        assert await library.settings.all() == {"kept": "1"}


def test_two_interrupts_in_a_row_end_the_process_and_leave_it_whole(tmp_path: Path) -> None:
    """The second one comes while the first is closing the database."""
    script = textwrap.dedent(
        """
        import sys, time
        from simtui.console.output import opened, run
        from simtui.paths import Home
        from simtui.store import settings
        from pathlib import Path

        def slow(connection):
            settings.put(connection, "kept", "1")
            print("writing", flush=True)
            sys.stdin.readline()

        async def work():
            async with opened(Home(Path(sys.argv[1]))) as library:
                try:
                    await library.store.write(slow)
                finally:
                    print("closing", flush=True)

        run(work())
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "SimAI")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "writing\n"
    child.send_signal(signal.SIGINT)
    assert child.stdout.readline() == "closing\n"
    child.send_signal(signal.SIGTERM)
    _out, said = child.communicate("\n", timeout=30)
    assert child.returncode in (130, 143)
    assert "Traceback" not in said
    raw = engine.connect(tmp_path / "SimAI" / "simai.db")
    assert settings.all_of(raw) == {"kept": "1"}
    raw.close()


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="cannot be written"):
        await store.read(settings.put, "a", "1")


async def test_another_writer_that_keeps_the_lock_is_told_as_busy(store: Store) -> None:
    await store.write(settings.put, "a", "1")
    other = await Store.open(store.path)
    held, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        held.set()
        release.wait(30)

    holding = asyncio.create_task(other.write(hold))
    await asyncio.to_thread(held.wait, 10)

    # five seconds of patience are the contract; this test spends them once
    with pytest.raises(Busy, match="in use by another process"):
        await store.write(settings.put, "a", "2")
    release.set()
    await holding
    await other.close()
    assert await store.read(settings.all_of) == {"a": "1"}


async def test_data_version_moves_when_anyone_writes(store: Store) -> None:
    before = await store.data_version()
    await store.write(settings.put, "a", "1")
    between = await store.data_version()
    other = await Store.open(store.path)
    await other.write(settings.put, "b", "2")
    await other.close()
    assert len({before, between, await store.data_version()}) == 3


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """With the file size limit of the process in place of the disk's: as root or not, anywhere."""
    script = textwrap.dedent(
        """
        import asyncio, resource, signal, sys
        from pathlib import Path
        from simtui.errors import NotWritable
        from simtui.store import settings
        from simtui.store.store import Store

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        def fill(connection):
            for n in range(4000):
                settings.put(connection, f"k{n}", "x" * 4000)

        async def main():
            store = await Store.open(Path(sys.argv[1]))
            await store.write(settings.put, "kept", "1")
            resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
            try:
                await store.write(fill)
            except NotWritable as error:
                print("refused:", error)
            print("has:", sorted(await store.read(settings.all_of)))
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            await store.write(settings.put, "after", "1")
            print("has:", sorted(await store.read(settings.all_of)))
            await store.close()

        asyncio.run(main())
        """
    )
    database = tmp_path / "simai.db"
    done = subprocess.run(
        [sys.executable, "-c", script, str(database)], capture_output=True, text=True, check=True
    )
    refused, has, after = done.stdout.splitlines()
    assert refused.startswith("refused:")
    assert "unchanged" in refused
    assert has == "has: ['kept']"
    assert after == "has: ['after', 'kept']"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_an_open_store_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import asyncio, sys
        from pathlib import Path
        from simtui.store.store import Store

        async def main():
            store = await Store.open(Path(sys.argv[1]))
            try:
                await store.write(lambda connection: 1 / 0)
            finally:
                await store.close()

        asyncio.run(main())
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "simai.db")],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
