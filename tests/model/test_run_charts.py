"""Pictures of runs: what is drawn is what is counted; ASCII alone where only that goes."""

from __future__ import annotations

from datetime import date

import pytest

from simtui.model.run_charts import Day, OfWorkflow, RunStats, Week, bar, pictures, spark
from simtui.model.wording import cost, dollars

STATS = RunStats(
    days=(Day(date(2026, 11, 21), 10, 2, 800, 4000), Day(date(2026, 11, 22))),
    weeks=(Week(date(2026, 11, 16), 3.12, 4, (("credits", 12.0),)), Week(date(2026, 11, 23))),
    workflows=(OfWorkflow("w", "Größe \x1b[31m🚀", 10, 2, 800, None),),
    p50_ms=800,
    p95_ms=4000,
)


def test_every_number_is_told_beside_its_bar() -> None:
    text = "\n".join(pictures(STATS))
    for said in (
        "10 runs",
        "2 failed",
        "p50 800 ms",
        "p95 4.0 s",
        "$3.12",
        "12 credits",
        "4 unknown",
    ):
        assert said in text
    assert "\x1b" not in text


def test_an_unknown_cost_is_never_nothing() -> None:
    assert (dollars(None), dollars(0), dollars(0.0412), dollars(3.12)) == (
        "–", "$0.00", "$0.0412", "$3.12",
    )  # fmt: skip
    assert cost(None, 12.0, "credits") == "12 credits"
    (last,) = [line for line in pictures(STATS) if "23 Nov" in line]
    assert "$" not in last


def test_ascii_means_ascii() -> None:
    stats = RunStats(STATS.days, STATS.weeks, (OfWorkflow("w", "Plain", 1, 0, 1, 1.0),), 1, 1)
    lines = pictures(stats, ascii=True)
    assert all(line.isascii() for line in lines)
    assert any("x####" in line for line in lines)


@pytest.mark.parametrize("ascii", [True, False])
def test_a_bar_is_seen_from_the_first_run_on_and_never_too_wide(ascii: bool) -> None:
    assert bar(0, 100, 20, ascii=ascii) == ""
    assert len(bar(0.001, 100, 20, ascii=ascii)) == 1
    assert len(bar(100, 100, 20, ascii=ascii)) == 20
    assert len(bar(500, 100, 20, ascii=ascii)) == 20


def test_a_line_of_heights_has_a_character_a_value() -> None:
    assert spark([0, 1, 4, 8]) == " ▂▅█"
    assert spark([0, 1, 4, 8], ascii=True).isascii()
    assert spark([]) == ""


def test_no_line_is_wider_than_the_screen_of_a_usual_terminal() -> None:
    assert all(len(line) <= 80 for line in pictures(STATS, 80))
