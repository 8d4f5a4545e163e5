"""Who is asked for a password, and where a script's password may come from."""

from __future__ import annotations

import os
import termios
import threading
from pathlib import Path

import pytest

from simtui.paths import Home
from tests.cli.vaulted import converse, private_file, run_alone, vault_in
from tests.vault.vaults import PASSWORD

VALUE = b"planted-in-a-test"
GET = ("secrets", "get", "KEY", "--reveal")


@pytest.fixture
def code(home: Home) -> str:
    """Of a vault with a password and one secret."""
    return vault_in(home, PASSWORD, KEY=VALUE)


# -- from a file or a descriptor


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_file_opens_it_without_one_newline(
    home: Home, code: str, tmp_path: Path, end: str
) -> None:
    file = private_file(tmp_path / "password", PASSWORD + end)
    done = run_alone(home, *GET, "--password-file", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, VALUE + b"\n", b"")


def test_only_one_newline_is_left_away(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", PASSWORD + "\n\n")
    done = run_alone(home, *GET, "--password-file", file)
    assert (done.returncode, done.stdout) == (5, b"")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_password_file_that_is_open_to_others_is_refused(
    home: Home, code: str, tmp_path: Path, mode: int
) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    file.chmod(mode)
    done = run_alone(home, *GET, "--password-file", file)
    assert (done.returncode, done.stdout) == (5, b"")
    assert f"open to others (mode {mode:04o})" in done.stderr.decode()
    assert f"chmod 600 {file}" in done.stderr.decode()


def test_a_link_is_judged_by_what_it_leads_to(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    (tmp_path / "link").symlink_to(file)
    assert run_alone(home, *GET, "--password-file", tmp_path / "link").returncode == 0
    file.chmod(0o644)
    assert run_alone(home, *GET, "--password-file", tmp_path / "link").returncode == 5


@pytest.mark.parametrize("what", ["/dev/zero", "/dev/null", "a folder", "nothing"])
def test_what_is_no_file_is_refused_at_once(
    home: Home, code: str, tmp_path: Path, what: str
) -> None:
    (tmp_path / "a folder").mkdir()
    done = run_alone(home, *GET, "--password-file", tmp_path / what)
    assert (done.returncode, done.stdout) == (5, b"")
    assert len(done.stderr.splitlines()) == 1


def test_a_pipe_that_has_a_name_opens_it(home: Home, code: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    writing = threading.Thread(target=(tmp_path / "pipe").write_text, args=(f"{PASSWORD}\n",))
    writing.start()
    done = run_alone(home, *GET, "--password-file", tmp_path / "pipe")
    writing.join()
    assert (done.returncode, done.stdout) == (0, VALUE + b"\n")


def test_a_file_without_end_is_not_read_to_it(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", "x" * 1_000_000)
    done = run_alone(home, *GET, "--password-file", file)
    assert (done.returncode, done.stdout) == (5, b"")
    assert "more than any password" in done.stderr.decode()


def test_a_descriptor_opens_it(home: Home, code: str) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, f"{PASSWORD}\n".encode())
    os.close(theirs)
    done = run_alone(home, *GET, "--password-fd", ours, pass_fds=(ours,))
    os.close(ours)
    assert (done.returncode, done.stdout) == (0, VALUE + b"\n")


def test_a_descriptor_that_is_not_open_is_told(home: Home, code: str) -> None:
    done = run_alone(home, *GET, "--password-fd", 77)
    assert done.returncode == 5
    assert "Descriptor 77 cannot be read" in done.stderr.decode()


def test_a_terminal_is_no_descriptor_for_a_password(home: Home, code: str) -> None:
    done, sent = converse(home, (*GET, "--password-fd", 0))
    assert done == 5
    assert "is a terminal" in sent


def test_a_password_comes_from_one_place(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    assert run_alone(home, *GET, "--password-file", file, "--password-fd", 0).returncode == 2


def test_the_recovery_code_is_taken_in_place_of_the_password(
    home: Home, code: str, tmp_path: Path
) -> None:
    file = private_file(tmp_path / "code", code.lower().replace("-", " ") + "\n")
    done = run_alone(home, *GET, "--password-file", file)
    assert (done.returncode, done.stdout) == (0, VALUE + b"\n")


def test_a_wrong_one_is_told_with_the_way_out_and_never_shown(
    home: Home, code: str, tmp_path: Path
) -> None:
    file = private_file(tmp_path / "password", "not the right one")
    done = run_alone(home, *GET, "--password-file", file)
    said = done.stderr.decode()
    assert (done.returncode, done.stdout) == (5, b"")
    assert "This password does not open it." in said
    assert "`simtui vault passwd`" in said
    assert "next try" not in said
    assert "not the right one" not in said


# -- nobody to ask


@pytest.mark.parametrize(
    "words",
    [
        GET,
        ("secrets", "set", "OTHER"),
        ("secrets", "adopt", "Alpha", "--all", "--yes"),
        ("exec", "--with", "KEY", "--", "true"),
        ("vault", "passwd"),
        ("vault", "rotate"),
        ("vault", "slots", "remove", "1", "--yes"),
    ],
    ids=" ".join,
)
def test_without_a_terminal_it_ends_at_once_in_one_line(
    home: Home, code: str, words: tuple[str, ...]
) -> None:
    done = run_alone(home, *words, input=b"x")
    assert (done.returncode, done.stdout) == (5, b"")
    (line,) = done.stderr.decode().splitlines()
    assert "there is no terminal to ask" in line.lower()
    assert "password-file" in line


def test_the_environment_is_no_place_for_a_password(
    home: Home, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIMTUI_PASSWORD", "SIMTUI_PASSWORD_FILE", "SIMTUI_MASTER_PASSWORD"):
        monkeypatch.setenv(name, PASSWORD)
    assert run_alone(home, *GET).returncode == 5


@pytest.mark.parametrize("words", [GET, ("secrets", "set", "KEY"), ("vault", "passwd")])
def test_without_a_vault_the_way_to_one_is_told(
    home: Home, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    new = ("--new-password-file", file) if "passwd" in words else ()
    done = run_alone(home, *words, "--password-file", file, *new, input=b"x")
    assert (done.returncode, done.stdout) == (5, b"")
    assert "`simtui vault init` makes one." in done.stderr.decode()
    assert not home.root.exists()


# -- at a terminal


def test_what_is_typed_is_not_seen(home: Home, code: str) -> None:
    done, sent = converse(home, GET, ("Master password or recovery code: ", f"{PASSWORD}\n"))
    assert done == 0
    assert VALUE.decode() in sent
    assert PASSWORD not in sent


def test_the_prompt_leaves_stdout_to_the_value(home: Home, code: str) -> None:
    ours, theirs = os.pipe()
    done, sent = converse(home, GET, ("Master password", f"{PASSWORD}\n"), stdout=theirs)
    os.close(theirs)
    assert os.read(ours, 1000) == VALUE + b"\n"
    os.close(ours)
    assert done == 0
    assert VALUE.decode() not in sent


def test_a_wrong_one_may_be_tried_again_after_a_wait(home: Home, code: str) -> None:
    done, sent = converse(
        home,
        GET,
        ("recovery code: ", "wrong\n"),
        ("recovery code: ", f"{PASSWORD}\n"),
    )
    assert done == 0
    assert "This password does not open it. 1 s until the next try." in sent
    assert VALUE.decode() in sent


def test_three_wrong_ones_end_it(home: Home, code: str) -> None:
    turns = [("recovery code: ", f"wrong {n}\n") for n in range(3)]
    done, sent = converse(home, GET, *turns)
    assert done == 5
    assert sent.count("Master password") == 3
    assert "the recovery code is taken in its place" in sent
    assert VALUE.decode() not in sent
    assert "wrong 1" not in sent


def test_a_code_with_a_slip_is_told_as_one(home: Home, code: str) -> None:
    other = "1" if code[0] != "1" else "2"
    done, sent = converse(
        home,
        GET,
        ("or recovery code: ", f"{other}{code[1:]}\n"),
        ("or recovery code: ", f"{code}\n"),
    )
    assert done == 0
    assert "As a recovery code: The recovery code has a slip in it" in sent
    assert code not in sent


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["ctrl+c", "ctrl+d"])
def test_a_prompt_can_be_left(home: Home, code: str, key: str) -> None:
    done, sent = converse(home, GET, ("recovery code: ", key))
    assert done == 130
    assert VALUE.decode() not in sent


def test_the_terminal_shows_again_what_is_typed(home: Home, code: str) -> None:
    echoes = []

    def look(terminal: int) -> None:
        echoes.append(termios.tcgetattr(terminal)[3] & termios.ECHO)

    for answer in (f"{PASSWORD}\n", "\x03", "\x04"):
        converse(home, GET, ("recovery code: ", answer), at_end=look)
    assert len(echoes) == 3
    assert all(echoes)


def test_what_is_typed_between_two_tries_is_not_seen(home: Home, code: str) -> None:
    done, sent = converse(
        home,
        GET,
        ("Master password", "wrong one\n"),
        ("\n", "typed while it is tried"),
        ("Master password", f"{PASSWORD}\n"),
    )
    assert done == 0
    assert "typed while" not in sent
