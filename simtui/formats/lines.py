"""A stream of bytes as numbered lines, bounded: a line past the limit is told, not held."""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINE_BYTES = 16 << 20


class Lines:
    """`feed` takes what came and gives the lines that are whole by now, each with its number from
    1; `end` gives the last one. A line that is too long is None. Blank ones are left out."""

    def __init__(self) -> None:
        self._number = 0
        self._pieces: list[bytes] = []
        self._held = 0
        self._too_long = False

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes | None]]:
        """What `chunk` completes."""
        first, *whole = chunk.split(b"\n")
        self._hold(first)
        if not whole:
            return
        yield from self._complete()
        rest = whole.pop()
        for line in whole:  # nothing of these came before, so that nothing is put together
            self._number += 1
            if line and not line.isspace():
                yield self._number, line if len(line) <= MAX_LINE_BYTES else None
        self._hold(rest)

    def end(self) -> Iterator[tuple[int, bytes | None]]:
        """What is left, now that nothing comes any more."""
        if self._held or self._too_long:
            yield from self._complete()

    def _hold(self, piece: bytes) -> None:
        if self._held + len(piece) > MAX_LINE_BYTES:
            self._too_long = True
            self._pieces.clear()
            self._held = 0
        elif piece and not self._too_long:
            self._pieces.append(piece)
            self._held += len(piece)

    def _complete(self) -> Iterator[tuple[int, bytes | None]]:
        self._number += 1
        if self._too_long:
            yield self._number, None
        else:
            line = b"".join(self._pieces) if len(self._pieces) != 1 else self._pieces[0]
            if self._number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line and not line.isspace():
                yield self._number, line
        self._pieces.clear()
        self._held = 0
        self._too_long = False
