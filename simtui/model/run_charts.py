"""Pictures of runs in text: block glyphs, or `#` where only ASCII goes. Pure, so that the command
and the screen show the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from simtui.errors import shown
from simtui.model import wording
from simtui.model.columns import cell_width

_HEIGHTS = "▁▂▃▄▅▆▇█"
_ASCII_HEIGHTS = "._-=+*%#"
_EIGHTHS = " ▏▎▍▌▋▊▉"
LEAST_WIDTH = 40


@dataclass(frozen=True, slots=True)
class Day:
    """One day's runs. The durations are those that half and nineteen of twenty stay below, in
    milliseconds; None where no run said one."""

    day: date
    runs: int = 0
    failed: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """One week's costs, from its Monday. `unknown`: runs that did not say theirs, which are in no
    sum; `others`: sums in other units than dollars."""

    monday: date
    cost_usd: float | None = None
    unknown: int = 0
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OfWorkflow:
    """One workflow's runs within the time that is counted."""

    id: str
    name: str
    runs: int
    failed: int
    p50_ms: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class RunStats:
    """What is counted of a time: each of its days and weeks, also those without a run, and the
    workflows that ran most."""

    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    workflows: tuple[OfWorkflow, ...]
    p50_ms: int | None = None
    p95_ms: int | None = None

    @property
    def runs(self) -> int:
        """All of them."""
        return sum(day.runs for day in self.days)

    @property
    def failed(self) -> int:
        """Those that failed."""
        return sum(day.failed for day in self.days)


def spark(values: Sequence[float], *, ascii: bool = False) -> str:
    """One character a value, as high as it is beside the highest; a space for nothing at all."""
    heights = _ASCII_HEIGHTS if ascii else _HEIGHTS
    top = max(values, default=0)
    return "".join(
        heights[min(len(heights) - 1, int(value / top * len(heights)))] if value > 0 else " "
        for value in values
    )


def bar(value: float, top: float, width: int, *, ascii: bool = False) -> str:
    """A bar of at most `width` columns; anything above 0 is seen."""
    if top <= 0 or value <= 0 or width <= 0:
        return ""
    eighths = max(1, round(min(1.0, value / top) * width * 8))
    if ascii:
        return "#" * max(1, round(eighths / 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def pictures(stats: RunStats, width: int = 80, *, ascii: bool = False) -> list[str]:
    """Runs a day with failures, durations, cost a week, and by workflow, as lines."""
    width = max(LEAST_WIDTH, width)
    lines = [_headline(stats), ""]
    lines += _days(stats.days, width, ascii)
    if any(week.cost_usd is not None or week.others for week in stats.weeks):
        lines += ["", *_weeks(stats.weeks, width, ascii)]
    if stats.workflows:
        lines += ["", *_workflows(stats.workflows, width, ascii)]
    return [line.replace("·", "|").replace("–", "-") for line in lines] if ascii else lines


def _headline(stats: RunStats) -> str:
    parts = [wording.plural(stats.runs, "run"), f"{stats.failed:,} failed"]
    if stats.p50_ms is not None and stats.p95_ms is not None:
        parts.append(f"p50 {wording.duration(stats.p50_ms)}")
        parts.append(f"p95 {wording.duration(stats.p95_ms)}")
    known = [week.cost_usd for week in stats.weeks if week.cost_usd is not None]
    if known:
        parts.append(wording.dollars(sum(known)))
    return " · ".join(parts)


def _days(days: Sequence[Day], width: int, ascii: bool) -> list[str]:
    top = max((day.runs for day in days), default=0)
    mark, rest = ("x", "#") if ascii else ("▒", "█")
    lines = [f"runs a day ({rest} all, {mark} failed), p50 and p95 of their durations"]
    for day in days:
        said = _counted(day.runs, day.failed)
        if day.p50_ms is not None and day.p95_ms is not None:
            said += f"{wording.duration(day.p50_ms):>8} / {wording.duration(day.p95_ms)}"
        room = max(8, width - 13 - 44)
        drawn = bar(day.runs, top, room, ascii=ascii)
        bad = min(len(drawn), round(day.failed / top * room) if top else 0)
        if day.failed and drawn:
            bad = max(1, bad)
        drawn = mark * bad + drawn[bad:]
        lines.append(f"  {day.day:%d %b}  {drawn:<{room}}  {said}".rstrip())
    return lines


def _counted(runs: int, failed: int) -> str:
    """How many, and how many of them failed, in columns of their own."""
    bad = f"{failed:,} failed" if failed else ""
    return f"{runs:>7,}{bad:>14}"


def _weeks(weeks: Sequence[Week], width: int, ascii: bool) -> list[str]:
    top = max((week.cost_usd or 0 for week in weeks), default=0)
    room = max(8, width - 13 - 44)
    lines = ["cost a week"]
    for week in weeks:
        said = [wording.dollars(week.cost_usd)]
        said += [f"{amount:,.10g} {unit}" for unit, amount in week.others]
        if week.unknown:
            said.append(f"{week.unknown:,} unknown")
        drawn = bar(week.cost_usd or 0, top, room, ascii=ascii)
        lines.append(f"  {week.monday:%d %b}  {drawn:<{room}}  {', '.join(said)}".rstrip())
    return lines


def _workflows(workflows: Sequence[OfWorkflow], width: int, ascii: bool) -> list[str]:
    top = max(each.runs for each in workflows)
    room = max(8, width - 30 - 44)
    lines = ["by workflow"]
    for each in workflows:
        name = shown(each.name, 24)
        name += " " * (24 - cell_width(name))
        said = _counted(each.runs, each.failed)
        p50 = "" if each.p50_ms is None else f"p50 {wording.duration(each.p50_ms)}"
        cost = "" if each.cost_usd is None else wording.dollars(each.cost_usd)
        said += f"{p50:>12}{cost:>10}"
        lines.append(f"  {name}  {bar(each.runs, top, room, ascii=ascii):<{room}}  {said}".rstrip())
    return lines
