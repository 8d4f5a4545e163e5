"""A recovery code that is typed on a bad day: what looks alike is taken for the same, and a slip is
found before anything is tried."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import UsageError
from simtui.vault.recovery import CODE_BYTES, code_of, new_code, read_code

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAME_CODES = [code_of(random.Random(n).randbytes(CODE_BYTES)) for n in range(60)]
"""The same in each run, so that what is found in them is, too."""

bits = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)


def is_refused(typed: str) -> bool:
    try:
        read_code(typed)
    except UsageError:
        return True
    return False


@given(bits)
def test_a_code_comes_back_as_its_bits(secret: bytes) -> None:
    assert read_code(code_of(secret)) == secret


def test_a_new_code_is_nine_groups_of_four_and_never_the_same() -> None:
    codes = [new_code() for _ in range(300)]
    assert len(set(codes)) == 300
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4] * 9
        assert set(code) <= set(LETTERS) | {"-"}


def test_every_letter_can_stand_at_every_place() -> None:
    """So that no bit of it is always the same."""
    codes = [new_code().replace("-", "") for _ in range(2000)]
    assert all(len({code[place] for code in codes}) == 32 for place in range(36))


def one_letter_off(code: str) -> list[str]:
    letters = code.replace("-", "")
    return [
        letters[:place] + other + letters[place + 1 :]
        for place, letter in enumerate(letters)
        for other in LETTERS
        if other != letter
    ]


def neighbours_swapped(code: str) -> list[str]:
    letters = code.replace("-", "")
    swapped = [
        letters[:place] + letters[place + 1] + letters[place] + letters[place + 2 :]
        for place in range(len(letters) - 1)
    ]
    return [each for each in swapped if each != letters]


def test_every_slip_of_one_letter_is_found() -> None:
    """Twenty bits of check: one in a million would not be. None of these 66,960."""
    slips = [slip for code in SAME_CODES for slip in one_letter_off(code)]
    assert len(slips) == 60 * 36 * 31
    assert [slip for slip in slips if not is_refused(slip)] == []


def test_every_swap_of_neighbours_is_found() -> None:
    slips = [slip for code in SAME_CODES for slip in neighbours_swapped(code)]
    assert len(slips) > 2000
    assert [slip for slip in slips if not is_refused(slip)] == []


@given(bits, st.integers(0, 35))
def test_a_letter_that_is_missing_or_doubled_is_found(secret: bytes, place: int) -> None:
    letters = code_of(secret).replace("-", "")
    for slip in (
        letters[:place] + letters[place + 1 :],
        letters[:place] + letters[place] + letters[place:],
    ):
        with pytest.raises(UsageError, match=r"has (35|37) of 36 in all\. Nothing was tried"):
            read_code(slip)


@given(bits, st.data())
def test_case_spaces_and_dashes_do_not_matter(secret: bytes, data: st.DataObject) -> None:
    between = st.text(
        st.sampled_from(" \t\n-\u2010\u2011\u2013\u2014\u00a0\u200b\ufeff"), max_size=3
    )
    typed = "".join(
        data.draw(between) + (letter.lower() if data.draw(st.booleans()) else letter)
        for letter in code_of(secret).replace("-", "")
    )
    assert read_code(typed + data.draw(between)) == secret


@given(bits, st.data())
def test_what_looks_alike_is_taken_for_the_same(secret: bytes, data: st.DataObject) -> None:
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(
        data.draw(st.sampled_from(alike.get(letter, letter))) for letter in code_of(secret)
    )
    assert read_code(typed) == secret


REFUSALS = {
    "A recovery code has N groups of N letters and digits; this has N of N in all. Nothing was "
    "tried.",
    "N of these N are in no recovery code: it has the letters A to Z without I, L, O, U, and the "
    "digits. Nothing was tried.",
    "The recovery code has a slip in it: its last four letters do not fit the others. Nothing was "
    "tried.",
}


@given(st.text(max_size=80) | st.text(LETTERS + "!U", min_size=36, max_size=36))
def test_any_other_text_is_refused_and_nothing_of_it_is_said(typed: str) -> None:
    """It may be a password, in the wrong field."""
    with pytest.raises(UsageError) as found:
        read_code(typed)
    assert re.sub(r"\d+", "N", found.value.message) in REFUSALS


def test_letters_that_no_code_has_are_told() -> None:
    code = code_of(bytes(range(20)))
    with pytest.raises(UsageError, match="2 of these 36 are in no recovery code"):
        read_code("U!" + code[2:])
