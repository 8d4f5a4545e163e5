"""`.env` files: names and values as shells and dotenv libraries write them.

Nothing is expanded: `$HOME` in a value stays as it is written. A line that cannot be meant is told
with its number and stops nothing; what it holds is never quoted, since it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from simtui.errors import BadInput

MAX_BYTES = 1 << 20

_BLANK = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|\Z)")
_ASSIGNMENT = re.compile(r"[^\S\n]*(?:export[ \t]+)?(?P<name>[^\s=#'\"]+)[ \t]*=[ \t]*")
_QUOTED = re.compile(
    r"""'(?P<literal>[^']*+)'|"(?P<escaped>[^"\\]*+(?:\\.[^"\\]*+)*+)\"""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}
# a comment begins behind a space: a # alone is part of the value
_COMMENT = re.compile(r"(?:^|[ \t])#")


@dataclass(frozen=True, slots=True)
class EnvLine:
    """One assignment, or a `problem` in its place. `line` counts from 1; a value in quotes may go
    on for several."""

    line: int
    name: str = ""
    value: str = field(default="", repr=False)
    problem: str = ""


def read_env(stream: BinaryIO) -> list[EnvLine]:
    """Every assignment of a file. Raises `BadInput` for what is no such file at all."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BadInput(f"More than {MAX_BYTES // 1024:,} KiB are no .env file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("It is not in UTF-8, and so no .env file.") from None
    if "\0" in text:
        raise BadInput("It holds NUL bytes, and so is no .env file.")
    return list(_lines(text.replace("\r\n", "\n")))


def _lines(text: str) -> Iterator[EnvLine]:
    at, number = 0, 1
    while at < len(text):
        if (blank := _BLANK.match(text, at)) is not None:
            end = blank.end()
        else:
            line, at_end = _assignment(text, at, number)
            yield line
            end = text.find("\n", at_end) + 1 or len(text)
        number += text.count("\n", at, end)
        at = end


def _assignment(text: str, at: int, number: int) -> tuple[EnvLine, int]:
    """The assignment that begins here, and how far it was read."""
    match = _ASSIGNMENT.match(text, at)
    if match is None:
        return EnvLine(number, problem="it is no NAME=value"), at
    name, at = match["name"], match.end()
    if text[at : at + 1] in ("'", '"'):
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            return EnvLine(number, name, problem="its quotes never end"), at
        if _BLANK.match(text, quoted.end()) is None:
            # where they were to end is not known: every line behind this one is looked at
            return EnvLine(number, name, problem="something stands behind its quotes"), at
        return EnvLine(number, name, _unescaped(quoted)), quoted.end()
    end = text.find("\n", at)
    value = text[at : end if end >= 0 else len(text)]
    return EnvLine(number, name, _COMMENT.split(value, maxsplit=1)[0].strip()), at


def _unescaped(quoted: re.Match[str]) -> str:
    if (literal := quoted["literal"]) is not None:
        return literal
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[0]), quoted["escaped"])
