"""A backup with its proof beside the least that any backup does, and a restore beside unpacking and
copying; while another process writes.

    python -m tests.bench backups
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection
from statistics import median
from typing import Any, cast

from isal import isal_zlib

from simtui import encrypting
from simtui.errors import Damaged
from simtui.library import Library
from simtui.library.content import content_of
from simtui.model.workflow import Workflow
from simtui.paths import Home
from simtui.store import payload, pruning, settings, snapshots, workflows
from tests.backup.test_keyed import by
from tests.bench.exports import WORDS, exports
from tests.bench.table import Row, mb, ms
from tests.vault.vaults import make_vault

SIZE_BYTES = 200_000_000
WORKFLOWS = 1000
LINES_AT_ONCE = 20_000
_AT = 1_790_000_000_000


def rows(place: Path, share: int) -> Iterator[Row]:
    home = filled(place / "backups", SIZE_BYTES // share)
    size = home.database.stat().st_size
    floor = min(_floor(home, place / "floor") for _ in range(2))
    times, parts, commits = asyncio.run(_backed_up(home, 2))
    least = min(times)
    told = ", ".join(f"{name} {ms(took / 1000)}" for name, took in parts)
    yield Row(
        f"backup of {mb(size)}, proven", ms(least), f"{ms(floor)}, copied, hashed, deflated",
        least / floor, "≤ 3.5 ×", least <= 3.5 * floor,
    )  # fmt: skip
    yield Row("  of it", told, "", None, "", True)
    p99 = sorted(commits)[int(len(commits) * 0.99)]
    yield Row(
        "  a commit of another process meanwhile, p99", ms(p99), f"{ms(median(commits))}, median",
        None, "≤ 10 ms", p99 <= 0.01,
    )  # fmt: skip
    [backup] = sorted(home.backups.glob("*.zip"))[-1:]
    plain = _unpacked_and_copied(backup, place / "unpacked")
    spent, stages = asyncio.run(_restored(home, backup))
    brought = sum(took for name, took in stages if name in ("ready", "take in", "check")) / 1000
    yield Row(
        "restore, the library written", ms(brought), f"{ms(plain)}, unzip and copy",
        brought / plain, "≤ 2 ×", brought <= 2 * plain,
    )  # fmt: skip
    told = ", ".join(f"{name} {ms(took / 1000)}" for name, took in stages)
    yield Row("  with proof and safety backup", ms(spent), told, spent / plain, "", True)
    alarms, each = asyncio.run(_many(Home(place / "many-backups"), 1000 // share))
    yield Row(
        f"{1000 // share:,} small backups, false alarms", f"{alarms}", f"{ms(each)} each", None,
        "none", not alarms,
    )  # fmt: skip
    keyed = asyncio.run(_encrypted(home, Home(place / "encrypted-backups")))
    yield Row(
        "backup of the same library encrypted, proven", ms(keyed), f"{ms(least)}, in clear",
        keyed / least, "≤ 2 ×", keyed <= 2 * least,
    )  # fmt: skip
    ours = {"backup": least, "check": dict(parts)["prove"] / 1000, "restore": brought}
    yield from _beside_restic(home, place / "restic", ours)


# -- what is backed up


def filled(root: Path, size_bytes: int) -> Home:
    home = Home(root)
    if not home.database.exists():
        asyncio.run(_fill(home, size_bytes))
    return home


async def _fill(home: Home, size_bytes: int) -> None:
    made, chance = exports(WORKFLOWS, seed=3), random.Random(3)
    async with await Library.open(home) as library:
        await library.store.write(_put_workflows, [content_of(next(made)[1]) for _ in range(1000)])
        run = 0
        while await library.store.read(snapshots.used_bytes) < size_bytes:
            run = await library.store.write(_put_lines, run, chance)


def _put_workflows(connection: Connection, contents: list[workflows.Content]) -> None:
    for n, content in enumerate(contents):
        row = Workflow(
            id=f"wf-{n}", name=f"Workflow {n}", folder="", description="", created_at=_AT,
            updated_at=_AT + n, digest=content.digest, document_bytes=content.document_bytes,
            block_count=content.block_count, edge_count=content.edge_count, source="F1",
        )  # fmt: skip
        workflows.insert(connection, row, content)


def _put_lines(connection: Connection, run: int, chance: random.Random) -> int:
    for _ in range(LINES_AT_ONCE // 40):
        run += 1
        connection.execute(
            "INSERT INTO runs (id, workflow_id, status, started_at, number, place)"
            " VALUES (?, ?, 'completed', ?, ?, ?)",
            (f"run-{run}", f"wf-{run % WORKFLOWS}", _AT + run, run, (_AT + run) << 16),
        )
        long = payload.encode(" ".join(chance.choices(WORDS, k=400)).encode())
        connection.execute(
            "INSERT INTO run_payloads (run_number, input) VALUES (?, ?)", (run, long)
        )
        lines = [" ".join(chance.choices(WORDS, k=12)) for _ in range(40)]
        connection.executemany(
            "INSERT INTO log_lines (run_number, seq, at, level, message)"
            " VALUES (?, ?, ?, 'info', ?)",
            [(run, n, _AT + run, line) for n, line in enumerate(lines)],
        )
        connection.executemany(
            "INSERT INTO log_search (rowid, message) VALUES (?, ?)",
            [(run << 32 | n, line) for n, line in enumerate(lines)],
        )
    return run


# -- floors


def _floor(home: Home, place: Path) -> float:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    start = time.perf_counter()
    snapshots.copy_of(home.database, place / "copy.db")
    digest = hashlib.sha256()
    with (
        (place / "copy.db").open("rb") as source,
        (place / "copy.zip").open("wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        with archive.open("simai.db", "w", force_zip64=True) as packed:
            cast(Any, packed)._compressor = isal_zlib.compressobj(2, isal_zlib.DEFLATED, -15)
            while piece := source.read(1 << 20):
                digest.update(piece)
                packed.write(piece)
        archive.close()
        file.flush()
        os.fsync(file.fileno())
    spent = time.perf_counter() - start
    shutil.rmtree(place)
    return spent


def _unpacked_and_copied(backup: Path, place: Path) -> float:
    place.mkdir()
    start = time.perf_counter()
    subprocess.run(["unzip", "-q", backup, "simai.db", "-d", place], check=True)
    shutil.copyfile(place / "simai.db", place / "copy.db")
    descriptor = os.open(place / "copy.db", os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    spent = time.perf_counter() - start
    shutil.rmtree(place)
    return spent


# -- ours

WRITER = """
import sys, time
from pathlib import Path
from simtui.store import engine, settings
connection = engine.connect(Path(sys.argv[1]))
print("ready", flush=True)
n = 0
while not Path(sys.argv[2]).exists():
    start = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    settings.put(connection, "bench", str(n))
    connection.execute("COMMIT")
    print(time.perf_counter() - start)
    n += 1
    time.sleep(0.002)
