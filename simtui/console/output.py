"""How a command answers: tables, JSON, exit codes. The one place that writes to the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from simtui import faults
from simtui.errors import Cancelled, SimtuiError, UsageError, shown
from simtui.library import KeyedHome, Library
from simtui.model.columns import table_lines as table_lines
from simtui.paths import Home
from simtui.streams import leave, let_go_of

Result = TypeVar("Result")

OUTPUTS = ("table", "json", "jsonl")
COMPLETION_VARIABLE = "_SIMTUI_COMPLETE"
"""Where the shell's completion script says what it wants to know."""


# what a stream says that cannot take more: the disk is full, the terminal is gone
_STREAM_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@dataclass(slots=True)
class Face:
    """What every command knows: which home it is about, and where a script has put the password, or
    the password itself once it was read or typed for the library, as bytes."""

    home: Home
    password_file: str | None = None
    password_fd: int | None = None
    password: bytearray | None = field(default=None, repr=False)
    unattended: bool = False
    """Whether a timer runs it: an encrypted library names the file where the password is then."""


class _Text(click.types.StringParamType):
    """A word in UTF-8. A shell may hand over any bytes; only as part of a path do they mean
    something."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f'"{shown(value, 80)}" is not UTF-8.', param, ctx)
        return value


TEXT = _Text()


def with_output(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o table|json|jsonl`, on every command that answers."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(OUTPUTS),
        default="table",
        show_default=True,
        help="The form of the answer.",
    )(command)


@asynccontextmanager
async def opened(home: Home, *, create: bool = True) -> AsyncIterator[Library]:
    """The library, with what should be known of its home said on stderr. One that is encrypted is
    unlocked first."""
    async with await Library.open(home, create=create, unlocking=unlocked_first) as library:
        for notice in library.notices:
            talk(notice)
        yield library


async def unlocked_first(keyed: KeyedHome) -> None:
    """Opens what opens an encrypted library, by the keyring, by what was handed over, or by asking.
    Raises `Locked` where none of these does."""
    from simtui.console.unlocking import open_keyed  # few libraries are encrypted

    context = click.get_current_context(silent=True)
    await open_keyed(keyed, context.find_object(Face) if context else None)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a command's work. A hang-up, an interrupt or a termination cancels it, so that the
    database closes; the exit code then tells of the signal."""
    caught: list[int] = []

    async def guarded() -> Result:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            caught.append(number)
            task.cancel()

        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            # what is ignored (`nohup`, a job in the background) stays so
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, end, number)
        return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        number = caught[0] if caught else signal.SIGINT
        talk("Ended before it was done. What was done before stays whole.")
        raise SystemExit(128 + number) from None


def check_can_ask(yes: bool) -> None:
    """Raises `UsageError` where a command that destroys was not told `--yes` and there is nobody to
    ask."""
    if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("Nobody can be asked without a terminal: say --yes if you mean it.")


def confirm(question: str, yes: bool) -> None:
    """Asks, unless `yes`. Raises `Cancelled` on a no. Never inside `run`: the loop would not hear
    an interrupt meanwhile."""
    if not yes and not click.confirm(question, err=True):
        raise Cancelled("Nothing was changed.")


def answer(text: str = "") -> None:
    """A line of the answer, on stdout."""
    sys.stdout.write(f"{text}\n")


def talk(text: str) -> None:
    """Lines to the person, on stderr; lost where the terminal is gone. This is the last door: what
    a terminal would obey is written out, whoever forgot to."""
    with contextlib.suppress(OSError):
        sys.stderr.write("".join(f"{shown(line, 4000)}\n" for line in text.split("\n")))


def dumps(value: Any) -> str:
    """JSON on one line, in plain characters where the stream can take them."""
    text = json.dumps(value, ensure_ascii=False)
    if not text.isascii():
        try:
            text.encode(sys.stdout.encoding)
        except UnicodeEncodeError:  # a path that is not UTF-8, or a terminal that is not
            return json.dumps(value)
    return text


def answer_rows(
    output: str, rows: Sequence[dict[str, Any]], table: Callable[[], None], empty: str
) -> None:
    """A list in one of the three forms; `table` prints it for a person, who is told `empty` where
    there is nothing in it."""
    if output == "json":
        answer(dumps(rows))
    elif output == "jsonl":
        for row in rows:
            answer(dumps(row))
    elif rows:
        table()
    else:
        talk(empty)


def finish(command: Callable[[], int | None]) -> int:
    """Runs the whole command line and turns what it raises into an exit code."""
    _ready_streams()
    code = _code_of(command)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        let_go_of(sys.stdout)
    except OSError as error:
        code = code or _not_answered(error)
        let_go_of(sys.stdout)
    leave()
    return code


def _ready_streams() -> None:
    """A stream that was closed leads nowhere from now on, or the next file that is opened would
    take its number. What the terminal's encoding lacks is written as an escape."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123  # for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _code_of(command: Callable[[], int | None]) -> int:
    try:
        return command() or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except SimtuiError as error:
        talk(f"simtui: {error.message}")
        return error.exit_code
    except BrokenPipeError:
        let_go_of(sys.stdout)  # whoever read us has gone, and has what they wanted
        return 0
    except click.exceptions.Exit as end:  # `--help` and `--version` have answered
        return end.exit_code
    except KeyboardInterrupt:
        return 130
    except click.exceptions.Abort:
        talk("\nNothing was changed.")
        return 130
    except click.ClickException as error:
        _tell_usage(error)
        return 2
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _STREAM_FULL:
            return _not_answered(error)
        talk(f"simtui: a fault of ours: {type(error).__name__}: {shown(str(error), 300)}")
        talk(f"Your library is as it was. A report is in {faults.report(error)}.")
        return 1


def _not_answered(error: OSError) -> int:
    talk(f"simtui: the answer could not be written: {error.strerror}.")
    return 8


def _tell_usage(error: click.ClickException) -> None:
    """Says what is wrong with the words of a command, and where to read on."""
    context = getattr(error, "ctx", None)
    if context is None or context.get_help() == error.message:
        talk(error.format_message())
        return
    talk(context.get_usage())
    talk(f"simtui: {error.format_message()}")
    talk(f"`{context.command_path} --help` says more.")
