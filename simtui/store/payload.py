"""Payloads as they lie in the database: one zstd frame each, bounded both ways.

The frame carries a checksum (without one, two of three bit flips pass unseen: storage facts,
finding 8) and its content size, which is checked before anything is allocated, because the
decoder ignores `max_output_size` where the frame names a size (finding 7).
"""

from __future__ import annotations

import threading

import zstandard

from simtui.errors import BadInput, Damaged

MAX_PAYLOAD_BYTES = 64 << 20

_LEVEL = 3
_UNKNOWN_SIZE = 2**64 - 1


class _Own(threading.local):
    """Each thread's compressor: one is not safe across threads, and a new one each time would cost
    half as much again as its work on a document of 27 KB."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(
            level=_LEVEL, write_checksum=True, write_content_size=True
        )


_own = _Own()


def encode(content: bytes) -> bytes:
    """One frame. Raises `BadInput` above `MAX_PAYLOAD_BYTES`: what is stored can be read again."""
    if len(content) > MAX_PAYLOAD_BYTES:
        raise BadInput(
            f"{len(content):,} bytes are more than a workflow may have ({MAX_PAYLOAD_BYTES:,})."
        )
    return _own.compressor.compress(content)


def decode(frame: bytes, what: str) -> bytes:
    """The content of a frame. `what` names the row in the error. Raises `Damaged`."""
    try:
        parameters = zstandard.get_frame_parameters(frame)
        size = parameters.content_size
        if size == _UNKNOWN_SIZE or size > MAX_PAYLOAD_BYTES or parameters.dict_id:
            raise Damaged(f"{what}: its content is not in a form that is written here.")
        content = zstandard.ZstdDecompressor().decompress(
            frame, max_output_size=size, allow_extra_data=False
        )
    except (zstandard.ZstdError, MemoryError, TypeError) as error:
        raise Damaged(f"{what}: its content cannot be unpacked ({error}).") from error
    if len(content) != size:
        raise Damaged(f"{what}: its content is cut short.")
    return content
