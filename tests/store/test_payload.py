"""Payloads are bounded both ways, and what is not exactly as it was written is damaged."""

from __future__ import annotations

import os
import tracemalloc

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from simtui.errors import BadInput, Damaged
from simtui.store.payload import MAX_PAYLOAD_BYTES, decode, encode


@given(st.binary(max_size=5000))
def test_what_goes_in_comes_out(content: bytes) -> None:
    assert decode(encode(content), "it") == content


def test_every_single_bit_flip_is_found() -> None:
    content = os.urandom(40) + b'{"version":"1.0"}' * 20
    frame = encode(content)
    for place in range(len(frame) * 8):
        flipped = bytearray(frame)
        flipped[place // 8] ^= 1 << place % 8
        try:
            assert decode(bytes(flipped), "it") == content  # a bit that means nothing
        except Damaged:
            continue


def test_more_than_a_workflow_may_have_is_refused_before_it_is_packed() -> None:
    with pytest.raises(BadInput, match="more than a workflow may have"):
        encode(bytes(MAX_PAYLOAD_BYTES + 1))


def test_a_frame_of_more_than_a_workflow_may_have_is_damaged_before_it_is_unpacked() -> None:
    compressor = zstandard.ZstdCompressor(level=1)
    largest = compressor.compress(bytes(MAX_PAYLOAD_BYTES))
    assert len(decode(largest, "the row")) == MAX_PAYLOAD_BYTES
    frame = compressor.compress(bytes(16 * MAX_PAYLOAD_BYTES))  # 1 GB in some kilobytes
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="not in a form"):
            decode(frame, "the row")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


HUGE = bytes.fromhex("28b52ffde0") + (7 * 10**18).to_bytes(8, "little")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"not a frame",
        HUGE,
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x"),
        zstandard.ZstdCompressor().compressobj().compress(b"x"),
        encode(b"one") + encode(b"two"),
        encode(b"one") + b"rubbish",
        encode(b"x" * 5000)[:-9],
        b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip" + encode(b"x"),
    ],
    ids=["empty", "other", "huge", "unsized", "stream", "two", "trailing", "cut", "skippable"],
)
def test_a_frame_that_is_not_ours_is_damaged(frame: bytes) -> None:
    with pytest.raises(Damaged, match="the row"):
        decode(frame, "the row")
