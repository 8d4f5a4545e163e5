"""The parts of the man page that the program knows, written by `python -m tests.readme`, which a
test runs to see that they are as they were."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from simtui.cli.root import simtui as command_line
from simtui.cli.topics import TOPICS
from simtui.model.settings import SETTINGS

MAN_PAGE = Path(__file__).parent.parent / "man" / "simtui.1"


def commands(
    group: click.Group = command_line, above: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Every command that can be called, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")


def parts() -> dict[str, str]:
    """Each part by the name that stands in its marks."""
    verbs = [(name, each) for name, each in commands() if not isinstance(each, click.Group)]
    variables = (
        f".It Ev {setting.environment}\nInstead of the setting {_plain(setting.key)}."
        for setting in SETTINGS
        if setting.environment
    )
    return {
        "commands": "\n".join(_entry(name, command) for name, command in verbs),
        "settings": "\n".join(variables),
        "topics": f".Cm {' , '.join(TOPICS)} .",
    }


def _entry(name: str, command: click.Command) -> str:
    """A command: its synopsis, the first paragraph of its help, and its options."""
    options = [each for each in command.params if isinstance(each, click.Option)]
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    synopsis = [f".It Ic {name}", *map(_argument, arguments)]
    lines = [" ".join([*synopsis, *(f"Oo {_option(each)} Oc" for each in _telling(options))])]
    lines += _plain((command.help or "").partition("\n\n")[0]).splitlines()
    if shown := [each for each in _telling(options) if each.help]:
        lines.append(".Bl -tag -width Ds -compact")
        for each in shown:
            lines += [f".It {_option(each)}", *_plain(each.help or "").splitlines()]
        lines.append(".El")
    return "\n".join(lines)


def _telling(options: list[click.Option]) -> list[click.Option]:
    """What is told once for all commands is left out."""
    return [each for each in options if each.name not in ("output", "help") and not each.hidden]


def _argument(argument: click.Argument) -> str:
    name = re.sub(r"[\[\]|.…]+", " ", argument.metavar or argument.name or "").strip().lower()
    dots = " ..." if argument.nargs == -1 else ""
    return f"Ar {name}{dots}" if argument.required else f"Oo Ar {name}{dots} Oc"


def _option(option: click.Option) -> str:
    """As mdoc has it; two words that exclude each other stand side by side."""
    flags = " | ".join(f"Fl {flag[1:]}" for flag in (*option.opts, *option.secondary_opts))
    if option.is_flag or option.count:
        value = ""
    elif isinstance(option.type, click.Choice):
        value = f" Cm {' | '.join(option.type.choices)}"
    else:
        value = f" Ar {(option.metavar or option.name or '').lower()}"
    return f"{flags}{value}"


def _plain(text: str) -> str:
    """Text that roff prints as it is, a sentence a line."""
    text = " ".join(text.split()).replace("\\", "\\e").replace("`", "")
    lines = re.sub(r"(?<=[a-z0-9)\]][.:]) (?=[A-Z])", "\n", text).splitlines()
    return "\n".join(f"\\&{line}" if line[:1] in ".'" else line for line in lines)


def filled(text: str) -> str:
    """The man page with its parts as they are now."""
    for name, part in parts().items():
        before, mark, rest = text.partition(f'.\\" {name}\n')
        assert mark, f"no place for {name} in {MAN_PAGE.name}"
        text = "".join((before, mark, part, "\n", *rest.partition('.\\" end\n')[1:]))
    return text
