"""A signal ends an import between two workflows: with its exit code, and a clean database."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from simtui.paths import Home
from tests.cli.conftest import rows_of, written
from tests.conftest import Command
from tests.making import as_bytes, document

COUNT = 1200
"""So many lines of answer do not fit into a pipe: the command waits for its reader half way."""


def start(
    home: Home,
    *words: object,
    ignoring: tuple[signal.Signals, ...] = (),
    stderr: int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    def ignore() -> None:
        for number in ignoring:
            signal.signal(number, signal.SIG_IGN)

    return subprocess.Popen(
        [sys.executable, "-m", "simtui", "--home", str(home.root), *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        preexec_fn=ignore,
    )


def stdin_of(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def first_line_of(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline()


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return written(tmp_path / "in", *(document(f"Number {n}", []) for n in range(COUNT)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_an_import_with_its_code_and_a_clean_database(
    simtui: Command, home: Home, many: Path, number: signal.Signals
) -> None:
    process = start(home, "import", many, "-o", "jsonl")
    first_line_of(process)
    process.send_signal(number)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert err == b"Ended before it was done. What was done before stays whole.\n"

    assert simtui("doctor").returncode == 0
    there = len(rows_of(simtui("workflows", "list", "-o", "json").stdout))
    assert 0 < there < COUNT
    again = rows_of(simtui("import", many, "-o", "json").stdout)
    assert (again["unchanged"], again["imported"]) == (there, COUNT - there)


Fed = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def fed(home: Home) -> Fed:
    """An import that waits for the rest of its standard input: it took more than a pipe holds."""

    def begin(**options: object) -> subprocess.Popen[bytes]:
        process = start(home, "import", "-", **options)  # type: ignore[arg-type]  # handed on
        stdin_of(process).write(b" " * (1 << 20))
        stdin_of(process).flush()
        return process

    return begin


def test_a_signal_ends_an_import_that_waits_for_its_input(fed: Fed) -> None:
    process = fed()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    process.communicate()


def test_a_hang_up_that_is_ignored_stays_so(fed: Fed, simtui: Command) -> None:
    """As under nohup, and in the background of a script."""
    process = fed(ignoring=(signal.SIGHUP, signal.SIGINT))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    out, _err = process.communicate(as_bytes(document("Late")), timeout=60)
    assert (process.returncode, out) == (0, b"+ Late\n")
    assert simtui("workflows", "get", "Late").returncode == 0


def test_a_terminal_that_is_gone_changes_nothing_of_that(fed: Fed) -> None:
    master, slave = pty.openpty()
    process = fed(stderr=slave)
    os.close(slave)
    os.close(master)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 129
    process.communicate()
