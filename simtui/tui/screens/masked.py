"""Screens that a secret passes through: typed unseen, shown once. Nothing in them can be selected,
and what was typed is gone from the box when it is handed on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Static

from simtui.tui.glyphs import spelled
from simtui.tui.widgets.one_line_input import OneLineInput


class MaskedInput(OneLineInput):
    """A box that shows dots, and gives nothing to a clipboard."""

    def action_copy(self) -> None:
        """Nothing: a value leaves this box by `Enter` alone."""

    def action_cut(self) -> None:
        """Nothing, as above."""


class MaskedPrompt(ModalScreen[bytearray | None]):
    """Asks for a password, a code or a value; the caller wipes it. `said`: what came of the try
    before."""

    CSS_PATH = "dialogs.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "not_now", "Not now")]

    def __init__(
        self, title: str, label: str, said: str = "", hint: str = "", way_out: str = "not now"
    ) -> None:
        super().__init__()
        self._title, self._label, self._said, self._hint = title, label, said, hint
        self._way_out = way_out
        self._box = MaskedInput(id="answer", password=True, compact=True)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield Static(self._label, markup=False)
            yield self._box
            if self._said:
                yield Static(self._said, id="said", markup=False)
            hint = f"{self._hint}   esc {self._way_out}".strip()
            yield Static(hint, id="hint", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self._box)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = bytearray(event.value.encode("utf-8", "surrogatepass"))
        with self.prevent(Input.Changed):
            self._box.value = event.value = ""
        self.dismiss(typed)

    def action_not_now(self) -> None:
        with self.prevent(Input.Changed):
            self._box.value = ""
        self.dismiss(None)


class UnlockScreen(MaskedPrompt):
    """The same with nothing behind it: what opens an encrypted library."""

    def __init__(self, title: str, said: str = "") -> None:
        super().__init__(
            title, "Master password, or recovery code", said, "⏎ unlock", way_out="quit"
        )


class Cover(Screen[None]):
    """Hides what is behind it while an encrypted library is opened."""

    CSS_PATH = "dialogs.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        yield Static(spelled(self._words), markup=False)


class ShowOnce(ModalScreen[bool]):
    """Shows a secret or a recovery code until a key is pressed."""

    CSS_PATH = "dialogs.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "close(True)", "Go on"),
        Binding("escape,q,space", "close(False)", "Close"),
    ]

    def __init__(self, title: str, secret: str, hint: str) -> None:
        super().__init__()
        self._title, self._hint = title, hint
        self._secret = Static(secret, id="secret", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield self._secret
            yield Static(spelled(self._hint), id="hint", markup=False)

    def action_close(self, go_on: bool) -> None:
        self._secret.update("")
        self.dismiss(go_on)
