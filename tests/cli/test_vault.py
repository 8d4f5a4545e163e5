"""The vault's life by the commands: made, looked at, its ways in changed, its key rotated."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simtui.library import Library
from simtui.paths import Home
from simtui.store import vault as rows
from tests.cli.vaulted import code_in, converse, private_file, run_alone, vault_in
from tests.vault.keyring_daemon import Bus, private_bus
from tests.vault.vaults import PASSWORD, run_sql

VALUE = b"planted-in-a-test"
GET = ("secrets", "get", "KEY", "--reveal")
NEW = "another four words then"


@pytest.fixture(autouse=True)
def _no_keyring_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PYTHON_KEYRING", "KEYRING_", "DBUS_", "GNOME_KEYRING")):
            monkeypatch.delenv(name)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def status(home: Home) -> dict[str, Any]:
    done = run_alone(home, "vault", "status", "-o", "json")
    assert done.returncode == 0
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def opens_with(home: Home, tmp_path: Path, secret: str) -> bool:
    """Whether the planted value comes out by a password or a code."""
    file = tmp_path / "tried"
    file.unlink(missing_ok=True)
    done = run_alone(home, *GET, "--password-file", private_file(file, secret))
    assert (done.returncode, done.stdout) in ((0, VALUE + b"\n"), (5, b""))
    return done.returncode == 0


# -- made


def test_without_a_terminal_there_is_a_password_alone(home: Home, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", f"{PASSWORD}\n")
    done = run_alone(home, "vault", "init", "--password-file", file)
    assert (done.returncode, done.stdout) == (0, b"")
    assert "Ways in: password." in done.stderr.decode()
    assert "`simtui vault recovery`" in done.stderr.decode()
    assert status(home)["ways"] == ["password"]


def test_without_a_terminal_and_a_password_nothing_is_made(home: Home) -> None:
    done = run_alone(home, "vault", "init")
    assert done.returncode == 5
    assert "--password-file FILE or --password-fd" in done.stderr.decode()
    assert not home.root.exists()


def test_on_a_terminal_the_code_is_shown_once_and_asked_back(home: Home, tmp_path: Path) -> None:
    done, sent = converse(
        home,
        ("vault", "init"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", lambda sent: f"{code_in(sent).lower()}\n"),
    )
    assert done == 0
    assert "No OS keyring on this machine (no D-Bus)." in sent
    assert "Ways in: password, recovery code." in sent
    assert PASSWORD not in sent
    assert sent.count(code_in(sent)) == 1
    done, _ = converse(
        home,
        ("secrets", "set", "KEY"),
        ("recovery code: ", f"{PASSWORD}\n"),
        ("KEY: ", f"{VALUE.decode()}\n"),
    )
    assert done == 0
    assert opens_with(home, tmp_path, code_in(sent))
    assert opens_with(home, tmp_path, PASSWORD)


def test_the_code_is_taken_off_the_screen_before_it_is_asked_for(home: Home) -> None:
    done, sent = converse(
        home,
        ("vault", "init", "--no-keyring"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", lambda sent: f"{code_in(sent)}\n"),
        environment={"TERM": "xterm"},
    )
    assert done == 0
    shown, _, asked = sent.partition("when it is written down: ")
    lines = shown[: shown.index(code_in(sent))].count("\n"), shown.count("\n")
    back = asked.partition("A\x1b[J")[0].rpartition("\x1b[")[2]
    assert int(back) > lines[1] - lines[0]


@pytest.mark.parametrize(
    "wrong", ["nothing like it\n", "0000-0000-0000-0000-0000-0000-0000-0000-0000\n"]
)
def test_a_code_that_does_not_come_back_leaves_no_vault(home: Home, wrong: str) -> None:
    done, sent = converse(
        home,
        ("vault", "init", "--no-keyring"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        *[("as you wrote it", wrong)] * 3,
    )
    assert done == 130
    assert "nothing was changed" in sent
    assert not status(home)["exists"]


def test_the_code_can_be_seen_again_before_it_is_typed(home: Home) -> None:
    done, sent = converse(
        home,
        ("vault", "init", "--no-keyring"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", "\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", lambda sent: f"{code_in(sent)}\n"),
    )
    assert done == 0
    assert sent.count(code_in(sent)) == 2


def test_a_password_that_is_mistyped_or_short_is_asked_for_again(home: Home) -> None:
    done, sent = converse(
        home,
        ("vault", "init", "--no-keyring", "--no-recovery"),
        ("Master password: ", "short\n"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", "something else\n"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
    )
    assert done == 0
    assert "at least 8 characters" in sent
    assert "These two differ." in sent
    assert "short\n" not in sent


def test_a_second_vault_is_never_made(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, KEY=VALUE)
    file = private_file(tmp_path / "password", NEW)
    done = run_alone(home, "vault", "init", "--password-file", file)
    assert done.returncode == 2
    assert "There is a vault already" in done.stderr.decode()
    assert opens_with(home, tmp_path, code)


# -- looked at


def test_status_without_a_home_makes_none(home: Home) -> None:
    assert status(home) == {
        "exists": False, "open": False, "ways": [], "slots": [], "secrets": 0, "encrypted": False,
    }  # fmt: skip
    assert not home.root.exists()


def test_status_and_slots_tell_what_there_is(home: Home) -> None:
    vault_in(home, PASSWORD, KEY=VALUE)
    answer = status(home)
    slots = json.loads(run_alone(home, "vault", "slots", "-o", "json").stdout)
    assert answer.pop("slots") == slots
    assert answer == {
        "exists": True, "open": False, "ways": ["password", "recovery"], "secrets": 1,
        "encrypted": False,
    }  # fmt: skip
    assert [set(slot) for slot in slots] == [{"number", "way", "created_at", "usable", "note"}] * 2
    assert [(slot["number"], slot["way"], slot["usable"]) for slot in slots] == [
        (1, "password", True),
        (2, "recovery", True),
    ]
    told = run_alone(home, "vault", "status").stdout.decode()
    assert told == "1 secret, sealed\nways in: password, recovery code\n"


def test_a_damaged_slot_is_named_and_the_other_way_opens(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)

    async def harm() -> None:
        async with await Library.open(home) as library:
            await run_sql(
                library, "UPDATE vault_slots SET packed = x'00' || packed WHERE number = 1"
            )

    asyncio.run(harm())
    answer = status(home)
    assert answer["ways"] == ["recovery"]
    assert (answer["slots"][0]["usable"], answer["slots"][0]["way"]) == (False, None)
    assert "slot 1" in run_alone(home, "vault", "status").stdout.decode()
    file = private_file(tmp_path / "password", PASSWORD)
    done = run_alone(home, *GET, "--password-file", file)
    assert done.returncode == 6
    assert "damaged (slot 1)" in done.stderr.decode()
    assert opens_with(home, tmp_path, code)


def test_lock_says_that_commands_hold_nothing(home: Home) -> None:
    done = run_alone(home, "vault", "lock")
    assert (done.returncode, done.stdout) == (0, b"")
    assert "No command holds a key" in done.stderr.decode()


# -- changed


def test_passwd_changes_the_password_and_nothing_else(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    old = private_file(tmp_path / "old", PASSWORD)
    new = private_file(tmp_path / "new", NEW)
    done = run_alone(home, "vault", "passwd", "--password-file", old, "--new-password-file", new)
    assert done.returncode == 0
    assert "`simtui vault rotate`" in done.stderr.decode()
    assert [opens_with(home, tmp_path, each) for each in (NEW, PASSWORD, code)] == [
        True, False, True,
    ]  # fmt: skip


def test_a_lost_password_is_replaced_by_the_code(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    done, sent = converse(
        home,
        ("vault", "passwd"),
        ("recovery code: ", f"{code}\n"),
        ("New master password: ", f"{NEW}\n"),
        ("The same again: ", f"{NEW}\n"),
    )
    assert done == 0
    assert code not in sent
    assert NEW not in sent
    assert opens_with(home, tmp_path, NEW)


def test_a_new_password_that_cannot_be_one_changes_nothing(home: Home, tmp_path: Path) -> None:
    vault_in(home, PASSWORD, KEY=VALUE)
    old = private_file(tmp_path / "old", PASSWORD)
    new = private_file(tmp_path / "new", "short")
    done = run_alone(home, "vault", "passwd", "--password-file", old, "--new-password-file", new)
    assert done.returncode == 2
    assert opens_with(home, tmp_path, PASSWORD)


def test_a_new_code_takes_the_place_of_the_old(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    done, sent = converse(
        home,
        ("vault", "recovery"),
        ("recovery code: ", f"{code}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", lambda sent: f"{code_in(sent)}\n"),
    )
    assert done == 0
    new = code_in(sent)
    assert [opens_with(home, tmp_path, each) for each in (new, code, PASSWORD)] == [
        True, False, True,
    ]  # fmt: skip


def test_a_new_code_that_does_not_come_back_leaves_the_old(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, KEY=VALUE)
    done, _ = converse(
        home,
        ("vault", "recovery"),
        ("Recovery code: ", f"{code}\n"),
        ("when it is written down: ", "\n"),
        *[("as you wrote it", "no\n")] * 3,
    )
    assert done == 130
    assert opens_with(home, tmp_path, code)


def test_a_new_code_needs_a_terminal(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, KEY=VALUE)
    file = private_file(tmp_path / "code", code)
    assert run_alone(home, "vault", "recovery", "--password-file", file).returncode == 2
    assert opens_with(home, tmp_path, code)


def test_a_slot_is_removed_by_its_number(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    file = private_file(tmp_path / "code", code)
    remove = ("vault", "slots", "remove")
    assert run_alone(home, *remove, 1, "--password-file", file).returncode == 2
    assert run_alone(home, *remove, 9, "--yes", "--password-file", file).returncode == 4
    assert run_alone(home, *remove, 1, "--yes", "--password-file", file).returncode == 0
    assert status(home)["ways"] == ["recovery"]
    last = run_alone(home, *remove, 2, "--yes", "--password-file", file)
    assert last.returncode == 2
    assert "no way in besides the keyring" in last.stderr.decode()
    assert opens_with(home, tmp_path, code)


@pytest.mark.parametrize(
    ("typed", "left"), [("y\n", ["recovery"]), ("\n", ["password", "recovery"])]
)
def test_removing_a_slot_asks_first(home: Home, typed: str, left: list[str]) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    done, _ = converse(
        home,
        ("vault", "slots", "remove", 1),
        ("recovery code: ", f"{code}\n"),
        ("Take slot 1 (password) away? [y/N]: ", typed),
    )
    assert done == 0
    assert status(home)["ways"] == left


def test_a_slot_that_is_not_there_is_told_before_anybody_is_asked_about_it(home: Home) -> None:
    code = vault_in(home)
    done, sent = converse(home, ("vault", "slots", "remove", 9), ("Recovery code: ", f"{code}\n"))
    assert done == 4
    assert "There is no slot 9." in sent


@pytest.mark.parametrize("words", [("remove",), ("remove", "0"), ("add", "1")])
def test_a_slot_needs_its_number(home: Home, words: tuple[str, ...]) -> None:
    vault_in(home)
    assert run_alone(home, "vault", "slots", *words).returncode == 2


# -- another key


def key_id_of(home: Home) -> bytes:
    async def look() -> bytes:
        async with await Library.open(home) as library:
            found = await library.store.read(rows.read)
            assert found is not None
            return found.key_id

    return asyncio.run(look())


def test_rotate_keeps_the_password_and_gives_a_new_code(home: Home, tmp_path: Path) -> None:
    old = vault_in(home, PASSWORD, KEY=VALUE)
    before = key_id_of(home)
    done, sent = converse(
        home,
        ("vault", "rotate"),
        ("recovery code: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", lambda sent: f"{code_in(sent)}\n"),
    )
    assert done == 0
    assert "A new key is in force for 1 secret. Ways in: password, recovery code." in sent
    assert key_id_of(home) != before
    new = code_in(sent)
    assert [opens_with(home, tmp_path, each) for each in (PASSWORD, new, old)] == [
        True, True, False,
    ]  # fmt: skip


def test_rotate_from_a_script_says_that_the_code_is_gone(home: Home, tmp_path: Path) -> None:
    old = vault_in(home, PASSWORD, KEY=VALUE)
    file = private_file(tmp_path / "password", PASSWORD)
    done = run_alone(home, "vault", "rotate", "--password-file", file)
    assert done.returncode == 0
    assert "There is no recovery code now" in done.stderr.decode()
    assert status(home)["ways"] == ["password"]
    assert opens_with(home, tmp_path, PASSWORD)
    assert not opens_with(home, tmp_path, old)


def test_rotate_by_the_code_asks_for_a_new_password(home: Home, tmp_path: Path) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    done, _ = converse(
        home,
        ("vault", "rotate", "--no-recovery"),
        ("recovery code: ", f"{code}\n"),
        ("New master password: ", f"{NEW}\n"),
        ("The same again: ", f"{NEW}\n"),
    )
    assert done == 0
    assert opens_with(home, tmp_path, NEW)
    assert not opens_with(home, tmp_path, PASSWORD)


def test_a_rotation_whose_code_does_not_come_back_changes_nothing(
    home: Home, tmp_path: Path
) -> None:
    code = vault_in(home, PASSWORD, KEY=VALUE)
    before = key_id_of(home)
    done, _ = converse(
        home,
        ("vault", "rotate"),
        ("recovery code: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        *[("as you wrote it", "no\n")] * 3,
    )
    assert done == 130
    assert key_id_of(home) == before
    assert opens_with(home, tmp_path, code)


# -- the keyring of the machine


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    """With a keyring that its person's login has opened."""
    with private_bus() as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        bus.start_keyring("opens the login keyring")
        yield bus


