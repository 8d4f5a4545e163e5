"""Small screens that ask one thing and return the answer; None (or False) is "not now"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from simtui.errors import shown
from simtui.tui.glyphs import spelled
from simtui.tui.typed_paths import complete_path
from simtui.tui.widgets.one_line_input import OneLineInput
from simtui.tui.work import in_background

LOW: list[tuple[int, str]] | None = [(0, "-low"), (18, "-tall")]
"""From how many lines of the terminal on there is room around a dialog."""


class AskText(ModalScreen[str | None]):
    """Asks for one line. With `paths`, Tab completes the names of files and folders. `wrong` says
    what is wrong with a text as it is typed, "" where nothing is; only then it is taken."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Not now")]

    def __init__(
        self,
        title: str,
        value: str = "",
        hint: str = "",
        *,
        paths: bool = False,
        wrong: Callable[[str], str] = lambda text: "",
    ) -> None:
        super().__init__()
        self._title, self._value, self._hint, self._paths = title, value, hint, paths
        self._wrong = wrong

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield OneLineInput(self._value, id="answer", compact=True)
            yield Static(spelled(self._hint), id="hint", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#answer"))
        if self._paths:
            self._bindings.bind("tab", "complete", "Complete", show=False, priority=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        said = self._wrong(event.value) or spelled(self._hint)
        self.query_one("#hint", Static).update(Content(said))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not self._wrong(event.value):
            self.dismiss(event.value)

    def action_complete(self) -> None:
        in_background(self, self._complete, newest_of="completing")

    async def _complete(self) -> None:
        answer, hint = self.query_one("#answer", Input), self.query_one("#hint", Static)
        typed = answer.value
        # a folder may be large, or lie behind a network that does not answer
        completed, choices = await asyncio.to_thread(complete_path, typed)
        if answer.value == typed and self.is_attached:
            with answer.prevent(Input.Changed):  # the hint tells what it may go on with
                answer.value = completed
            answer.cursor_position = len(completed)
            names = "  ".join(shown(name, 60) for name in choices[:12])
            hint.update((names + ("  …" if len(choices) > 12 else "")) or self._hint)


class Confirm(ModalScreen[bool]):
    """Asks yes or no; only `y` is yes. A long detail can be scrolled."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,q,enter", "dismiss(False)", "No"),
    ]

    def __init__(self, question: str, detail: str = "") -> None:
        super().__init__()
        self._question, self._detail = question, detail

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._question, id="title", markup=False)
            if self._detail:
                with VerticalScroll(id="detail"):
                    yield Static(self._detail, markup=False)
            yield Static("y  yes     n  no, leave everything as it is", id="hint", markup=False)


class ConfirmByWord(ModalScreen[bool]):
    """For what replaces much at once: the word itself must be typed."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Not now")]

    def __init__(self, question: str, detail: str, word: str) -> None:
        super().__init__()
        self._question, self._detail, self._word = question, detail, word

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._question, id="title", markup=False)
            with VerticalScroll(id="detail"):
                yield Static(self._detail, markup=False)
            yield OneLineInput("", id="answer", compact=True)
            hint = f"type  {self._word}  to go on     esc leaves everything as it is"
            yield Static(hint, id="hint", markup=False)

    def on_mount(self) -> None:
        self.set_focus(self.query_one("#answer"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip().lower() == self._word:
            self.dismiss(True)


class Choose(ModalScreen[str | None]):
    """Offers a short list; returns the chosen one's key."""

    CSS_PATH = "dialogs.tcss"
    VERTICAL_BREAKPOINTS = LOW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Not now"),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(
        self, title: str, choices: Sequence[tuple[str, str]], *, chosen: str | None = None
    ) -> None:
        super().__init__()
        self._title, self._choices, self._chosen = title, choices, chosen

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Static(self._title, id="title", markup=False)
            yield OptionList(
                *(Option(text) for _, text in self._choices), markup=False, compact=True
            )
            yield Static(spelled("⏎ choose   esc not now"), id="hint", markup=False)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        self.set_focus(options)
        keys = [key for key, _ in self._choices]
        options.highlighted = keys.index(self._chosen) if self._chosen in keys else 0

    def action_cursor(self, way: str) -> None:
        options = self.query_one(OptionList)
        options.action_cursor_down() if way == "down" else options.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index][0])
