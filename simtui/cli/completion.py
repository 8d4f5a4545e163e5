"""`simtui completion SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from simtui.console.output import COMPLETION_VARIABLE, answer


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print completion for a shell; put it where the shell reads it.

    \b
    bash:  simtui completion bash > ~/.local/share/bash-completion/completions/simtui
    zsh:   simtui completion zsh > ~/.zfunc/_simtui
    fish:  simtui completion fish > ~/.config/fish/completions/simtui.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # the three that click has
    answer(kind(ctx.find_root().command, {}, "simtui", COMPLETION_VARIABLE).source())
