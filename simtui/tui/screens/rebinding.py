"""A screen whose keys are those that the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen

if TYPE_CHECKING:
    from simtui.tui.app import SimtuiApp

Answer = TypeVar("Answer")


class Rebinding(Screen[Answer]):
    """Textual's own key map loses other bindings of a key (`BindingsMap.apply_keymap`), and lets a
    bound key through to the screen while something is typed."""

    @property
    def simtui(self) -> SimtuiApp:
        from simtui.tui.app import SimtuiApp

        assert isinstance(self.app, SimtuiApp)
        return self.app

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        keys = self.simtui.keys
        if not keys.changed:
            return chain
        bound = [(node, keys.applied(node._bindings)) for node, _ in chain]
        focus = self.focused
        if focus is not None:
            for node, bindings in bound:
                for key in list(bindings.key_to_bindings):
                    if node is not focus and focus.check_consume_key(key, key_to_character(key)):
                        del bindings.key_to_bindings[key]  # it is typed
        return bound
