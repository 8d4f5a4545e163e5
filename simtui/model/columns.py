"""Rows as columns of plain text, for the commands and for the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simtui.errors import shown


def table_lines(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, with_head: bool = True
) -> Iterable[str]:
    """Rows as aligned columns of plain text, the last one as wide as it is. What comes from outside
    is escaped."""
    cells = [tuple(head), *(tuple(shown(cell, 80) for cell in row) for row in rows)]
    widths = [max(cell_width(row[n]) for row in cells) for n in range(len(head))]
    for row in cells if with_head else cells[1:]:
        padded = [
            cell + " " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(padded).rstrip()


def cell_width(text: str) -> int:
    """How many columns a text takes; ASCII, which most is, without a look at each character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
