"""Signs beyond ASCII, and what stands for each where a terminal shows nothing else. They are
replaced as the screen is sent, cell for cell; a key that is told by a sign is spelled before."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import TextIO

from rich.cells import cell_len

_SIGNS = {
    "✓": "+", "✗": "x", "▸": ">", "●": "*", "•": "*", "○": "o", "…": "~", "·": "-", "–": "-",
    "—": "-", "←": "<", "→": ">", "↑": "^", "↓": "v", "≤": "<", "≥": ">", "×": "x", "↻": "~",
    "│": "|", "┃": "|", "─": "-", "━": "-", "⏎": "<", "«": "<", "»": ">", "“": '"', "”": '"',
    "‘": "'", "’": "'", "\N{NO-BREAK SPACE}": " ",
}  # fmt: skip
_SIGNS |= dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+")
_SIGNS |= dict.fromkeys("▁▂▃▄▅▆▇█▉▊▋▌▍▎▏▐▕", "#")


class _StandIns(dict[int, str]):
    """Also for what is not among the signs: as many question marks as it has cells."""

    def __missing__(self, number: int) -> str:
        return chr(number) if number < 128 else "?" * cell_len(chr(number))


_STAND_INS = _StandIns({ord(sign): ascii_one for sign, ascii_one in _SIGNS.items()})


class Glyphs:
    """`only_ascii`: the terminal shows nothing else."""

    only_ascii = False


GLYPHS = Glyphs()
"""Of this terminal."""


def says_ascii(environment: Mapping[str, str]) -> bool:
    """Whether the locale says that a terminal shows ASCII alone. Where nothing is said, it is
    taken for one of today."""
    named = {name: environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")}
    if named["LC_CTYPE"] == "C.UTF-8" and named["LANG"] in ("C", "POSIX"):
        named["LC_CTYPE"] = ""  # Python itself puts that there (PEP 538)
    said = next(filter(None, named.values()), "")
    return said in ("C", "POSIX") or said.lower().endswith(("ascii", "ansi_x3.4-1968"))


def takes_ascii(file: TextIO | None) -> bool:
    """Whether what is written there becomes ASCII, whatever the locale says."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    return codecs.lookup(encoding).name != "utf-8"


def ascii_of(text: str) -> str:
    """The text in ASCII alone, in as many cells."""
    return text if text.isascii() else text.translate(_STAND_INS)


def glyph(sign: str) -> str:
    """A key that is told by a sign, spelled where the sign cannot be shown."""
    return "enter" if GLYPHS.only_ascii and sign == "⏎" else sign


def spelled(text: str) -> str:
    """A line of keys, with the same."""
    return text.replace("⏎", "enter") if GLYPHS.only_ascii else text
