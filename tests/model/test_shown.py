"""Text from outside is safe to print: what a terminal would obey is written out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", "plain"),
        ("Täglich 中 🜁", "Täglich 中 🜁"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202eevil", "\\u{202e}evil"),
        ("zero\u200bwidth", "zero\\u{200b}width"),
        ("\udcff", "\\u{dcff}"),
        ("\U000e0041", "\\u{e0041}"),
        ("[/b]", "[/b]"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(text: str, safe: str) -> None:
    assert shown(text) == safe


@given(st.text(st.characters()))
def test_nothing_in_it_is_a_control_or_a_surrogate(text: str) -> None:
    safe = shown(text, len(text) + 1)
    assert not {unicodedata.category(c) for c in safe} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(safe) & set(
        "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


@given(st.text(st.characters()))
def test_shown_twice_is_shown_once(text: str) -> None:
    once = shown(text, 10_000)
    assert shown(once, 100_000) == once


def test_what_is_too_long_is_cut_with_an_ellipsis() -> None:
    assert shown("abcdef", 6) == "abcdef"
    assert shown("abcdefg", 6) == "abcde…"
