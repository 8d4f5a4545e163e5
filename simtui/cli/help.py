"""`simtui help [TOPIC]`."""

from __future__ import annotations

import difflib

import click

from simtui.cli.topics import TOPICS
from simtui.console.output import TEXT, answer
from simtui.errors import UsageError, shown


@click.command("help")
@click.argument("topic", nargs=-1, type=TEXT, metavar="[TOPIC|COMMAND…]")
@click.pass_context
def help_command(ctx: click.Context, topic: tuple[str, ...]) -> None:
    """Explain a command or a topic; without one, list them all."""
    top = ctx.find_root()
    if not topic:
        answer(top.get_help())
        answer("\nTopics, for simtui help TOPIC:")
        for name, (line, _text) in TOPICS.items():
            answer(f"  {name:<12}{line}")
    elif len(topic) == 1 and topic[0] in TOPICS:
        answer(TOPICS[topic[0]][1]().rstrip("\n"))
    else:
        answer(_of_command(top, topic))


def _of_command(context: click.Context, words: tuple[str, ...]) -> str:
    """The help of the command that the words name. Raises `UsageError` with the nearest one."""
    for word in words:
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            known = group.list_commands(context) if isinstance(group, click.Group) else []
            if word == words[0]:
                known = [*TOPICS, *known]
            near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else "`simtui help` lists what there is."
            raise UsageError(f'There is no help on "{shown(" ".join(words), 60)}". {hint}')
        context = click.Context(found, info_name=word, parent=context)
    return context.get_help()
