"""The bounded zip reader: what is wrong with an archive refuses it before a byte is unpacked, what
is wrong inside one entry refuses that entry alone (bad inputs 14 to 27)."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.errors import BadInput
from simtui.formats.draft import Refused
from simtui.formats.sim_zip import ZipDocument, documents_in
from simtui.formats.zip_reader import MAX_ENTRIES, ZipReader, looks_like_zip
from tests.formats.zips import Entry, archive, contents, deflated, opened, refusal, refusal_of

GOOD = Entry("good.json", b'{"good": true}')
MB = 1 << 20


def peak_bytes_of_refusing(data: bytes, name: str) -> tuple[int, str]:
    tracemalloc.start()
    try:
        message = refusal_of(data, name)
        return tracemalloc.get_traced_memory()[1], message
    finally:
        tracemalloc.stop()


def test_a_sound_archive_is_read() -> None:
    stored = Entry("a/stored.json", b"[1]", method=zipfile.ZIP_STORED)
    data = archive(GOOD, Entry("a/", b"", mode=0o040755), stored)
    assert contents(data) == {"good.json": b'{"good": true}', "a/stored.json": b"[1]"}
    assert opened(data).folders == ("a",)


def test_an_archive_that_was_written_as_a_stream_is_read() -> None:
    class OneWay(io.RawIOBase):
        """Cannot go back, so that sizes follow the data."""

        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all it gets
            self.written += data
            return len(data)

    stream = OneWay()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("flow.json", b"{}" * 5000)
    assert contents(bytes(stream.written)) == {"flow.json": b"{}" * 5000}


def test_a_long_end_record_is_read() -> None:
    assert contents(archive(GOOD, long_end=True)) == {"good.json": b'{"good": true}'}


def test_a_long_end_record_that_is_missing_refuses_the_archive() -> None:
    whole = archive(GOOD, long_end=True)
    broken = whole.replace(b"PK\6\6", b"PK\0\0")
    assert refusal(broken) == "the zip: not a whole zip (its long end record is missing)"


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o020644, 0o060644, 0o140755], ids=oct)
def test_a_link_a_pipe_or_a_device_refuses_the_archive(mode: int) -> None:
    data = archive(GOOD, Entry("link.json", b"/etc/passwd", mode=mode))
    assert refusal(data) == 'the zip: "link.json" is a link or a device, not a file'


def test_a_bomb_that_tells_its_size_is_refused_before_it_is_read() -> None:
    bomb = Entry("bomb.json", packed=b"never unpacked", size=300 * MB)
    assert refusal(archive(GOOD, bomb)) == (
        'the zip: "bomb.json" says it unpacks to more than 200 times its size'
    )


def test_what_packs_well_without_being_large_is_read() -> None:
    blank = b" " * MB
    assert contents(archive(Entry("flow.json", blank))) == {"flow.json": blank}


def test_an_entry_larger_than_a_workflow_may_be_is_refused_before_it_is_read() -> None:
    large = Entry("large.json", packed=b"x" * MB, size=65 * MB)
    assert refusal_of(archive(GOOD, large), "large.json") == (
        '"large.json": larger than a workflow may be (64 MB)'
    )


@pytest.mark.parametrize("crc", [None, zlib.crc32(bytes(10))], ids=["real", "of-what-it-says"])
def test_a_size_that_lies_smaller_stops_the_reading(crc: int | None) -> None:
    bomb = Entry("bomb.json", bytes(64 * MB), size=10, crc=crc)
    peak, message = peak_bytes_of_refusing(archive(GOOD, bomb), "bomb.json")
    assert message == '"bomb.json": holds more than it says'
    assert peak < MB


def test_a_size_that_lies_larger_is_told() -> None:
    data = archive(GOOD, Entry("short.json", b"{}", size=3))
    assert refusal_of(data, "short.json") == '"short.json": holds less than it says'


def test_entries_that_lie_over_one_another_refuse_the_archive() -> None:
    inner = Entry("inner.json", b"[]")
    outer = Entry("outer.json", inner.local(), method=zipfile.ZIP_STORED)
    place = len(outer.local()) - len(inner.local())
    quoted = Entry("inner.json", b"[]", offset=place)
    data = bytearray(archive(outer, quoted))
    assert refusal(bytes(data)) == "the zip: entries lie over one another"


def test_two_names_for_one_place_refuse_the_archive() -> None:
    data = archive(GOOD, Entry("again.json", GOOD.content, offset=0))
    assert refusal(data) == 'the zip: "again.json" is called otherwise in its header'


def test_an_entry_that_lies_over_the_table_refuses_the_archive() -> None:
    data = archive(Entry("long.json", b"{}", packed_size=500))
    assert refusal(data) == "the zip: entries lie over one another"


def test_a_name_that_is_another_in_the_entry_itself_refuses_the_archive() -> None:
    data = archive(Entry("shown.json", local_name=b"other.json"))
    assert refusal(data) == 'the zip: "shown.json" is called otherwise in its header'


def test_more_entries_than_are_read_are_refused_by_their_count() -> None:
    data = archive(count=MAX_ENTRIES + 1)
    assert refusal(data) == "the zip: 20,001 entries; at most 20,000 are read"


def test_as_many_entries_as_are_read_are_read() -> None:
    data = archive(*(Entry(f"{number}.json") for number in range(MAX_ENTRIES)))
    assert len(opened(data).entries) == MAX_ENTRIES


@pytest.mark.parametrize(
    ("number", "count", "reason"),
    [
        (MAX_ENTRIES + 1, 1, "more than 20,000 entries"),
        (3, 2, "its end counts 2 entries, its table 3"),
        (2, 3, "its end counts 3 entries, its table 2"),
    ],
)
def test_a_count_that_lies_refuses_the_archive(number: int, count: int, reason: str) -> None:
    entries = (Entry(f"{n}.json") for n in range(number))
    assert refusal(archive(*entries, count=count)) == f"the zip: {reason}"


def test_a_table_without_bound_is_refused_before_it_is_read() -> None:
    table_bytes = 49 * MB
    data = bytearray(archive(GOOD, after=bytes(table_bytes)))
    end_at = data.rindex(b"PK\5\6")
    end = bytes(data[end_at : end_at + 22])
    del data[end_at : end_at + 22]
    told = (table_bytes + 55).to_bytes(4, "little")
    data += end[:12] + told + end[16:]
    assert refusal(bytes(data)) == ("the zip: its table of contents is far larger than its entries")


@pytest.mark.parametrize("name", ["inner.zip", "Deep/INNER.ZIP"])
def test_a_zip_in_a_zip_is_not_opened(name: str) -> None:
    found = list(documents_in(opened(archive(Entry(name, archive(GOOD)), GOOD))))
    assert found[0] == Refused(name, "a zip inside a zip is not opened", None)
    assert isinstance(found[1], ZipDocument)
    assert len(found) == 2


@pytest.mark.parametrize("flags", [0x801, 0x841], ids=["old", "strong"])
def test_a_password_refuses_the_archive(flags: int) -> None:
    assert refusal(archive(GOOD, Entry("secret.json", flags=flags))) == (
        'the zip: "secret.json": password-protected archives are not supported'
    )


@pytest.mark.parametrize("method", [1, 12, 14, 93, 99])
def test_another_way_of_packing_refuses_the_archive(method: int) -> None:
    assert refusal(archive(GOOD, Entry("packed.json", method=method))) == (
        'the zip: "packed.json" is packed in a way that is not supported'
    )


def test_an_entry_for_a_newer_unzip_refuses_the_archive() -> None:
    data = archive(Entry("flow.json", needs_version=99))
    assert refusal(data) == "the zip: not a whole zip (zip file version 9.9)"


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\3\4", b'{"version": "1.0"}', b"\0" * 100_000])
def test_what_is_no_zip_is_told(data: bytes) -> None:
    assert refusal(data) == "the zip: not a whole zip (its end is missing)"


def test_a_zip_cut_anywhere_is_refused() -> None:
    whole = archive(GOOD, Entry("a/b.json"), comment=b"PK\5\6 is how an end begins")
    for length in range(len(whole)):
        with pytest.raises(BadInput):
            opened(whole[:length])


def test_an_empty_zip_holds_nothing() -> None:
    reader = opened(archive())
    assert reader.entries == ()
    assert list(documents_in(reader)) == []


@pytest.mark.parametrize("shifted", [True, False])
def test_something_before_the_zip_refuses_it(shifted: bool) -> None:
    program = b"#!/bin/sh\nexec unzip $0\n"
    message = refusal(archive(GOOD, before=program, shifted=shifted))
    place = "before it" if shifted else "before or inside it"
    assert message == f"the zip: something that is no zip stands {place}"


def test_something_after_the_zip_refuses_it() -> None:
    assert refusal(archive(GOOD, after=b"more")) == "the zip: something follows the end of the zip"


@pytest.mark.parametrize("comment", [b"\x1b[2J" + b"c" * 65531, b"about this archive"])
def test_a_comment_is_passed_over(comment: bytes) -> None:
    assert contents(archive(GOOD, comment=comment)) == {"good.json": b'{"good": true}'}


def test_a_wrong_checksum_refuses_that_entry_alone() -> None:
    data = archive(Entry("rotten.json", crc=1), GOOD)
    assert refusal_of(data, "rotten.json") == '"rotten.json": damaged (its checksum is another)'
    found = list(documents_in(opened(data)))
    assert found[0] == Refused(
        "rotten.json", '"rotten.json": damaged (its checksum is another)', None
    )
    assert isinstance(found[1], ZipDocument)
    assert found[1].content == GOOD.content


def test_every_flipped_bit_in_an_entry_is_found() -> None:
    content = b'{"blocks": {"start": {"type": "starter"}}}' * 3
    packed = deflated(content)
    for place in range(len(packed) * 8):
        flipped = bytearray(packed)
        flipped[place // 8] ^= 1 << place % 8
        data = archive(Entry("flow.json", content, packed=bytes(flipped)))
        try:
            assert contents(data) == {"flow.json": content}  # a bit that means nothing
        except BadInput as refused:
            assert refused.message.startswith('"flow.json": ')


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (deflated(b"{}")[:-1], "cut short"),
        (deflated(b"{}") + b"more", "something follows its end"),
        (b"\xff\xff\xff", "Error -3 while decompressing data: invalid block type"),
        (b"", "cut short"),
    ],
)
def test_packed_data_that_is_not_whole_refuses_that_entry(packed: bytes, reason: str) -> None:
    data = archive(Entry("flow.json", b"{}", packed=packed), GOOD)
    assert refusal_of(data, "flow.json") == f'"flow.json": damaged ({reason})'


def test_a_name_in_a_message_is_escaped_and_cut() -> None:
    message = refusal(archive(Entry("\x1b[31m" + "x" * 300)))
    assert message.startswith('the zip: the name "\\x1b[31mxxx')
    assert "…" in message


def test_a_zip_is_told_by_how_it_begins() -> None:
    assert looks_like_zip(archive(GOOD)[:4])
    assert looks_like_zip(archive()[:4])
    assert not looks_like_zip(b'{"v"')


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_change_of_bytes_gets_past_as_anything_but_a_refusal(data: st.DataObject) -> None:
    changed = bytearray(archive(GOOD, Entry("a/b.json", b"[]" * 40), comment=b"note"))
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        reader = ZipReader(io.BytesIO(bytes(changed)), "the zip")
        for entry in reader.entries:
            reader.read(entry)
    except BadInput as refused:
        assert refused.message.isprintable()
