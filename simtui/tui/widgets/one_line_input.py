"""A box for one line of text, also where more than that is pasted into it."""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input

from simtui.errors import shown


class OneLineInput(Input):
    """Lines that are pasted become one; Textual's own box takes the first and loses the rest. The
    cursor does not blink: that would be bytes for ever."""

    # else the whole screen is laid out anew for each letter
    virtual_size = Reactive(Size(0, 0))

    def on_mount(self) -> None:
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(in_one_line(event.text.strip("\r\n")), *sorted(self.selection))


def in_one_line(text: str) -> str:
    """The text without line ends, and without characters that no terminal shows."""
    return "".join(c if shown(c) == c else " " for c in " ".join(text.splitlines()))
