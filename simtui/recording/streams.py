"""Where runs come from: a file, a pipe, the standard input; told apart by how it begins, and read
a piece at a time, so that what a program says is kept a tenth of a second later."""

from __future__ import annotations

import io
import os
import select
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO, NamedTuple, cast

import orjson

from simtui.errors import BadInput, shown
from simtui.formats import sim_logs
from simtui.formats.json_reader import MAX_JSON_BYTES
from simtui.formats.lines import MAX_LINE_BYTES, Lines
from simtui.formats.run_events import read_event
from simtui.model.run_said import BadLine, Said

STDIN = "-"
BATCH_SECONDS = 0.1
BATCH_EVENTS = 5000
_BATCH_BYTES = 8 << 20
_TICK_SECONDS = 0.05
_PIECE_BYTES = 1 << 18
_HEAD_BYTES = 1 << 16


class Piece(NamedTuple):
    """What came within a batch from one source. `is_last`: it has ended; `trouble`: why it could
    not be read any further. `is_live`: a program may be writing it this very moment."""

    source: str
    format: str | None
    said: Sequence[Said | BadLine]
    is_last: bool = False
    trouble: str | None = None
    is_live: bool = False


def pieces_of(
    paths: Sequence[str | Path], stdin: BinaryIO | None, unwanted: Event
) -> Iterator[Piece]:
    """What these files say, `-` being the standard input. It waits in short steps, and ends soon
    once `unwanted` is set."""
    for given in paths:
        source = str(given)
        try:
            with _opened(source, stdin) as stream:
                yield from _read(source, _Chunks(stream, unwanted))
        except BadInput as error:
            yield Piece(source, None, (), is_last=True, trouble=error.message)
        if unwanted.is_set():
            return


@contextmanager
def _opened(source: str, stdin: BinaryIO | None) -> Iterator[BinaryIO]:
    if source == STDIN:
        if stdin is None:
            raise BadInput("There is no standard input.")
        yield stdin
        return
    try:
        # without O_NONBLOCK a pipe that nobody writes to would hold us for ever
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadInput(f"{shown(source)}: cannot be opened: {error.strerror}.") from error
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "no file"
        raise BadInput(f"{shown(source)}: is {kind}.")
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        yield cast(BinaryIO, stream)  # a raw stream reads just as well


class _Chunks:
    """A stream by the piece; None where nothing came for a moment. What was read to see how it
    begins is given again."""

    def __init__(self, stream: BinaryIO, unwanted: Event) -> None:
        self._stream = stream
        self._unwanted = unwanted
        self._head = b""
        self._ended = False
        try:
            descriptor = stream.fileno()
            waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)
        except (OSError, io.UnsupportedOperation):
            waits = False
        self._descriptor = descriptor if waits else None

    @property
    def is_live(self) -> bool:
        """Whether a program may be writing it this very moment."""
        return self._descriptor is not None

    def head(self) -> bytes:
        """The beginning: a whole line at least, where there is one in the first 64 kB."""
        while (
            not self._ended and len(self._head) < _HEAD_BYTES and b"\n" not in self._head.lstrip()
        ):
            self._head += self._next() or b""
        return self._head

    def __iter__(self) -> Iterator[bytes | None]:
        if self._head:
            head, self._head = self._head, b""
            yield head
        while not self._ended:
            yield self._next()

    def _next(self) -> bytes | None:
        if self._unwanted.is_set():
            self._ended = True
            return None
        try:
            if self._descriptor is None:
                piece = self._stream.read(_PIECE_BYTES)
            else:
                ready, _, _ = select.select([self._descriptor], [], [], _TICK_SECONDS)
                if not ready:
                    return None
                # not through the stream's own buffer: it would wait until that is full
                piece = os.read(self._descriptor, _PIECE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise BadInput(f"it cannot be read any further: {error.strerror}.") from error
        if not piece:
            self._ended = True
            return None
        return piece


class _AsFile(io.RawIOBase):
    """Chunks as a file, for whoever reads one."""

    def __init__(self, chunks: _Chunks) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        while not self._left:
            piece = next(self._chunks, b"")
            if piece == b"":
                return 0
            self._left = piece or b""
        size = min(len(view), len(self._left))
        view[:size], self._left = self._left[:size], self._left[size:]
        return size


def _read(source: str, chunks: _Chunks) -> Iterator[Piece]:
    form = form_of(chunks.head())
    if form == "json":
        events = _json(source, chunks)
    elif form == "csv":
        events = sim_logs.events_in_csv(cast(BinaryIO, io.BufferedReader(_AsFile(chunks))))
    else:
        yield from _lines(source, chunks)
        return
    name = "Sim CSV" if form == "csv" else "Sim logs"
    batch: list[Said | BadLine] = []
    for event in events:
        batch.append(event)
        if len(batch) >= BATCH_EVENTS:
            yield Piece(source, name, batch)
            batch = []
    yield Piece(source, name, batch, is_last=True)


def form_of(head: bytes) -> str:
    """`json`, `csv` or `lines`, by how it begins."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "json"
    if not text.startswith(b"{"):
        return "csv" if sim_logs.is_csv(text) else "lines"
    first, end, rest = text.partition(b"\n")
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        if not end and b'"data"' not in first[:200]:
            return "lines"  # a long first line: the rest is yet to come
        return "lines" if b'"event"' in first else "json"
    is_line = "event" in value or sim_logs.is_record(value) or bool(rest.strip())
    return "lines" if is_line else "json"


def _json(source: str, chunks: _Chunks) -> Iterator[Said | BadLine]:
    content = bytearray()
    for piece in chunks:
        content += piece or b""
        if len(content) > MAX_JSON_BYTES:
            raise BadInput(
                f"{shown(source)}: more than {MAX_JSON_BYTES >> 20} MB in one piece of JSON. "
                "Run events, a line each, may have any length."
            )
    return sim_logs.events_in_json(bytes(content), shown(source))


def _lines(source: str, chunks: _Chunks) -> Iterator[Piece]:
    lines = Lines()
    is_live = chunks.is_live
    batch: list[Said | BadLine] = []
    size, since = 0, 0.0
    for chunk in chunks:
        if chunk is None:
            if batch:
                yield Piece(source, "run events", batch, is_live=True)
                batch, size = [], 0
            continue
        if not batch:
            since = time.monotonic()
        for number, line in lines.feed(chunk):
            _take(batch, number, line)
            size += len(line) if line else 0
            # what lies in a file is there already: small batches of it would only cost
            is_late = is_live and time.monotonic() - since > BATCH_SECONDS
            if is_late or len(batch) >= BATCH_EVENTS or size > _BATCH_BYTES:
                yield Piece(source, "run events", batch, is_live=is_live)
                batch, size, since = [], 0, time.monotonic()
    for number, line in lines.end():
        _take(batch, number, line)
    yield Piece(source, "run events", batch, is_last=True)


def _take(batch: list[Said | BadLine], number: int, line: bytes | None) -> None:
    """Adds what a line says."""
    if line is None:
        batch.append(BadLine(number, f"longer than {MAX_LINE_BYTES >> 20} MB."))
        return
    try:
        batch.append(read_event(line))
    except BadInput as error:
        batch += _events_of_record(number, line) or [
            BadLine(number, error.message.removeprefix("the line: "))
        ]


def _events_of_record(number: int, line: bytes) -> list[Said | BadLine]:
    """What one of Sim's own records says; nothing where the line is none."""
    if b'"runId"' in line or b'"executionId"' in line:
        with suppress(orjson.JSONDecodeError):
            return list(sim_logs.events_of(orjson.loads(line), number))
    return []
