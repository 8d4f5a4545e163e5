"""What the terminal shows already is not sent again. Textual draws a whole screen anew for a focus
that moves, a dialog that opens and one that closes, two or three times each; over a slow link those
are seconds (reference/terminal.md finding 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

Piece = tuple[int, int, Strip]
"""Column, line, and what stands there from then on."""


_LEAST_LINES = 4
_EDGES = 4
"""Columns that a border or a scroll bar may have beside lines that move as a whole."""


class Shown:
    """The lines of the terminal as they were sent last."""

    def __init__(self) -> None:
        self._lines: dict[int, Strip] = {}
        self._size = Size()

    def forget(self) -> None:
        """Somebody else may have written there: everything is sent again."""
        self._lines.clear()

    def sparing(self, update: CompositorUpdate, size: Size) -> CompositorUpdate:
        """What is to be sent of an update; `size` is the terminal's."""
        if size != self._size:
            self._size = size
            self.forget()
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            return _NewOnly(update, self)
        self.forget()
        return update

    def scrolled(self, pieces: list[Piece]) -> tuple[str, list[Piece]]:
        """Where lines of the terminal have only moved up or down, the sequence that moves them,
        and what is to be drawn after it; else "" and the pieces as they are."""
        wide = [strip for _, _, strip in pieces if strip.cell_length >= self._size.width - _EDGES]
        if len(wide) < _LEAST_LINES:
            return "", pieces
        now = self._as_if(pieces)
        band = _moved(self._lines, now, self._size.height)
        if band is None:
            return "", pieces
        top, bottom, by = band
        before = {y: self._lines[y] for y in range(top, bottom + 1)}
        for y in before:
            # a line that moves in is blank, in the terminal's own colours
            self._lines[y] = before.get(y + by) or Strip.blank(self._size.width)
        lines = [(0, y, now.get(y, before[y])) for y in before]
        rest = [piece for piece in pieces if piece[1] not in before]
        way = f"{by}M" if by > 0 else f"{-by}L"
        # only between these lines, and all of them again at once (DECSTBM, DL and IL: VT102)
        sequence = f"\x1b[0m\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1};1H\x1b[{way}\x1b[r"
        return sequence, lines + rest

    def _as_if(self, pieces: list[Piece]) -> dict[int, Strip]:
        """The lines as they will be, of those that are known."""
        now: dict[int, Strip] = {}
        width = self._size.width
        for x, y, strip in pieces:
            line = now.get(y) or self._lines.get(y)
            if line is not None:
                end = x + strip.cell_length
                now[y] = Strip.join([line.crop(0, x), strip, line.crop(end, width)])
        return now

    def new_of(self, piece: Piece) -> Piece | None:
        """The part of a piece that is not shown yet, from now on shown; None where all of it is."""
        x, y, strip = piece[0], piece[1], _plain(piece[2])
        end, width = x + strip.cell_length, self._size.width
        line = self._lines.get(y)
        if line is None:
            if x == 0 and end >= width:
                self._lines[y] = strip
            return x, y, strip
        before = _plain(line.crop(x, end))
        if before == strip:
            return None
        self._lines[y] = _plain(Strip.join([line.crop(0, x), strip, line.crop(end, width)]))
        was, now = list(before), list(strip)
        while was and now and was[0] == now[0]:
            x += now[0].cell_length
            del was[0], now[0]
        while was and now and was[-1] == now[-1]:
            del was[-1], now[-1]
        return x, y, Strip(now)


class _NewOnly(CompositorUpdate):
    """An update without what is shown already. That is settled when it is sent: Textual drops some
    updates before."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, shown: Shown) -> None:
        self._update, self._shown = update, shown

    def render_segments(self, console: Console) -> str:
        scrolled, pieces = self._shown.scrolled(list(_pieces_of(self._update)))
        new = filter(None, map(self._shown.new_of, pieces))
        return scrolled + "".join(
            Control.move_to(x, y).segment.text + strip.render(console) for x, y, strip in new
        )


def _pieces_of(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    """As Textual's own `render_segments` would send them."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield update.region.x, y, Strip.join(list(strips))
        return
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= last and end > first:
                whole = first <= x < last and end <= last
                yield x, y, strip if whole else strip.crop(0, min(end, last) - x)


def _moved(
    before: Mapping[int, Strip], now: Mapping[int, Strip], height: int
) -> tuple[int, int, int] | None:
    """The first and the last of the lines that move, and by how many they move up (below 0: down);
    None where it would be worth nothing."""
    # the first columns are a cursor's and a mark's, the last a scroll bar's
    told = {y: strip.text[2:-2] for y, strip in now.items()}
    was: dict[str, int] = {}
    for y, strip in before.items():
        text = strip.text[2:-2]
        was[text] = -1 if text in was else y  # what is there twice says nothing
    moves = [
        (was[text] - y, y)
        for y, text in told.items()
        if was.get(text, -1) >= 0 and not text.isspace()
    ]
    counted = Counter(by for by, _ in moves)
    by, count = max(counted.items(), key=lambda item: item[1], default=(0, 0))
    if not by or count < _LEAST_LINES or count <= counted[0]:
        return None
    ys = [y for each, y in moves if each == by]
    top, bottom = min(ys) + min(by, 0), max(ys) + max(by, 0)
    known = all(y in before for y in range(top, bottom + 1))
    if not known or top < 0 or bottom >= height or 2 * count < bottom - top + 1:
        return None
    return top, bottom, by


def _plain(strip: Strip) -> Strip:
    """Without what nobody sees, so that what looks alike is alike."""
    return Strip(
        segment._replace(style=segment.style.clear_meta_and_links())
        if segment.style is not None and segment.style.meta
        else segment
        for segment in strip
    ).simplify()
