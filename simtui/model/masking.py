"""Masks the values of secrets in a stream of bytes, wherever the stream is cut into pieces.

A guard against accidents: what prints a value, as it is or in one of its usual spellings, does not
show it. It is none against a program that means to show it: a part of a value, its characters one a
line or with colours between them, or its hash, are other bytes.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from urllib.parse import quote_from_bytes

MASK = b"********"
LEAST_BYTES = 4
"""A shorter value is not masked: it stands in every other word."""

LEAST_LINE_BYTES = 8
"""Of a value of many lines (a private key), each line from this size on is masked alone too."""

_SHOWN_BYTES = 3
_WORD = 4
_BASE64_WIDTHS = (76, 64)  # where `base64` and `openssl` begin a new line
_URL_SAFE = ("", "/", "!'()*", "!#$&'()*+,/:;=?@")
"""What URL escaping leaves as it is: all escaped, Python, `encodeURIComponent`, `encodeURI`."""

_JSON_ALSO = (b"", b"/", b"<>&")
"""What JSON need not escape and some do: nothing, PHP, Go."""


def can_be_masked(value: bytes | bytearray) -> bool:
    """Whether there is enough of it, white space around it aside."""
    return len(value.strip()) >= LEAST_BYTES


class Masker:
    """Replaces each occurrence of a value, or of one of its `spellings`, by `********`; occurrences
    that overlap become one mask. The pieces that `feed` and `end` give are, put together, the same
    however the stream was cut.

    `feed` holds back the longest end of the stream that may begin a value, and nothing else. Where
    somebody may be waiting at a prompt, call `idle` when nothing came for a moment. It lets out
    what is held, by this rule: **an end that may begin a value is let out only while it is at most
    a quarter of the value, and at most 3 bytes; from then on all of it that is not out yet is held
    until the stream goes on.** What was let out is remembered: where the value is completed, the
    rest of it is masked. So whoever prints a value in pieces, with any pauses between them, shows
    at most its first 3 bytes (1 of a value of 4 to 7 bytes, 2 of one of 8 to 11), and a prompt or
    an echoed key that only by chance begins like a value is seen at once, unless it is 4 bytes
    like it.
    """

    def __init__(self, values: Iterable[bytes | bytearray]) -> None:
        spelled = sorted(set().union(*map(spellings, values)))
        self._longest = max(map(len, spelled), default=0)
        self._by_start: dict[bytes, list[bytes]] = {}
        # Looking for each spelling would take the time of all of them. The stream's words of four
        # bytes are looked up in one set instead: whatever has 7 bytes or more has one of its own
        # first four words, which begin at its bytes 0 to 3, at a multiple of four.
        self._by_word: dict[int, list[bytes]] = {}
        self._short = [each for each in spelled if len(each) < 2 * _WORD - 1]
        for each in spelled:
            for length in range(1, _WORD + 1):
                self._by_start.setdefault(each[:length], []).append(each)
            if len(each) >= 2 * _WORD - 1:
                for at in range(_WORD):
                    word = int.from_bytes(each[at : at + _WORD], sys.byteorder)
                    self._by_word.setdefault(word, []).append(each)
        self._words = frozenset(self._by_word)
        self._held = b""
        self._out = 0  # how much of what is held is out already, masked or let out
        self._out_masked = False  # whether that ends in a mask

    @property
    def is_holding(self) -> bool:
        """Whether there is anything that `feed` took and nothing gave yet."""
        return len(self._held) > self._out

    def feed(self, chunk: bytes) -> bytes:
        """Takes what the stream brings next. What can be told of it by now."""
        text = self._held + chunk
        decided, _value = next(self._beginnings(text), (len(text), b""))
        return self._tell(text, decided)

    def idle(self) -> bytes:
        """What may be shown of what is held, while the stream is silent."""
        text = self._held
        kept = (
            start
            for start, value in self._beginnings(text)
            if len(text) - start > min(_SHOWN_BYTES, len(value) // 4)
        )
        limit = next(kept, len(text))
        if limit <= self._out:
            return b""
        told = text[self._out : limit]
        self._out, self._out_masked = limit, False
        return told

    def end(self) -> bytes:
        """The rest, now that nothing comes any more."""
        return self._tell(self._held, len(self._held))

    def _tell(self, text: bytes, decided: int) -> bytes:
        """What is to be told of `text`, whose end from `decided` on may begin a value."""
        at, told = self._out, []
        for start, end in self._found(text):
            if start > decided:
                break
            if end <= at:
                continue
            if start >= at or not self._out_masked:
                told += [text[at:start], MASK]
            at, self._out_masked = end, True
        if at < decided:
            told.append(text[at:decided])
            at, self._out_masked = decided, False
        self._held, self._out = text[decided:], at - decided
        return b"".join(told)

    def _beginnings(self, text: bytes) -> Iterator[tuple[int, bytes]]:
        """Where `text` ends with a beginning of a value, but not all of it, and that value: the
        longest ones first."""
        for at in range(max(0, len(text) - self._longest + 1), len(text)):
            for value in self._by_start.get(text[at : at + _WORD], ()):
                if len(value) > len(text) - at and value.startswith(text[at:]):
                    yield at, value

    def _found(self, text: bytes) -> list[tuple[int, int]]:
        """From where to where a value stands, by their starts; they may overlap."""
        words = memoryview(text)[: len(text) // _WORD * _WORD].cast("I")
        likely = set(self._short)
        for word in self._words.intersection(words):
            likely.update(self._by_word[word])
        found = []
        for each in likely:
            at = text.find(each)
            while at >= 0:
                found.append((at, at + len(each)))
                at = text.find(each, at + 1)
        return sorted(found)


def spellings(value: bytes | bytearray) -> set[bytes]:
    """The value and the other ways in which programs print it: base64 (alone, or within a longer
    text such as `user:password`, or in lines), URL- and JSON-escaped. White space around it is no
    part of it. Nothing where it cannot be masked."""
    if not can_be_masked(value):
        return set()
    whole = bytes(value.strip())
    lines = whole.splitlines()
    texts = {whole, b"\n".join(lines), b"\r\n".join(lines)}
    texts.update(filter(_is_line, map(bytes.strip, lines)))
    return texts.union(_in_base64(whole), *map(_escaped, texts))


def _is_line(line: bytes) -> bool:
    return len(line) >= LEAST_LINE_BYTES


def _in_base64(text: bytes) -> set[bytes]:
    whole = base64.b64encode(text)
    found = {whole, whole.rstrip(b"=")}
    for before in range(3):  # how many bytes stand before it in its group of three
        encoded = base64.b64encode(bytes(before) + text)
        # the characters at both ends that tell of other bytes too are left out
        found.add(encoded[(0, 2, 3)[before] : (before + len(text)) * 8 // 6])
    for width in _BASE64_WIDTHS:
        if len(whole) > width:
            pieces = (whole[at : at + width] for at in range(0, len(whole), width))
            found.update(filter(_is_line, pieces))
    return found | {each.translate(_URL_ALPHABET) for each in found}


_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
_NEVER_ESCAPED = re.compile(rb"[A-Za-z0-9_.~-]*")
_CHARACTER = re.compile(rb"[\x00-\x7f]|[\xc2-\xf4][\x80-\xbf]+|.", re.DOTALL)


def _escaped(text: bytes) -> set[bytes]:
    if _NEVER_ESCAPED.fullmatch(text):
        return {text}
    # a character at a time: a value is never a str
    characters = _CHARACTER.findall(text)
    return {b"".join(map(escape, characters)) for escape in _escapes()}


@cache
def _escapes() -> tuple[Callable[[bytes], bytes], ...]:
    """How one character is escaped, by each way to do it."""
    in_json = (partial(_in_json, ascii_only=a, also=b) for a in (True, False) for b in _JSON_ALSO)
    in_url = (
        partial(_in_url, safe=safe, space=space, lower=lower)
        for safe in _URL_SAFE
        for space in (b"%20", b"+")
        for lower in (True, False)
    )
    return tuple(map(cache, (*in_json, *in_url)))


def _in_json(character: bytes, *, ascii_only: bool, also: bytes) -> bytes:
    if character in also:
        return b"\\/" if character == b"/" else b"\\u%04x" % ord(character)
    try:
        text = character.decode()
    except UnicodeDecodeError:
        return character
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()


def _in_url(character: bytes, *, safe: str, space: bytes, lower: bool) -> bytes:
    if character == b" ":
        return space
    escaped = quote_from_bytes(character, safe).encode()
    return escaped.lower() if lower and escaped != character else escaped
