"""A process that is killed at any moment: what was told as done is there, nothing is half there,
and the same command again completes it."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from simtui.paths import Home
from simtui.store import engine, migrations, settings
from tests.soak.conftest import COUNT, Exports, ask, check_whole, command, complete

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]


@pytest.mark.parametrize("moment", range(20))
def test_an_import_that_is_killed_leaves_whole_workflows_and_is_completed_by_the_next(
    home: Home, many: Exports, moment: int
) -> None:
    importing = command(home, "import", many.folder, "-o", "jsonl")
    with subprocess.Popen(importing, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = 0
        if moment == 0:  # while the tables are being made
            while not home.database.exists():
                assert child.poll() is None
        else:
            for _line in child.stdout:
                told += 1
                if told == moment * 90:
                    break
            # items are told by the batch: some way into the next one
            time.sleep(random.Random(moment).random() * 0.15)
        child.kill()
        told += sum(line.endswith("}\n") for line in child.stdout)
        assert child.wait() == -9, "the import was over before it was killed"

    present = check_whole(home, many.contents)
    assert told <= present < COUNT
    outcomes = complete(home, many)
    assert (outcomes["imported"], outcomes["unchanged"]) == (COUNT - present, present)


WRITER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from simtui.store import settings
    from simtui.store.store import Store

    async def main():
        store = await Store.open(Path(sys.argv[1]))
        for n in range(100_000):
            await store.write(settings.put, f"{n:06}", "x" * 200)
            print(n, flush=True)

    asyncio.run(main())
    """
)


@pytest.mark.parametrize("moment", range(20))
def test_a_write_that_was_acknowledged_survives_a_kill(tmp_path: Path, moment: int) -> None:
    path = tmp_path / "simai.db"
    writing = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(writing, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        last = -1
        for line in child.stdout:
            last = int(line)
            if last == moment * 47:  # past the first checkpoints of the log, too
                break
        child.kill()
        last = max([last, *(int(line) for line in child.stdout if line.endswith("\n"))])

    connection = engine.connect(path)
    found = sorted(settings.all_of(connection))
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    # one more may have been written whose acknowledgement was on its way
    assert found in ([f"{n:06}" for n in range(last + 1)], [f"{n:06}" for n in range(last + 2)])


OPENER = textwrap.dedent(
    """
    import asyncio, sys
    from pathlib import Path
    from simtui.store.store import Store

    async def main():
        print("ready", flush=True)
        await Store.open(Path(sys.argv[1]))
        print("open", flush=True)
        sys.stdin.read()

    asyncio.run(main())
    """
)


@pytest.mark.parametrize("moment", range(20))
def test_a_first_opening_that_is_killed_leaves_a_home_that_opens(home: Home, moment: int) -> None:
    home.root.mkdir(mode=0o700)
    with subprocess.Popen(
        [sys.executable, "-c", OPENER, str(home.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(moment * 0.001)  # the tables are made within some twenty milliseconds
        child.kill()

    if home.database.exists():
        connection = engine.connect(home.database)
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.close()
        assert version == (migrations.SCHEMA_VERSION if tables else 0)
    assert ask(home).returncode == 0
    assert check_whole(home, {}) == 0
