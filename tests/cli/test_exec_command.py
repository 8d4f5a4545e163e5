"""A program gets the secrets that were named, and nothing else of the vault."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.cli.vaulted import converse, private_file, run_alone, vault_in

ONE, TWO = b"planted-value-one", b"planted-value-two"
PRINT = "import os; print(sorted(n for n in os.environ if n in ('ONE', 'TWO', 'THREE')))"
LENGTHS = "import os; print(len(os.environ['ONE']), os.environ['ONE'][::-1])"


@pytest.fixture
def code(home: Home) -> str:
    return vault_in(home, ONE=ONE, TWO=TWO, THREE=b"planted-value-three")


@pytest.fixture
def file(code: str, tmp_path: Path) -> Path:
    return private_file(tmp_path / "code", code)


def run(
    home: Home, file: Path, names: str, *command: str, input: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return run_alone(
        home, "exec", "--with", names, "--password-file", file, "--", *command, input=input
    )


@pytest.mark.parametrize(
    ("names", "given"),
    [("ONE", "['ONE']"), ("ONE,TWO", "['ONE', 'TWO']"), (" ONE , ONE,", "['ONE']")],
)
def test_a_program_gets_what_was_named(home: Home, file: Path, names: str, given: str) -> None:
    done = run(home, file, names, sys.executable, "-c", PRINT)
    assert (done.returncode, done.stdout.decode().strip(), done.stderr) == (0, given, b"")


def test_a_name_may_be_given_more_than_once(home: Home, file: Path) -> None:
    done = run_alone(
        home, "exec", "--with", "TWO", "--with", "ONE", "--password-file", file,
        sys.executable, "-c", PRINT,
    )  # fmt: skip
    assert (done.returncode, done.stdout.decode().strip()) == (0, "['ONE', 'TWO']")


def test_the_value_arrives_whole_and_is_masked_in_what_is_printed(home: Home, file: Path) -> None:
    done = run(home, file, "ONE", sys.executable, "-c", LENGTHS)
    assert done.stdout.decode().split() == [str(len(ONE)), ONE.decode()[::-1]]
    done = run(home, file, "ONE", "sh", "-c", "echo a${ONE}b; echo $ONE >&2")
    assert ONE not in done.stdout + done.stderr
    assert done.stdout.startswith(b"a*")


@pytest.mark.parametrize("code_of_it", [0, 1, 7, 255])
def test_it_ends_with_the_programs_code(home: Home, file: Path, code_of_it: int) -> None:
    assert run(home, file, "ONE", "sh", "-c", f"exit {code_of_it}").returncode == code_of_it


def test_it_tells_of_the_signal_that_ended_the_program(home: Home, file: Path) -> None:
    done = run(home, file, "ONE", "sh", "-c", "kill -TERM $$")
    assert done.returncode == 128 + signal.SIGTERM


def test_a_program_that_is_not_there_is_told(home: Home, file: Path) -> None:
    done = run(home, file, "ONE", "no-such-program-anywhere")
    assert done.returncode == 127
    assert done.stderr


def test_its_input_is_its_own(home: Home, file: Path) -> None:
    assert run(home, file, "ONE", "cat", input=b"for the program").stdout == b"for the program"


def test_options_behind_the_command_are_its_own(home: Home, file: Path) -> None:
    done = run_alone(
        home, "exec", "--with", "ONE", "--password-file", file, "printf", "%s|", "--with", "-o"
    )
    assert (done.returncode, done.stdout) == (0, b"--with|-o|")


def test_on_a_terminal_the_program_has_one(home: Home, code: str) -> None:
    script = "import sys; print([s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)])"
    done, sent = converse(
        home,
        ("exec", "--with", "ONE", "--", sys.executable, "-c", script),
        ("Recovery code: ", f"{code}\n"),
    )
    assert done == 0
    assert "[True, True, True]" in sent


@pytest.mark.parametrize(
    ("words", "code_of_it"),
    [
        (("exec", "--", "true"), 2),
        (("exec", "--with", "ONE"), 2),
        (("exec", "--with", ",", "--", "true"), 2),
        (("exec", "--with", "ONE,FOUR", "--", "true"), 4),
        (("exec", "--with", "ONE", "--", "true"), 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_nothing_runs_where_something_is_missing(
    home: Home, code: str, words: tuple[str, ...], code_of_it: int
) -> None:
    done = run_alone(home, *words)
    assert (done.returncode, done.stdout) == (code_of_it, b"")
    assert done.stderr


def test_a_program_never_gets_the_password_on_its_way(home: Home, file: Path) -> None:
    """Not as an open file, and not in its words or its environment."""
    script = (
        "import os, sys\n"
        "print([os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')\n"
        "       if os.path.exists(f'/proc/self/fd/{n}')])\n"
        "print(open('/proc/self/environ').read(), sys.argv)\n"
    )
    done = run(home, file, "ONE", sys.executable, "-c", script)
    assert done.returncode == 0
    assert str(file).encode() not in done.stdout
    assert b"simai.db" not in done.stdout
    assert file.read_bytes().strip() not in done.stdout
    assert TWO not in done.stdout
