"""Which keys the actions have: the table's, but where a setting `keys.…` says others.

A key is written as people write it (`d`, `/`, `ctrl+d`, `esc`, `f2`); several have a space between.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator, Mapping

from simtui.errors import UsageError
from simtui.model.actions import EVERY, Action, meet

PREFIX = "keys."
NONE = "none"
_STAY = ("quit", "back", "close")
"""Without a key for these there might be no way out."""

_BY_WORD = {
    word: unicodedata.name(word).lower().replace("-", "_").replace(" ", "_")
    for word in string.punctuation
}
# as Textual calls them, which draws the screen (textual.keys)
_BY_WORD |= {"/": "slash", "\\": "backslash", "@": "at", "-": "minus", "+": "plus"}
_BY_WORD |= {"_": "underscore", "esc": "escape", "pgdn": "pagedown", "pgup": "pageup"}
_BY_WORD |= {"del": "delete"}
_BY_KEY = {key: word for word, key in _BY_WORD.items()}

_NAMED = {
    "enter", "escape", "tab", "shift+tab", "space", "backspace", "insert", "delete", "home", "end",
    "pageup", "pagedown", "up", "down", "left", "right",
}  # fmt: skip
_FUNCTION = re.compile(r"f([1-9]|1[0-2])|(ctrl|shift)\+(up|down|left|right|home|end)")
# ctrl with these letters is enter, tab and backspace to a terminal; ctrl+c says how to quit
_WITH_CTRL = re.compile(r"ctrl\+[abd-gk-ln-z]")


def key_named(word: str) -> str | None:
    """What Textual calls the key that a word means; None where it means none."""
    if len(word) == 1:
        return _BY_WORD.get(word, word) if word.isprintable() and not word.isspace() else None
    key = _BY_WORD.get(word.lower(), word.lower())
    known = key in _NAMED or _FUNCTION.fullmatch(key) or _WITH_CTRL.fullmatch(key)
    return key if known else None


def word_for(key: str) -> str:
    """How people write a key."""
    return _BY_KEY.get(key, key)


def written(keys: str) -> str:
    """Keys as the table has them, as people write them."""
    return " ".join(map(word_for, keys.split(","))) if keys else NONE


def read(text: str) -> tuple[str, ...] | None:
    """The keys that a value of a setting means, by Textual's names; None where it means none."""
    words = text.split()
    if [word.lower() for word in words] == [NONE]:
        return ()
    keys = [key_named(word) for word in words]
    named = [key for key in keys if key is not None]
    return tuple(dict.fromkeys(named)) if words and len(named) == len(words) else None


class BoundKeys:
    """The keys as they are now. What was set goes before what is so by default: `displaced` are
    (action, key, the action that has it now) where a default gave way."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        self._keys: dict[str, tuple[str, ...]] = {}
        self.displaced: list[tuple[Action, str, Action]] = []
        self.changed: set[str] = set()
        kept: list[tuple[Action, tuple[str, ...]]] = []
        for action in EVERY:
            text = stored.get(PREFIX + action.id)
            keys = None if text is None else read(text)
            default = tuple(action.keys.split(",")) if action.keys else ()
            if keys is not None and keys != default:
                self.changed.add(action.id)
                self._take(action, keys)
            else:
                kept.append((action, default))
        for action, keys in kept:
            self._take(action, keys)

    def _take(self, action: Action, keys: tuple[str, ...]) -> None:
        free = []
        for key in keys:
            holder = next(self.holders(action, key), None)
            if holder is None:
                free.append(key)
            else:
                self.displaced.append((action, key, holder))
                self.changed.add(action.id)
        self._keys[action.id] = tuple(free)

    def holders(self, action: Action, key: str) -> Iterator[Action]:
        """The other actions that have a key in a place where this one works."""
        for other in EVERY:
            if (
                other.id != action.id
                and key in self._keys.get(other.id, ())
                and meet(action, other)
            ):
                yield other

    def __getitem__(self, ident: str) -> tuple[str, ...]:
        """The keys of an action, by Textual's names."""
        return self._keys[ident]


def check(key: str, text: str, stored: Mapping[str, str]) -> None:
    """Raises `UsageError` where a value of `keys.…` gives away a key that another action has in the
    same place, or leaves no way out."""
    action = next(action for action in EVERY if PREFIX + action.id == key)
    keys = read(text) or ()
    if not keys and action.id in _STAY:
        raise UsageError(f"{key} needs a key: without one there might be no way out.")
    others = BoundKeys({name: value for name, value in stored.items() if name != key})
    for each in keys:
        for other in others.holders(action, each):
            raise UsageError(
                f'{word_for(each)} is the key for "{other.help}" where {key} works. Give '
                f"{PREFIX}{other.id} another key first, or take another one."
            )
