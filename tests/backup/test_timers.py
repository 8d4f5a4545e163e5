"""What a timer is told to call is what it calls, whatever the paths hold."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simtui.backup import timers
from simtui.backup.timers import Job, cron, launchd, systemd
from simtui.errors import BadInput, UsageError
from simtui.paths import Home

AWKWARD = '100% it\'s "$HOME" %h ${X} \\n\\\\ #;&|<>(){}[]*?!~ Ünïcode'
WORDS = st.lists(
    st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20),
        st.text(st.sampled_from("%$\\\"' #aü"), min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=4,
)
UNTIMED = settings(deadline=None)


def job(*words: str, home: str = "SimAI") -> Job:
    return Job(words, Home(Path("/") / home))


def as_systemd_reads(line: str) -> list[str]:
    """systemd.service(5), "Command lines" and systemd.unit(5), "Specifiers", for what we write:
    every word in double quotes."""
    words = []
    rest = line
    while rest:
        found = re.match(r'"((?:[^"\\]|\\.)*)"(?: |$)', rest)
        assert found, rest
        rest = rest[found.end() :]
        word = re.sub(r"\\(.)", lambda each: _escape(each[1]), found[1])
        assert not re.search(r"%[^%]", word.replace("%%", "")), "a specifier"
        words.append(word.replace("%%", "%"))
    program, *others = words
    assert program.startswith("/")
    assert not set(program) & set("\"'\\"), "systemd would not take it"
    for word in others:
        assert not re.search(r"\$", word.replace("$$", "")), "a variable"
    return [program, *(word.replace("$$", "$") for word in others)]


def _escape(character: str) -> str:
    assert character in '\\"', f"\\{character} means something else there"
    return character


def as_sh_calls(words: list[str]) -> list[str]:
    """The words that are called in the end, where a shell stands before them."""
    if words[:2] != ["/bin/sh", "-c"]:
        return words
    assert words[2] == 'exec "$0" "$@"'
    return words[3:]


@UNTIMED
@given(WORDS)
def test_systemd_calls_the_words_that_were_meant(words: list[str]) -> None:
    words[0] = f"/{words[0]}"
    assert as_sh_calls(as_systemd_reads(systemd.command_line(tuple(words)))) == words


@pytest.mark.parametrize("name", [AWKWARD, "100% a $HOME %h ${X} #;&|<>(){}[]*?!~ Ünïcode"])
def test_systemd_itself_takes_what_is_written(
    tmp_path: Path, tool: Callable[[str], str], name: str
) -> None:
    program = tmp_path / name / "simtui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    made = job(str(program), "--home", f"/{AWKWARD}", "backup", home=f"{AWKWARD}\\")
    paths = []
    for piece in systemd.Systemd().pieces(made):
        path = tmp_path / Path(piece.place).name
        path.write_text(piece.text)
        paths.append(str(path))
    done = subprocess.run(
        [tool("systemd-analyze"), "--user", "--man=no", "verify", *paths],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("takes_backslash", [True, False], ids=["vixie", "busybox"])
@UNTIMED
@given(words=WORDS)
def test_cron_calls_the_words_that_were_meant(takes_backslash: bool, words: list[str]) -> None:
    line = cron.line_for(job(sys.executable, "-c", "import sys; print(sys.argv[1:])", *words))
    *when, command = line.split(" ", 5)
    assert when[1:] == ["*"] * 4
    assert 0 <= int(when[0]) < 60
    if takes_backslash:  # crontab(5): a % that has no backslash before it ends the line
        assert not re.search(r"(?<!\\)%", command)
        command = command.replace("\\%", "%")
    told = subprocess.run(
        ["/bin/sh", "-c", command.replace(">/dev/null", "")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(words)


def test_launchd_calls_the_words_that_were_meant() -> None:
    made = job("/bin/simtui", "--home", f"/{AWKWARD} <&>")
    content = plistlib.loads(launchd.text_for(made).encode())
    assert tuple(content["ProgramArguments"]) == made.words
    assert 0 <= content["StartCalendarInterval"]["Minute"] < 60


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\u202eb", "a\udcffb"])
def test_a_path_that_no_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no timer can name"):
        timers.job_for(Home(Path("/") / name), None)
    with pytest.raises(UsageError, match="no timer can name"):
        timers.job_for(Home(Path("/SimAI")), f"/{name}")


def test_each_home_has_a_timer_of_its_own() -> None:
    names = {job("x", home=home).name for home in ("SimAI", "SimAI2", "other/SimAI")}
    assert len(names) == 3
    assert job("x").name == job("y", "z").name


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_another_ones_file_is_neither_written_over_nor_taken_away(kind: str) -> None:
    each = timers.all_kinds()[kind]
    made = job("/bin/true")
    place = Path(each.pieces(made)[0].place)
    place.parent.mkdir(parents=True)
    place.write_text("[Service]\nExecStart=/bin/mine\n")
    assert each.installed(made.home) is None
    with pytest.raises(BadInput, match="not written by simtui"):
        each.install(made)
    with pytest.raises(BadInput, match="not written by simtui"):
        each.remove(made.home)
    assert place.read_text().endswith("/bin/mine\n")


def test_what_is_shown_of_a_timer_is_what_it_calls() -> None:
    made = job("/opt/it's/simtui", "--home", "/100% $HOME", "backup", "--if-due")
    for piece in systemd.Systemd().pieces(made):
        timers.write(Path(piece.place), piece.text)
    found = systemd.Systemd().installed(made.home)
    assert found is not None
    assert shlex.split(found.command) == list(made.words)
    assert (found.last_run, len(found.places)) == (None, 2)
