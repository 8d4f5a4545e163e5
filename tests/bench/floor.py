"""The floor under an import: what any program must do with these files, in one loop.

    python -m tests.bench.floor FOLDER DATABASE

Read, parse (orjson), walk for the text, look once for keys, pack (zstd), digest (SHA-256), and one
`executemany` a table, the search index among them.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import orjson
import zstandard

from simtui.model.redact import likely_keys
from simtui.store import engine, migrations


def walk(value: Any, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for item in value.values():
            walk(item, texts)
    elif isinstance(value, list):
        for item in value:
            walk(item, texts)


def text_of(document: dict[str, Any]) -> str:
    texts: list[str] = []
    for block in document["state"]["blocks"].values():
        texts += (block["name"], block["type"])
        for sub_block in block["subBlocks"].values():
            walk(sub_block["value"], texts)
    return "\n".join(texts)


def main(folder: Path, database: Path) -> None:
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    workflows, items, texts = [], [], []
    for n, path in enumerate(sorted(folder.iterdir())):
        content = path.read_bytes()
        document = orjson.loads(content)
        likely_keys(document)
        name = document["state"]["metadata"]["name"]
        blocks, edges = len(document["state"]["blocks"]), len(document["state"]["edges"])
        digest = hashlib.sha256(content).hexdigest()
        frame = compressor.compress(content)
        workflows.append((str(n), name, 1, 1, digest, len(content), blocks, edges, frame))
        items.append((n, "workflow", str(n)))
        texts.append((n, name, text_of(document)))
    engine.create_file(database)
    connection = engine.connect(database)
    migrations.migrate(connection, database)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO workflows (id, name, updated_at, created_at, digest, document_bytes,"
        " block_count, edge_count, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        workflows,
    )
    connection.executemany("INSERT INTO search_items (n, kind, ref) VALUES (?, ?, ?)", items)
    connection.executemany("INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", texts)
    connection.execute("COMMIT")
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
