"""Workflows put together in processes beside, while this one reads and writes: it is most of the
work, and holds the GIL. A few are not worth a process."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from simtui import circles
from simtui.apart import begin_child
from simtui.cloud.building import Raw, built, built_all
from simtui.cloud.entries import Entry
from simtui.errors import SimtuiError

_FEW = 300
_CHUNK = 48
_CHUNK_BYTES = 2 << 20
_AHEAD = 3


def entries_of(raws: Iterator[Raw]) -> Generator[Entry, None, None]:
    """What comes of each, in order."""
    for raw in islice(raws, _FEW):
        yield built(raw)
    first = _chunk(raws)
    if not first:
        return
    workers = max(1, min(3, (os.cpu_count() or 1) - 1))
    # spawn: a fork would copy the locks of the connections' threads
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin_child
    )
    pending: deque[Future[list[Entry]]] = deque([pool.submit(built_all, first)])
    try:
        while chunk := _chunk(raws):
            pending.append(pool.submit(built_all, chunk))
            if len(pending) >= workers + _AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool:
        raise SimtuiError(
            "A process that puts workflows together ended by itself. What came is kept; the same "
            "command goes on where it stopped."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_child() -> None:
    begin_child()
    circles.seldom()


def _chunk(raws: Iterator[Raw]) -> list[Raw]:
    chunk: list[Raw] = []
    size = 0
    for raw in raws:
        chunk.append(raw)
        size += raw.size_bytes
        if len(chunk) >= _CHUNK or size >= _CHUNK_BYTES:
            break
    return chunk
