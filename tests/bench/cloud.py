"""Out of a PostgreSQL on this machine, beside what nobody can do without: `COPY` of the same
tables, and the floor under an import of the same documents, versions and runs.

    python -m tests.bench.cloud copy ADDRESS
    python -m tests.bench.cloud floor FOLDER DATABASE
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import psycopg
import zstandard

from simtui.library import Library
from simtui.paths import Home
from simtui.store import engine, payload
from tests.bench import floor
from tests.bench.commands import quiet
from tests.bench.exports import words_of
from tests.bench.peak import peak_of
from tests.bench.table import Row, mb, medians
from tests.cloud import server
from tests.cloud.filling import OWNER, WORKSPACE, trace
from tests.making import block, edge

WORKFLOWS = 10_000
BLOCKS = 30
RUNS_EACH = 10
TABLES = (
    "workflow", "workflow_blocks", "workflow_edges", "workflow_subflows",
    "workflow_execution_snapshots", "workflow_execution_logs",
)  # fmt: skip


def rows(place: Path, share: int) -> Iterator[Row]:
    """Nothing where there is no PostgreSQL."""
    if server.programs() is None:
        print("    cloud: no PostgreSQL here; not measured", file=sys.stderr)
        return
    running = server.start()
    try:
        yield from _rows(running, place / "cloud", share)
    finally:
        running.stop("immediate")


def _rows(running: server.Server, place: Path, share: int) -> Iterator[Row]:
    place.mkdir()
    many = WORKFLOWS // share
    address = running.address("2026-08")
    fill(address, many)
    few_address = running.address("2026-08")
    fill(few_address, many // 10)
    homes = (place / f"home {n}" for n in range(100))

    def product() -> None:
        quiet(sys.executable, "-m", "simtui.cloud", address, "--home", next(homes))

    product()
    asyncio.run(_write_out(Home(place / "home 0"), address, place / "floor"))
    databases = (place / f"floor {n}.db" for n in range(100))

    def least() -> None:
        quiet(sys.executable, "-m", "tests.bench.cloud", "copy", address)
        quiet(sys.executable, "-m", "tests.bench.cloud", "floor", place / "floor", next(databases))

    took, floored = medians(1 if share > 1 else 3, product, least)
    yield Row(
        f"{many:,} workflows of {BLOCKS} blocks and {many * RUNS_EACH:,} runs out of PostgreSQL",
        f"{took:.1f} s", f"{floored:.1f} s, COPY and the floor of an import", took / floored,
        "≤ 2 ×", took <= 2 * floored,
    )  # fmt: skip
    command = [sys.executable, "-m", "simtui.cloud", "--home"]
    peaks = [peak_of([*command, str(next(homes)), each])[1] for each in (few_address, address)]
    yield Row(
        "its memory, beside a tenth of it", mb(peaks[1]), mb(peaks[0]), peaks[1] / peaks[0],
        "flat (≤ 1.2 ×)", peaks[1] <= 1.2 * peaks[0],
    )  # fmt: skip
    shutil.rmtree(place)


# -- the database


def fill(address: str, workflows: int, blocks: int = BLOCKS, runs_each: int = RUNS_EACH) -> None:
    """So many workflows of so many blocks, a document that ran and some runs each."""
    chance = random.Random(7)
    seeds = [_state(chance, blocks) for _ in range(7)]
    with psycopg.connect(address) as connection:
        connection.execute(
            "INSERT INTO workspace (id, name, owner_id) VALUES (%s, 'Acme', %s)",
            (WORKSPACE, OWNER),
        )
        _copied(connection, "workflow (id, user_id, workspace_id, name)", (
            (_id(n), OWNER, WORKSPACE, f"{' '.join(words_of(chance, 3))} {n}")
            for n in range(workflows)
        ))  # fmt: skip
        _copied(
            connection,
            "workflow_blocks (id, workflow_id, type, name, position_x, position_y, sub_blocks)",
            (
                (
                    f"{_id(n)}-{each['id']}", _id(n), each["type"],
                    f"{each['name']} {chance.choice(words_of(chance, 1))}",
                    str(each["position"]["x"]), "100", json.dumps(each["subBlocks"]),
                )
                for n in range(workflows)
                for each in seeds[n % 7]["blocks"].values()
            ),
        )  # fmt: skip
        _copied(
            connection,
            "workflow_edges (id, workflow_id, source_block_id, target_block_id, source_handle)",
            (
                (
                    f"{_id(n)}-{each['id']}", _id(n), f"{_id(n)}-{each['source']}",
                    f"{_id(n)}-{each['target']}", "source",
                )
                for n in range(workflows)
                for each in seeds[n % 7]["edges"]
            ),
        )  # fmt: skip
        texts = [json.dumps(seed) for seed in seeds]
        _copied(
            connection,
            "workflow_execution_snapshots (id, workflow_id, state_hash, state_data)",
            ((f"snap-{n}", _id(n), f"{n}", texts[n % 7]) for n in range(workflows)),
        )
        _copied(
            connection,
            "workflow_execution_logs (id, workflow_id, workspace_id, execution_id,"
            " state_snapshot_id, level, status, trigger, started_at, ended_at, total_duration_ms,"
            " cost_total, execution_data)",
            (
                (
                    f"log-{n}-{run}", _id(n), WORKSPACE, f"run-{n}-{run}", f"snap-{n}", "info",
                    "completed", "api", f"2026-0{1 + run % 8}-09 21:40:{n % 60:02}",
                    f"2026-0{1 + run % 8}-09 21:41:{n % 60:02}", "1500", "0.01",
                    json.dumps(trace(f"run-{n}-{run}")),
                )
                for n in range(workflows)
                for run in range(runs_each)
            ),
        )  # fmt: skip
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _copied(
    connection: psycopg.Connection[Any], into: str, lines: Iterator[tuple[str, ...]]
) -> None:
    with connection.cursor().copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for line in lines:
            copy.write_row(line)


def _id(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012}"


def _state(chance: random.Random, count: int) -> dict[str, Any]:
    blocks = []
    for n in range(count):
        made = block(
            f"b{n}", chance.choice(("agent", "function", "condition", "api")),
            systemPrompt=" ".join(words_of(chance, 60)), userPrompt=" ".join(words_of(chance, 20)),
            model="gpt-4o", temperature=0.7,
        )  # fmt: skip
        blocks.append({**made, "position": {"x": n * 200, "y": 100}})
    edges = [edge(before["id"], after["id"]) for before, after in pairwise(blocks)]
    return {
        "blocks": {each["id"]: each for each in blocks}, "edges": edges, "loops": {},
        "parallels": {},
    }  # fmt: skip


# -- the floor


async def _write_out(home: Home, address: str, folder: Path) -> None:
    """The same documents, versions and runs, as files."""
    documents = folder / "documents"
    documents.mkdir(parents=True)
    with (folder / "versions.ndjson").open("wb") as versions:
        async with await Library.open(home, create=False) as library:
            for n in range(len(await library.workflows.page(limit=1_000_000))):
                content = await library.workflows.document(_id(n))
                (documents / f"{n:05}.json").write_bytes(content)
                (version,) = await library.workflows.versions(_id(n))
                earlier = await library.workflows.version_document(_id(n), version.number)
                versions.write(orjson.dumps([_id(n), earlier.decode()]) + b"\n")
    with psycopg.connect(address) as connection, (folder / "runs.ndjson").open("wb") as out:
        for row in connection.execute(
            "SELECT workflow_id, execution_id, execution_data::text FROM workflow_execution_logs"
        ):
            out.write(orjson.dumps(row) + b"\n")


def _floor(folder: Path, database: Path) -> None:
    floor.main(folder / "documents", database)
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    connection = engine.connect(database)
    numbers = dict(connection.execute("SELECT id, id FROM workflows").fetchall())
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO workflow_versions (workflow_id, number, digest, name, saved_at,"
        " document_bytes, block_count, edge_count, data) VALUES (?, 1, ?, 'x', 1, ?, ?, 1, ?)",
        _floored_versions(folder, numbers, compressor),
    )
    runs: list[tuple[object, ...]] = []
    payloads: list[tuple[object, ...]] = []
    spans: list[tuple[object, ...]] = []
    texts: list[tuple[int, str]] = []
    for number, line in enumerate((folder / "runs.ndjson").open("rb"), 1):
        _workflow, ident, text = orjson.loads(line)
        said = orjson.loads(text)
        runs.append((ident, number, number, "0", "completed", 1, 1500, 0.01, "api"))
        payloads.append(
            (number, _packed(said["workflowInput"]), _packed(said["finalOutput"]), None)
        )
        pending = list(said["traceSpans"])
        while pending:
            span = pending.pop()
            pending += span["children"]
            kept = {key: span.get(key) for key in ("input", "output")}
            spans.append((number, span["id"], len(spans), span["name"], 1, _packed(kept)))
        texts.append((number, f"{ident} {said['finalOutput']}"))
    connection.executemany(
        "INSERT INTO runs (id, number, place, workflow_id, status, started_at, duration_ms,"
        " cost_usd, trigger) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        runs,
    )
    connection.executemany("INSERT INTO run_payloads VALUES (?, ?, ?, ?)", payloads)
    connection.executemany(
        "INSERT INTO spans (run_number, id, seq, name, started_at, payload)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        spans,
    )
    connection.executemany("INSERT INTO run_search (rowid, body) VALUES (?, ?)", texts)
    connection.execute("COMMIT")
    connection.close()


def _floored_versions(
    folder: Path, numbers: dict[str, str], compressor: zstandard.ZstdCompressor
) -> Iterator[tuple[object, ...]]:
    for number, line in enumerate((folder / "versions.ndjson").open("rb")):
        _ident, text = orjson.loads(line)
        content = text.encode()
        blocks = len(orjson.loads(content)["state"]["blocks"])
        digest = hashlib.sha256(content).hexdigest()
        frame = compressor.compress(content)
        yield (numbers[str(number)], digest, len(content), blocks, frame)


def _packed(value: Any) -> bytes:
    text = orjson.dumps(value)
    return text if len(text) < 256 else payload.encode(text)


def _copy(address: str) -> None:
    with psycopg.connect(address) as connection, Path(os.devnull).open("wb") as nowhere:
        for table in TABLES:
            with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
                for piece in copy:
                    nowhere.write(piece)


if __name__ == "__main__":
    if sys.argv[1] == "copy":
        _copy(sys.argv[2])
    else:
        _floor(Path(sys.argv[2]), Path(sys.argv[3]))
