"""Every error that simtui raises on purpose, each with the exit code that a command ends with.

The message is for a person: what happened, to what, what is still safe, and what to do next.
Text from outside stands in it escaped (`shown`), so that printing a message is always safe.
"""

from __future__ import annotations


class SimtuiError(Exception):
    """Base of all of ours. An error that is not one of these is a fault of ours (exit 1)."""

    exit_code = 1

    @property
    def message(self) -> str:
        """What a person reads."""
        return str(self)


class UsageError(SimtuiError):
    """The words of the command, or a value in them, cannot be meant."""

    exit_code = 2


class NotFound(SimtuiError):
    """What was named is not there, or the name fits more than one."""

    exit_code = 4


class Locked(SimtuiError):
    """The vault is locked, or the password is wrong."""

    exit_code = 5


class BadInput(SimtuiError):
    """Something from outside is refused; nothing of it was taken."""

    exit_code = 6


class NewerLibrary(BadInput):
    """The database was written by a newer simtui. It is left unharmed."""


class Damaged(BadInput):
    """Something stored does not match its digest, or cannot be read."""


class Busy(SimtuiError):
    """Another process holds what is needed, longer than we wait."""

    exit_code = 7


class NotWritable(SimtuiError):
    """No space, or no permission. What was there before is unchanged."""

    exit_code = 8


class Cancelled(SimtuiError):
    """The person, or a signal, ended the work. What was done before stays whole."""

    exit_code = 130


_UNSAFE = {
    *range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010),
    *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF0, 0xFFFC),
    *range(0xD800, 0xE000), *range(0xE0000, 0xE0080),
}  # fmt: skip
_ESCAPES = {n: f"\\x{n:02x}" if n < 0x100 else f"\\u{{{n:x}}}" for n in _UNSAFE}
_ESCAPES |= {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}


def shown(text: str, limit: int = 200) -> str:
    """Text from outside as it may stand on a terminal: control, bidi and zero-width characters
    are written out, and what is longer than `limit` characters is cut with an ellipsis."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    # nearly all are, and to look up each character takes ten times as long
    return text if text.isascii() and text.isprintable() else text.translate(_ESCAPES)
