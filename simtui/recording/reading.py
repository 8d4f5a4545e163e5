"""Who reads: a large file is read and parsed in a process beside.

That is nearly half of the work of an import, and holds the GIL, for which whoever writes the rows
and whoever draws the screen would wait. What a program pipes in comes slower than it is parsed,
and a small file is read before a process has begun.
"""

from __future__ import annotations

import marshal
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from simtui import circles
from simtui.apart import stream_apart
from simtui.model.run_said import BadLine, EndSaid, LogSaid, RunSaid, SpanSaid
from simtui.recording import streams
from simtui.recording.streams import STDIN, Piece

LARGE_BYTES = 8 << 20

_KINDS = (RunSaid, LogSaid, SpanSaid, EndSaid, BadLine)
_NUMBER_OF = {kind: n for n, kind in enumerate(_KINDS)}


def pieces_of(
    paths: Sequence[str | Path], stdin: BinaryIO | None, unwanted: Event
) -> Iterator[Piece]:
    """What these files say, as `streams.pieces_of` gives it."""
    for given in paths:
        if _is_large(given):
            yield from map(_unpacked, stream_apart(unwanted, _packed_pieces, str(given)))
        else:
            yield from streams.pieces_of([given], stdin, unwanted)
        if unwanted.is_set():
            return


def _is_large(given: str | Path) -> bool:
    if given == STDIN:
        return False
    try:
        found = Path(given).stat()
    except (OSError, ValueError):
        return False  # whoever opens it says why
    return stat.S_ISREG(found.st_mode) and found.st_size >= LARGE_BYTES


def _packed_pieces(source: str) -> Iterator[bytes]:
    circles.seldom()
    for piece in streams.pieces_of([source], None, Event()):
        yield _packed(piece)


def _packed(piece: Piece) -> bytes:
    """Marshalled, which takes a third of what pickled takes: it is from this very program."""
    kinds = bytes(_NUMBER_OF[type(one)] for one in piece.said)
    said = [tuple(one) for one in piece.said]
    rest: tuple[Any, ...] = piece._replace(said=())
    return marshal.dumps((kinds, said, tuple(rest)))


def _unpacked(content: bytes) -> Piece:
    kinds, said, piece = marshal.loads(content)  # noqa: S302  # our own child's
    made = [_KINDS[kind]._make(one) for kind, one in zip(kinds, said, strict=True)]
    return Piece._make(piece)._replace(said=made)
