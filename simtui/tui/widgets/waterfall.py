"""The spans of a run as a tree, each with a bar where in the run's time it ran."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simtui.model import wording
from simtui.model.run import RUNNING, Run
from simtui.model.run import Span as RunSpan
from simtui.model.run_tree import Node, window_of
from simtui.tui.widgets.cells import fitted
from simtui.tui.widgets.lines import Span

_EIGHTHS = " ▏▎▍▌▋▊▉"
_TIME = 8
_MAX_INDENT = 8

SIGNS = {"success": ("✓", "success"), "error": ("✗", "error"), RUNNING: ("●", "")}


def bar(offset_ms: int, size_ms: int, whole_ms: int, width: int) -> str:
    """Where a part of a time lies in the whole of it, in `width` columns; the shortest part is
    seen, and none lies past the end."""
    if width <= 0:
        return ""
    if whole_ms <= 0:
        return "▏"
    first = min(width - 1, offset_ms * width // whole_ms)
    start, end = (edge * width * 8 // whole_ms for edge in (offset_ms, offset_ms + size_ms))
    # a bar begins with a cell; one that is shorter than a cell is no longer for that
    eighths = end - (first * 8 if end - start >= 8 else start)
    eighths = max(1, min(eighths, (width - first) * 8))
    return " " * first + "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


class SpanLines:
    """A line a span, for a screen of `width` columns."""

    def __init__(self, run: Run, nodes: Sequence[Node], width: int) -> None:
        self.nodes = nodes
        self._start, self._end = window_of(run, [node.span for node in nodes])
        self._name_width = max(12, min(40, width * 2 // 5))
        self._bar_width = max(4, width - self._name_width - _TIME - 6)

    def head(self) -> str:
        """What stands above the columns: the scale of the time among it."""
        whole = self._end - self._start
        room, end = self._bar_width, wording.duration(whole)
        half = wording.duration(whole // 2)
        scale = "0"
        if whole and room >= len(end) + 3:
            middle = room // 2
            if middle - len(half) // 2 > 3 and middle + len(half) + len(end) + 2 < room:
                scale = scale.ljust(middle) + half
            scale = scale.ljust(room - len(end)) + end
        return f"{'Span'.ljust(self._name_width + 3)}{'Time'.rjust(_TIME)}   {scale}"

    def __len__(self) -> int:
        return len(self.nodes)

    def last_problem(self) -> int:
        """The span to look at first: the last that failed, which is the deepest; else the first."""
        failed = (number for number in range(len(self) - 1, -1, -1) if self.is_problem(number))
        return next(failed, 0)

    def plain(self, number: int) -> str:
        return "".join(span.text for span in self.spans(number)).rstrip()

    def spans(self, number: int) -> Sequence[Span]:
        node = self.nodes[number]
        step = node.span
        sign, colour = SIGNS.get(step.status or "", ("·", "dim"))
        indent = "  " * min(node.depth, _MAX_INDENT)
        lost = "? " if node.is_orphan else ""
        return [
            Span(fitted(f"{indent}{lost}{step.name}", self._name_width)),
            Span(f" {sign} ", colour),
            Span(f"{_took(step):>{_TIME}}", "dim"),
            Span("   "),
            Span(self._bar(step), "error" if colour == "error" else "key"),
        ]

    def _bar(self, step: RunSpan) -> str:
        size = step.duration_ms
        if size is None:  # it goes on, as far as anybody knows
            size = self._end - step.started_at if step.status == RUNNING else 0
        offset = step.started_at - self._start
        return bar(offset, size, self._end - self._start, self._bar_width)

    def is_problem(self, number: int) -> bool:
        step = self.nodes[number].span
        return step.status == "error" or step.error is not None

    def line_with(self, text: str, after: int, by: int) -> int | None:
        pattern = re.compile(re.escape(text), re.IGNORECASE)
        for step in range(1, len(self) + 1):
            number = (after + by * step) % len(self)
            if pattern.search(self.nodes[number].span.name):
                return number
        return None


def _took(step: RunSpan) -> str:
    if step.duration_ms is None:
        return "…" if step.status == RUNNING else "–"
    return wording.duration(step.duration_ms)
