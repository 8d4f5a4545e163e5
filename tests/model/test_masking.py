"""The masker: what hides, what does not, and that the stream's pieces make no difference."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.model.masking import MASK, Masker, can_be_masked, spellings

VALUE = b'quiet+Falcon/9000 "caf\xc3\xa9" <&>'

LETTERS = st.binary(max_size=40).map(lambda text: bytes(97 + byte % 3 for byte in text))
"""Few letters, so that values begin, end and overlap like each other all the time."""

VALUES = st.lists(LETTERS.filter(can_be_masked), min_size=1, max_size=5)


@st.composite
def planted(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """Values, and a text in which some of them stand, whole or in part."""
    values = draw(VALUES)
    parts = st.sampled_from(values).flatmap(
        lambda value: st.slices(len(value)).map(lambda part: value[part])
    )
    return values, b"".join(draw(st.lists(st.one_of(st.sampled_from(values), parts, LETTERS))))


def masked(values: Iterable[bytes | bytearray], *pieces: bytes) -> bytes:
    masker = Masker(values)
    return b"".join([*map(masker.feed, pieces), masker.end()])


def pieces_of(text: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in pairwise(ends)]


CUTS = st.lists(st.integers(min_value=0), max_size=30)


# what is masked


@given(planted())
def test_every_occurrence_is_masked_and_nothing_else(case: tuple[list[bytes], bytes]) -> None:
    values, text = case
    hidden = bytearray(len(text))
    starts = set()
    for value in values:
        for at in range(len(text)):
            if text.startswith(value, at):
                hidden[at : at + len(value)] = b"x" * len(value)
                starts.add(at)
    # a mask begins where none goes on: touching occurrences have one each
    reach, wanted = 0, bytearray()
    for at, byte in enumerate(text):
        if at in starts:
            if at >= reach:
                wanted += MASK
            reach = max([reach, *(at + len(v) for v in values if text.startswith(v, at))])
        if not hidden[at]:
            wanted.append(byte)
    assert masked(values, text) == bytes(wanted)


@given(planted(), CUTS)
def test_the_pieces_of_a_stream_make_no_difference(
    case: tuple[list[bytes], bytes], cuts: list[int]
) -> None:
    values, text = case
    assert masked(values, *pieces_of(text, cuts)) == masked(values, text)


@given(st.lists(st.binary(max_size=30), max_size=4), st.data(), CUTS)
def test_whatever_the_bytes_no_value_is_left(
    values: list[bytes], data: st.DataObject, cuts: list[int]
) -> None:
    values = [value for value in values if b"*" not in value]
    spelled = sorted(set().union(*map(spellings, values)))
    parts = st.sampled_from(spelled) if spelled else st.nothing()
    text = b"".join(data.draw(st.lists(st.one_of(parts, st.binary(max_size=5)))))
    shown = masked(values, *pieces_of(text, cuts))
    for value in values:
        if can_be_masked(value):
            assert value.strip() not in shown
    assert not [each for each in spelled if each in shown]


@given(st.lists(st.binary(max_size=30), max_size=4), st.binary(max_size=300), CUTS)
def test_a_text_without_values_is_unchanged(
    values: list[bytes], text: bytes, cuts: list[int]
) -> None:
    if not any(each in text for value in values for each in spellings(value)):
        assert masked(values, *pieces_of(text, cuts)) == text


def test_a_value_within_another_is_part_of_its_mask() -> None:
    assert masked([b"falcon", b"my-falcon-key"], b"<my-falcon-key> <falcon>") == (
        b"<********> <********>"
    )


def test_values_that_overlap_become_one_mask() -> None:
    assert masked([b"user:pass", b"pass@host"], b"<user:pass@host>") == b"<********>"


def test_values_side_by_side_have_a_mask_each() -> None:
    assert masked([b"secret"], b"secretsecret") == MASK * 2


def test_a_long_text_with_many_values_is_masked() -> None:
    values = [b"value-%d-of-many" % n for n in range(200)]
    text = b"".join(b"%d: " % n + value + b"\n" for n, value in enumerate(values))
    assert masked(values, text) == b"".join(b"%d: " % n + MASK + b"\n" for n in range(200))


# spellings


def in_lines(text: bytes, width: int) -> bytes:
    return b"\n".join(text[at : at + width] for at in range(0, len(text), width))


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "base64": base64.b64encode,
    "base64 for URLs": base64.urlsafe_b64encode,
    "base64 without padding": lambda value: base64.b64encode(value).rstrip(b"="),
    "JSON": lambda value: json.dumps(value.decode()).encode()[1:-1],
    "JSON in UTF-8": lambda value: json.dumps(value.decode(), ensure_ascii=False).encode()[1:-1],
    "JSON by PHP": lambda value: json.dumps(value.decode()).replace("/", "\\/").encode()[1:-1],
    "JSON by Go": lambda value: (
        json.dumps(value.decode(), ensure_ascii=False)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .encode()[1:-1]
    ),
    "URL": lambda value: urllib.parse.quote(value).encode(),
    "URL, all escaped": lambda value: urllib.parse.quote(value, safe="").encode(),
    "URL, a form": lambda value: urllib.parse.quote_plus(value).encode(),
    "URL, small letters": lambda value: (
        b"quiet%2bFalcon%2f9000%20%22caf%c3%a9%22%20%3c%26%3e"
        if value == VALUE
        else urllib.parse.quote(value).encode()
    ),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_value_is_masked_however_it_is_spelled(spell: Callable[[bytes], bytes]) -> None:
    assert masked([VALUE], b"a=<" + spell(VALUE) + b">") == b"a=<********>"


def test_a_spelling_is_masked_wherever_it_is_cut() -> None:
    longest = max(spellings(VALUE), key=len)
    for cut in range(len(longest)):
        assert masked([VALUE], longest[:cut], longest[cut:]) == MASK


@given(st.binary(max_size=6), st.binary(min_size=6, max_size=40), st.binary(max_size=6))
def test_base64_of_a_longer_text_hides_it_but_for_its_ends(
    before: bytes, value: bytes, after: bytes
) -> None:
    if value == value.strip():
        encoded = base64.b64encode(before + value + after)
        shown = masked([value], encoded)
        # at each end one group may hold bytes of both
        assert MASK in shown
        assert len(shown.replace(MASK, b"")) <= len(base64.b64encode(before + after)) + 8


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines_is_masked(width: int) -> None:
    value = bytes(range(33, 127)) * 2
    shown = masked([value], b"<" + in_lines(base64.b64encode(value), width))
    assert set(shown.replace(MASK, b"").split(b"\n")[:-1]) == {b"<", b""}
    assert len(shown.rpartition(b"\n")[2].replace(MASK, b"")) < 8


KEY = b"-----BEGIN KEY-----\nMIIEvQIBADAN+Bgkq/hkiG\nw0BAQEFAASC\nshort\n-----END KEY-----\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_value_of_many_lines_is_one_mask(end: bytes) -> None:
    assert masked([KEY], b"<" + KEY.strip().replace(b"\n", end) + b">") == b"<********>"


def test_a_line_of_a_value_of_many_lines_is_masked_alone() -> None:
    assert masked([KEY], b"| w0BAQEFAASC |\n| short |") == b"| ******** |\n| short |"


def test_white_space_around_a_value_is_no_part_of_it() -> None:
    assert masked([b"  secret value\n"], b"<secret value>") == b"<********>"


@pytest.mark.parametrize("value", [b"", b"abc", b"abc\n", b"        "])
def test_what_is_too_short_is_not_masked(value: bytes) -> None:
    assert not can_be_masked(value)
    assert masked([value], b"<" + value + b">") == b"<" + value + b">"


def test_four_bytes_are_enough() -> None:
    assert can_be_masked(bytearray(b"abcd"))
    assert masked([bytearray(b"abcd")], b"<abcd>") == b"<********>"


# what is held back


def test_only_what_may_begin_a_value_is_held_back() -> None:
    masker = Masker([b"falcon-key"])
    assert masker.feed(b"a falcon-k and a falc") == b"a falcon-k and a "
    assert masker.is_holding
    assert masker.feed(b"e") == b"falce"
    assert not masker.is_holding


def test_a_value_is_masked_as_soon_as_it_is_whole() -> None:
    masker = Masker([b"falcon-key", b"falcon-key-two"])
    assert masker.feed(b"<falcon-key") == b"<********"
    assert not masker.is_holding
    assert masker.feed(b"-tw") == b""
    assert masker.feed(b"o>") == b">"


def test_an_end_that_is_no_value_after_all_comes_out() -> None:
    assert masked([b"falcon-key"], b"a falcon-", b"ke") == b"a falcon-ke"


# what is let out while nothing comes


@pytest.mark.parametrize(("size", "shown"), [(4, 1), (7, 1), (8, 2), (11, 2), (12, 3), (60, 3)])
def test_of_a_value_that_comes_slowly_a_quarter_is_seen_and_never_more_than_three_bytes(
    size: int, shown: int
) -> None:
    value = bytes(97 + n % 26 for n in range(size))
    masker = Masker([value])
    seen = b"".join(masker.feed(bytes([byte])) + masker.idle() for byte in value)
    assert seen == value[:shown] + MASK


def test_more_than_that_is_held_to_the_last_byte() -> None:
    masker = Masker([b"a falcon and its key"])
    assert masker.feed(b"> a fa") + masker.idle() == b"> "
    assert masker.feed(b"lcon!") == b"a falcon!"


def test_what_was_let_out_is_not_printed_again() -> None:
    masker = Masker([b"my falcon and its key"])
    assert masker.feed(b"> my ") + masker.idle() == b"> my "
    assert masker.idle() == b""
    assert masker.feed(b"f") + masker.idle() == b""
    assert masker.feed(b"ox") == b"fox"


@given(planted(), CUTS, st.lists(st.booleans(), min_size=40, max_size=40))
def test_pauses_show_no_value(
    case: tuple[list[bytes], bytes], cuts: list[int], pauses: list[bool]
) -> None:
    values, text = case
    masker = Masker(values)
    told = b"".join(
        masker.feed(piece) + (masker.idle() if pause else b"")
        for piece, pause in zip(pieces_of(text, cuts), pauses, strict=False)
    )
    told += masker.end()
    assert not any(value in told for value in values)


@given(planted(), CUTS)
def test_pauses_show_of_what_may_become_a_value_no_more_than_the_rule_says(
    case: tuple[list[bytes], bytes], cuts: list[int]
) -> None:
    values, text = case
    text = text[: min([len(text), *(text.index(v) + len(v) - 1 for v in values if v in text)])]
    masker = Masker(values)
    told, taken = b"", b""
    for piece in pieces_of(text, cuts):
        told += masker.feed(piece) + masker.idle()
        taken += piece
        assert taken.startswith(told)
        for value in values:
            for size in range(1, len(value)):
                if taken.endswith(value[:size]):
                    assert len(told) <= len(taken) - size + min(3, len(value) // 4)
    assert told + masker.end() == text