def make_with_keyring(home: Home, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    done = run_alone(home, "vault", "init", "--keyring", "--password-file", file)
    assert done.returncode == 0
    assert "Ways in: keyring, password." in done.stderr.decode()
    done = run_alone(home, "secrets", "set", "KEY", input=VALUE)
    assert done.returncode == 0


def test_with_a_keyring_nobody_is_asked(home: Home, tmp_path: Path, bus: Bus) -> None:
    make_with_keyring(home, tmp_path)
    done = run_alone(home, *GET)
    assert (done.returncode, done.stdout, done.stderr) == (0, VALUE + b"\n", b"")


def test_a_keyring_is_offered_on_a_terminal(home: Home, bus: Bus) -> None:
    done, sent = converse(
        home,
        ("vault", "init", "--no-recovery"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("(Secret Service) open it too, without asking? [Y/n]: ", "\n"),
    )
    assert done == 0
    assert "Ways in: keyring, password." in sent
    assert status(home)["ways"] == ["keyring", "password"]


def test_a_keyring_that_is_frozen_is_told_and_the_password_asked_for(
    home: Home, tmp_path: Path, bus: Bus
) -> None:
    make_with_keyring(home, tmp_path)
    bus.freeze()
    done, sent = converse(home, GET, ("Master password: ", f"{PASSWORD}\n"))
    bus.thaw()
    assert done == 0
    assert "The OS keyring did not answer within 3 s." in sent
    assert VALUE.decode() in sent


def test_on_another_machine_the_ways_in_are_told_in_one_line(
    home: Home, tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_with_keyring(home, tmp_path)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    done = run_alone(home, *GET)
    assert done.returncode == 5
    (line,) = done.stderr.decode().splitlines()
    assert "No OS keyring on this machine (no D-Bus)." in line
    assert "--password-file" in line
    assert opens_with(home, tmp_path, PASSWORD)


def test_a_moved_home_gets_the_keyring_of_its_new_machine(
    home: Home, tmp_path: Path, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_with_keyring(home, tmp_path)
    person = tmp_path / "person there"
    person.mkdir()
    monkeypatch.setenv("HOME", str(person))
    with private_bus() as elsewhere:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", elsewhere.address)
        elsewhere.start_keyring("another login")
        assert run_alone(home, *GET).returncode == 5
        done = run_alone(home, "vault", "keyring", "--password-file", tmp_path / "password")
        assert (done.returncode, done.stderr.decode()) == (
            0,
            "The keyring of this machine (Secret Service) opens the vault now, too.\n",
        )
        assert run_alone(home, *GET).stdout == VALUE + b"\n"
        assert status(home)["ways"] == ["password", "keyring"]


def test_without_a_keyring_none_is_added(home: Home, tmp_path: Path) -> None:
    vault_in(home, PASSWORD)
    file = private_file(tmp_path / "password", PASSWORD)
    done = run_alone(home, "vault", "keyring", "--password-file", file)
    assert done.returncode == 5
    assert "Nothing was changed." in done.stderr.decode()
    assert status(home)["ways"] == ["password", "recovery"]


def test_a_keyring_that_was_asked_for_and_is_not_there_stops_it(home: Home, tmp_path: Path) -> None:
    file = private_file(tmp_path / "password", PASSWORD)
    done = run_alone(home, "vault", "init", "--keyring", "--password-file", file)
    assert done.returncode == 5
    assert "No OS keyring on this machine" in done.stderr.decode()
    assert not status(home)["exists"]


def entries(bus: Bus) -> int:
    return bus.secret_tool("search", "--all", "service", "simtui").count("label = ")


def test_the_keyrings_entry_goes_with_its_slot(home: Home, tmp_path: Path, bus: Bus) -> None:
    make_with_keyring(home, tmp_path)
    assert entries(bus) == 1
    done = run_alone(home, "vault", "slots", "remove", 1, "--yes")
    assert done.returncode == 0
    assert entries(bus) == 0
    assert status(home)["ways"] == ["password"]
    assert opens_with(home, tmp_path, PASSWORD)


def test_rotate_gives_the_keyring_a_new_entry_in_place_of_the_old(
    home: Home, tmp_path: Path, bus: Bus
) -> None:
    make_with_keyring(home, tmp_path)
    before = bus.secret_tool("search", "--all", "service", "simtui")
    done = run_alone(home, "vault", "rotate", "--password-file", tmp_path / "password")
    assert done.returncode == 0
    after = bus.secret_tool("search", "--all", "service", "simtui")
    assert entries(bus) == 1
    assert before != after
    done = run_alone(home, *GET)
    assert (done.returncode, done.stdout) == (0, VALUE + b"\n")


def test_a_vault_that_is_not_kept_leaves_no_entry(home: Home, bus: Bus) -> None:
    done, _ = converse(
        home,
        ("vault", "init", "--keyring"),
        ("Master password: ", f"{PASSWORD}\n"),
        ("The same again: ", f"{PASSWORD}\n"),
        ("when it is written down: ", "\n"),
        ("as you wrote it", "\x03"),
    )
    assert done == 130
    assert entries(bus) == 0
