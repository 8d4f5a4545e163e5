"""`.env` files as people and programs write them."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.dotenv import MAX_BYTES, EnvLine, read_env


def read(text: str | bytes) -> list[EnvLine]:
    return read_env(BytesIO(text.encode() if isinstance(text, str) else text))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=value", "value"),
        ("KEY = value ", "value"),
        ("  export KEY=value", "value"),
        ("KEY=", ""),
        ("KEY=a=b=c", "a=b=c"),
        ("KEY=a#b", "a#b"),
        ("KEY=value # a comment", "value"),
        ("KEY=# a comment", ""),
        ("KEY=two words", "two words"),
        ("KEY=$HOME/${x}", "$HOME/${x}"),
        ("KEY='$a \\n \"b\" # c'", '$a \\n "b" # c'),
        ('KEY="a \\"b\\" \\\\ \\$c \\` # d"', 'a "b" \\ $c ` # d'),
        ('KEY="a\\nb\\tc\\rd"', "a\nb\tc\rd"),
        ('KEY="a\\xb"', "a\\xb"),
        ('KEY="a" # a comment', "a"),
        ("KEY=''", ""),
        ("KEY=Täglich 日報", "Täglich 日報"),
        ('KEY="first\nsecond"', "first\nsecond"),
        ("KEY='first\nsecond'", "first\nsecond"),
        ("KEY=it's", "it's"),
    ],
)
def test_a_value_is_read_as_a_shell_would(line: str, value: str) -> None:
    for end in ("", "\n", "\r\n"):
        (found,) = read(line + end)
        assert (found.line, found.name, found.problem) == (1, "KEY", "")
        assert found.value == value


def test_what_says_nothing_is_passed_over() -> None:
    assert read("") == []
    assert read("\ufeff\n  \n# KEY=value\n\t# another\n") == []


def test_every_line_is_told_by_its_number() -> None:
    text = "# a\n\nA=1\nB=\"x\ny\nz\"\n\nC=3\nD='p\nq'\nE=5"
    assert [(line.line, line.name) for line in read(text)] == [
        (3, "A"), (4, "B"), (8, "C"), (9, "D"), (11, "E"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("just words", "it is no NAME=value"),
        ("=value", "it is no NAME=value"),
        ("'KEY'=value", "it is no NAME=value"),
        ("export", "it is no NAME=value"),
        ('KEY="value', "its quotes never end"),
        ("KEY='value", "its quotes never end"),
        ('KEY="value\\"', "its quotes never end"),
        ('KEY="value" more', "something stands behind its quotes"),
        ("KEY='value'more", "something stands behind its quotes"),
    ],
)
def test_a_line_that_cannot_be_meant_stops_nothing(line: str, problem: str) -> None:
    first, bad, last = read(f"A=1\n{line}\nB=2\n")
    assert (first.name, last.name, last.value) == ("A", "B", "2")
    assert (bad.line, bad.problem, bad.value) == (2, problem, "")
    assert "value" not in bad.problem.replace("NAME=value", "")


def test_lines_behind_quotes_that_went_wrong_are_all_told() -> None:
    found = read('A="one\nB=two\nC="three" four\nD=5\n')
    assert [(line.name, bool(line.problem)) for line in found] == [
        ("A", True), ("B", False), ("C", True), ("D", False),
    ]  # fmt: skip


def test_no_value_is_shown_by_accident() -> None:
    (found,) = read("KEY=hunter2hunter2")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("content", [b"\xff\xfeA=1", b"A=\0", b"A=1\n" * MAX_BYTES])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        read(content)


@given(st.dictionaries(st.from_regex(r"[A-Z_]{1,9}", fullmatch=True), st.text()))
def test_what_is_quoted_comes_out_as_it_was(values: dict[str, str]) -> None:
    values = {
        name: value.replace("\0", "").replace("\r", "").encode(errors="ignore").decode()
        for name, value in values.items()
    }
    escape = str.maketrans({"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`"})
    text = "".join(f'{name}="{value.translate(escape)}"\n' for name, value in values.items())
    assert {line.name: line.value for line in read(text)} == values


@given(st.text(alphabet="AB=\"'\\\n# $exportx", max_size=60))
def test_every_text_is_read_to_its_end(text: str) -> None:
    numbers = [line.line for line in read(text)]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= text.count("\n") + 1 for number in numbers)


@pytest.mark.parametrize("line", ['A="x\n', "A='x\n", 'A="\\\n', "A=x\n", 'A="x" y\n', "A\n"])
def test_a_megabyte_of_one_line_is_read_in_time(line: str) -> None:
    """What took the square of its length would not come back from this within the minute."""
    assert read(line * (MAX_BYTES // len(line)))
