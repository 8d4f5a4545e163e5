"""What can be done to backups from their area."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from simtui.apart import LARGE_BYTES
from simtui.errors import shown
from simtui.model import wording
from simtui.tui.screens.dialogs import Confirm, ConfirmByWord
from simtui.tui.screens.inside import ALIKE
from simtui.tui.screens.masked import MaskedPrompt
from simtui.tui.screens.text import Document, Text
from simtui.tui.screens.unlocking import opened
from simtui.tui.screens.ways_back import Came
from simtui.tui.widgets.lines import Span

if TYPE_CHECKING:
    from simtui.library.backups import Backup
    from simtui.library.inside import Difference, OpenedBackup
    from simtui.library.restoring import Asked, AskWay
    from simtui.tui.app import SimtuiApp
    from simtui.tui.screens.backups import Backups
    from simtui.tui.screens.inside import There

_SHOWN = 12


async def prove(screen: Backups) -> None:
    """Opens the backup under the cursor as a restore does, and keeps what is found."""
    app, row = screen.simtui, screen.table.row
    if row is None or app.busy():
        return
    told: list[tuple[str, str]] = []

    async def work() -> None:
        proof, words = await app.library.backups.prove(row.path)
        if proof.is_good:
            more = f" ({words})" if words else ""
            told.append((f"Whole: it restores{more}.", "success"))
        else:
            told.append((f"Not whole: {proof.words}", "error"))

    if not await app.work.run(f"proving {row.name}", work()):
        told.append(("The proof was ended. Nothing was changed.", "warning"))
    await screen.reload()
    for words, colour in told:
        app.tell(words, colour)


async def prune(screen: Backups) -> None:
    """Shows what no rule keeps, and lets it go when that is meant."""
    app = screen.simtui
    going = await app.library.backups.prune(dry_run=True)
    if not going:
        app.tell("Every backup is kept by some rule; nothing goes.")
        return
    size = wording.size(sum(each.size_bytes for each in going))
    names = [f"{wording.date_time(each.created_at)}  {each.reason}" for each in going[:_SHOWN]]
    if len(going) > _SHOWN:
        names.append(f"and {len(going) - _SHOWN} more")
    question = f"Let {wording.plural(len(going), 'backup')} go? ({size})"
    if await app.ask(Confirm(question, "\n".join(names))):
        gone = await app.library.backups.prune()
        await screen.reload()
        app.tell(f"{wording.plural(len(gone), 'backup')} gone, {size} freed.", "success")


async def space(screen: Backups) -> None:
    """Counts what takes space, and shows it."""
    from simtui.library.space_lines import space_lines

    app = screen.simtui
    if app.busy():
        return
    lines: list[str] = []

    async def work() -> None:
        lines.extend(space_lines(shown(str(app.home), 60), await app.library.space.report()))

    if await app.work.run("counting what takes space", work()):
        *table, how = lines
        told = [*table, *textwrap.wrap(how, screen.size.width - 2)]
        await app.ask(Text("What takes space", [[Span(f" {line}")] for line in told]))


async def look_inside(screen: Backups) -> None:
    """Shows what is in the backup under the cursor, and takes out what is wanted of it."""
    from simtui.tui.screens.inside import Inside, lines_of

    app, row = screen.simtui, screen.table.row
    if row is None or app.busy():
        return
    title = f"{row.name} · {wording.date_time(row.created_at)}"
    async with AsyncExitStack() as stack:
        inside = await _unpacked(app, row, stack)
        if inside is None:
            return
        at, said = "", ""
        found, difference = await inside.workflows(), await inside.difference(app.library)
        while True:
            chosen = await app.ask(Inside(title, lines_of(found, difference), difference, at, said))
            if chosen is None:
                return
            what, there = chosen
            at = there.held.id
            if what == "see":
                document = await inside.document(at)
                await app.ask(Document(f"{shown(there.held.name, 60)} · {title}", document))
                said = ""
            else:
                said = await _taken(screen, inside, there)
                found, difference = await inside.workflows(), await inside.difference(app.library)


async def _taken(screen: Backups, inside: OpenedBackup, there: There) -> str:
    """Takes one workflow over, where that is meant. What is true now, in words."""
    app, name = screen.simtui, shown(there.held.name, 60)
    more = "What is here now under its id stays as a version."
    if there.how == ALIKE:
        return f"{name} is here already, just as it is there."
    if not await app.ask(Confirm(f"Take {name} out of the backup, into the library?", more)):
        return ""
    app.typed.hold()  # the next key is meant for the list, which comes again
    taken = await inside.take(app.library, there.held.id)
    came = Came(app.library.workflows)
    await came.add(taken.outcome, taken.id)
    if came:
        app.undo.remember(came.back)
    return f"{name}: {taken.outcome}."


async def _unpacked(app: SimtuiApp, row: Backup, stack: AsyncExitStack) -> OpenedBackup | None:
    """A backup, unpacked for as long as `stack` is open; None where esc ended that."""
    from simtui.library.inside import opened_backup

    found: list[OpenedBackup] = []

    async def unpack() -> None:
        opened = opened_backup(app.library, row.path, ask=_asker(app))
        found.append(await stack.enter_async_context(opened))

    if row.size_bytes >= LARGE_BYTES:
        app.typed.release()  # a small one is there before the next key is; here esc must work
    if await app.work.run(f"unpacking {row.name}", unpack()):
        return found[0]
    app.tell("The unpacking was ended. Nothing was changed.", "warning")
    return None


async def restore(screen: Backups) -> None:
    """Shows what a restore would change, and does it when that is meant."""
    app, row = screen.simtui, screen.table.row
    if row is None or app.busy():
        return
    async with AsyncExitStack() as stack:
        inside = await _unpacked(app, row, stack)
        if inside is None:
            return
        difference = await inside.difference(app.library)
    question = f"Restore {wording.date_time(row.created_at)} into {shown(str(app.home), 60)}?"
    if not await app.ask(ConfirmByWord(question, _consequences(difference), "restore")):
        return
    if app.busy():
        return
    told: list[tuple[str, str]] = []

    def at(stage: str, part: float) -> None:
        app.work.words = f"restoring: {stage} {part:.0%}"
        app.say_status()

    async def work() -> None:
        done = await app.library.backups.restore(row.path, ask=_asker(app), on_stage=at)
        said = f"Restored: {wording.plural(done.workflows, 'workflow')}, "
        said += f"{wording.plural(done.runs, 'run')}. What was there before is backed up."
        told.append((said, "success"))
        if done.left_sealed:
            names = ", ".join(shown(name, 40) for name in done.left_sealed[:4])
            told.append((f"Still sealed by another key: {names}.", "warning"))

    if not await app.work.run("restoring", work()):
        told.append(("The restore was ended; everything is as it was.", "warning"))
    await app.library_replaced()
    await screen.reload()
    app.tell(" ".join(words for words, _ in told), told[-1][1])


def _consequences(difference: Difference) -> str:
    groups = [
        ("{} not here {} back", "comes", "come", difference.added),
        ("{} {} back", "changes", "change", [one for one, _ in difference.changed]),
        ("{} of now, not in it, {}", "goes", "go", difference.removed),
    ]
    lines = []
    for words, of_one, of_many, held in groups:
        if held:
            verb = of_one if len(held) == 1 else of_many
            told = words.format(wording.plural(len(held), "workflow"), verb)
            lines.append(f"{told}: {_named([each.name for each in held])}")
    lines = lines or ["Every workflow is here already, just as it is there."]
    lines.append(f"Runs: {difference.runs_now:,} now, {difference.runs_then:,} then.")
    lines.append("Secrets, settings and files become those of then.")
    return "\n".join(
        [*lines, "", "Before anything is touched, what is here now is backed up and proven."]
    )


def _named(names: Sequence[str]) -> str:
    """The first few of them."""
    told = ", ".join(shown(name, 40) for name in names[:3])
    return f"{told}, and {len(names) - 3:,} more." if len(names) > 3 else f"{told}."


def _asker(app: SimtuiApp) -> AskWay:
    """Asks for a way into a backup that another vault sealed."""

    async def ask(asked: Asked) -> bytearray | None:
        if "secret" in asked.what and not await opened(app):
            return None
        label = f"Password or recovery code of the vault that sealed {asked.what}"
        prompt = MaskedPrompt("Another vault", label, asked.said, "⏎ go on", "leaves it sealed")
        return await app.ask(prompt)

    return ask
