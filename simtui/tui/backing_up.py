"""The worker that makes a backup when one is due, for as long as the program is open."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from simtui.errors import Busy, SimtuiError
from simtui.model import wording
from simtui.tui.work import Work

if TYPE_CHECKING:
    from simtui.library.keeping import Kept
    from simtui.tui.app import SimtuiApp

FIRST_LOOK_SECONDS = 5
"""After the start: what somebody came for comes first."""


class BackingUp:
    """`kept` is None until it was looked at. One backup at a time; whatever else runs beside it."""

    def __init__(self, app: SimtuiApp) -> None:
        self._app = app
        self.work = Work(app.say_status)
        self.kept: Kept | None = None
        self._worker: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Looks from now on, again and again."""
        self._stopped = False
        self._worker = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ends the worker, and a backup that is being made."""
        self._stopped = True
        self.work.cancel()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])

    async def look(self) -> None:
        """Asks how the library is kept, and says so."""
        from simtui.library import keeping

        self.kept = await keeping.look(self._app.library, running=bool(self.work.words))
        self._app.say_status()

    async def _keep(self) -> None:
        await self.look()
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while not self._stopped:
            pause = 60.0
            try:
                await self.look()
                if self.kept is not None and self.kept.make_now and not self._app.samples:
                    await self.make("daily", only_if_due=True)
                    await self.look()
                if self.kept is not None:
                    pause = max(1.0, self.kept.again_ms / 1000)
                if not self._app.work.words and not self._app.samples:
                    await self._be_useful()
            except Busy:
                pass  # another process makes one
            except Exception as error:
                self._app.tell_error(error)
                with contextlib.suppress(SimtuiError):
                    await self.look()
            await asyncio.sleep(pause)

    async def _be_useful(self) -> None:
        """What can wait for a moment in which nothing else runs."""
        from simtui.library import keeping

        library = self._app.library
        await keeping.tidy(library)
        stale = await library.backups.next_to_prove()
        if stale is None:
            return
        told: list[str] = []

        async def prove() -> None:
            proof, _ = await library.backups.prove(stale.path)
            if not proof.is_good:
                told.append(f"An old backup is not whole any more, {stale.name}: {proof.words}")

        await self.work.run(f"proving an old backup again, {stale.name}", prove())
        for words in told:
            self._app.tell(words, "error")
        await self._app.areas.changed_backups()

    async def make(self, reason: str, *, only_if_due: bool = False) -> None:
        """Makes one, says how far it is and what came of it. Raises what the making does."""
        app = self._app
        told: list[tuple[str, str]] = []

        def at(stage: str, part: float) -> None:
            self.work.words = f"backing up: {stage} {part:.0%}"
            app.say_status()

        async def work() -> None:
            made = await app.library.backups.make(reason, on_stage=at, only_if_due=only_if_due)
            if made is None:
                return
            size, ms = wording.size(made.backup.size_bytes), made.backup.duration_ms or 0
            gone = f"; {wording.plural(len(made.gone), 'older one')} went" if made.gone else ""
            words = f"Backed up and proven: {size} in {wording.duration(ms)}{gone}."
            told.append((made.notice, "warning") if made.notice else (words, "success"))

        if not await self.work.run("backing up", work()):
            told.append(("The backup was ended. Nothing of it was kept.", "warning"))
        await app.areas.changed_backups()
        await self.look()
        for words, colour in told:
            app.tell(words, colour)

    def words(self, now_ms: int, room: int) -> tuple[str, str]:
        """What is true of the backups, and its colour."""
        if self.work.words:
            return self.work.words, "key"
        if self.kept is None:
            return "", "dim"
        if self.kept.warning:
            return f"! {self.kept.warning}", "error"
        if self.kept.proven_at is None:
            key = self._app.keys.first("backup")
            long = f"no proven backup yet · {key} makes one"
            return (long if room >= 52 else "no backup yet"), "warning"
        return f"✓ proven backup {wording.ago(self.kept.proven_at, now_ms)}", "dim"
