"""A name in a zip that could lead elsewhere, deceive, or not be kept on every system refuses the
whole archive (bad inputs 1 to 13)."""

from __future__ import annotations

import pytest

from tests.formats.zips import Entry, archive, contents, refusal

ELSEWHERE = "leads elsewhere"
ANOTHER_SYSTEM = "is a path of another system, or starts at the root"
UNSEEN = "holds a control, bidirectional or invisible character"
TOO_LONG = "has a part of more than 200 bytes"
TOO_DEEP = "lies more than 16 folders deep"
NOT_EVERYWHERE = "cannot be a file's on every system"


@pytest.mark.parametrize(
    ("name", "shown", "reason"),
    [
        ("../../evil.json", "../../evil.json", ELSEWHERE),
        ("a/../../b", "a/../../b", ELSEWHERE),
        ("a/./b", "a/./b", ELSEWHERE),
        ("a//b.json", "a//b.json", ELSEWHERE),
        ("..", "..", ELSEWHERE),
        (".", ".", ELSEWHERE),
        ("", "", ELSEWHERE),
        ("/abs/evil", "/abs/evil", ANOTHER_SYSTEM),
        ("/", "/", ANOTHER_SYSTEM),
        ("C:\\win\\evil", "C:\\win\\evil", ANOTHER_SYSTEM),
        ("C:evil", "C:evil", ANOTHER_SYSTEM),
        ("\\\\srv\\share\\x", "\\\\srv\\share\\x", ANOTHER_SYSTEM),
        ("a\0b.json", "a\\x00b.json", UNSEEN),
        ("\x1b]0;owned\x07.json", "\\x1b]0;owned\\x07.json", UNSEEN),
        ("two\nlines.json", "two\\nlines.json", UNSEEN),
        ("del\x7f.json", "del\\x7f.json", UNSEEN),
        ("c1\x9b.json", "c1\\x9b.json", UNSEEN),
        ("evil\u202enosj.exe", "evil\\u{202e}nosj.exe", UNSEEN),
        ("zero\u200bwidth.json", "zero\\u{200b}width.json", UNSEEN),
        ("CON", "CON", NOT_EVERYWHERE),
        ("AUX.json", "AUX.json", NOT_EVERYWHERE),
        ("nul/flow.json", "nul/flow.json", NOT_EVERYWHERE),
        ("com1.tar.json", "com1.tar.json", NOT_EVERYWHERE),
        ("dot.", "dot.", NOT_EVERYWHERE),
        ("space ", "space ", NOT_EVERYWHERE),
        ("folder./flow.json", "folder./flow.json", NOT_EVERYWHERE),
        ("x" * 196 + ".json", "x" * 79 + "…", TOO_LONG),
        ("é" * 101, "é" * 79 + "…", TOO_LONG),
        ("y" * 201 + "/flow.json", "y" * 79 + "…", TOO_LONG),
        ("d/" * 17 + "flow.json", "d/" * 17 + "flow.json", TOO_DEEP),
    ],
)
def test_a_name_that_no_file_may_have_refuses_the_archive(
    name: str, shown: str, reason: str
) -> None:
    data = archive(Entry("good.json"), Entry(name))
    assert refusal(data) == f'the zip: the name "{shown}" {reason}'


def test_a_folders_name_is_held_to_the_same_rules() -> None:
    data = archive(Entry("../out/", b"", mode=0o040755))
    assert refusal(data) == 'the zip: the name "../out/" leads elsewhere'


def test_a_name_in_an_old_code_page_is_held_to_the_same_rules() -> None:
    assert contents(archive(Entry("Größe.json", flags=0))) == {"Größe.json": b"{}"}
    data = archive(Entry("..\\é.json", flags=0))
    assert refusal(data) == f'the zip: the name "..\\é.json" {ANOTHER_SYSTEM}'


def test_names_up_to_the_limits_are_read() -> None:
    longest, deepest = "x" * 195 + ".json", "d/" * 16 + "flow.json"
    far = "/".join(["f" * 200] * 16 + ["flow.json"])
    data = archive(Entry(longest), Entry(deepest), Entry(far))
    assert set(contents(data)) == {longest, deepest, far}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("flow.json", "flow.json"),
        ("Flow.json", "fLOW.json"),
        ("straße.json", "STRASSE.json"),
        ("é.json", "e\u0301.json"),
        ("a/É.json", "a/e\u0301.json"),
        ("flow", "flow/"),
    ],
)
def test_two_entries_that_some_system_holds_for_one_refuse_the_archive(
    first: str, second: str
) -> None:
    message = refusal(archive(Entry(first), Entry(second)))
    assert message.startswith("the zip: two entries are called ")


@pytest.mark.parametrize("names", [("a", "a/b.json"), ("a/b.json", "a"), ("a", "A/b/c.json")])
def test_a_name_that_is_both_a_file_and_a_folder_refuses_the_archive(
    names: tuple[str, str],
) -> None:
    assert refusal(archive(*map(Entry, names))) == 'the zip: "a" is a file and a folder'
