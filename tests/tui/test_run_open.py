"""One run on the screen: what went wrong in it, its spans in time, its log at any length."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from simtui.paths import Home
from simtui.tui.widgets import log_window
from tests.tui.driving import Driver, driven
from tests.tui.pty_screen import screen_on
from tests.tui.running import KEY, bring, end, failing, log, run, span


@pytest.fixture
async def failed(home: Home) -> Home:
    await bring(home, *failing())
    return home


@pytest.fixture
async def long(home: Home) -> Home:
    """A run of 2,000 lines, two errors among them."""
    lines = [log("r", f"line number {n} of the log", n, "info") for n in range(1, 2001)]
    lines[99] |= {"level": "error", "message": "first trouble"}
    lines[1499] |= {"level": "error", "message": "second trouble: xyzzy-plugh"}
    await bring(home, run("r"), *lines, end("r", took=2000))
    return home


LEFT = b"\x1b[?1049l"


async def opened(screen: Driver, view: str = "") -> None:
    await screen.press("2", "enter", *view)
    await screen.sees("o Overview   S Spans   L Log")


async def test_the_overview_tells_the_error_its_block_and_the_costs_first(failed: Home) -> None:
    async with driven(failed, rows=40) as screen:
        await opened(screen)
        text = await screen.sees(
            "✗ failed · 41.2 s · api", "Error in Slack", "Slack said no to sk-p"
        )
        await screen.sees("$0.0412", "18,204", "3 spans · 4 log lines, 1 error", '"rows": 3')
        assert text.index("Error in Slack") < text.index("Output") < text.index("Input")


async def test_no_key_is_seen_in_any_view_of_a_run(failed: Home) -> None:
    async with driven(failed, columns=160, rows=45) as screen:
        await opened(screen)
        seen = await screen.sees("Error in Slack")
        for keys in ("S", "jj", ["enter"], ["escape", "L"], "W", ["k", "k", "enter"]):
            await screen.press(*keys)
            await screen.pause()
            seen += screen.text
        assert "sk-p" in seen
        assert KEY[:16] not in seen and KEY[-16:] not in seen


async def test_enter_on_a_line_of_the_overview_leads_to_all_of_it(home: Home) -> None:
    lines = "\n".join(f"row {n}" for n in range(40))
    await bring(home, run("r", input=lines), log("r", "oh no", 3, "error"), end("r"))
    async with driven(home, rows=40) as screen:
        await opened(screen)
        await screen.sees("row 11", "shows all of it")
        await screen.press("G", "enter")
        await screen.sees("Input · Lead enricher", "row 30")
        await screen.press("escape", "g", "j", "enter")
        await screen.sees("at 1 · 1 line", "oh no")


async def test_a_payload_past_the_limit_says_that_it_is_cut(home: Home) -> None:
    await bring(home, run("r", input=["x" * 1000] * 1200), end("r"))
    async with driven(home, rows=40) as screen:
        await opened(screen)
        await screen.sees("Input  cut: of 1.2 MB this is the beginning")


async def test_spans_are_drawn_where_in_the_time_they_ran(failed: Home) -> None:
    async with driven(failed, columns=80) as screen:
        await opened(screen, "S")
        text = await screen.sees("Span", "20.6 s", "41.2 s")
        bars = {
            name: next(line for line in text.splitlines() if line.strip().startswith(name))
            for name in ("Workflow", "Agent 1", "Slack")
        }
        assert bars["Workflow"].index("█") == bars["Agent 1"].index("█")
        assert bars["Slack"].index("█") > bars["Agent 1"].rindex("█")
        assert "✗" in bars["Slack"] and bars["Slack"].startswith("   Slack")
        await screen.press("enter")
        await screen.sees(" Slack", "channel_not_found", '"channel": "C0123"', "Output")


async def test_a_span_that_goes_on_reaches_the_end(home: Home) -> None:
    goes_on = span("r", "Long", 10, None, status="running")
    await bring(home, run("r"), goes_on, span("r", "Done", 0, 30), end("r", "paused", took=30))
    async with driven(home, columns=80) as screen:
        await opened(screen, "S")
        text = await screen.sees("● ", "Long", "Done")
        ends = [len(line) for line in text.splitlines() if "Long" in line or "Done" in line]
        assert ends[0] == ends[1]


async def test_a_long_log_opens_at_its_end_and_goes_to_both_ends_and_to_errors(
    long: Home,
) -> None:
    async with driven(long) as screen:
        await opened(screen, "L")
        await screen.sees("line number 2000", "at 2,000 · 2,000 lines")
        await screen.press("left_square_bracket")
        await screen.sees("at 1,500", "second trouble")
        await screen.press("left_square_bracket")
        await screen.sees("at 100", "first trouble", "line number 99 ")
        await screen.press("left_square_bracket")
        await screen.sees("No error before this line.")
        await screen.press("g")
        await screen.sees("at 1 ·", "line number 1 ")
        await screen.press("right_square_bracket", "j")
        await screen.sees("at 101 ·")
        await screen.press("G")
        await screen.sees("at 2,000 ·", "line number 2000")


async def test_every_line_is_passed_when_one_pages_through_the_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_window, "PAGE", 60)
    monkeypatch.setattr(log_window, "WINDOW", 300)
    await bring(home, run("r"), *[log("r", f"line number {n}", n) for n in range(1, 601)])
    async with driven(home, rows=80) as screen:
        await opened(screen, "L")
        await screen.press("g")
        await screen.sees("line number 1\n")
        for way, by in (("pagedown", 1), ("pageup", -1)):
            seen = set(re.findall(r"line number (\d+)", screen.text))
            for page in range(1, 10):
                await screen.press(way)
                there = (1 if by > 0 else 600) + by * page * 72
                text = await screen.sees(f"at {max(1, min(600, there))} ·")
                seen |= set(re.findall(r"line number (\d+)", text))
            assert len(seen) == 600


async def test_words_are_found_from_the_index_and_a_part_of_one_line_by_line(long: Home) -> None:
    async with driven(long) as screen:
        await opened(screen, "L")
        await screen.press("slash")
        await screen.type("trou")
        await screen.press("enter")
        await screen.sees("at 1,500", "n and N go on from there")
        await screen.press("n")
        await screen.sees("at 100 ·")
        await screen.press("slash", *["backspace"] * 4)
        await screen.type("yzzy")
        await screen.press("enter")
        await screen.sees("at 1,500", "1 line holds it")
        await screen.press("slash", *["backspace"] * 4)
        await screen.type("zzz")
        await screen.press("enter")
        await screen.sees('"zzz" is not in this log.')


async def test_only_lines_of_a_level_are_shown_when_asked(long: Home) -> None:
    async with driven(long) as screen:
        await opened(screen, "L")
        await screen.press("v")
        await screen.sees("Which lines?", "2,000", "errors ")
        await screen.press("j", "enter")
        text = await screen.sees("2 lines · only errors", "first trouble", "second trouble")
        assert "line number" not in text
        await screen.press("v", "enter")
        await screen.sees("2,000 lines", "line number")


async def test_a_log_is_followed_as_it_grows_until_one_moves_away(long: Home) -> None:
    async with driven(long) as screen:
        await opened(screen, "L")
        await screen.sees("2,000 lines")
        await screen.press("f")
        await screen.sees("following")
        await bring(long, log("r", "and one more", 3000, seq=2001))
        await screen.sees("at 2,001 · 2,001 lines · following", "and one more")
        await screen.press("k")
        await screen.loses("following")
        await bring(long, log("r", "and another", 3001, seq=2002))
        await screen.sees("at 2,000", "2,002 lines")


async def test_long_lines_wrap_and_times_are_told_both_ways(home: Home) -> None:
    words = " ".join(f"word{n}" for n in range(40))
    await bring(home, run("r"), log("r", words, 62.5), end("r"))
    async with driven(home) as screen:
        await opened(screen, "L")
        text = await screen.sees("+1:02.5", "word0")
        assert "word39" not in text
        await screen.press("W")
        await screen.sees("word39", "wrapped")
        await screen.press("W", *"llllll")
        await screen.sees("word39")
        await screen.press("t")
        await screen.loses("+1:02.5")
        await screen.sees(":13.500")


async def test_what_is_shown_is_saved_whole_and_masked(long: Home, failed: Home) -> None:
    async with driven(long, columns=120) as screen:
        await screen.press("2")
        await screen.sees("Competitor", "Lead e")
        await screen.press("enter", "L", "s")
        await screen.sees("Saved in the home under exports/run-rfails-log-")
        await screen.press("escape", "j", "enter", "s")
        await screen.sees("exports/run-r-log-")
    texts = sorted((file.read_text() for file in long.exports.iterdir()), key=len)
    assert len(texts[1].splitlines()) == 2000
    assert "giving up" in texts[0] and "sk-p" in texts[0] and KEY not in texts[0]


def test_the_log_is_read_in_the_pager(home: Home, tmp_path: Path) -> None:
    asyncio.run(bring(home, *failing()))
    pager = tmp_path / "pager.sh"
    pager.write_text("#!/bin/sh\ncat; echo the end\n")
    pager.chmod(0o700)
    with screen_on(home.root, env={"PAGER": str(pager)}) as screen:
        screen.send("2")
        screen.read_until(b"Competitor")
        screen.send("\rL")
        screen.read_until(b"4 lines")
        screen.send("p")
        screen.read_until(b"the end")
        text = screen.seen.rpartition(LEFT)[2]
        assert b"[Agent 1] asking the model" in text and b"giving up" in text
        assert KEY.encode() not in text


async def test_any_text_in_a_log_breaks_no_layout(home: Home) -> None:
    messages = (
        "[/b][red]markup", "\x1b[31mred\x1b[0m", "a\x00b", "\u202eאבג דהו", "🚀" * 400,
        "x" * 200_000, "\n" * 5,
    )  # fmt: skip
    lines = [log("r", message, n) for n, message in enumerate(messages)]
    await bring(home, run("r"), *lines, log("r", "behind it", 99), end("r"))
    async with driven(home, columns=60, rows=20) as screen:
        await opened(screen, "L")
        text = await screen.sees("[/b][red]markup", "\\x1b[31mred", "a\\x00b", "behind it")
        await screen.press("W")
        text += "\n" + await screen.sees("wrapped")
        for _ in messages:
            await screen.press("k", "enter")
            text += "\n" + await screen.sees("Z · info")
            await screen.press("escape")
            text += "\n" + await screen.sees("wrapped")
        assert all(len(line) <= 60 for line in text.splitlines())
        assert not set(text) & {"\x1b", "\x00", "\u202e"}


async def test_ten_megabytes_in_one_line_are_kept_cut_and_shown_safely(home: Home) -> None:
    piece = "[/b]\x1b[31mאב🚀\x00 "
    huge = log("r", piece * (10_000_000 // len(piece.encode())), 1)
    await bring(home, run("r"), huge, log("r", "behind it", 2), end("r"))
    async with driven(home, columns=60, rows=20) as screen:
        await opened(screen, "L")
        text = await screen.sees("[/b]\\x1b[31m", "behind it")
        await screen.press("W")
        text += "\n" + await screen.sees("wrapped", "shows all of it")
        await screen.press("g", "enter")
        text += "\n" + await screen.sees("Z · info", "[/b]\\x1b[31m")
        await screen.press("G")
        await screen.pause()
        text += "\n" + screen.text
        shelf = screen.app.library.runs
        kept, _ = await shelf.log(await shelf.find("r"))
        assert kept.message.endswith(f"[cut here: {len(huge['message']):,} characters came]")
        assert all(len(line) <= 60 for line in text.splitlines())
        assert not set(text) & {"\x1b", "\x00", "\u202e"}
