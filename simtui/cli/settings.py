"""`simtui settings …`."""

from __future__ import annotations

import os

import click

from simtui.console.output import (
    TEXT,
    Face,
    answer,
    answer_rows,
    dumps,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.library import themes
from simtui.model import settings


@click.group("settings")
def settings_command() -> None:
    """List, get, set and reset settings."""


async def _stored(face: Face) -> dict[str, str]:
    if not face.home.database.exists():
        return {}
    async with opened(face.home) as library:
        return await library.settings.all()


@settings_command.command("list")
@with_output
@click.pass_obj
def list_settings(face: Face, output: str) -> None:
    """Every setting, its value, and where the value comes from."""
    stored = run(_stored(face))
    found = [settings.resolve(setting, stored, os.environ) for setting in settings.every()]
    rows = [
        {
            "key": item.setting.key,
            "value": item.value,
            "default": item.setting.default,
            "source": item.source,
            "choices": item.setting.choices,
            "numbers": item.setting.numbers,
            "environment": item.setting.environment,
            "help": item.setting.doc,
        }
        for item in found
    ]

    def table() -> None:
        cells = [
            (
                item.setting.key,
                item.value,
                item.source if item.source == "default" else f"from {item.source}",
                "|".join(item.setting.may_be),
            )
            for item in found
        ]
        for line in table_lines(("SETTING", "VALUE", "WHERE FROM", "MAY BE"), cells):
            answer(line)

    answer_rows(output, rows, table, "")


@settings_command.command("get")
@click.argument("key", type=TEXT)
@with_output
@click.pass_obj
def get_setting(face: Face, key: str, output: str) -> None:
    """The value in force."""
    found = settings.resolve(settings.find(key), run(_stored(face)), os.environ)
    if output == "table":
        answer(found.value)
    else:
        answer(dumps({"key": key, "value": found.value, "source": found.source}))


@settings_command.command("set")
@click.argument("key", type=TEXT)
@click.argument("value", type=TEXT)
@click.pass_obj
def set_setting(face: Face, key: str, value: str) -> None:
    """Set a value in this library."""
    setting = settings.find(key)
    parsed = settings.parse(setting, value)
    if setting.own_under and parsed.startswith(setting.own_under):
        themes.read(face.home, parsed)  # raises where there is none, or where it is wrong

    async def work() -> None:
        async with opened(face.home) as library:
            await library.settings.set(key, parsed)

    run(work())
    talk(f"{key} is now {parsed}.")
    if setting.environment and setting.environment in os.environ:
        talk(f"${setting.environment} is set and goes first.")


@settings_command.command("reset")
@click.argument("key", type=TEXT)
@click.pass_obj
def reset_setting(face: Face, key: str) -> None:
    """Back to the default."""
    setting = settings.find(key)

    async def work() -> None:
        async with opened(face.home) as library:
            await library.settings.reset(key)

    run(work())
    talk(f"{key} is {setting.default} again, the default.")
