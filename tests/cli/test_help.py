"""Every command is there, explains itself, and stands in the man page; so does each exit code."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from simtui import errors
from simtui.cli.topics import TOPICS
from simtui.model import wording
from simtui.model.filters import WORKFLOW_FIELDS
from simtui.model.settings import SETTINGS
from tests.conftest import Command
from tests.manual import MAN_PAGE, commands

ROOT = Path(__file__).parents[2]

ASKED_FOR = {
    "import", "export", "search", "doctor", "completion", "help",
    *(f"workflows {verb}" for verb in (
        "list", "get", "rename", "move", "delete", "restore", "versions", "rollback",
    )),
    *(f"settings {verb}" for verb in ("list", "get", "set", "reset")),
    *(f"secrets {verb}" for verb in (
        "list", "set", "get", "delete", "import", "scan", "adopt",
    )),
    *(f"vault {verb}" for verb in (
        "status", "init", "lock", "passwd", "recovery", "slots", "rotate",
    )),
    "exec", "workflows prune",
    *(f"schedule {verb}" for verb in ("install", "show", "remove")),
}  # fmt: skip


COMMANDS = dict(commands())
ANSWERING = [
    "import", "export", "search", "doctor", "workflows list", "workflows get",
    "workflows versions", "workflows prune", "schedule show", "settings list", "settings get",
    "secrets list", "secrets get", "secrets import", "secrets scan", "secrets adopt",
    "vault status", "vault slots",
]  # fmt: skip
EXIT_CODES = {0, 1, 3, *(128 + n for n in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))} | {
    each.exit_code
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, errors.SimtuiError)
}


def test_every_command_that_was_asked_for_is_there() -> None:
    assert set(COMMANDS) >= ASKED_FOR


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_command_explains_itself(simtui: Command, name: str) -> None:
    done = simtui(*name.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {f'simtui {name}'.strip()} ")
    assert simtui("help", *name.split()).stdout.startswith(done.stdout.rstrip())


@pytest.mark.parametrize("name", ANSWERING)
def test_what_answers_does_so_in_three_forms(name: str) -> None:
    (option,) = [each for each in COMMANDS[name].params if each.name == "output"]
    assert option.opts == ["-o", "--output"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == ["table", "json", "jsonl"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option):
            assert each.help, each.opts


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (["imprt"], "Did you mean import?"),
        (["workflow"], "Did you mean workflows?"),
        (["zzz"], "`simtui --help` lists them."),
        (["workflows", "lst"], "list"),
        (["help", "exit-code"], "Did you mean exit-codes?"),
        (["help", "workflows", "lst"], "Did you mean list?"),
        (["help", "zzz"], "`simtui help` lists what there is."),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_word_that_is_none_is_told_with_the_nearest(
    simtui: Command, words: list[str], nearest: str
) -> None:
    done = simtui(*words)
    assert done.returncode == 2
    assert nearest in done.stderr


def test_a_wrong_option_is_told_with_where_to_read_on(simtui: Command) -> None:
    done = simtui("workflows", "list", "--limt", "3")
    assert done.returncode == 2
    assert "--limit" in done.stderr
    assert "`simtui workflows list --help` says more." in done.stderr


def test_a_noun_alone_lists_its_verbs(simtui: Command) -> None:
    done = simtui("workflows")
    assert (done.returncode, done.stdout) == (2, "")
    assert "rollback" in done.stderr


def test_help_alone_lists_commands_and_topics(simtui: Command) -> None:
    done = simtui("help")
    assert done.returncode == 0
    for word in ("workflows", "doctor", *TOPICS):
        assert re.search(rf"^  {word} ", done.stdout, re.MULTILINE), word


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_a_terminal(simtui: Command, topic: str) -> None:
    done = simtui("help", topic)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_topics_name_all_there_is() -> None:
    texts = {name: text() for name, (_line, text) in TOPICS.items()}
    for field in WORKFLOW_FIELDS:
        assert re.search(rf"^  {field} ", texts["filter"], re.MULTILINE), field
    for code in wording.SOURCES:
        assert re.search(rf"^  {code} ", texts["formats"], re.MULTILINE), code
    told = {int(n) for n in re.findall(r"^  (\d+) ", texts["exit-codes"], re.MULTILINE)}
    assert told == EXIT_CODES


def test_the_man_page_names_every_command_exit_code_and_variable() -> None:
    text = MAN_PAGE.read_text()
    for name, command in COMMANDS.items():
        assert isinstance(command, click.Group) or f".It Ic {name}" in text, name
    status = text.partition(".Sh EXIT STATUS")[2].partition(".Sh")[0]
    entries = " ".join(re.findall(r"^\.It (.+)$", status, re.MULTILINE))
    assert {int(n) for n in re.findall(r"\d+", entries)} == EXIT_CODES
    for setting in SETTINGS:
        assert setting.environment is not None
        assert setting.environment in text
        assert setting.key in text


def test_the_man_page_is_installed_with_the_program() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    shared = build["targets"]["wheel"]["shared-data"]
    for page in (MAN_PAGE, MAN_PAGE.with_name("simtui-extract.1")):
        assert shared[f"man/{page.name}"] == f"share/man/man1/{page.name}"
        assert page.read_text().startswith(".Dd ")


def test_bash_completes_from_its_script(simtui: Command, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = tmp_path / "simtui.bash"
    script.write_text(simtui("completion", "bash").stdout)
    (tmp_path / "bin").mkdir()
    ask = (
        f"PATH={tmp_path}/bin:$PATH; source {script}; COMP_WORDS=(simtui $1);"
        " COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); _simtui_completion simtui;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    program = tmp_path / "bin" / "simtui"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m simtui "$@"\n')
    program.chmod(0o755)

    def completed(words: str) -> set[str]:
        done = subprocess.run(
            [bash, "-c", ask, "bash", words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return set(done.stdout.split())

    assert completed("work") == {"workflows"}
    assert completed("workflows re") == {"rename", "restore"}
    assert completed("import --on-conflict s") == {"skip"}


@pytest.mark.parametrize(
    ("shell", "holds"),
    [
        ("bash", "complete -o nosort -F _simtui_completion simtui"),
        ("zsh", "#compdef simtui"),
        ("fish", "complete --no-files --command simtui"),
    ],
)
def test_each_shell_gets_a_script_that_asks_simtui(simtui: Command, shell: str, holds: str) -> None:
    done = simtui("completion", shell)
    assert done.returncode == 0
    assert holds in done.stdout
    assert f"_SIMTUI_COMPLETE={shell}_complete" in done.stdout
