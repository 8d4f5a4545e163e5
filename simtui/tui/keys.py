"""The keys on the screen: what the one table of actions (simtui/model/actions.py) has, as the
settings `keys.…` have changed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.binding import Binding, BindingsMap

from simtui.model.actions import ACTIONS, AREAS, EVERY, GO_TO, MOVES, Action
from simtui.model.bound_keys import BoundKeys, word_for
from simtui.tui.glyphs import glyph

__all__ = ["ACTIONS", "AREAS", "GO_TO", "Action", "Keys", "bindings", "in_place", "moves", "works"]


class Keys:
    """The keys as they are bound now."""

    def __init__(self) -> None:
        self._bound = BoundKeys({})

    def take(self, stored: Mapping[str, str]) -> str:
        """Takes what is set. What a person should know of it, or ""."""
        self._bound = BoundKeys(stored)
        return " ".join(
            f'{word_for(key)} is set for "{other.help}", and no more for "{action.help}".'
            for action, key, other in self._bound.displaced[:3]
        )

    def first(self, ident: str) -> str:
        """The key to be told for an action; "" where it has none."""
        keys = self._bound[ident]
        return _shown(keys[0]) if keys else ""

    def say(self, text: str) -> str:
        """A text in which `{undo}` stands for the key of that action."""
        return text.format_map({action.id: self.first(action.id) for action in EVERY})

    def all(self, ident: str) -> str:
        """Every key of an action."""
        return " ".join(map(_shown, self._bound[ident]))

    @property
    def changed(self) -> bool:
        """Whether any key is another than the table says."""
        return bool(self._bound.changed)

    def applied(self, bindings: BindingsMap) -> BindingsMap:
        """The bindings of a node with the keys that they have now."""
        present = BindingsMap()
        done: set[str] = set()
        for key, binding in bindings:
            ident = (binding.id or "").rpartition(".")[2]
            if ident not in self._bound.changed:
                present.key_to_bindings.setdefault(key, []).append(binding)
            elif ident not in done:
                done.add(ident)
                for each in self._bound[ident]:
                    present.key_to_bindings.setdefault(each, []).append(binding.with_key(each))
        return present

    def told(self) -> list[tuple[str, str]]:
        """The moves, for people: keys, and what they do."""
        pairs = [
            (f"{self.first(one)} {self.first(other)}".strip(), words)
            for one, other, words in _MOVE_PAIRS
        ]
        numbers = [self.first(action.id) for action in GO_TO]
        if numbers == list("12345"):
            return [*pairs, ("1 … 5", ", ".join(AREAS))]
        return pairs + [(key, action.help) for key, action in zip(numbers, GO_TO, strict=True)]


_MOVE_PAIRS = (
    ("down", "up", "a line down, up"),
    ("half_down", "half_up", "half a page down, up"),
    ("page_down", "page_up", "a page down, up"),
    ("first", "last", "to the first, to the last"),
    ("left", "right", "sideways in a wide text"),
)

_SHOWN = {"escape": "esc", "pagedown": "PgDn", "pageup": "PgUp"}


def _shown(key: str) -> str:
    return glyph("⏎") if key == "enter" else _SHOWN.get(key) or word_for(key)


def bindings(*ids: str) -> list[Binding]:
    """The bindings of the actions with these ids, in this order, as the table has them."""
    by_id = {action.id: action for action in EVERY}
    return [
        Binding(action.keys, action.called, action.help, id=action.id, show=False)
        for action in map(by_id.__getitem__, ids)
    ]


def moves(*without: str) -> list[Binding]:
    """The bindings of what moves a cursor."""
    return bindings(*(action.id for action in MOVES if action.id not in without))


def works(called: str, place: str) -> bool:
    """Whether what is called works in a place; what is not in the table works everywhere."""
    named = [action for action in ACTIONS if action.called == called]
    return not named or any(action.in_place(place) for action in named)


def in_place(place: str) -> Iterator[Action]:
    """The actions that work in a place, in the table's order."""
    return (action for action in ACTIONS if action.in_place(place))