"""


async def _backed_up(home: Home, turns: int) -> tuple[list[float], Any, list[float]]:
    times: list[float] = []
    commits: list[float] = []
    stages: Any = ()
    stop = home.root / "stop"
    async with await Library.open(home) as library:
        for turn in range(turns + 1):
            writer = None
            if turn == turns:  # the last one is made while somebody writes
                command = [sys.executable, "-c", WRITER, str(home.database), str(stop)]
                writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
                assert writer.stdout is not None
                writer.stdout.readline()
            start = time.perf_counter()
            made = await library.backups.make()
            spent = time.perf_counter() - start
            assert made is not None
            if writer is None:
                times.append(spent)
                stages = made.stages_ms
            else:
                stop.touch()
                commits = [float(line) for line in writer.communicate()[0].split()]
                stop.unlink()
    return times, stages, commits


async def _encrypted(plain: Home, home: Home) -> float:
    """The time of a backup of the same library under a key; its vault is left open, as on the
    screen."""
    home.root.mkdir()
    shutil.copyfile(plain.database, home.database)
    async with await Library.open(home) as library:
        code = await make_vault(library.vault)
        await encrypting.encrypt(library)
        shutil.rmtree(home.backups)
    async with await Library.open(home, unlocking=by(code)) as library:
        times = []
        for _ in range(2):
            start = time.perf_counter()
            assert await library.backups.make()
            times.append(time.perf_counter() - start)
    shutil.rmtree(home.root)
    return min(times)


async def _restored(home: Home, backup: Path) -> tuple[float, Any]:
    async with await Library.open(home) as library:
        await library.store.write(settings.put, "bench", "since")
        start = time.perf_counter()
        done = await library.backups.restore(backup)
        return time.perf_counter() - start, done.stages_ms


async def _many(home: Home, count: int) -> tuple[int, float]:
    """How many good ones were taken for bad, and the time of each."""
    made, alarms = exports(count, seed=4), 0
    async with await Library.open(home) as library:
        start = time.perf_counter()
        for _ in range(count):
            content = content_of(next(made)[1])
            await library.store.write(_put_workflows, [content])
            try:
                done = await library.backups.make("daily")
            except Damaged:
                alarms += 1
            else:
                alarms += done is None or done.backup.verdict != "proven"
            await library.store.write(_remove_all)
        return alarms, (time.perf_counter() - start) / count


def _remove_all(connection: Connection) -> None:
    workflows.delete(connection, ["wf-0"], _AT)
    pruning.remove_workflow(connection, "wf-0", _AT)


# -- a peer


def _beside_restic(home: Home, place: Path, ours: dict[str, float]) -> Iterator[Row]:
    """`ours`: the seconds of the same work here. Its backup is not proven until it is checked."""
    restic = shutil.which("restic")
    if restic is None:
        yield Row("beside restic", "restic is not installed", "", None, "", False)
        return
    place.mkdir()
    environment = {**os.environ, "RESTIC_PASSWORD": "bench", "RESTIC_REPOSITORY": str(place / "r")}

    def spent(*words: object) -> float:
        start = time.perf_counter()
        command = [restic, *map(str, words)]
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    snapshots.copy_of(home.database, place / "copy.db")
    spent("init")
    its = {
        "backup": spent("backup", place / "copy.db"),
        "check": spent("check", "--read-data"),
        "restore": spent("restore", "latest", "--target", place / "out"),
    }
    whole = its["backup"] + its["check"]
    for what, mine, peer, words in (
        ("backup, proven", ours["backup"], whole, "restic backup and check --read-data"),
        ("  proof alone", ours["check"], its["check"], "restic check --read-data"),
        ("restore, the library written", ours["restore"], its["restore"], "restic restore"),
    ):
        yield Row(what, ms(mine), f"{ms(peer)}, {words}", mine / peer, "", True)
    shutil.rmtree(place)
