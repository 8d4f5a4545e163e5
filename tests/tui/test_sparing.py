"""What the terminal shows already is not sent again, and what it shows is always right."""

from __future__ import annotations

import os
import re
import signal

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

from simtui.paths import Home
from simtui.tui.sparing import Shown
from tests.tui.pty_screen import screen_on

RED, BLUE = Style.parse("red"), Style.parse("blue")
SIZE = Size(10, 2)


def line(*pieces: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in pieces])


def sent(shown: Shown, *lines: Strip, size: Size = SIZE) -> str:
    """The text, without its colours, that is sent for a whole screen."""
    return text_of(shown, LayoutUpdate([[each] for each in lines], Region(0, 0, *size)), size)


def text_of(shown: Shown, update: CompositorUpdate, size: Size = SIZE) -> str:
    sequences = shown.sparing(update, size).render_segments(Console())
    return re.sub(r"\x1b\[[0-9;]*m", "", sequences)


@pytest.fixture
def shown() -> Shown:
    """A terminal that shows two lines."""
    shown = Shown()
    assert "0123456789" in sent(shown, line(("0123456789", RED)), line(("abcdefghij", RED)))
    return shown


def test_a_screen_that_is_there_already_is_not_sent(shown: Shown) -> None:
    assert sent(shown, line(("01234", RED), ("56789", RED)), line(("abcdefghij", RED))) == ""


def test_of_a_line_that_changed_the_piece_that_differs_is_sent_to_its_place(shown: Shown) -> None:
    changed = line(("abc", RED), ("XY", BLUE), ("fghij", RED))
    assert "abcXYfghij" in sent(shown, line(("0123456789", RED)), changed)
    again = line(("abc", RED), ("ZZ", BLUE), ("fghij", RED))
    assert sent(shown, line(("0123456789", RED)), again) == "\x1b[2;4HZZ"


def test_another_colour_is_a_change(shown: Shown) -> None:
    assert "0123456789" in sent(shown, line(("0123456789", BLUE)), line(("abcdefghij", RED)))


def test_what_nobody_sees_is_no_change(shown: Shown) -> None:
    told = RED + Style.from_meta({"offset": (1, 2)})
    assert sent(shown, line(("0123456789", told)), line(("abcdefghij", RED))) == ""


def test_a_piece_of_a_line_is_remembered_too(shown: Shown) -> None:
    def piece(text: str) -> str:
        chops = [{0: None, 4: Strip([Segment(text, RED)]), 7: None}, {}]
        update = ChopsUpdate(chops, [(0, 4, 7)], [[4, 7, 10], []])
        return text_of(shown, update)

    assert piece("XYZ") == "\x1b[1;5HXYZ"
    assert piece("XYZ") == ""
    assert sent(shown, line(("0123XYZ789", RED)), line(("abcdefghij", RED))) == ""


def test_wide_characters_are_replaced_whole(shown: Shown) -> None:
    assert "日本語日本" in sent(shown, line(("日本語日本", RED)), line(("abcdefghij", RED)))
    again = sent(shown, line(("日本", RED), ("xx", BLUE), ("日本", RED)), line(("abcdefghij", RED)))
    assert "xx" in again


@pytest.mark.parametrize("way", ["another size", "forgotten"])
def test_everything_is_sent_again_where_somebody_else_may_have_written(
    shown: Shown, way: str
) -> None:
    same = (line(("0123456789", RED)), line(("abcdefghij", RED)))
    if way == "forgotten":
        shown.forget()
        assert "0123456789" in sent(shown, *same)
    else:
        sent(shown, *same, size=Size(11, 2))
        assert "0123456789" in sent(shown, *same)


MAX_BYTES = {"/": 600, "a": 1200, "d": 2500, "n": 2500}


def test_a_focus_that_moves_and_a_dialog_send_what_changes_and_no_more(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        for key in ("/", "a", "\x1b", "d", "n"):
            screen.send(key)
            came = screen.read_until_quiet()
            assert 0 < len(came) <= MAX_BYTES.get(key, 5000), key


def test_r_sends_the_whole_screen(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.send("r")
        came = screen.read_until_quiet()
        assert all(text in came for text in (b"Lead enricher", b"Hello", b"quit"))


def test_a_program_that_was_stopped_and_goes_on_shows_its_screen_again(filled: Home) -> None:
    with screen_on(filled.root) as screen:
        screen.signal(signal.SIGTSTP)
        screen.read_until(b"\x1b[?1049l")
        # what comes before it has stopped would wake nobody
        os.waitid(os.P_PID, screen.pid, os.WSTOPPED | os.WNOWAIT)
        screen.signal(signal.SIGCONT)
        screen.read_until(b"\x1b[?1049h")
        screen.read_until(b"quit")
        came = screen.seen.rpartition(b"\x1b[?1049h")[2]
        assert all(text in came for text in (b"Lead enricher", b"Hello"))
