"""Rows for a virtual table where there are few enough to hold them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from simtui.tui.widgets.virtual_table import PAGE

Row = TypeVar("Row")


class HeldRows(Generic[Row]):
    """`name` tells one row from another, also when they are put anew."""

    def __init__(self, name: Callable[[Row], str]) -> None:
        self._name = name
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}

    def put(self, rows: list[Row]) -> None:
        """What there is now."""
        self._rows = rows
        self._places = {self._name(row): n for n, row in enumerate(rows)}

    def key(self, row: Row) -> str:
        return self._name(row)

    async def count(self) -> int:
        return len(self._rows)

    async def page(
        self,
        *,
        after: Row | None = None,
        before: Row | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Row]:
        start = self._places[self._name(after)] + 1 if after is not None else 0
        end = self._places[self._name(before)] if before is not None else len(self._rows)
        rows = self._rows[start:end]
        return rows[-limit:] if from_end or before is not None else rows[:limit]
