"""Takes the values of secrets out of what a stream says, before anything of it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import orjson

from simtui.model.masking import Masker
from simtui.model.run import json_of
from simtui.model.run_said import EndSaid, LogSaid, RunSaid, Said, SpanSaid

_NAMES = frozenset(("id", "run_id", "workflow_id", "parent_id"))
"""What something is called by; masked, two things would be one."""

Event = TypeVar("Event", RunSaid, LogSaid, SpanSaid, EndSaid, Said)


class Mask:
    """The values that must not be kept."""

    def __init__(self, values: Iterable[bytes | bytearray]) -> None:
        self._masker = Masker(values)

    def said(self, said: Event) -> Event:
        """The same without them."""
        changed = {
            name: masked
            for name, value in zip(said._fields, said, strict=True)
            if name not in _NAMES
            and isinstance(value, (str, bytes, dict, list))
            and (masked := self._value(value)) != value
        }
        return said._replace(**changed) if changed else said

    def _masked(self, text: bytes) -> bytes:
        return self._masker.feed(text) + self._masker.end()

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._masked(value.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        if isinstance(value, bytes):  # JSON
            tree = orjson.loads(value)
            return value if (masked := self._value(tree)) == tree else json_of(masked)
        if isinstance(value, dict):
            return {self._value(key): self._value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            text = str(value)
            return value if self._masked(text.encode()) == text.encode() else "********"
        return value
