"""An encrypted library by the commands: each asks first, and says so where nobody can be asked."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from simtui.library.keyed import is_keyed
from simtui.paths import Home
from tests.cli.conftest import Stock, bring, written
from tests.cli.vaulted import converse, private_file, run_alone, vault_in
from tests.making import document
from tests.vault.keyed import encrypted_home
from tests.vault.keyring_daemon import Bus, private_bus
from tests.vault.vaults import PASSWORD

NAME = "Quetzalcoatl"
PROMPT = "Master password or recovery code: "


@pytest.fixture(autouse=True)
def _no_keyring_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PYTHON_KEYRING", "KEYRING_", "DBUS_", "GNOME_KEYRING")):
            monkeypatch.delenv(name)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plain(home: Home, stock: Stock, tmp_path: Path) -> Path:
    """A home with a workflow and a vault; the file with its password."""
    stock(document(NAME))
    vault_in(home, PASSWORD, KEY=b"value")
    return private_file(tmp_path / "password", PASSWORD)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home that is encrypted, to copy, and its recovery code."""
    place = tmp_path_factory.mktemp("encrypted")
    home = Home(place / "SimAI")
    bring(home, written(place / "stock", document(NAME)))
    return home.root, encrypted_home(home, PASSWORD)


@pytest.fixture
def code(home: Home, made: tuple[Path, str]) -> str:
    """Of such a home, which is encrypted."""
    root, code = made
    shutil.copytree(root, home.root)
    return code


# -- every command asks


ASKING = (
    (),
    ("workflows", "list"),
    ("search", "quetzal"),
    ("import", "-"),
    ("export", "--all"),
    ("secrets", "get", "KEY", "--reveal"),
    ("backup", "--if-due"),
    ("doctor",),
    ("vault", "passwd"),
    ("vault", "encrypt-library", "--yes"),
    ("vault", "decrypt-library", "--yes"),
)


def test_where_nobody_can_be_asked_every_command_says_so_in_a_line(home: Home, code: str) -> None:
    for words in ASKING:
        done = run_alone(home, *words, input=b"{}")
        said = done.stderr.decode()
        assert (done.returncode, done.stdout) == (5, b""), (words, said)
        assert said.count("\n") == 1, (words, said)
        if words != ("vault", "passwd"):  # which wants the new one first
            assert "is encrypted, and locked. Ways in: password, recovery code." in said, words
            assert "--password-file" in said, words


def test_a_password_file_before_any_command_opens_it(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "code", code)
    for words in ASKING[:-3]:
        if words[:2] != ("secrets", "get"):
            done = run_alone(home, "--password-file", file, *words, input=b"{}")
            assert done.returncode == (6 if words[0:1] == ("import",) else 0), done.stderr.decode()
    done = run_alone(home, "--password-file", file, "workflows", "list", "-o", "json")
    assert [row["name"] for row in json.loads(done.stdout)] == [NAME]


def test_a_commands_own_password_file_opens_the_library_too(
    home: Home, code: str, tmp_path: Path
) -> None:
    file = private_file(tmp_path / "code", code)
    run_alone(home, "secrets", "set", "KEY", "--password-file", file, input=b"value")
    done = run_alone(home, "secrets", "get", "KEY", "--reveal", "--password-file", file)
    assert (done.returncode, done.stdout) == (0, b"value\n")


def test_a_descriptor_opens_it(home: Home, code: str) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, code.encode())
    os.close(theirs)
    done = run_alone(
        home, "--password-fd", ours, "workflows", "list", "-o", "json", pass_fds=(ours,)
    )
    os.close(ours)
    assert done.returncode == 0, done.stderr.decode()


def test_a_wrong_password_is_told_at_once(home: Home, code: str, tmp_path: Path) -> None:
    file = private_file(tmp_path / "wrong", "something else")
    done = run_alone(home, "--password-file", file, "workflows", "list")
    assert done.returncode == 5
    assert "This password does not open it." in done.stderr.decode()
    assert "the recovery code is taken in its place" in done.stderr.decode()


def test_a_password_file_that_others_can_read_is_refused(
    home: Home, code: str, tmp_path: Path
) -> None:
    file = private_file(tmp_path / "code", code)
    file.chmod(0o644)
    done = run_alone(home, "--password-file", file, "workflows", "list")
    assert done.returncode == 5
    assert "open to others" in done.stderr.decode()


def test_on_a_terminal_it_is_asked_for_once(home: Home, code: str) -> None:
    exit_code, sent = converse(home, ("workflows", "list"), (PROMPT, f"{code}\n"))
    assert exit_code == 0
    assert NAME in sent
    assert sent.count(PROMPT) == 1
    assert code not in sent


def test_what_opens_it_is_told_without_opening_it(home: Home, code: str) -> None:
    done = run_alone(home, "vault", "status", "-o", "json")
    status = json.loads(done.stdout)
    assert (status["encrypted"], status["secrets"]) == (True, None)
    assert status["ways"] == ["password", "recovery"]
    done = run_alone(home, "vault", "slots", "-o", "json")
    assert [slot["way"] for slot in json.loads(done.stdout)] == ["password", "recovery"]


def test_a_lost_file_of_keys_is_told_with_what_to_do(home: Home, code: str) -> None:
    home.keys.unlink()
    done = run_alone(home, "workflows", "list")
    assert done.returncode == 6
    assert "each encrypted backup holds a copy" in done.stderr.decode()


# -- encrypted, and back


