"""Jump: a letter on every place that the focus can go to; the next key goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from simtui.tui.screens.workflows import Workflows

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a letter is shown, and what is called when it is typed."""

    x: int
    y: int
    call: str


class Jump(ModalScreen[str | None]):
    """Returns what is to be called; any other key is "not now"."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        for letter, target in self._targets.items():
            label = Static(letter, classes="jump", markup=False)
            label.styles.offset = (target.x, target.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        target = self._targets.get(event.key)
        self.dismiss(target.call if target else None)


def of_workflows(screen: Workflows) -> list[Target]:
    """The line behind `/`, the other pane, and the views of the open workflow."""
    found = []
    if screen.list_pane.display and not screen.in_detail:
        found.append(Target(0, screen.filter_line.region.y, "filter"))
    if screen.wide:
        other = screen.table if screen.in_detail else screen.detail.text
        found.append(Target(other.region.x, other.region.y, "other_pane"))
    if screen.detail.display:
        found += [Target(x, y, f"view({name!r})") for x, y, name in screen.detail.view_places()]
    return found
