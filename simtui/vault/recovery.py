"""The recovery code: 160 random bits in letters that are hard to mistake, with letters of check, to
be written down once and typed on a bad day."""

from __future__ import annotations

import hashlib
import os
import unicodedata

from simtui.errors import UsageError
from simtui.vault.memory import wipe

CODE_BYTES = 20
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_MISTAKEN = str.maketrans("ILO", "110")
_CHECK_LETTERS = 4
_GROUP = 4


def new_code() -> str:
    """A code as it is shown: nine groups of four."""
    return code_of(os.urandom(CODE_BYTES))


def code_of(secret: bytes) -> str:
    """These bits as a code."""
    return grouped(_spelled(secret, CODE_BYTES * 8 // 5) + _check_of(secret))


def grouped(letters: str) -> str:
    """`B75D-RED2-…`"""
    return "-".join(letters[n : n + _GROUP] for n in range(0, len(letters), _GROUP))


def read_code(typed: str) -> bytearray:
    """The code's bits, from what a person typed: case, spaces and dashes do not matter, and O, I, L
    are taken for the digits they look like. Raises `UsageError` for a slip."""
    letters = "".join(c for c in typed.upper() if not _is_between(c)).translate(_MISTAKEN)
    length = CODE_BYTES * 8 // 5 + _CHECK_LETTERS
    if len(letters) != length:
        raise UsageError(
            f"A recovery code has {length // _GROUP} groups of {_GROUP} letters and digits; this "
            f"has {len(letters)} of {length} in all. Nothing was tried."
        )
    if strange := len([letter for letter in letters if letter not in _LETTERS]):
        raise UsageError(
            f"{strange} of these {length} are in no recovery code: it has the letters A to Z "
            "without I, L, O, U, and the digits. Nothing was tried."
        )
    number = 0
    for letter in letters[:-_CHECK_LETTERS]:
        number = number * 32 + _LETTERS.index(letter)
    secret = bytearray(number.to_bytes(CODE_BYTES, "big"))
    if _check_of(secret) != letters[-_CHECK_LETTERS:]:
        wipe(secret)  # all but a letter of the right one
        raise UsageError(
            "The recovery code has a slip in it: its last four letters do not fit the others. "
            "Nothing was tried."
        )
    return secret


def _is_between(character: str) -> bool:
    """A space, any dash, or what cannot be seen: other programs put them in."""
    return character.isspace() or unicodedata.category(character) in ("Pd", "Cf")


def _check_of(secret: bytes | bytearray) -> str:
    return _spelled(hashlib.sha256(b"simtui recovery" + secret).digest()[:3], _CHECK_LETTERS)


def _spelled(octets: bytes | bytearray, count: int) -> str:
    """The first `count` letters of the bits."""
    number = int.from_bytes(octets, "big") >> (len(octets) * 8 - count * 5)
    return "".join(_LETTERS[number >> shift & 31] for shift in range(5 * (count - 1), -1, -5))
