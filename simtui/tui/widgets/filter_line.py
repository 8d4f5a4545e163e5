"""The line above a list: the box behind `/`, and how many rows there are."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.one_line_input import OneLineInput


class FilterLine(Horizontal):
    """Posts `Typed` for each change of the text, `Entered` when the list is wanted with it, and
    `GivenUp` on esc. The box has no focus but while it is typed in."""

    class Typed(Message):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Entered(Typed):
        pass

    class GivenUp(Message):
        pass

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._box = OneLineInput(id="filter", compact=True, select_on_focus=False)
        self._count_line = OneLine(id="count")
        self._box.can_focus = False

    def compose(self) -> ComposeResult:
        yield Static("/", id="slash", markup=False)
        yield self._box
        yield self._count_line

    def on_resize(self) -> None:
        # what is typed keeps its half, however narrow the screen is
        self._count_line.styles.width = min(34, self.size.width // 2)

    @property
    def text(self) -> str:
        """What stands in the box. Setting it posts nothing."""
        return self._box.value

    @text.setter
    def text(self, text: str) -> None:
        with self.prevent(Input.Changed):
            self._box.value = text

    @property
    def in_use(self) -> bool:
        return self._box.has_focus

    def enter(self) -> None:
        """Begins to take what is typed."""
        self._box.can_focus = True
        self.screen.set_focus(self._box)

    def leave(self) -> None:
        """Takes nothing any more; the focus has gone elsewhere, or is about to."""
        self._box.can_focus = False

    def say_count(self, *pieces: tuple[str, str]) -> None:
        self._count_line.say([], pieces)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Entered(event.value))

    def on_key(self, event: events.Key) -> None:
        if self.in_use and event.key in ("escape", "down"):
            event.stop()
            event.prevent_default()
            self.post_message(self.GivenUp() if event.key == "escape" else self.Entered(self.text))
