"""What the terminal shows already is not sent again. Textual draws a whole screen anew for a focus
that moves, a dialog that opens and one that closes, two or three times each; over a slow link those
are seconds (reference/terminal.md finding 4)."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Size
from textual.strip import Strip

Piece = tuple[int, int, Strip]
"""Column, line, and what stands there from then on."""


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
        new = filter(None, map(self._shown.new_of, _pieces_of(self._update)))
        return "".join(
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


def _plain(strip: Strip) -> Strip:
    """Without what nobody sees, so that what looks alike is alike."""
    return Strip(
        segment._replace(style=segment.style.clear_meta_and_links())
        if segment.style is not None and segment.style.meta
        else segment
        for segment in strip
    ).simplify()
