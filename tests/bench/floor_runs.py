"""The floor under an import of runs: what any program must do with these events, in one loop.

    python -m tests.bench.floor_runs STREAM DATABASE

Read, parse (orjson), pack what is large (zstd), look once for keys in what is indexed, and one
`executemany` a table and batch into the same tables with the same indexes, the search indexes
among them. It takes for granted what an import must find out: that every line is sound, that its
run is new, and that the run is told whole, in order and once.
"""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import islice
from pathlib import Path
from sqlite3 import Connection
from typing import Any, BinaryIO

import orjson
import zstandard

from simtui.model.key_shapes import hinted, key_shapes
from simtui.store import engine, migrations

Row = tuple[Any, ...]

BATCH_EVENTS = 12 * 400  # whole runs of the stream that is measured


def main(stream: Path, database: Path) -> None:
    engine.create_file(database)
    connection = engine.connect(database)
    migrations.migrate(connection, database)
    with stream.open("rb") as lines:
        _fill(connection, lines)
    connection.close()


def _fill(connection: Connection, lines: BinaryIO) -> None:
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    workflows: dict[str, str] = {}
    number = 0

    def packed(value: Any) -> bytes | None:
        if value is None:
            return None
        text = orjson.dumps(value)
        return text if len(text) < 256 else compressor.compress(text)

    def safe(text: str) -> str:
        return key_shapes().sub(" ", text) if hinted(text) else text

    while batch := list(islice(lines, BATCH_EVENTS)):
        new: list[Row] = []
        runs: list[Row] = []
        payloads: list[Row] = []
        texts: list[Row] = []
        spans: list[Row] = []
        log_lines: list[Row] = []
        log_texts: list[Row] = []
        begun: dict[str, Any] = {}
        for line in batch:
            event = orjson.loads(line)
            kind = event["event"]
            if kind == "run":
                number += 1
                name = event["workflow_name"]
                if name not in workflows:
                    workflows[name] = f"workflow-{len(workflows)}"
                    new.append((workflows[name], name))
                begun[event["id"]] = (number, _ms(event["started_at"]), event)
            elif kind == "span":
                spans.append((
                    number, event["id"], len(spans), event.get("parent_id"), event["name"],
                    event.get("type"), event.get("status"), _ms(event["started_at"]),
                    event.get("duration_ms"), event.get("tokens"), event.get("cost_usd"),
                    packed({"output": event["output"]}),
                ))  # fmt: skip
            elif kind == "log":
                seq = len(log_lines)
                log_lines.append((
                    number, seq, _ms(event["at"]), event.get("level", "info"), event["message"],
                ))  # fmt: skip
                log_texts.append((number << 32 | seq, safe(event["message"])))
            else:
                at, started, run = begun.pop(event["run_id"])
                output = event["output"]
                runs.append((
                    run["id"], at, started << 16, workflows[run["workflow_name"]],
                    event["status"], started, event.get("duration_ms"), run.get("trigger"),
                    event.get("cost_usd"), 1,
                ))  # fmt: skip
                payloads.append((at, packed(run.get("input")), packed(output)))
                texts.append((started << 16, "\n".join(map(safe, output.values()))))
        assert not begun, "a batch holds whole runs"
        connection.execute("BEGIN IMMEDIATE")
        for statement, rows in (
            (_WORKFLOW, new), (_RUN, runs), (_PAYLOADS, payloads), (_SPAN, spans),
            (_LINE, log_lines), (_LINE_TEXT, log_texts), (_TEXT, texts),
        ):  # fmt: skip
            connection.executemany(statement, rows)
        connection.execute("COMMIT")


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


_WORKFLOW = (
    "INSERT INTO workflows (id, name, updated_at, created_at, digest, document_bytes,"
    " block_count, edge_count, data) VALUES (?, ?, 1, 1, '', 0, 0, 0, x'')"
)
_RUN = (
    "INSERT INTO runs (id, number, place, workflow_id, status, started_at, duration_ms, trigger,"
    " cost_usd, has_end) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_PAYLOADS = "INSERT INTO run_payloads (run_number, input, output) VALUES (?, ?, ?)"
_SPAN = (
    "INSERT INTO spans (run_number, id, seq, parent_id, name, type, status, started_at,"
    " duration_ms, tokens, cost_usd, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LINE = "INSERT INTO log_lines (run_number, seq, at, level, message) VALUES (?, ?, ?, ?, ?)"
_LINE_TEXT = "INSERT INTO log_search (rowid, message) VALUES (?, ?)"
_TEXT = "INSERT INTO run_search (rowid, body) VALUES (?, ?)"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
