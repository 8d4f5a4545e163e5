"""Issued keys, told by their own shape, wherever in a text they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_AT_A_WORD = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_ALONE = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"

SHAPES = (
    (
        _AT_A_WORD,
        r"sk-[A-Za-z0-9_-]{20,}",
        r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}",
        r"gh[pousr]_[A-Za-z0-9]{30,}",
        r"github_pat_[A-Za-z0-9_]{30,}",
        r"glpat-[A-Za-z0-9_-]{18,}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
        r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])",
        r"AIza[A-Za-z0-9_-]{35}",
        r"ya29\.[A-Za-z0-9_-]{20,}",
        r"hf_[A-Za-z0-9]{30,}",
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    ),
    (
        _ALONE,
        # a capital tells a random key from an identifier
        r"sim_(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{24,}",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    (
        "",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?",
    ),
)
"""Issued keys by their own shape (each prefix is a provider's), behind what must stand before them:
the start of a word ("risk-assessment" holds "sk-" too), or an escape in a text that is a program's.
What may fail behind a run of any length never starts twice within that run, or a long text would
take the square of its length."""

LOOSE_SHAPES = (
    r"(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{20,}",
    r"(?<=://)[^\s/:@{}<>]{1,64}:[^\s/:@{}<>]{3,}(?=@)",
)
"""What stands where a key stands; an example of one stands there too."""

_EXAMPLE = re.compile(
    r"(?-i:[A-Z_]+)|(?:.*[^a-z])?(?:your|example|placeholder|change[-_ ]?me|redacted|dummy|todo).*"
    r"|[^:]*:(?:pass|passwd|password|pwd|pw|secret|token|[x*.]+)",
    re.IGNORECASE | re.DOTALL,
)


@cache
def key_shapes() -> re.Pattern[str]:
    """All of them as one expression; the loose ones are its group `loose`."""
    # compiled once it is needed: 6 ms, which a command that only lists need not spend
    issued = "|".join(f"{before}(?:{'|'.join(shapes)})" for before, *shapes in SHAPES)
    return re.compile(f"{issued}|(?P<loose>{'|'.join(LOOSE_SHAPES)})")


# what every one of the shapes above contains: one cheap look tells most texts apart
_HINTS = (
    "sk-", "k_live_", "k_test_", "sim_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    "glpat-", "xox", "AKIA", "ASIA", "AIza", "ya29", "hf_", "SG.", "eyJ", "PRIVATE KEY", "earer ",
)  # fmt: skip
_USER_IN_ADDRESS = re.compile(r"://[^\s/]*@")
_ANY_HINT = re.compile("|".join([*map(re.escape, _HINTS), _USER_IN_ADDRESS.pattern]))
_SHORT_CHARACTERS = 60


def hinted(text: str) -> bool:
    """Whether a key may be in a text. In a long one, plain searches one after another are many
    times as fast as one expression of them all; in a short one it is the other way round."""
    if len(text) < _SHORT_CHARACTERS:
        return _ANY_HINT.search(text) is not None
    for hint in _HINTS:  # any() would make a generator for each text
        if hint in text:
            return True
    return "://" in text and _USER_IN_ADDRESS.search(text) is not None


def key_in(text: str) -> str | None:
    """The first thing in a text that has the shape of an issued key."""
    return next(shapes_in(text), None)


def shapes_in(text: str) -> Iterator[str]:
    """Everything in a text that has the shape of an issued key."""
    if not hinted(text):
        return
    for match in key_shapes().finditer(text):
        if match["loose"] is None or _EXAMPLE.fullmatch(match["loose"]) is None:
            yield match.group()
