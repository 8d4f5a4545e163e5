"""Opening the vault from the screen, and making one: what is asked, in which order, and what is
said when it is not that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simtui.errors import UsageError
from simtui.library import secrets
from simtui.tui.screens.dialogs import Confirm
from simtui.tui.screens.masked import MaskedPrompt, ShowOnce

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp


async def opened(app: SimtuiApp) -> bool:
    """Whether the vault is open now: asks for what opens it, or makes one where there is none."""
    library = app.library
    if library.vault.is_open:
        return True
    secrets.keep_private()
    if not (await library.vault.status()).exists:
        return await _made(app)
    tried = await secrets.open_by_keyring(library)
    if tried.way:
        return True
    said = tried.said
    while True:
        typed = await app.ask(
            MaskedPrompt(
                f"Unlock {app.home}", "Master password, or recovery code", said, "⏎ unlock"
            )
        )
        if typed is None:
            return False
        tried = await secrets.unlock(library, typed)
        if tried.way:
            return True
        said = tried.said


async def _made(app: SimtuiApp) -> bool:
    """Makes a vault: a password twice, then a code that is shown once and asked back."""
    password = await _new_password(app)
    if password is None:
        return False
    verdict = await secrets.probe_keyring()
    question = Confirm(
        "Also open it by this machine's keyring?",
        "Then no password is asked for here while you are logged in. The password and the recovery "
        "code stay ways in.",
    )
    keyring: bool | None = False
    if verdict.works:
        keyring = await app.ask(question)
    prepared = await secrets.prepare(app.library, password, recovery=True, keyring=bool(keyring))
    if not await _written_down(app, prepared.code, partial(secrets.is_code, prepared)):
        secrets.forget(prepared.data_key)
        app.tell("No vault was made.", "warning")
        return False
    await secrets.keep(app.library, prepared)
    await app.vault.look(app.library)
    return True


async def _new_password(app: SimtuiApp) -> bytearray | None:
    said = ""
    while True:
        first = await app.ask(
            MaskedPrompt(
                "Choose a master password",
                "It seals every secret. Nobody can reset it: a recovery code comes next.",
                said,
                "⏎ go on",
            )
        )
        if first is None:
            return None
        second = await app.ask(MaskedPrompt("The same once more", "Master password", "", "⏎ go on"))
        if second is None:
            secrets.forget(first)
            return None
        same = first == second
        secrets.forget(second)
        try:
            if same:
                return secrets.password_of(first)
            said = "The two are not the same."
        except UsageError as error:
            said = error.message
        secrets.forget(first)


async def _written_down(app: SimtuiApp, code: str, is_code: Callable[[bytearray], bool]) -> bool:
    said = ""
    while True:
        shown = ShowOnce(
            "Your recovery code. Write it down: it is shown this once.",
            code,
            "⏎ I have it, ask me   esc make no vault",
        )
        if not await app.ask(shown):
            return False
        typed = await app.ask(MaskedPrompt("The recovery code, please", "As you wrote it", said))
        if typed is None:
            return False
        try:
            if is_code(typed):
                return True
            said = "That is another code."
        except UsageError as error:
            said = error.message
