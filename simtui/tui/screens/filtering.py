"""An area with a list and a filter above it: what stands behind `/` is listed as it is typed."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from simtui.model.filters import EMPTY, Filter, FilterError, Kind, parse
from simtui.tui.clock import now
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.filter_line import FilterLine
from simtui.tui.widgets.virtual_table import VirtualTable
from simtui.tui.work import in_background

REST_SECONDS = 0.12
"""How long the cursor rests, or nothing is typed behind `/`, before what is meant is shown."""


class Filtering(Frame):
    """`fields` are those of its filter."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss", "workflows.tcss"]
    fields: ClassVar[Mapping[str, Kind]]
    table: VirtualTable[Any]

    def __init__(self) -> None:
        super().__init__()
        self.filter: Filter = EMPTY
        self.filter_line = FilterLine(id="filter-line")

    @property
    def free(self) -> bool:  # type: ignore[override]  # here it depends on the filter
        return not self.filter_line.in_use

    @abstractmethod
    async def show_list(self, filter: Filter | None = None) -> None:
        """Shows what a filter means (the present one, unless another is given), from the top."""

    async def use_filter(self, text: str) -> bool:
        """Lists what the text means. Where it means nothing, says why, and the list stays."""
        try:
            wanted = parse(text, self.fields, now())
        except FilterError as error:
            self.simtui.tell(f"{error.message} (at character {error.position + 1})", "warning")
            return False
        self.simtui.tell("")
        if wanted != self.filter:
            await self.show_list(wanted)
        if not self.filter_line.in_use:
            self.filter_line.text = self.filter.text
        return True

    def leave_filter(self) -> None:
        """Left by mouse, say: what stands in the box is what is listed."""
        if not self.filter_line.in_use:
            self.filter_line.leave()
            self.filter_line.text = self.filter.text

    def on_filter_line_typed(self, event: FilterLine.Typed) -> None:
        in_background(self, partial(self._follow_typing, event.text), newest_of="filter")

    async def _follow_typing(self, text: str) -> None:
        await asyncio.sleep(REST_SECONDS)
        await self.use_filter(text)

    def on_filter_line_entered(self, event: FilterLine.Entered) -> None:
        self.workers.cancel_group(self, "filter")
        self.start(partial(self._enter, event.text))

    async def _enter(self, text: str) -> None:
        if await self.use_filter(text):
            self.set_focus(self.table)

    def on_filter_line_given_up(self) -> None:
        self.workers.cancel_group(self, "filter")
        self.set_focus(self.table)
        self.start(partial(self._enter, ""))
