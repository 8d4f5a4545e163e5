"""The bounded JSON reader: size, nesting and number of values are checked before a tree is built.

orjson does the reading: it is strict where the standard library is lax (NaN, lone surrogates,
`1e999`). The checks cost nothing on an ordinary file, because a count of structural bytes, which
can only be too high, is tried before the exact one.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from simtui.errors import BadInput

MAX_JSON_BYTES = 64 << 20
MAX_DEPTH = 200
MAX_NODES = 2_000_000
MAX_DIGITS = 4300  # Python's own limit for turning digits into an integer

_BOM = b"\xef\xbb\xbf"
# The closing quote may be missing: in a file that is cut short the last string must match as well,
# or each `\"` in it would be tried as a beginning, and the time would grow with the square.
_LONG_NUMBER = re.compile(rf"-?[0-9]{{{MAX_DIGITS + 1}}}")
_NOT_A_NUMBER = re.compile(r"-?(?:NaN|Infinity)")
_YAML = re.compile(r"^blocks:[ \t]*\r?$", re.MULTILINE)


def read_json(data: bytes, what: str) -> tuple[Any, bytes]:
    """What `data` holds, and `data` without a byte order mark. `what` names it in the error and may
    stand in a message as it is. Raises `BadInput` with the line and column where there is one."""
    if len(data) > MAX_JSON_BYTES:
        raise BadInput(f"{what}: larger than a workflow may be ({MAX_JSON_BYTES >> 20} MB).")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[1:2] == b"\0" or data[:1] == b"\0":
        raise BadInput(f"{what}: UTF-16 or UTF-32, where JSON is UTF-8. Save it as UTF-8.")
    data = data.removeprefix(_BOM)
    if not data.strip():
        raise BadInput(f"{what}: empty.")
    _check_nesting(data, what)
    try:
        return orjson.loads(data), data
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{what}: {_reason(data, error)}") from None


def check_bounds(data: bytes, what: str) -> None:
    """Refuses JSON that `read_json` would refuse for its size or its shape; for what was written
    here and need not be read again. Raises `BadInput`."""
    if len(data) > MAX_JSON_BYTES:
        raise BadInput(f"{what}: larger than a workflow may be ({MAX_JSON_BYTES >> 20} MB).")
    _check_nesting(data, what)


_NO_STRUCTURE = bytes(set(range(256)) - set(b'{}[],"'))


def _check_nesting(data: bytes, what: str) -> None:
    # with what stands in strings, and so too many at worst
    marks = data.translate(None, _NO_STRUCTURE)
    opened = marks.count(b"{") + marks.count(b"[")
    if opened <= MAX_DEPTH and opened + marks.count(b",") <= MAX_NODES:
        return
    # without pairs of backslashes, a quote behind one stands inside a string
    if b"\\" in data:
        escaped = data.replace(b"\\\\", b"").replace(b'\\"', b"")
        marks = escaped.translate(None, _NO_STRUCTURE)
    # most strings hold no mark; two quotes less leave the others where they were
    bare = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    if bare.count(b",") + bare.count(b"{") + bare.count(b"[") > MAX_NODES:
        raise BadInput(f"{what}: more than {MAX_NODES:,} values.")
    if _depth(bare) > MAX_DEPTH:
        raise BadInput(f"{what}: too deeply nested (more than {MAX_DEPTH} levels).")


_BRACKETS_ONLY = bytes(set(range(256)) - set(b"{}[]"))


def _depth(bare: bytes) -> int:
    """How deep the brackets of JSON without strings go. Pairs that touch are taken away together,
    so each pass is one of C's speed and takes one level."""
    brackets = bare.translate(None, _BRACKETS_ONLY).translate(bytes.maketrans(b"{}", b"[]"))
    depth = 0
    while brackets and depth <= MAX_DEPTH:
        # a run of siblings closes in one pass, whatever its length
        shorter = brackets.replace(b"[]", b"")
        if len(shorter) == len(brackets):
            return MAX_DEPTH + 1 if b"[" * (MAX_DEPTH + 1) in brackets else depth
        brackets = shorter
        depth += 1
    return depth


def _reason(data: bytes, error: orjson.JSONDecodeError) -> str:
    """Why orjson refused it, in words that help."""
    try:
        text = data.decode()
    except UnicodeDecodeError as bad:
        return f"not UTF-8: byte {bad.start} ({data[bad.start]:#04x}) begins no character."
    start = text.lstrip()[:1]
    if start not in "{[" and _YAML.search(text):
        return (
            "Sim's YAML form of 2025, which has no positions and only part of each block. "
            "Export the workflow from Sim again, as JSON."
        )
    if start not in '{["-0123456789tfnNI':
        return "not JSON."
    place = f"line {error.lineno}, column {error.colno}"
    if _LONG_NUMBER.match(text, error.pos):
        return f"a number of more than {MAX_DIGITS:,} digits ({place})."
    if _NOT_A_NUMBER.match(text, error.pos):
        return f"NaN or Infinity, which JSON does not have ({place})."
    if "infinity" in error.msg:
        return f"a number too large to keep ({place})."
    if "surrogate" in error.msg:
        return f"half a character: a lone surrogate ({place})."
    if "end of data" in error.msg:
        return f"cut short ({place})."
    if "content after" in error.msg:
        return f"something follows the end of the JSON ({place})."
    return f"not JSON: {error.msg} ({place})."
