"""Texts as lines, for a screen that looks at a few of them: what was made for it, and documents of
any length."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_LINE = 4000


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line and the name of its colour ("" for none)."""

    text: str
    colour: str = ""


class Lines(Protocol):
    """A text as lines, counted from 0."""

    def __len__(self) -> int: ...

    def plain(self, number: int) -> str: ...

    def spans(self, number: int) -> Sequence[Span]: ...

    def is_problem(self, number: int) -> bool: ...

    def line_with(self, text: str, after: int, by: int) -> int | None:
        """The next line (`by` 1), or the one before (-1), that holds a text, without regard to
        case, round the end: the line `after` itself comes last."""
        ...


class StyledLines:
    """Lines that were made for the screen."""

    def __init__(self, lines: Sequence[Sequence[Span]]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def plain(self, number: int) -> str:
        return "".join(span.text for span in self._lines[number])

    def spans(self, number: int) -> Sequence[Span]:
        return self._lines[number]

    def is_problem(self, number: int) -> bool:
        return any(span.colour in ("error", "warning") for span in self._lines[number])

    def line_with(self, text: str, after: int, by: int) -> int | None:
        pattern = re.compile(re.escape(text), re.IGNORECASE)
        for step in range(1, len(self) + 1):
            number = (after + by * step) % len(self)
            if pattern.search(self.plain(number)):
                return number
        return None


_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<string>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>true|false|null)"
)
_JSON_COLOURS = {"key": "key", "string": "", "number": "number", "word": "number"}


class JsonLines:
    """A document's own lines: where each begins is remembered, the text stays one piece. A line
    longer than a screen can want goes on in the next."""

    def __init__(self, document: bytes) -> None:
        self._document = document
        self._starts = array("Q", [0])
        for match in re.finditer(b"\n", document):
            self._break_up(match.start())
            self._starts.append(match.end())
        self._break_up(len(document))

    def _break_up(self, end: int) -> None:
        """The last line goes to `end`."""
        while end - (start := self._starts[-1]) > MAX_LINE:
            at = start + MAX_LINE
            while at > start and self._document[at] & 0xC0 == 0x80:  # inside a character
                at -= 1
            self._starts.append(at if at > start else start + MAX_LINE)

    def __len__(self) -> int:
        return len(self._starts)

    def plain(self, number: int) -> str:
        start = self._starts[number]
        more = number + 1 < len(self._starts)
        end = self._starts[number + 1] if more else len(self._document)
        return self._document[start:end].rstrip(b"\n").decode(errors="replace")

    def spans(self, number: int) -> Sequence[Span]:
        text, start = self.plain(number), self._starts[number]
        if start and self._document[start - 1] != ord("\n"):
            return [Span(text)]  # what its quotes mean is told by what came before it
        spans, at = [], 0
        for match in _JSON.finditer(text):
            if match.start() > at:
                spans.append(Span(text[at : match.start()], "dim"))
            spans.append(Span(match.group(), _JSON_COLOURS[match.lastgroup or "string"]))
            at = match.end()
        spans.append(Span(text[at:], "dim"))
        return spans

    def is_problem(self, number: int) -> bool:
        return False

    def line_with(self, text: str, after: int, by: int) -> int | None:
        # one pass over the whole: line by line a large document would hold the screen for seconds
        document = self._document.lower()
        wanted = {form.encode().lower() for form in (text, text.lower(), text.upper())}
        start = self._starts[after]
        if by > 0:
            end = self._starts[after + 1] if after + 1 < len(self) else len(document)
            places = [document.find(each, end) for each in wanted]
            if max(places) < 0:
                places = [document.find(each) for each in wanted]
            found = min((place for place in places if place >= 0), default=-1)
        else:
            found = max(document.rfind(each, 0, max(0, start + len(each) - 1)) for each in wanted)
            if found < 0:
                found = max(document.rfind(each) for each in wanted)
        return bisect_right(self._starts, found) - 1 if found >= 0 else None
