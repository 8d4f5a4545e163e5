"""The threads that connections run on."""

from __future__ import annotations

import asyncio
import threading


def connection_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if "_connection_worker_thread" in t.name]


async def assert_none_left() -> None:
    """Each of them has ended, or is just ending."""
    for thread in connection_threads():
        await asyncio.to_thread(thread.join, 10)
    assert connection_threads() == []
