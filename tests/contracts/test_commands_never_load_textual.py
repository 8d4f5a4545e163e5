"""No command loads the screen: it would cost each of them a quarter of a second.

import-linter reads the sources; this asks the running program, which also sees what is imported
late, by name, or by somebody else's package.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from simtui.cli.root import simtui as command_line
from simtui.importing import import_paths
from simtui.library import Library
from simtui.paths import Home
from simtui.recording import import_runs
from tests.making import as_bytes, as_lines, block, document, run_events
from tests.vault.vaults import make_vault

NAME = "Lead enricher"
SCREEN = {"textual", "rich"}

OPENED = ["--password-file", "{home}/code"]

RUN = "run-1"
# what each command is called with; {file} and {home} are filled in
CALLS = {
    "import": ["import", "{file}"],
    "export": ["export", NAME],
    "export zip": ["export", "--all", "--to", "{home}/out.zip"],
    "export files": ["export", "--all", "--as", "files", "--to", "{home}/out"],
    "export bundle": [
        "export",
        NAME,
        "--as",
        "bundle",
        "--with-versions",
        "--with-runs",
        "--to",
        "{home}/out",
    ],
    "assets list": ["assets", "list", NAME],
    "assets add": ["assets", "add", NAME, "{file}"],
    "assets save": ["assets", "save", NAME, "--to", "{home}/out"],
    "assets delete": ["assets", "delete", NAME, "notes.txt", "--yes"],
    "workflows list": ["workflows", "list", "--filter", "blocks:>1 say"],
    "workflows list json": ["workflows", "list", "-o", "json"],
    "workflows get": ["workflows", "get", NAME],
    "workflows rename": ["workflows", "rename", NAME, "Other"],
    "workflows move": ["workflows", "move", NAME, "Ops"],
    "workflows delete": ["workflows", "delete", NAME, "--yes"],
    "workflows restore": ["workflows", "restore", "In the trash"],
    "workflows versions": ["workflows", "versions", NAME],
    "workflows rollback": ["workflows", "rollback", NAME, "1"],
    "workflows duplicate": ["workflows", "duplicate", NAME],
    "workflows edit": ["workflows", "edit", NAME],
    "workflows prune": ["workflows", "prune", "--keep-versions", "1", "--yes"],
    "runs list": ["runs", "list", "--filter", "status:completed say"],
    "runs get": ["runs", "get", RUN, "--trace", "--log"],
    "runs import": ["runs", "import", "{home}/runs.ndjson"],
    "runs export": ["runs", "export", "--all", "--as", "markdown"],
    "runs stats": ["runs", "stats"],
    "runs prune": ["runs", "prune", "--keep-newest", "1", "--yes"],
    "runs pin": ["runs", "pin", RUN],
    "runs delete": ["runs", "delete", RUN, "--yes"],
    "runs follow": ["runs", "follow", RUN],
    "search": ["search", "say"],
    "secrets list": ["secrets", "list"],
    "secrets set": ["secrets", "set", "OTHER", *OPENED],
    "secrets get": ["secrets", "get", "KEY", "--reveal", *OPENED],
    "secrets delete": ["secrets", "delete", "KEY", "--yes"],
    "secrets import": ["secrets", "import", "{home}/keys.env", *OPENED],
    "secrets scan": ["secrets", "scan", "--stored", *OPENED],
    "secrets adopt": ["secrets", "adopt", NAME, "--all", "--yes", *OPENED],
    "exec": ["exec", "--with", "KEY", *OPENED, "--", "true"],
    "vault status": ["vault", "status"],
    "vault init": ["vault", "init", *OPENED],
    "vault lock": ["vault", "lock"],
    "vault passwd": ["vault", "passwd", *OPENED, "--new-password-file", "{home}/code"],
    "vault recovery": ["vault", "recovery", *OPENED],
    "vault keyring": ["vault", "keyring", *OPENED],
    "vault encrypt-library": ["vault", "encrypt-library", *OPENED, "--yes", "--timer", "none"],
    "vault decrypt-library": ["vault", "decrypt-library", *OPENED, "--yes"],
    "vault slots": ["vault", "slots"],
    "vault rotate": ["vault", "rotate", *OPENED, "--new-password-file", "{home}/code"],
    "backup": ["backup"],
    "backups list": ["backups", "list"],
    "backups prove": ["backups", "prove"],
    "backups prune": ["backups", "prune", "--yes"],
    "backups open": ["backups", "open", "latest", "--diff"],
    "backups restore": ["backups", "restore", "latest", "--yes"],
    "settings list": ["settings", "list"],
    "settings get": ["settings", "get", "display.theme"],
    "settings set": ["settings", "set", "display.theme", "simtui-ansi"],
    "settings reset": ["settings", "reset", "display.theme"],
    "doctor": ["doctor"],
    "doctor space": ["doctor", "--space"],
    "schedule install": ["schedule", "install", "--with", "launchd"],
    "schedule show": ["schedule", "show"],
    "schedule remove": ["schedule", "remove"],
    "completion": ["completion", "bash"],
    "help": ["help", "filter"],
    "the overview": [],
    "the samples": ["--samples"],
    "its help": ["--help"],
    "a mistake": ["wrkflows"],
}
# there is a vault already, and a plain library; nobody to ask, no editor, no keyring, and nothing
# on standard input
REFUSED = {
    "a mistake": 2,
    "schedule install": 4,  # not macOS: no test touches the crontab of whoever runs it
    "secrets set": 2,
    "workflows edit": 2,
    "vault decrypt-library": 2,
    "vault init": 2,
    "vault recovery": 2,
    "vault keyring": 5,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a workflow that has a version, one in the trash, and a vault with a secret."""
    root = tmp_path_factory.mktemp("made")
    (root / "file.json").write_bytes(as_bytes(document("From a file")))
    (root / "keys.env").write_text("OTHER=value\n")
    (root / "runs.ndjson").write_bytes(as_lines(run_events(RUN, workflow_id="w")))

    async def fill() -> None:
        async with await Library.open(Home(root / "SimAI")) as library:
            for number, value in enumerate(
                (
                    document(NAME, ident="w"),
                    document(NAME, [block("b")], ident="w"),
                    document("In the trash", ident="t"),
                )
            ):
                (root / f"{number}.json").write_bytes(as_bytes(value))
                async for item in import_paths(library, [root / f"{number}.json"]):
                    assert item.outcome in ("imported", "updated")
            await library.assets.add("w", "notes.txt", io.BytesIO(b"notes"))
            await library.workflows.delete(["t"])
            async for run in import_runs(library, [root / "runs.ndjson"]):
                assert run.outcome == "imported"
            (root / "code").touch(mode=0o600)
            (root / "code").write_text(await make_vault(library.vault))
            await library.vault.set("KEY", b"value")
            await library.backups.make()

    asyncio.run(fill())
    return root


