"""Work beside the keys: what a screen reads or does while keys are answered; and what takes a
while, one at a time, told in the status line, ended by esc."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import Worker


def in_background(
    node: DOMNode, work: Callable[[], Awaitable[None]], *, newest_of: str = ""
) -> Worker[None]:
    """Runs `work` while keys are answered; it ends with the node. `newest_of`: what runs there in
    this group already is ended. It is called when its turn comes, and not at all where it is ended
    before: a coroutine handed over would be one that nobody awaits."""

    async def run() -> None:
        await work()

    group, exclusive = newest_of or "default", bool(newest_of)
    return node.run_worker(run, group=group, exclusive=exclusive, exit_on_error=False)


class Work:
    """`words` say what is running, "" where nothing is; `say` shows them."""

    def __init__(self, say: Callable[[], None]) -> None:
        self.words = ""
        self._say = say
        self._task: asyncio.Task[None] | None = None

    async def run(self, words: str, coroutine: Coroutine[object, object, None]) -> bool:
        """Runs it to its end. False where it was ended before. Raises what it raises, and
        `CancelledError` where whoever waits for it is ended as well."""
        assert not self.words, "one thing at a time"
        self.words = words
        self._say()
        self._task = asyncio.create_task(coroutine)
        try:
            await self._task
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if waiting is not None and waiting.cancelling():
                raise
            return False
        finally:
            self.words, self._task = "", None
            self._say()
        return True

    def at(self, words: str, done: int, total: int = 0) -> None:
        """How far it is; `total` 0 where nobody knows that."""
        self.words = f"{words} {done:,}/{total:,}" if total else f"{words} {done:,}"
        self._say()

    def cancel(self) -> bool:
        """Ends what is running. False where nothing is."""
        if self._task is None:
            return False
        self._task.cancel()
        return True
