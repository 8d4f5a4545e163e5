"""Keys out of a document, references in: `{{NAME}}` where a value stood."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simtui.model.redact import (
    EVERYWHERE_CHARACTERS,
    IN_JSON,
    FoundKey,
    Path,
    forms_of,
    keys_in,
)
from simtui.model.workflow import JsonObject, searchable_texts

_MAX_DEPTH = 250


def refer(document: JsonObject, names: Mapping[str, str]) -> int:
    """Puts `{{NAME}}` in place of each value (`names`: its name, by the value), in the document
    itself, which the standard library's `json` read. How many strings are other ones now.

    A short value is replaced where a key stands, a long one wherever it stands; nothing else
    changes.
    """
    counted = _Counted()
    # the longest first: one may hold another
    long = sorted((v for v in names if len(v) >= EVERYWHERE_CHARACTERS), key=len, reverse=True)
    change = counted.replacing({value: _reference(names[value]) for value in long})
    for name, item in document.items():
        document[name] = _everywhere(item, change, 0)
    for key in keys_in(document):
        if key.value in names:
            reference = _reference(names[key.value])
            _put(document, key.path, counted.replacing({key.value: reference}))
    return counted.count


def referring(text: str, names: Mapping[str, str]) -> str:
    """A plain text, a description perhaps, with `{{NAME}}` in place of each long value."""
    for value in sorted(names, key=len, reverse=True):
        if len(value) >= EVERYWHERE_CHARACTERS:
            text = text.replace(value, _reference(names[value]))
    return text


def keys_and_known(document: Mapping[str, Any], names: Mapping[str, str]) -> list[FoundKey]:
    """The likely keys of a document, and the known values in it (`names`: their names, by the
    value) that do not look like one."""
    keys = keys_in(document)
    told = {key.value for key in keys}
    rest = {text: name for text, name in names.items() if text not in told}
    return [*keys, *known_in(document, rest)] if rest else keys


def stands_in(value: str, text: str) -> bool:
    """Whether a known value stands in a text, long enough to be no word like any other."""
    return len(value) >= EVERYWHERE_CHARACTERS and any(form in text for form in forms_of(value))


def known_in(document: Mapping[str, Any], names: Mapping[str, str]) -> list[FoundKey]:
    """Where a document holds a long value that is known (`names`: its name, by the value), whatever
    it looks like. Without a path: it is replaced wherever it stands."""
    found = []
    for where, text in searchable_texts(document):
        for value, name in names.items():
            if stands_in(value, text):
                block, _, field = where.partition(" · ")
                rule = f"it is the value of {name}"
                found.append(FoundKey(block, "", field, field, rule, (), value))
    return found


def _reference(name: str) -> str:
    return "{{" + name + "}}"


class _Counted:
    """Replaces, and counts the strings in which it did."""

    def __init__(self) -> None:
        self.count = 0

    def replacing(self, references: Mapping[str, str]) -> Callable[[str], str]:
        def change(text: str) -> str:
            changed = text
            for value, reference in references.items():
                for form in forms_of(value):
                    changed = changed.replace(form, reference)
            self.count += changed != text
            return changed

        return change


def _put(value: Any, path: Path, change: Callable[[str], str]) -> Any:
    """A value with the string at the end of a path changed."""
    if not path:
        return change(value)
    step, *rest = path
    if step is IN_JSON:
        return _written(_put(json.loads(value), tuple(rest), change), value)
    value[step] = _put(value[step], tuple(rest), change)
    return value


def _everywhere(value: Any, change: Callable[[str], str], depth: int) -> Any:
    if isinstance(value, str):
        return change(value)
    if depth < _MAX_DEPTH:
        if isinstance(value, dict):
            return {key: _everywhere(item, change, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [_everywhere(item, change, depth + 1) for item in value]
    return value


def _written(value: Any, before: str) -> str:
    """JSON in a string again, in the shape that it had: Sim writes it compact or indented."""
    if "\n" in before:
        return json.dumps(value, ensure_ascii=False, indent=2)
    separators = (",", ":") if '":' in before and '": ' not in before else None
    return json.dumps(value, ensure_ascii=False, separators=separators)
