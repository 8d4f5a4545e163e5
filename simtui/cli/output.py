"""How a command answers: tables, JSON, exit codes. The one place that writes to the terminal."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from simtui.errors import SimtuiError, shown
from simtui.library import Library
from simtui.paths import Home, log_folder

Result = TypeVar("Result")

OUTPUTS = ("table", "json", "jsonl")


@dataclass(frozen=True, slots=True)
class Face:
    """What every command knows: which home, and in what form to answer."""

    home: Home
    output: str = "table"


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
    """The library, with what should be known of its home said on stderr."""
    async with await Library.open(home, create=create) as library:
        for notice in library.notices:
            talk(notice)
        yield library


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a command's work. A hang-up or a termination cancels it, so that the database closes;
    the exit code then tells of the signal."""
    caught: list[int] = []

    async def guarded() -> Result:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def end(number: int) -> None:
            caught.append(number)
            task.cancel()

        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end, number)
        return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        number = caught[0] if caught else signal.SIGINT
        talk("Ended before it was done. What was done before stays whole.")
        raise SystemExit(128 + number) from None


def answer(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")


def talk(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def answer_rows(output: str, rows: Iterable[dict[str, Any]], table: Callable[[], None]) -> None:
    """A list in one of the three forms; `table` prints it for a person."""
    if output == "json":
        answer(dumps(list(rows)))
    elif output == "jsonl":
        for row in rows:
            answer(dumps(row))
    else:
        table()


def table_lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Rows as aligned columns of plain text, the last one as wide as it is. What comes from outside
    is escaped."""
    cells = [tuple(head), *(tuple(shown(cell, 80) for cell in row) for row in rows)]
    widths = [max(cell_width(row[n]) for row in cells) for n in range(len(head))]
    for row in cells:
        padded = [
            cell + " " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(padded).rstrip()


def cell_width(text: str) -> int:
    """How many columns a text takes; ASCII, which most is, without a look at each character."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def finish(command: Callable[[], int | None]) -> int:
    """Runs the whole command line and turns what it raises into an exit code."""
    try:
        code = command()
        sys.stdout.flush()
        return code or 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except SimtuiError as error:
        talk(f"simtui: {error.message}")
        return error.exit_code
    except BrokenPipeError:
        # whoever read us has gone; what is left in the buffer must not fail again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except click.exceptions.Abort:
        talk("Stopped.")
        return 130
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    except Exception as error:
        talk(f"simtui: a fault of ours: {type(error).__name__}: {shown(str(error), 300)}")
        talk(f"Your library is as it was. A report is in {_report()}.")
        return 1


def _report() -> str:
    """Writes where it happened, without the values of any variable. The report's path."""
    try:
        folder = log_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"crash-{os.getpid()}.txt"
        path.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError as error:
        return f"no file ({error.strerror})"
    return str(path)
