"""The recovery code: 160 random bits in letters that are hard to mistake, with letters of check, to
be written down once and typed on a bad day."""

from __future__ import annotations

import hashlib
import os

from simtui.errors import UsageError

CODE_BYTES = 20
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_MISTAKEN = str.maketrans("ILO", "110")
_CHECK_LETTERS = 4
_GROUP = 4


def new_code() -> str:
    """A code as it is shown: nine groups of four."""
    secret = os.urandom(CODE_BYTES)
    return grouped(_spelled(secret, CODE_BYTES * 8 // 5) + _check_of(secret))


def grouped(letters: str) -> str:
    return "-".join(letters[n : n + _GROUP] for n in range(0, len(letters), _GROUP))


def read_code(typed: str) -> bytearray:
    """The code's bits, from what a person typed: case, spaces and dashes do not matter, and O, I, L
    are taken for the digits they look like. Raises `UsageError` for a slip."""
    letters = "".join(c for c in typed.upper() if not c.isspace() and c != "-").translate(_MISTAKEN)
    length = CODE_BYTES * 8 // 5 + _CHECK_LETTERS
    if len(letters) != length or set(letters) - set(_LETTERS):
        raise UsageError(
            f"A recovery code has {length // _GROUP} groups of {_GROUP} letters and digits; this "
            f"has {len(letters)} of {length} in all. Nothing was tried."
        )
    number = 0
    for letter in letters[:-_CHECK_LETTERS]:
        number = number * 32 + _LETTERS.index(letter)
    secret = bytearray(number.to_bytes(CODE_BYTES, "big"))
    if _check_of(secret) != letters[-_CHECK_LETTERS:]:
        raise UsageError(
            "The recovery code has a slip in it: its last four letters do not fit the others. "
            "Nothing was tried."
        )
    return secret


def _check_of(secret: bytes | bytearray) -> str:
    return _spelled(hashlib.sha256(b"simtui recovery" + secret).digest()[:3], _CHECK_LETTERS)


def _spelled(octets: bytes | bytearray, count: int) -> str:
    """The first `count` letters of the bits."""
    number = int.from_bytes(octets, "big") >> (len(octets) * 8 - count * 5)
    return "".join(_LETTERS[number >> shift & 31] for shift in range(5 * (count - 1), -1, -5))
