"""The command line as a whole: `simtui [--home HOME] COMMAND …`. A command's module is loaded when
that command is called."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Any

import click

from simtui import __version__
from simtui.console.output import COMPLETION_VARIABLE, Face, finish
from simtui.errors import UsageError, shown
from simtui.paths import home as home_of

COMMANDS = {
    "import": ("transfer", "Bring workflows in: files, folders, zips, bundles, or standard input."),
    "export": ("transfer", "Write workflows out: Sim JSON, bundles, a workspace zip, plain files."),
    "workflows": ("workflows", "List, show, rename, move, delete and restore workflows."),
    "assets": ("assets", "List, add, save and delete the files that belong to a workflow."),
    "runs": ("runs", "List, show, import, export, count, follow, pin and prune runs."),
    "search": (
        "search",
        "Find a word in workflows, their files, runs, errors and log lines.",
    ),
    "secrets": ("secrets", "List, set, get, import secrets; find keys in clear and adopt them."),
    "exec": ("exec", "Run a program with secrets in its environment, masked in its output."),
    "vault": ("vault", "Make the vault, see its ways in, change its password, rotate its key."),
    "backup": ("backups", "Make a backup and prove it."),
    "backups": ("backups", "List, prove and prune backups, look into one, restore from one."),
    "schedule": ("schedule", "Have the system make the daily backup while no simtui is open."),
    "settings": ("settings", "List, get, set and reset settings."),
    "doctor": ("doctor", "Check the home, the database and every document in it."),
    "completion": ("completion", "Print shell completion for bash, zsh or fish."),
    "help": ("help", "Explain a command, the filter, the file formats, the exit codes."),
}


class _Commands(click.Group):
    """Knows the commands by name and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"simtui.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        import difflib

        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else " `simtui --help` lists them."
            raise UsageError(f'There is no command "{shown(name, 60)}".{hint}')
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--home", metavar="HOME", help="The folder with everything in it. [~/SimAI]")
@click.option(
    "--password-file",
    metavar="FILE",
    help="What opens an encrypted library or the vault: a file that only you can read.",
)
@click.option(
    "--password-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="The same from an open file descriptor.",
)
@click.option("--samples", is_flag=True, help="Look around in samples, in a throw-away home.")
@click.option("--no-mouse", is_flag=True, help="The screen leaves the mouse to the terminal.")
@click.version_option(__version__, message="simtui %(version)s")
@click.pass_context
def simtui(
    ctx: click.Context,
    home: str | None,
    password_file: str | None,
    password_fd: int | None,
    samples: bool,
    no_mouse: bool,
) -> None:
    """The local home of Sim workflows.

    Without a command it opens the screen, or without a terminal prints an overview.
    """
    ctx.obj = Face(home_of(home), password_file, password_fd)
    if ctx.invoked_subcommand is None:
        from simtui.cli.overview import show_overview, show_samples

        if samples:
            show_samples()
        else:
            show_overview(ctx.obj)
    elif samples:
        raise UsageError("--samples opens the screen, and goes with no command.")
    elif no_mouse:
        raise UsageError("--no-mouse is about the screen, and goes with no command.")


def run(words: Sequence[str]) -> int:
    """Runs a command line. The exit code."""

    def command() -> int | None:
        # not `simtui.main`: it takes a reader that has gone for a fault, and ends with 1
        if instruction := os.environ.get(COMPLETION_VARIABLE):
            from click.shell_completion import shell_complete

            return shell_complete(simtui, {}, "simtui", COMPLETION_VARIABLE, instruction)
        with simtui.make_context("simtui", list(words)) as context:
            result: Any = simtui.invoke(context)
        return result if isinstance(result, int) else None

    return finish(command)
