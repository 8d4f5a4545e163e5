"""Rows of one table that pass by beside those of another, both in the order of one id, so that no
more is held than what belongs to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

Row = TypeVar("Row", bound=tuple[Any, ...])


class Passing(Generic[Row]):
    """Rows in the order of the id that stands in `column`, taken as those ids come along."""

    def __init__(self, rows: Iterator[Row], column: int = 0) -> None:
        self._rows = rows
        self._column = column
        self._next = next(rows, None)

    def of(self, ident: str) -> Iterator[Row]:
        """The rows of this id; those before it belong to nobody who was asked for."""
        while self._next is not None and self._next[self._column] <= ident:
            row, self._next = self._next, None
            if row[self._column] == ident:
                yield row
            self._next = next(self._rows, None)
