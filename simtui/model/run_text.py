"""What of a run may enter the search index: its error and the words of its output, but no value
that looks like a key; and how such a value is shown."""

from __future__ import annotations

from typing import Any

from simtui.model.key_shapes import hinted, key_shapes, shapes_in
from simtui.model.redact import is_key_name, masked, parsed

MAX_CHARACTERS = 64 << 10
_MAX_STRINGS = 5000
_HEADER_NAMES = ("Key", "key", "name")
_HEADER_VALUES = frozenset(("Value", "value"))


def without_keys(text: str) -> str:
    """A text without what has the shape of a key."""
    return key_shapes().sub(" ", text) if hinted(text) else text


def with_masked_keys(text: str) -> str:
    """A text as it may be shown: of what has the shape of a key only the beginning."""
    if not hinted(text):
        return text
    for key in set(shapes_in(text)):
        text = text.replace(key, masked(key))
    return text


def text_of(error: str | None, output: Any) -> str:
    """What the index gets of a run, bounded."""
    pieces = [without_keys(error)] if error else []
    size = sum(map(len, pieces))
    for text in strings_of(output):
        pieces.append(text)
        size += len(text) + 1
        if size > MAX_CHARACTERS:
            break
    return "\n".join(pieces)[:MAX_CHARACTERS]


def strings_of(value: Any) -> list[str]:
    """The texts in a piece of JSON, in order, but for those that stand where a key stands; each
    without what has the shape of one."""
    found: list[str] = []
    pending: list[tuple[Any, str]] = [(value, "")]
    while pending and len(found) < _MAX_STRINGS:
        item, label = pending.pop()
        if isinstance(item, str):
            if not item or (label and is_key_name(label)):
                continue
            inner = parsed(item)
            if inner is not None:
                pending.append((inner, ""))
            else:
                found.append(without_keys(item))
        elif isinstance(item, dict):
            label = "" if _HEADER_VALUES.isdisjoint(item) else _header_in(item)
            pending += [
                (inner, label if key in _HEADER_VALUES and is_key_name(label) else key)
                for key, inner in reversed(item.items())
            ]
        elif isinstance(item, list):
            pending += [(inner, label) for inner in reversed(item)]
    return found


def _header_in(item: dict[str, Any]) -> str:
    return next((item[name] for name in _HEADER_NAMES if isinstance(item.get(name), str)), "")


def masked_json(value: Any) -> Any:
    """A piece of JSON as it may be shown."""
    if isinstance(value, str):
        return with_masked_keys(value)
    if isinstance(value, dict):
        return {
            key: masked(item)
            if isinstance(item, str) and item and is_key_name(key)
            else masked_json(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked_json(item) for item in value]
    return value