@pytest.fixture
def stocked(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "stocked"))


def loaded_by(root: Path, words: list[str]) -> tuple[int, set[str]]:
    """The exit code, and every module that the real command imported, as Python itself tells."""
    filled = [word.format(file=root / "file.json", home=root) for word in words]
    done = subprocess.run(
        [
            sys.executable,
            "-X",
            "importtime",
            "-m",
            "simtui",
            "--home",
            str(root / "SimAI"),
            *filled,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal, wherever the tests run
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return done.returncode, {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize("name", CALLS)
def test_a_command_never_loads_the_screen(stocked: Path, name: str) -> None:
    code, modules = loaded_by(stocked, CALLS[name])
    assert code == REFUSED.get(name, 0)
    assert "simtui.cli.root" in modules
    assert {module.partition(".")[0] for module in modules}.isdisjoint(SCREEN)


def test_every_command_is_called_here() -> None:
    called = {" ".join(words[:2]) for words in CALLS.values()} | {
        words[0] for words in CALLS.values() if words
    }
    context = click.Context(command_line)
    for name in command_line.list_commands(context):
        command = command_line.get_command(context, name)
        if isinstance(command, click.Group):
            assert {f"{name} {verb}" for verb in command.list_commands(context)} <= called
        else:
            assert name in called


def modules_of(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "simtui", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def test_the_version_loads_nothing_at_all() -> None:
    modules = modules_of("--version")
    assert {module for module in modules if module.startswith("simtui.")} <= {"simtui.__main__"}
    tops = {module.partition(".")[0] for module in modules}
    assert tops.isdisjoint({"click", "aiosqlite", "sqlcipher3", "asyncio", "orjson", *SCREEN})


def test_help_opens_no_database() -> None:
    tops = {module.partition(".")[0] for module in modules_of("--help")}
    assert "click" in tops
    assert tops.isdisjoint(SCREEN)
