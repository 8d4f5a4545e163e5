"""An attack on the archive refuses the archive; a bad workflow in a sound one refuses that alone.
Either way the library and everything around it stay as they were."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from simtui.importing import ImportItem
from tests.importing.archives import DOCUMENT, Entry, archive, covered, many, named
from tests.importing.conftest import Importing
from tests.making import as_bytes, document

Refused = Callable[[str, bytes], Awaitable[ImportItem]]

BAD_NAMES = {
    "climbs": (b"../../evil.json", "leads elsewhere"),
    "absolute": (b"/abs/evil.json", "starts at the root"),
    "drive": (rb"C:\win\evil.json", "path of another system"),
    "drive without a slash": (b"C:evil.json", "path of another system"),
    "share": (rb"\\srv\share\x.json", "path of another system"),
    "climbs in the middle": (b"a/../../b.json", "leads elsewhere"),
    "stands still": (b"a/./b.json", "leads elsewhere"),
    "dots": (b"..", "leads elsewhere"),
    "dot": (b".", "leads elsewhere"),
    "nothing": (b"", "leads elsewhere"),
    "empty part": (b"a//b.json", "leads elsewhere"),
    "nul": (b"a\0b.json", r"a\\x00b"),
    "escape": (b"\x1b]0;owned\x07.json", r"\\x1b\]0;owned\\x07"),
    "newline": (b"a\nb.json", r"a\\nb"),
    "delete": (b"a\x7fb.json", r"a\\x7fb"),
    "c1": ("a\u009bb.json".encode(), r"a\\x9bb"),
    "right to left": ("a\u202enosj.json".encode(), r"\\u\{202e\}nosj"),
    "zero width": ("a\u200bb.json".encode(), r"a\\u\{200b\}b"),
    "device": (b"CON", "every system"),
    "device with an ending": (b"x/AUX.json", "every system"),
    "trailing dot": (b"a.json.", "every system"),
    "trailing space": (b"dir /a.json", "every system"),
    "long": (b"n" * 300 + b".json", "more than 200 bytes"),
    "deep": (b"d/" * 17 + b"a.json", "16 folders deep"),
}


@pytest.mark.parametrize(("name", "reason"), BAD_NAMES.values(), ids=BAD_NAMES)
async def test_a_name_that_leads_astray_refuses_the_archive(
    refused: Refused, name: bytes, reason: str
) -> None:
    item = await refused("bad.zip", named("good.json", name))
    assert item.entry is None
    assert re.search(reason, item.reason or ""), item.reason


BAD_ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "two of one name": (lambda: named("a.json", "a.json"), '"a.json"'),
    "names alike but for case": (lambda: named("Plan.json", "plan.json"), '"plan.json"'),
    "names alike but for accents": (lambda: named("\u00e9.json", "e\u0301.json"), "two entries"),
    "a file and a folder": (lambda: named("a", "a/b.json"), '"a" is a file and a folder'),
    "a link": (lambda: archive(Entry("a.json", mode=stat.S_IFLNK | 0o777)), '"a.json".*link'),
    "a pipe": (lambda: archive(Entry("a.json", mode=stat.S_IFIFO | 0o644)), '"a.json".*device'),
    "a device": (lambda: archive(Entry("a.json", mode=stat.S_IFCHR | 0o644)), '"a.json".*device'),
    "a bomb that says so": (
        lambda: archive(Entry("a.json", bytes(300 << 20))),
        '"a.json".*200 times',
    ),
    "a quoted bomb": (covered, "lie over one another"),
    "two names for one place": (
        lambda: archive(Entry("a.json"), Entry("b.json", at=0, bare=True)),
        '"b.json" is called otherwise',
    ),
    "a hundred thousand entries": (lambda: many(100_000, count=50_000), "50,000 entries"),
    "more entries than it says": (lambda: many(100_000, count=1), "20,000 entries"),
    "a password": (lambda: archive(Entry("a.json", flags=0x801)), '"a.json".*password-protected'),
    "packed otherwise": (
        lambda: archive(Entry("a.json", method=93)),
        '"a.json" is packed in a way',
    ),
    "another name in its header": (
        lambda: archive(Entry("a.json", header_name=b"b.json")),
        '"a.json" is called otherwise',
    ),
    "cut short": (lambda: named("a.json")[:-30], "its end is missing"),
    "only its beginning": (lambda: b"PK\x03\x04" + bytes(60), "its end is missing"),
    "garbage before it": (
        lambda: archive(Entry("a.json"), before=b"PK\x03\x04 #!/bin/sh"),
        "before",
    ),
    "a program before it": (lambda: archive(Entry("a.json"), before=b"#!/bin/sh\n"), "not a zip"),
    "garbage after it": (lambda: archive(Entry("a.json"), after=b"more"), "follows the end"),
    "no zip at all": (lambda: b"this is no zip", "not a zip"),
    "no bytes": (lambda: b"", "empty"),
    "no entries": (lambda: archive(), "no workflow inside"),
    "no workflows": (lambda: named("README.md", "icon.png"), "no workflow inside"),
    "a backup": (lambda: named("manifest.json", "simai.db"), "a backup"),
    "no bundle": (
        lambda: named("manifest.json", "workflow.json"),
        "does not say that it is a bundle",
    ),
}


@pytest.mark.parametrize(("content", "reason"), BAD_ARCHIVES.values(), ids=BAD_ARCHIVES)
async def test_an_archive_that_is_not_sound_is_refused_whole(
    refused: Refused, content: Callable[[], bytes], reason: str
) -> None:
    item = await refused("bad.zip", content())
    assert item.entry is None
    assert re.search(reason, item.reason or ""), item.reason


BAD_ENTRIES = {
    "a zip in a zip": (Entry("inner.zip", named("a.json")), "not opened"),
    "no bundle in a zip": (Entry("in.simworkflow", named("a.json")), "without a manifest"),
    "more than it says": (Entry("bad.json", bytes(40 << 20), size=10), "more than it says"),
    "less than it says": (Entry("bad.json", size=len(DOCUMENT) + 1), "less than it says"),
    "another checksum": (Entry("bad.json", crc=1), "damaged"),
    "not deflated": (Entry("bad.json", b"\xff" * 50, method=0, flags=0x800), "not UTF-8"),
    "larger than a workflow": (
        Entry("bad.json", b" " + bytes(range(256)) * (65 << 12), method=0),
        "larger than a workflow",
    ),
    "no workflow": (Entry("bad.json", b'{"hello": 1}'), "no workflow"),
    "cut short": (Entry("bad.json", DOCUMENT[:-20]), "cut short"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
async def test_a_bad_entry_is_refused_by_its_name_and_the_others_come_in(
    importing: Importing, tmp_path: Path, bad: Entry, reason: str
) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(archive(Entry("good.json"), bad, Entry("better.json", NAMED)))
    items = await importing(path)
    assert sorted(item.outcome for item in items) == ["imported", "imported", "refused"]
    (item,) = [item for item in items if item.outcome == "refused"]
    assert (item.source, item.entry) == (str(path), bad.name)
    assert reason in str(item.reason)


NAMED = as_bytes(document("Another"))


async def test_a_flipped_bit_refuses_its_entry(importing: Importing, tmp_path: Path) -> None:
    content = bytearray(named("good.json", "bad.json"))
    content[content.index(b"bad.json") + 40] ^= 1
    path = tmp_path / "flipped.zip"
    path.write_bytes(content)
    good, bad = await importing(path)
    assert (good.outcome, bad.outcome, bad.entry) == ("imported", "refused", "bad.json")


async def test_whatever_is_done_to_an_archive_the_import_ends_with_a_word_on_it(
    importing: Importing, tmp_path: Path
) -> None:
    """Every byte of a small archive is altered in turn, and it is cut at every place."""
    sound = archive(Entry("a.json", b"{}"), Entry("_workspace.json", b'{"folders":[]}'))
    altered = [sound[:at] + bytes([sound[at] ^ 0x81]) + sound[at + 1 :] for at in range(len(sound))]
    folder = tmp_path / "altered"
    folder.mkdir()
    for number, content in enumerate([*altered, *(sound[:at] for at in range(len(sound)))]):
        (folder / f"{number:04}.zip").write_bytes(content)
    items = await importing(folder)
    assert {item.source for item in items} == {str(path) for path in folder.iterdir()}
    assert {item.outcome for item in items} == {"refused"}


async def test_a_long_comment_is_passed_over(importing: Importing, tmp_path: Path) -> None:
    path = tmp_path / "talks.zip"
    path.write_bytes(archive(Entry("a.json"), comment=b"\x1b[2J" * 16_000))
    (item,) = await importing(path)
    assert (item.outcome, item.reason, item.problems) == ("imported", None, ())


async def test_what_a_mac_and_a_person_leave_in_a_zip_is_passed_over(
    importing: Importing, tmp_path: Path
) -> None:
    path = tmp_path / "mac.zip"
    path.write_bytes(named("__MACOSX/._a.json", "._a.json", "README.md", "a.json"))
    (item,) = await importing(path)
    assert (item.outcome, item.entry) == ("imported", "a.json")


async def test_an_archive_is_known_by_what_it_holds(importing: Importing, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as writer:
        writer.writestr("a.json", DOCUMENT)
    path = tmp_path / "zip.json"
    path.write_bytes(stream.getvalue())
    (item,) = await importing(path)
    assert (item.outcome, item.format) == ("imported", "Z1")


async def test_an_archive_that_is_too_large_is_refused_unread(
    importing: Importing, tmp_path: Path
) -> None:
    path = tmp_path / "huge.zip"
    path.write_bytes(named("a.json"))
    os.truncate(path, 600 << 20)
    (item,) = await importing(path)
    assert item.outcome == "refused"
    assert "512 MB" in str(item.reason)
