"""Exports as large as real ones (27 KB each), as many as wanted, each a workflow of its own.

Where `SIMTUI_REAL_EXPORTS` names files that Sim wrote, they are the seeds; otherwise documents of
the same size and kind are made.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from tests.making import block, document, edge

SIZE_BYTES = 27_000

_STEMS = """
    answer article blank brief call check claim client code column compare context customer
    date detail draft email entry error every example extract fact field filter final format
    function given group input invoice item keep label language lead letter line list mail
    mark match message model name note number order output page parse part path phrase plan
    point price prompt question quote rank reason record reply report request result return
    rule sale score section send sentence short sign source step string subject summary table
    tag task team text ticket title tone topic total type unit update user value verify word
    write
"""
_ENDINGS = ("", "s", "ed", "ing", "er", "ly", "ness", "able")
WORDS = [stem + ending for stem in _STEMS.split() for ending in _ENDINGS]


def exports(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of `count` exports. Their names and some of their words differ."""
    chance = random.Random(seed)
    seeds = _real() or [_made(chance) for _ in range(7)]
    for n in range(count):
        value = orjson.loads(seeds[n % len(seeds)])
        state = value["state"]
        name = f"{' '.join(chance.choices(WORDS, k=3)).capitalize()} {n}"
        state.setdefault("metadata", {})["name"] = name
        for key, each in state["blocks"].items():
            each["name"] = f"{each.get('name') or key} {chance.choice(WORDS)}{n % 997}"
        yield f"{n:05d}.json", orjson.dumps(value, option=orjson.OPT_INDENT_2)


def folder_of(folder: Path, count: int, seed: int = 1) -> int:
    """Writes `count` exports into a new folder. Their size in bytes."""
    folder.mkdir(parents=True)
    size = 0
    for name, content in exports(count, seed):
        (folder / name).write_bytes(content)
        size += len(content)
    return size


def _real() -> list[bytes]:
    """The single workflows among the real files: Sim's templates, 27 KB on average."""
    folder = os.environ.get("SIMTUI_REAL_EXPORTS")
    if not folder:
        return []
    return [path.read_bytes() for path in sorted(Path(folder).glob("tpl-*.json"))]


def _made(chance: random.Random) -> bytes:
    """A document of about 27 KB: agents with long prompts, and what Sim writes around them."""
    blocks: list[dict[str, Any]] = [block("start", "start_trigger", "Start", inputFormat=[])]
    size = 0
    while size < SIZE_BYTES:
        made = block(
            f"block-{len(blocks)}",
            chance.choice(("agent", "function", "condition", "api")),
            systemPrompt=_prose(chance, 90),
            userPrompt=f"{_prose(chance, 30)} <start.input> {{{{API_KEY}}}}",
            model="gpt-4o",
            temperature=0.7,
            tools=[{"type": "custom", "title": word, "params": {}} for word in words_of(chance, 3)],
        )
        blocks.append(made)
        size += len(orjson.dumps(made, option=orjson.OPT_INDENT_2)) + 200
    edges = [edge(before["id"], after["id"]) for before, after in pairwise(blocks)]
    return orjson.dumps(document(blocks=blocks, edges=edges))


def _prose(chance: random.Random, words: int) -> str:
    return " ".join(words_of(chance, words)).capitalize() + "."


def words_of(chance: random.Random, count: int) -> list[str]:
    """So many words."""
    return chance.choices(WORDS, k=count)
