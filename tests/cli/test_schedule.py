"""`simtui schedule`: shown first, written where it belongs, and taken away without a trace."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from simtui.backup import timers
from simtui.paths import Home, systemd_folder
from tests.cli.machine import Machine
from tests.cli.terminal import on_a_terminal
from tests.conftest import Command

MINE = "# mine, with spaces at the end  \n5 4 * * *  /bin/mine %in\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "machine").mkdir()
    return Machine(tmp_path / "machine", Home(tmp_path / "Sim AI 100%"))


def crontab_of(machine: Machine) -> str:
    return machine.run("crontab -l").stdout


def test_without_a_systemd_of_the_user_cron_is_used_and_that_is_told(machine: Machine) -> None:
    done = machine.run("simtui schedule install --yes; crontab -l")
    assert done.returncode == 0, done.stderr
    assert "systemd cannot be used: no systemd runs for this user" in done.stderr
    assert "cron is used instead." in done.stderr
    assert "Installed with cron." in done.stderr
    shown, written = done.stdout.splitlines()[1].strip(), done.stdout.splitlines()[-1]
    assert shown == written
    assert "backup --if-due" in written


def test_what_would_be_written_is_shown_and_nothing_is_without_a_yes(machine: Machine) -> None:
    done = machine.run("simtui schedule install")
    assert done.returncode == 2
    assert "backup --if-due" in done.stdout
    assert "say --yes" in done.stderr
    assert crontab_of(machine) == ""


def test_every_other_line_of_a_crontab_stays_to_the_byte(machine: Machine) -> None:
    machine.run(f"printf '%s' '{MINE}' | crontab -")
    assert machine.run("simtui schedule install --yes").returncode == 0
    assert crontab_of(machine).startswith(MINE)
    assert len(crontab_of(machine).splitlines()) == 3
    assert machine.run("simtui schedule remove --yes").returncode == 0
    assert crontab_of(machine) == MINE


def test_installed_again_it_stands_there_once(machine: Machine) -> None:
    machine.run("simtui schedule install --yes")
    again = machine.run("simtui schedule install --yes")
    assert "It is installed already, with cron." in again.stderr
    assert len(crontab_of(machine).splitlines()) == 1


def test_two_homes_have_two_lines(machine: Machine, tmp_path: Path) -> None:
    machine.run("simtui schedule install --yes")
    other = Home(tmp_path / "Other")
    first, machine.home = machine.home, other
    machine.run("simtui schedule install --yes")
    assert len(crontab_of(machine).splitlines()) == 2
    machine.run("simtui schedule remove --yes")
    (left,) = crontab_of(machine).splitlines()
    assert timers.name_of(first) in left


def test_what_is_installed_is_shown(machine: Machine) -> None:
    nothing = machine.run("simtui schedule show -o json")
    assert (nothing.returncode, nothing.stdout) == (0, "[]\n")
    machine.run("simtui schedule install --yes")
    (row,) = json.loads(machine.run("simtui schedule show -o json").stdout)
    assert row["kind"] == "cron"
    assert f"--home '{machine.home.root}' backup --if-due" in row["command"]
    assert (row["runs"], row["last_run"]) == (None, None)
    assert "cron does not tell when it last ran" in machine.run("simtui schedule show").stdout


def test_a_password_file_is_passed_on_by_its_whole_path(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "pass word"
    file.write_text("correct horse")
    file.chmod(0o600)
    script = f"cd '{tmp_path}' && simtui schedule install --yes --password-file 'pass word'"
    assert machine.run(script).returncode == 0
    assert f"--password-file '{file}' backup" in crontab_of(machine)
    assert "correct horse" not in crontab_of(machine)


@pytest.mark.parametrize("mode", [0o644, None])
def test_a_password_file_that_others_can_read_or_nobody_is_refused(
    machine: Machine, tmp_path: Path, mode: int | None
) -> None:
    if mode is not None:
        (tmp_path / "password").write_text("correct horse")
        (tmp_path / "password").chmod(mode)
    done = machine.run(f"simtui schedule install --yes --password-file {tmp_path}/password")
    assert done.returncode == 5
    assert crontab_of(machine) == ""


def test_what_cannot_be_used_is_refused_with_what_can(machine: Machine) -> None:
    for kind in ("systemd", "launchd"):
        done = machine.run(f"simtui schedule install --with {kind} --yes")
        assert done.returncode == 4
        assert f"{kind} cannot be used" in done.stderr
        assert "Nothing was written. `--with cron` works here." in done.stderr
    assert crontab_of(machine) == ""


def test_a_crontab_that_cannot_be_read_is_not_written_over(machine: Machine) -> None:
    refusing = machine.folder / "refusing"
    refusing.mkdir()
    (refusing / "crontab").write_text(
        '#!/bin/sh\n[ "$1" = - ] || { echo "not allowed" >&2; exit 1; }\n'
        f"cat >{refusing}/written\n"
    )
    (refusing / "crontab").chmod(0o755)
    done = machine.run(f'PATH="{refusing}:$PATH" simtui schedule install --with cron --yes')
    assert done.returncode == 8
    assert "Your crontab cannot be read: not allowed. It is left as it is." in done.stderr
    assert not (refusing / "written").exists()


def test_a_no_writes_nothing(home: Home, machine: Machine) -> None:
    machine.stand_in(systemd=False)
    code, said = on_a_terminal(
        home, "schedule", "install", prompt="Write this?", typed="n\n",
        PATH=f"{machine.bin}:{os.environ['PATH']}",
    )  # fmt: skip
    assert code == 130
    assert "backup --if-due" in said
    assert not (machine.spool / "me").exists()


# -- systemd

SCRIPT = """
simtui schedule install --yes &&
simtui schedule show -o json >&2 &&
cat "$HOME"/.config/systemd/user/*.timer &&
simtui schedule remove --yes
"""


def test_a_timer_of_systemd_is_installed_shown_and_removed(machine: Machine) -> None:
    done = machine.run(SCRIPT, systemd=True)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(next(line for line in done.stderr.splitlines() if line.startswith("[{")))
    assert (row["kind"], row["runs"]) == ("systemd", True)
    assert row["next_run"] is not None
    assert row["command"].endswith(f"--home '{machine.home.root}' backup --if-due")
    assert "OnCalendar=*-*-* *:" in done.stdout
    assert "loginctl enable-linger" in done.stderr
    assert [path for path in systemd_folder().rglob("*") if not path.is_dir()] == []


def test_systemd_takes_the_place_of_cron(machine: Machine) -> None:
    assert machine.run("simtui schedule install --with cron --yes").returncode == 0
    done = machine.run("simtui schedule install --yes; crontab -l", systemd=True)
    assert "The one with cron goes." in done.stdout
    assert "Installed with systemd." in done.stderr
    assert "--if-due" not in crontab_of(machine)


def test_when_it_last_ran_is_told_where_systemd_tells(machine: Machine) -> None:
    machine.is_real = False
    machine.run("simtui schedule install --yes", systemd=True)
    (row,) = json.loads(machine.run("simtui schedule show -o json", systemd=True).stdout)
    assert row["last_run"] == "2026-11-22T11:00:00.000Z"
    assert row["next_run"] == "2026-11-22T12:00:00.000Z"


def test_where_systemd_refuses_nothing_is_left(machine: Machine) -> None:
    machine.is_real = False
    told = machine.stand_in(systemd=True)
    told.with_name("told.refuse").touch()
    done = machine.run("simtui schedule install --yes", systemd=True)
    assert done.returncode == 8
    assert "Access denied" in done.stderr
    assert [path for path in systemd_folder().rglob("*") if not path.is_dir()] == []


def test_nothing_to_remove_is_told(simtui: Command) -> None:
    done: subprocess.CompletedProcess[str] = simtui("schedule", "remove", "--yes")
    assert done.returncode == 0
    assert "No timer is installed" in done.stderr
