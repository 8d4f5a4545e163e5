"""The Runs area, as a person uses it: the list, the filter, and what is done to runs."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from simtui.library import Library
from simtui.paths import Home
from tests.making import as_lines
from tests.tui.driving import driven
from tests.tui.running import KEY, bring, end, failing, run, span


@pytest.fixture
async def with_runs(home: Home) -> Home:
    await bring(
        home,
        run("r-old"),
        end("r-old", took=12, cost_usd=0.0083),
        *failing(),
        run(
            "r-credits", "Meeting follow-up", later=200, trigger="manual",
            source={"from": "v2", "cost": 12, "unit": "credits"},
        ),
        end("r-credits"),
    )  # fmt: skip
    return home


async def test_without_runs_it_says_how_they_come_in(home: Home) -> None:
    async with driven(home) as screen:
        await screen.press("2")
        await screen.sees("No runs yet.", "my-agent | simtui runs import -")


@pytest.mark.parametrize(
    ("columns", "shown", "gone"),
    [(120, "Started", "Error"), (80, "Trigger", "Error"), (60, "Duration", "Cost")],
)
async def test_the_columns_follow_the_width(
    with_runs: Home, columns: int, shown: str, gone: str
) -> None:
    async with driven(with_runs, columns=columns, rows=20) as screen:
        await screen.press("2")
        text = await screen.sees("✗ failed", "Competitor mo", shown)
        assert gone not in text.splitlines()[2]


async def test_costs_are_said_in_their_own_unit_and_an_unknown_one_is_not_nothing(
    with_runs: Home,
) -> None:
    await bring(with_runs, run("r-unknown", later=300), end("r-unknown"))
    async with driven(with_runs) as screen:
        await screen.press("2")
        text = await screen.sees("12 credits", "$0.0083", "$0.0412")
        assert "$12" not in text and "$0.00 " not in text
        assert " – " in next(line for line in text.splitlines() if line.startswith("▸"))


async def test_the_filter_narrows_excludes_and_says_where_it_cannot_be_meant(
    with_runs: Home,
) -> None:
    async with driven(with_runs) as screen:
        await screen.press("2", "slash")
        await screen.type("-status:failed trigger:api")
        await screen.sees("1 of 3", "Lead enricher")
        await screen.press("enter", "escape", "slash")
        await screen.type("colour:red")
        await screen.sees('There is no "colour:" here.', "at character 1")
        await screen.press("escape")
        await screen.sees("Competitor", "Meeting")


async def test_a_run_that_another_process_writes_appears_and_ends_without_a_key(
    with_runs: Home,
) -> None:
    async with driven(with_runs) as screen:
        await screen.press("2", "j")
        await screen.sees("▸ ✗ failed")
        await bring(with_runs, run("r-new", "Fresh flow", later=900))
        await screen.sees("! interrupted  Fresh", "▸ ✗ failed", " 4")
        await bring(with_runs, end("r-new", took=3))
        await screen.loses("interrupted")
        await screen.sees("✓ completed", "3.0 s", "▸ ✗ failed")


async def test_two_marked_runs_stand_side_by_side_with_what_differs(home: Home) -> None:
    await bring(
        home,
        *[run("a"), span("a", "Agent 1", 0, 2, block_id="b1", status="success")],
        *[span("a", "Slack", 2, 1, block_id="b2", status="success")],
        end("a", took=3, cost_usd=0.01, output={"sent": True, "token": KEY}),
        *[run("b", later=50), span("b", "Agent one", 50, 6, block_id="b1", status="error")],
        end("b", "failed", took=7, cost_usd=0.03, output={"sent": False, "token": KEY[:-1]}),
    )
    async with driven(home, columns=100) as screen:
        await screen.press("2", "equals_sign")
        await screen.sees("Mark two runs with space")
        await screen.press("space", "space")
        await screen.sees("2 marked")
        await screen.press("equals_sign")
        text = await screen.sees("earlier", "+4.0 s (+133%)", "+$0.0200", "only earlier")
        assert "Agent 1" in text and "another status" in text
        assert "sent" in text and "true" in text and "false" in text
        assert KEY[:20] not in text
        await screen.press("escape", "escape")
        await screen.loses("2 marked")


async def test_delete_says_how_many_and_how_they_come_back(with_runs: Home) -> None:
    async with driven(with_runs) as screen:
        await screen.press("2", "space", "space", "d")
        await screen.sees("Delete 2 runs?", "Runs have no trash", "u brings them back")
        await screen.press("n", "d", "y")
        await screen.sees("2 runs deleted.", "Lead enricher")
    async with await Library.open(with_runs) as library:
        assert [run.id for run in await library.runs.page()] == ["r-old"]


async def test_a_pinned_run_says_so_and_is_let_go_by_the_same_key(with_runs: Home) -> None:
    async with driven(with_runs, columns=100) as screen:
        await screen.press("2", "p")
        await screen.sees("Meeting follow-up (pinned, not here)")
        await screen.press("p")
        await screen.sees("Meeting follow-up (not here)")


async def test_the_pictures_are_those_of_the_command(with_runs: Home) -> None:
    async with driven(with_runs, rows=40) as screen:
        await screen.press("2", "c")
        await screen.sees("the last 14 days", "runs a day")
        await screen.press("d", "d", "d")
        await screen.sees("the last 365 days", "0 runs")


async def test_from_a_run_to_its_workflow_and_from_a_workflow_to_its_runs(
    filled: Home,
) -> None:
    await bring(filled, run("r1"), end("r1"), *failing())
    async with driven(filled) as screen:
        await screen.press("2", "j", "w")
        await screen.sees("[1 Workflows]", "Lead enricher", "Overview   J JSON")
        await screen.press("U")
        await screen.sees("[2 Runs]", 'workflow:"Lead enricher"', "1 of 2")


async def test_exported_runs_come_in_again(with_runs: Home, tmp_path: object) -> None:
    async with driven(with_runs, columns=120) as screen:
        await screen.press("2", "j", "x")
        await screen.sees("Export 1 run as", "run events", "Markdown", "CSV")
        await screen.press("enter")
        text = await screen.sees("Export with these values in clear?", "sk-p… (")
        assert KEY not in text and not list(with_runs.exports.iterdir())
        await screen.press("y")
        await screen.sees("1 run in the home under exports/run-rfails-events")
    [file] = with_runs.exports.iterdir()
    events = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert [event["event"] for event in events].count("span") == 3
    assert events[0]["id"] == "r-fails"


async def test_runs_come_in_from_a_file_and_what_is_refused_is_told(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "runs.ndjson"
    file.write_bytes(as_lines([run("r1"), end("r1"), *failing()]) + b"broken\n")
    async with driven(home, columns=100) as screen:
        await screen.press("2", "i")
        await screen.sees("Import runs from which file?")
        await screen.type(str(file))
        await screen.press("enter")
        await screen.sees("Refused of runs.ndjson", "✗ line ")
        await screen.press("escape")
        await screen.sees("runs.ndjson: 1 refused, 2 imported", "✗ failed", "✓ completed")
        await screen.press("1")
        await screen.sees("Competitor monitor (only its runs)")
        await screen.press("u")
        await screen.sees("Undone: 2 runs taken away again.")
    async with await Library.open(home) as library:
        assert await library.runs.count() == 0


async def test_names_from_outside_are_text_never_markup_or_control(home: Home) -> None:
    hostile = "[/b][red]\x1b[31m\u202eאב\x00 🚀"
    await bring(
        home,
        run("h", hostile, trigger=hostile, input=hostile),
        span("h", hostile, 0, 1, status=hostile, type=hostile),
        end("h", hostile, error={"message": hostile, "block_name": hostile}, output={hostile: 1}),
    )
    async with driven(home, columns=160, rows=40) as screen:
        await screen.press("2")
        text = await screen.sees("[/b][red]\\x1b[31m")
        for keys in (["enter"], ["S"], ["enter"], ["escape", "L"], ["escape", "d"]):
            await screen.press(*keys)
            await screen.pause()
            text += screen.text
        await screen.press("n", "semicolon")
        await screen.type("red")
        text += await screen.sees("hits")
        assert not set(text) & {"\x1b", "\x00", "\u202e"}
