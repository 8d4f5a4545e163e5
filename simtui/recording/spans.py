"""How what a stream says of a span joins what is known of it."""

from __future__ import annotations

from typing import Any

import orjson

from simtui.model.run import RUNNING
from simtui.model.run_said import SpanSaid
from simtui.store.runs import packed, packed_json, unpacked
from simtui.store.spans import Row

_STATUS, _DURATION = 5, 7
_SEQ = 1


def row_of(said: SpanSaid, seq: int) -> Row:
    """A span that nothing was said of before."""
    payload = said.payload
    return (said.id, seq, *said[3:14], None if payload is None else packed_json(payload))


def joined(row: Row, said: SpanSaid) -> Row:
    """A span with what is said of it now. What is not said stays. A span that has ended is not
    opened again: what an unfinished one says then only fills what is missing."""
    seq = row[_SEQ] if said.seq is None else said.seq
    new = row_of(said, seq)
    fills_only = _has_ended(row) and not _has_ended(new)
    parts = [
        (old if old is not None else now) if fills_only else (now if now is not None else old)
        for old, now in zip(row[:13], new[:13], strict=True)
    ]
    return (*parts, _payload(row[13], said, fills_only))


def _has_ended(row: Row) -> bool:
    return row[_STATUS] not in (None, RUNNING) or row[_DURATION] is not None


def _payload(old: bytes | None, said: SpanSaid, fills_only: bool) -> bytes | None:
    if said.payload is None:
        return old
    if old is None:
        return packed_json(said.payload)
    known: dict[str, Any] = unpacked(old, "a span")
    now: dict[str, Any] = orjson.loads(said.payload)
    return packed({**now, **known} if fills_only else {**known, **now})
