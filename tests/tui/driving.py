"""The app without a terminal: keys in, the text of the screen out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from textual import events
from textual.keys import key_to_character
from textual.pilot import Pilot

from simtui.paths import Home
from simtui.tui.app import SimtuiApp

PATIENCE_SECONDS = 30
_KEYS = {" ": "space"}


class Driver:
    """Presses keys, and waits for what they bring about."""

    def __init__(self, app: SimtuiApp, pilot: Pilot[None]) -> None:
        self.app, self._pilot = app, pilot

    @property
    def text(self) -> str:
        """What the screen shows, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in strip).rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def press_ahead(self, key: str) -> None:
        """Presses a key as a slow link hands it on: without waiting for what it brings about."""
        character = key if len(key) == 1 else key_to_character(key)
        self.app.post_message(events.Key(key, character))
        for _ in range(200):
            await asyncio.sleep(0)
            if self.app.typed.idle:
                break
        else:
            await asyncio.sleep(0.01)

    async def type(self, text: str) -> None:
        """Types as a slow link hands it on, and waits once for all of it."""
        for character in text:
            self.app.post_message(events.Key(_KEYS.get(character, character), character))
        while not self.app.typed.idle:
            await asyncio.sleep(0.005)
        await self._pilot.pause()

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        await self._pilot.pause()

    async def click(self, column: int, row: int, times: int = 1) -> None:
        await self._pilot.click(offset=(column, row), times=times)

    async def wheel_down(self, column: int, row: int) -> None:
        event = partial(
            events.MouseScrollDown, None, column, row, 0, 1, 0, False, False, False, column, row
        )
        self.app.post_message(event())
        await self._pilot.pause()

    async def resize(self, columns: int, rows: int) -> None:
        await self._pilot.resize_terminal(columns, rows)

    async def pause(self) -> None:
        """Until what was asked for so far has been done."""
        await self._pilot.pause()

    async def sees(self, *texts: str) -> str:
        """Waits until all of these are on the screen. The whole screen."""
        return await self._until(lambda shown: all(text in shown for text in texts), f"{texts!r}")

    async def loses(self, text: str) -> str:
        """Waits until this is not on the screen any more."""
        return await self._until(lambda shown: text not in shown, f"{text!r} gone")

    async def _until(self, true: Callable[[str], bool], what: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not true(shown := self.text):
                    await self._pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"never saw {what}:\n{self.text}") from None
        return shown


@asynccontextmanager
async def driven(
    home: Home, *, columns: int = 80, rows: int = 24, samples: bool = False
) -> AsyncIterator[Driver]:
    """The screen on a home, from its first content on."""
    app = SimtuiApp(home, samples=samples)
    async with app.run_test(size=(columns, rows)) as pilot:
        driver = Driver(app, pilot)
        await driver.sees("quit")
        yield driver
