"""What can be done to secrets from their area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simtui.errors import NotFound, shown
from simtui.library import secrets
from simtui.library.bringing_back import HeldSecrets, hold_secrets
from simtui.model import wording
from simtui.model.secret_names import is_name
from simtui.tui import clipboard
from simtui.tui.screens.dialogs import AskText, Confirm
from simtui.tui.screens.masked import MaskedPrompt, ShowOnce
from simtui.tui.screens.unlocking import opened

if TYPE_CHECKING:
    from simtui.tui.screens.secrets import Secrets

CLEAR_SECONDS = 20


async def show(screen: Secrets) -> None:
    """Shows the value under the cursor until a key is pressed; asks for one that is not set."""
    row = screen.table.row
    if row is None or not row.is_set:
        await set_value(screen)
    elif await opened(screen.simtui):
        found = await secrets.values(screen.simtui.library, [row.name])
        text = found[row.name].decode("utf-8", "backslashreplace")
        secrets.forget(*found.values())
        await screen.simtui.ask(ShowOnce(row.name, shown(text, 4000), "esc closes"))


async def set_value(screen: Secrets) -> None:
    """Asks, unseen, for the value of the one under the cursor."""
    row = screen.table.row
    await (add(screen) if row is None else _set(screen, row.name))


async def add(screen: Secrets) -> None:
    """Asks for a name that is not in the list, then for its value."""
    hint = "⏎ go on: its value comes next, unseen   esc not now"
    name = await screen.simtui.ask(AskText("A new secret: its name", "", hint, wrong=_no_name))
    if name:
        await _set(screen, name)


def _no_name(typed: str) -> str:
    return "Letters, digits and _ only, not a digit first." if typed and not is_name(typed) else ""


async def _set(screen: Secrets, name: str) -> None:
    app = screen.simtui
    if not await opened(app):
        return
    typed = await app.ask(MaskedPrompt(name, "Its value", "", "⏎ set"))
    if not typed:
        return
    held = await hold_secrets(app.library, [name])
    await app.library.vault.set(name, typed)
    secrets.forget(typed)
    _remember(screen, held, f"{name} is as it was")
    app.tell(f"{name} is set.", "success")
    await screen.reload()
    await screen.table.go_to(name)


async def copy(screen: Secrets) -> None:
    """Sends the value to the terminal's clipboard, and an empty one after a while."""
    app, row = screen.simtui, screen.table.row
    if row is None or not row.is_set or not await opened(app):
        return
    found = await secrets.values(app.library, [row.name])
    text = found[row.name].decode("utf-8", "replace")
    secrets.forget(*found.values())
    where = await clipboard.copy(app, text)
    if not where:
        app.tell(clipboard.too_much(text), "warning")
        return

    async def clear() -> None:
        await clipboard.clear(app)
        app.tell("The clipboard was emptied again.")

    app.set_timer(CLEAR_SECONDS, clear)
    app.tell(f"{row.name} {where}. Emptied in {CLEAR_SECONDS} s where that can be.", "warning")


async def delete(screen: Secrets) -> None:
    """Asks, and takes the value away."""
    app, row = screen.simtui, screen.table.row
    if row is None or not row.is_set:
        return
    used = wording.plural(len(row.used_by), "workflow")
    detail = f"{used} refer to it. " if row.used_by else ""
    undo_key = app.keys.first("undo")
    detail += f"{undo_key} brings it back while simtui is open; backups still hold it."
    if await app.ask(Confirm(f"Delete the value of {row.name}?", detail)):
        held = await hold_secrets(app.library, [row.name])
        await app.library.vault.delete(row.name)
        _remember(screen, held, f"{row.name} is set again")
        app.tell(f"{row.name} is deleted. {undo_key} undoes it.", "success")
        await screen.reload()


def _remember(screen: Secrets, held: HeldSecrets, said: str) -> None:
    """Leaves the way back to what the secrets were."""

    async def back() -> str:
        await held.bring_back()
        return said

    screen.simtui.undo.remember(back)


async def import_env(screen: Secrets) -> None:
    """Takes every assignment of a `.env` file."""
    app = screen.simtui
    typed = await app.ask(
        AskText("Read which .env file?", "", "Tab completes   ⏎ read", paths=True)
    )
    if not typed or not await opened(app):
        return

    async def may_replace(name: str) -> bool:
        question = Confirm(f"Another value is set for {name}. Replace it?")
        return await app.ask(question) is True

    counts: dict[str, int] = {}
    refused = ""
    every = await hold_secrets(app.library, [row.name for row in await secrets.listed(app.library)])
    taken: list[str] = []
    path = Path(typed.strip()).expanduser()
    try:
        with path.open("rb") as stream:
            async for item in secrets.import_env(app.library, stream, may_replace):
                counts[item.outcome] = counts.get(item.outcome, 0) + 1
                if item.outcome in ("imported", "updated"):
                    taken.append(item.name)
                if item.outcome == "refused" and not refused:
                    refused = f"; line {item.line}: {item.reason}"
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.") from error
    finally:
        if taken:
            of_it = wording.plural(len(taken), "secret")
            _remember(screen, every.only(taken), f"{of_it} as before {shown(path.name, 40)}")
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing in it"
    app.tell(f"{shown(path.name, 40)}: {words}{refused}", "warning" if refused else "success")
    await screen.reload()


async def scan(screen: Secrets) -> None:
    """Lists what workflows hold in clear."""
    from simtui.library import adopting
    from simtui.tui.screens.text import Text
    from simtui.tui.widgets.lines import Span

    found = await adopting.scan(screen.simtui.library)
    lines = [
        [
            Span(f" ! {shown(each.workflow, 40)}  ", "warning"),
            Span(f"{shown(each.where, 60)}  "),
            Span(each.masked, "dim"),
        ]
        for each in found.found
    ]
    lines += [[Span(f" ✗ {sentence}", "error")] for sentence in found.unread]
    hint = "simtui secrets adopt WORKFLOW  moves them into the vault and leaves {{NAME}} behind"
    lines += [[], [Span(f" {hint}", "dim")]] if found.found else [[Span(" Nothing in clear.")]]
    count = wording.plural(len(found.found), "value")
    await screen.simtui.ask(Text(f"{count} in clear that look like a key", lines))


async def lock(screen: Secrets) -> None:
    """Forgets the keys."""
    screen.simtui.lock_vault("Locked.")
