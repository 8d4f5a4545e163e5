"""Keys, one after the other. Textual hands keys on as they come, so that on a slow link, where many
come at once, a key may reach the screen that the key before it has just left: `d` and `y` typed
ahead would ask to delete and then copy. Here the next key waits until the one before it is done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from textual.dom import DOMNode

PATIENCE_SECONDS = 1.0
"""How long a key may keep the next one waiting."""


class Typed:
    """`put` takes what came (a key, a paste) as a call that hands it on. What goes wrong there is
    told, and the next key works all the same."""

    def __init__(
        self, focus: Callable[[], DOMNode], tell_error: Callable[[BaseException], None]
    ) -> None:
        self._focus, self._tell_error = focus, tell_error
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._busy: asyncio.Event | None = None
        self._handing = False

    def put(self, hand_on: Callable[[], Awaitable[None]]) -> None:
        self._waiting.put_nowait(hand_on)

    @property
    def idle(self) -> bool:
        """Whether every key that came was handed on, and is done."""
        return self._waiting.empty() and not self._handing

    def hold(self) -> asyncio.Event:
        """Keeps the next key until the event that is returned is set, or `release`."""
        self._busy = asyncio.Event()
        return self._busy

    def release(self) -> None:
        """The next key may come: what it should meet is there."""
        if self._busy is not None:
            self._busy.set()

    async def feed(self) -> None:
        """Hands on, one at a time, for ever."""
        while True:
            hand_on = await self._waiting.get()
            self._handing = True
            try:
                focus = self._focus()
                await hand_on()
                async with asyncio.timeout(PATIENCE_SECONDS):
                    # once for the key itself, once for the message that it may have become
                    await _passed_by(focus)
                    await _passed_by(focus)
                    if self._busy is not None:
                        await self._busy.wait()
            except TimeoutError:
                pass
            except Exception as error:
                self._tell_error(error)
            self._busy, self._handing = None, False


async def _passed_by(focus: DOMNode) -> None:
    """Waits until what was in the queues from the focus upward has been dealt with."""
    for node in focus.ancestors_with_self:
        reached = asyncio.Event()
        node.call_later(reached.set)
        # a node that the key has taken from the screen answers no more
        while node.is_running and not reached.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reached.wait(), 0.02)