def test_encrypting_lists_what_is_in_clear_and_deletes_what_it_may(
    home: Home, plain: Path, tmp_path: Path
) -> None:
    (home.root / "exports").mkdir()
    (home.root / "exports" / "kept.json").write_bytes(b"{}")
    exit_code, sent = converse(
        home,
        ("vault", "encrypt-library"),
        ("Encrypt the library? [y/N]: ", "y\n"),
        (PROMPT, f"{PASSWORD}\n"),
        ("Its path, outside this home (Enter: none): ", f"{plain}\n"),
        ("Make an encrypted backup of the library now? [Y/n]: ", "\n"),
        ("Delete 1 plain backup for good? [y/N]: ", "y\n"),
        ("Delete 1 export for good? [y/N]: ", "\n"),
    )
    assert exit_code == 0, sent
    assert is_keyed(home)
    assert "exports/kept.json" in sent
    assert "tried, it works" in sent
    assert "freed blocks of the disk" in sent
    assert sent.count(PROMPT) == 1, "what was typed opens it again"
    (backup,) = home.backups.glob("*.zip")
    assert NAME.encode() not in backup.read_bytes()
    assert (home.root / "exports" / "kept.json").exists()
    again = run_alone(home, "backup", "--if-due", "-o", "json")
    assert again.returncode == 0, "a timer finds the password"
    assert run_alone(home, "backup").returncode == 5, "and nobody else"
    assert str(plain) in run_alone(home, "vault", "status").stdout.decode()


def test_a_no_changes_nothing(home: Home, plain: Path) -> None:
    exit_code, _ = converse(
        home, ("vault", "encrypt-library"), ("Encrypt the library? [y/N]: ", "\n")
    )
    assert exit_code == 130
    assert not is_keyed(home)
    assert not home.backups.exists()


def test_without_a_terminal_it_deletes_nothing(home: Home, plain: Path) -> None:
    refused = run_alone(home, "vault", "encrypt-library", "--password-file", plain)
    assert refused.returncode == 2
    done = run_alone(
        home, "vault", "encrypt-library", "--yes", "--timer", "none", "--password-file", plain
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "Nothing was deleted." in done.stderr.decode()
    assert len(list(home.backups.glob("*.zip"))) == 2
    again = run_alone(home, "vault", "encrypt-library", "--yes", "--password-file", plain)
    assert again.returncode == 0
    assert "encrypted already" in again.stderr.decode()


def test_a_timers_password_must_open_it_and_lie_elsewhere(
    home: Home, plain: Path, tmp_path: Path
) -> None:
    wrong = private_file(tmp_path / "wrong", "something else")
    inside = private_file(home.root / "password", PASSWORD)
    for file, said in ((wrong, "does not open it"), (inside, "lies in the home itself")):
        done = run_alone(
            home, "vault", "encrypt-library", "--yes", "--timer", file, "--password-file", plain
        )
        assert done.returncode == 5
        assert said in done.stderr.decode()
    assert is_keyed(home)
    assert run_alone(home, "backup", "--if-due").returncode == 5


def test_a_due_backup_that_is_locked_out_counts_as_a_failure(
    home: Home, code: str, tmp_path: Path
) -> None:
    assert run_alone(home, "backup", "--if-due").returncode == 5
    assert (home.backups / "locked-out").exists()
    file = private_file(tmp_path / "code", code)
    assert run_alone(home, "--password-file", file, "workflows", "list").returncode == 0
    assert not (home.backups / "locked-out").exists()


def test_decrypting_says_what_it_means_and_asks(home: Home, code: str) -> None:
    exit_code, sent = converse(
        home,
        ("vault", "decrypt-library"),
        (PROMPT, f"{code}\n"),
        ("Decrypt the library? [y/N]: ", "y\n"),
    )
    assert exit_code == 0, sent
    assert "whoever can read the files of this home can read workflows" in sent
    assert not is_keyed(home)
    assert run_alone(home, "workflows", "list").returncode == 0


def test_without_a_vault_there_is_nothing_to_encrypt_with(home: Home, stock: Stock) -> None:
    stock(document(NAME))
    done = run_alone(home, "vault", "encrypt-library", "--yes")
    assert done.returncode == 5
    assert "`simtui vault init` makes one" in done.stderr.decode()


def test_changes_of_the_ways_in_go_on(home: Home, code: str, tmp_path: Path) -> None:
    by_code = private_file(tmp_path / "code", code)
    new = private_file(tmp_path / "new", "another four words then")
    done = run_alone(
        home, "vault", "passwd", "--password-file", by_code, "--new-password-file", new
    )
    assert done.returncode == 0, done.stderr.decode()
    assert run_alone(home, "--password-file", new, "workflows", "list").returncode == 0
    rotated = run_alone(home, "vault", "rotate", "--password-file", new)
    assert rotated.returncode == 0, rotated.stderr.decode()
    assert run_alone(home, "--password-file", new, "workflows", "list").returncode == 0
    assert run_alone(home, "--password-file", by_code, "workflows", "list").returncode == 5


# -- the keyring of the machine


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with private_bus() as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        bus.start_keyring("opens the login keyring")
        yield bus


def test_with_a_keyring_nobody_is_asked(home: Home, tmp_path: Path, bus: Bus) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    assert run_alone(home, "vault", "init", "--keyring", "--password-file", file).returncode == 0
    done = run_alone(home, "vault", "encrypt-library", "--yes", "--timer", "keyring")
    assert done.returncode == 0, done.stderr.decode()
    assert "by the keyring: tried, it works" in done.stderr.decode()
    assert run_alone(home, "workflows", "list").returncode == 0
    assert run_alone(home, "backup", "--if-due").returncode == 0
    bus.freeze()
    locked = run_alone(home, "workflows", "list")
    bus.thaw()
    assert locked.returncode == 5
    assert "did not answer within 3 s" in locked.stderr.decode()
