"""Two runs side by side: their spans by block, and what differs in time, cost and output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from simtui.errors import shown
from simtui.model import wording
from simtui.model.run import Run
from simtui.model.run import Span as RunSpan
from simtui.model.run_text import with_masked_keys
from simtui.model.run_tree import Comparison
from simtui.tui.keys import bindings, in_place
from simtui.tui.screens.rebinding import Rebinding
from simtui.tui.widgets.cells import fitted
from simtui.tui.widgets.frame_lines import OneLine, key_pieces
from simtui.tui.widgets.lines import Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView
from simtui.tui.widgets.run_lines import payload_text
from simtui.tui.widgets.run_words import cost_of, started, status_of, took
from simtui.tui.widgets.waterfall import SIGNS

Line = list[Span]


class Comparing(Rebinding[None]):
    """Shows a comparison until it is closed."""

    CSS_PATH = "frame.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("close", "next_problem", "previous_problem")]

    def __init__(self, compared: Comparison) -> None:
        super().__init__()
        self._compared = compared
        self._text = LinesView(id="text")

    def compose(self) -> ComposeResult:
        yield OneLine(id="areas")
        yield self._text
        yield OneLine(id="keys")

    def on_mount(self) -> None:
        self.set_focus(self._text)

    def on_resize(self) -> None:
        title = shown(self._compared.left.workflow_name, 60)
        self.query_one("#areas", OneLine).say([(" Two runs  ", "active"), (title, "")])
        keys = self.simtui.keys
        told = [(keys.first(a.id), a.footer) for a in in_place("compare") if a.footer]
        both = f"{keys.first('next_problem')} {keys.first('previous_problem')}".strip()
        told.insert(0, (both, "differences"))
        self.query_one("#keys", OneLine).say(key_pieces(told, self.size.width))
        self._text.show(StyledLines(list(lines_of(self._compared, self.size.width))))

    def action_next_problem(self, by: int) -> None:
        self._text.next_problem(by)


def lines_of(compared: Comparison, width: int) -> Iterator[Line]:
    """The comparison in `width` columns."""
    left, right = compared.left, compared.right
    name = max(14, min(30, width // 4))
    side = max(10, min(26, (width - name - 12) // 3))

    def row(title: str, one: str, other: str, differs: str, colour: str = "") -> Line:
        return [
            Span(f" {fitted(title, name - 1)} ", "dim" if not colour else ""),
            Span(f"{fitted(one, side)} "),
            Span(f"{fitted(other, side)} "),
            Span(differs, colour),
        ]

    yield [Span(f" {'':<{name}}{'earlier':<{side + 1}}{'later':<{side + 1}}difference", "title")]
    if left.workflow_id != right.workflow_id:
        yield row("workflow", left.workflow_name, right.workflow_name, "another one", "warning")
    same = left.status == right.status
    changed = ("", "") if same else ("another one", "warning")
    yield row("status", status_of(left)[0], status_of(right)[0], *changed)
    yield row("started", started(left, True), started(right, True), "")
    yield row("duration", took(left), took(right), *_time(compared.duration_ms, left.duration_ms))
    yield row("cost", cost_of(left), cost_of(right), *_cost(compared, left, right))
    more = _signed(f"{compared.tokens:+,}") if compared.tokens else ""
    yield row("tokens", _count(left.tokens), _count(right.tokens), more)
    yield row("trigger", left.trigger or "–", right.trigger or "–", "")
    if left.error != right.error:
        yield row("error", _error(left), _error(right), "another one", "warning")
    yield []
    if compared.pairs:
        yield [Span(" Spans, by block", "title")]
    for pair in compared.pairs:
        words, colour = _time(pair.duration_ms, pair.left and pair.left.duration_ms)
        if pair.left is None or pair.right is None:
            words, colour = ("only later" if pair.left is None else "only earlier"), "warning"
        elif pair.status_differs:
            words, colour = f"{words}  another status".strip(), "warning"
        if pair.cost_usd:
            words += f"  {_signed_dollars(pair.cost_usd)}"
        yield row(pair.name, _span(pair.left), _span(pair.right), words, colour)
    if not compared.pairs:
        yield [Span(" No spans came with these runs.", "dim")]
    yield []
    yield [Span(" Output", "title")]
    if not compared.output_changes:
        yield [Span(" the same", "dim")]
    for path, one, other in compared.output_changes:
        yield [Span(f" {shown(path or '(all of it)', 120)}", "warning")]
        yield [Span("   earlier  ", "dim"), Span(_short(path, one))]
        yield [Span("   later    ", "dim"), Span(_short(path, other))]


def _time(differs: int | None, before: int | None) -> tuple[str, str]:
    """How much longer, and where it is more than half as long again, in a colour."""
    if not differs:
        return ("the same" if differs == 0 else ""), ""
    words = f"{'+' if differs > 0 else '−'}{wording.duration(abs(differs))}"
    if before:
        words += f" ({_signed(f'{differs / before:+.0%}')})"
    much = bool(before) and abs(differs) > max(before or 0, 200) / 2
    return words, "warning" if much else ""


def _cost(compared: Comparison, left: Run, right: Run) -> tuple[str, str]:
    if compared.cost_usd is not None:
        return _signed_dollars(compared.cost_usd), ""
    if left.cost_unit and left.cost_unit == right.cost_unit:
        more = (right.cost_other or 0) - (left.cost_other or 0)
        return _signed(f"{more:+,.10g} {left.cost_unit}"), ""
    return "", ""


def _signed_dollars(amount: float) -> str:
    return f"{'−' if amount < 0 else '+'}{wording.dollars(abs(amount))}" if amount else "the same"


def _signed(told: str) -> str:
    """With the sign that the other numbers have."""
    return f"−{told[1:]}" if told.startswith("-") else told


def _count(number: int | None) -> str:
    return "–" if number is None else wording.count(number)


def _error(run: Run) -> str:
    return with_masked_keys(run.error or "–")


def _span(step: RunSpan | None) -> str:
    if step is None:
        return "–"
    sign = SIGNS.get(step.status or "", ("·", ""))[0]
    time = "–" if step.duration_ms is None else wording.duration(step.duration_ms)
    return f"{sign} {time}"


def _short(path: str, value: Any) -> str:
    # under its own name, so that what stands where a key stands is masked
    key = path.rpartition(".")[2]
    from simtui.model.run_text import masked_json

    return shown(payload_text(masked_json({key: value})[key]), 400)
