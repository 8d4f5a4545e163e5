"""Text in columns of the terminal: cut and padded by cells, not characters, with what comes from
outside made safe to show."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from simtui.errors import shown

MAX_CHARACTERS = 200


def fitted(text: str, width: int) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded."""
    safe = shown(text, MAX_CHARACTERS)
    if safe.isascii():
        if len(safe) <= width:
            return safe.ljust(width)
        return safe[: max(width - 1, 0)] + "…"[:width]
    if cell_len(safe) <= width:
        return set_cell_size(safe, width)
    return set_cell_size(set_cell_size(safe, max(width - 1, 0)).rstrip() + "…", width)
