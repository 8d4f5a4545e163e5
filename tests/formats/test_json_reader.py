"""The bounded JSON reader: what cannot be kept is refused with its place, and nothing makes it take
more memory or time than the file is worth (bad inputs 31 to 41)."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.json_reader import MAX_DEPTH, MAX_JSON_BYTES, MAX_NODES, read_json

MB = 1 << 20


def refusal(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read_json(data, "flow.json")
    assert caught.value.message.isprintable()
    return caught.value.message


def nested(levels: int) -> bytes:
    pairs = [(b"[", b"]") if n % 2 else (b'{"in":', b"}") for n in range(levels)]
    return b"".join(a for a, _ in pairs) + b"0" + b"".join(b for _, b in reversed(pairs))


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 1500, 100_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    assert refusal(nested(levels)) == "flow.json: too deeply nested (more than 200 levels)."


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 100_000, b"[[]," * 100_000])
def test_deep_nesting_that_never_ends_is_refused(data: bytes) -> None:
    assert refusal(data) == "flow.json: too deeply nested (more than 200 levels)."


def test_nesting_up_to_the_limit_is_read() -> None:
    data = nested(MAX_DEPTH)
    assert read_json(data, "flow.json") == (json.loads(data), data)


def test_brackets_in_text_are_no_nesting() -> None:
    value = {"code": "[[{" * 1000, "quoted": '\\"[' * 1000, 'key"{' * 300: [[]] * 300}
    assert read_json(json.dumps(value).encode(), "flow.json")[0] == value


def test_more_values_than_a_workflow_has_are_refused_within_bounds() -> None:
    data = b"[" + b"{}," * (3 * 10**6) + b"{}]"
    tracemalloc.start()
    try:
        assert refusal(data) == "flow.json: more than 2,000,000 values."
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


def test_commas_in_text_are_no_values() -> None:
    value = ["," * (MAX_NODES + 1)]
    assert read_json(json.dumps(value).encode(), "flow.json")[0] == value


def test_a_file_larger_than_a_workflow_may_be_is_refused() -> None:
    assert refusal(b" " * (MAX_JSON_BYTES + 1)) == (
        "flow.json: larger than a workflow may be (64 MB)."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": ' + "1" * 4301 + "}", "a number of more than 4,300 digits (line 1, column 7)."),
        ('{"a":\n -' + "1" * 5000 + "}", "a number of more than 4,300 digits (line 2, column 2)."),
        ('{"a": ' + "1" * 400 + "}", "a number too large to keep (line 1, column 7)."),
        ('{"a": 1e999}', "a number too large to keep (line 1, column 7)."),
        ('{"a": NaN}', "NaN or Infinity, which JSON does not have (line 1, column 7)."),
        (
            '{"NaN": [1, Infinity]}',
            "NaN or Infinity, which JSON does not have (line 1, column 13).",
        ),
        ("[-Infinity]", "NaN or Infinity, which JSON does not have (line 1, column 3)."),
        (r'["x\ud800y"]', "half a character: a lone surrogate (line 1, column 4)."),
        (r'["\udc00"]', "half a character: a lone surrogate (line 1, column 3)."),
        (r'["\ud800\ud800"]', "half a character: a lone surrogate (line 1, column 3)."),
        ("{} {}", "something follows the end of the JSON (line 1, column 4)."),
        ('{"a": 1}\n\n]', "something follows the end of the JSON (line 3, column 1)."),
        ('{"a": [1,\n 2', "cut short (line 2, column 3)."),
        ('{"a": "text', "cut short (line 1, column 12)."),
        ("tru", "cut short (line 1, column 4)."),
        ("<html></html>", "not JSON."),
        ("hello", "not JSON."),
        ("", "empty."),
        (" \r\n\t", "empty."),
        ("\ufeff", "empty."),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, reason: str) -> None:
    assert refusal(text.encode()) == f"flow.json: {reason}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"é": 1,}', "(line 1, column 8)."),
        ("{'a': 1}", "(line 1, column 2)."),
        ('{"a": 1,\n "b": 01}', "(line 2, column 7)."),
        ('["\x1b[2J"]', "(line 1, column 3)."),
    ],
)
def test_what_is_almost_json_is_refused_with_its_place(text: str, place: str) -> None:
    message = refusal(text.encode())
    assert message.startswith("flow.json: not JSON: ")
    assert message.endswith(place)


@pytest.mark.parametrize(
    "text",
    [
        "version: '1.0'\nblocks:\n  start: {type: starter}\n",
        "---\r\nblocks:\r\n  start:\r\n    preceding: []\r\n",
        "name: flow\nblocks: \n  a:\n    connections: {success: b}\n",
    ],
)
def test_sims_yaml_is_refused_by_name(text: str) -> None:
    assert refusal(text.encode()) == (
        "flow.json: Sim's YAML form of 2025, which has no positions and only part of each block. "
        "Export the workflow from Sim again, as JSON."
    )


def test_the_word_of_the_yaml_in_broken_json_is_no_yaml() -> None:
    assert refusal(b'{"note": 1,\nblocks:\n}').startswith("flow.json: not JSON: ")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": "\xff"}', "byte 7 (0xff) begins no character."),
        (b'{"\xc3(": 1}', "byte 2 (0xc3) begins no character."),
        (b'["\xed\xa0\x80"]', "byte 2 (0xed) begins no character."),
        (b"\x80", "byte 0 (0x80) begins no character."),
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_offset(data: bytes, reason: str) -> None:
    assert refusal(data) == f"flow.json: not UTF-8: {reason}"


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_a_wider_encoding_is_named(encoding: str) -> None:
    assert refusal('{"a": "é"}'.encode(encoding)) == (
        "flow.json: UTF-16 or UTF-32, where JSON is UTF-8. Save it as UTF-8."
    )


def test_a_byte_order_mark_is_taken_off() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}', "flow.json") == ({"a": 1}, b'{"a": 1}')


def test_of_two_like_keys_the_last_counts_and_the_bytes_stay() -> None:
    data = b'{"a": 1, "a": 2}'
    assert read_json(data, "flow.json") == ({"a": 2}, data)


def test_a_zero_character_in_text_is_read() -> None:
    assert read_json(rb'{"a\u0000": "\u0000"}', "flow.json")[0] == {"a\0": "\0"}


@pytest.mark.parametrize("digits", ["18446744073709551615", "-9223372036854775808"])
def test_integers_of_64_bits_are_exact(digits: str) -> None:
    assert read_json(digits.encode(), "flow.json")[0] == int(digits)


def test_integers_past_64_bits_stay_in_the_bytes() -> None:
    data = b'{"a": 123456789012345678901234567890}'
    assert read_json(data, "flow.json")[1] == data


def test_a_long_text_that_is_cut_short_does_not_hang() -> None:
    """Each escaped quote was once tried as the beginning of a string, to the end of the file."""
    escaped = rb"\"" * (MB // 2)
    assert refusal(b'{"code": "' + escaped).startswith("flow.json: cut short")
    brackets = b'["[", ' * (MAX_DEPTH + 1)
    assert refusal(brackets + b'"' + escaped).startswith("flow.json: too deeply nested")


def test_long_runs_of_digits_do_not_hang() -> None:
    assert refusal(b"[" + b"1" * 4300 + (b" " + b"1" * 4300) * 2000).startswith("flow.json: ")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@settings(deadline=None, max_examples=100)
@given(values, st.booleans(), st.sampled_from([None, 1, 2]))
def test_every_json_is_read_as_it_is(value: Any, escaped: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
    assert read_json(data, "flow.json") == (value, data)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0d8-1e.NaN\n ', max_size=60))
@example(b"\xef\xbb\xbf\xff")
def test_whatever_it_is_it_is_read_or_refused(data: bytes | str) -> None:
    raw = data.encode() if isinstance(data, str) else data
    try:
        value, kept = read_json(raw, "flow.json")
    except BadInput as refused:
        assert refused.message.startswith("flow.json: ")
        assert refused.message.isprintable()
    else:
        assert value == orjson.loads(kept)
