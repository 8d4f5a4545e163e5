"""Asking at the terminal, unseen, and where a script's password comes from.

What is asked goes to the terminal itself, so that stdin and stdout stay free for data. A password
is never an argument and never in the environment: other processes could read it there. Each answer
is bytes that whoever gets them wipes.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import select
import stat
import termios
from collections.abc import Callable, Iterator
from typing import Any

import click

from simtui.console.output import Face
from simtui.errors import Cancelled, Locked, UsageError, shown
from simtui.library import secrets as shelf

_LONGEST_BYTES = 4096  # a terminal hands over no longer line than this
_MORE_SECONDS = 0.05


# -- from a file or a descriptor


def with_password(*, new: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--password-file` and `--password-fd`: the command gets `typed`, or None. `new`: the same for
    a password that is being chosen, as `new_typed`."""
    prefix, what = ("new-", "new password") if new else ("", "password")
    into = "new_typed" if new else "typed"

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            f"--{prefix}password-file",
            f"{into}_path",
            metavar="FILE",
            help=f"Read the {what} from a file that only you can read.",
        )
        @click.option(
            f"--{prefix}password-fd",
            f"{into}_descriptor",
            type=click.IntRange(min=0),
            metavar="N",
            help=f"Read the {what} from an open file descriptor.",
        )
        @functools.wraps(command)
        def run(*args: Any, **words: Any) -> Any:
            given = read_password(words.pop(f"{into}_path"), words.pop(f"{into}_descriptor"))
            face = click.get_current_context().find_object(Face)
            if face is not None and not new:
                if given is not None:
                    face.password = bytearray(given)  # an encrypted library needs it, too
                else:
                    given = handed_over(face)
            words[into] = given
            return command(*args, **words)

        return run

    return decorate


def handed_over(face: Face) -> bytearray | None:
    """A copy of the password that came with the command, wherever it stood in it."""
    if face.password is None:
        face.password = read_password(face.password_file, face.password_fd)
    return None if face.password is None else bytearray(face.password)


def read_password(path: str | None, descriptor: int | None) -> bytearray | None:
    """The password that a script hands over, without one newline at its end; None where it hands
    over none. Raises `Locked` where others can read the file too."""
    if path is not None and descriptor is not None:
        raise UsageError("A password comes from one place: a file, or a descriptor.")
    if path is None and descriptor is None:
        return None
    shelf.keep_private()
    where = f"The password file {shown(path, 200)}" if path else f"Descriptor {descriptor}"
    try:
        if path is None:
            assert descriptor is not None
            return _read(descriptor, where)
        with _opened(path, where) as file:
            _check_private(file, path, where)
            return _read(file, where)
    except OSError as error:
        raise Locked(f"{where} cannot be read: {error.strerror}.") from None


@contextlib.contextmanager
def _opened(path: str, where: str) -> Iterator[int]:
    # a pipe is waited for; nothing else is worth a wait, and a device is not even opened
    kind = os.stat(path).st_mode  # noqa: PTH116  # a descriptor of ours may be named (/dev/fd/N)
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
        raise Locked(f"{where} is neither a file nor a pipe; it is not read.")
    file = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)


def _check_private(file: int, path: str, where: str) -> None:
    mode = stat.S_IMODE(os.fstat(file).st_mode)
    if mode & 0o066:
        raise Locked(
            f"{where} is open to others (mode {mode:04o}), so it was not used: "
            f"chmod 600 {shown(path, 200)}"
        )


def _read(file: int, where: str) -> bytearray:
    if os.isatty(file):
        raise Locked(f"{where} is a terminal. Without it, you are asked.")
    held = bytearray()
    while piece := os.read(file, _LONGEST_BYTES):
        held += piece
        if len(held) > _LONGEST_BYTES:
            shelf.forget(held)
            raise Locked(f"{where} holds more than any password; it was not tried.")
    without_newline(held)
    return held


def without_newline(held: bytearray) -> None:
    """Takes one newline from the end, in place."""
    for end in (b"\r\n", b"\n"):
        if held.endswith(end):
            del held[-len(end) :]
            return


# -- on the terminal


def can_ask() -> bool:
    """Whether somebody sits at a terminal of ours."""
    with _terminal() as terminal:
        return terminal is not None


def tell(text: str) -> None:
    """Lines for the terminal itself, for what belongs to a question; lost without one."""
    with _terminal() as terminal:
        if terminal is not None:
            lines = (f"{shown(line, 4000)}\n" for line in text.split("\n"))
            os.write(terminal, "".join(lines).encode())


async def asked(prompt: str, *, one_line: bool = False) -> bytearray:
    """What is typed, unseen. `one_line`: more than that at once is refused, since a value that was
    pasted would be cut. Raises `Cancelled` at the end of input, `Locked` without a terminal."""
    with _terminal() as terminal:
        if terminal is None:
            raise Locked("There is no terminal to ask on.")
        with _unseen(terminal):
            os.write(terminal, prompt.encode())
            try:
                typed = await _line(terminal)
            finally:
                os.write(terminal, b"\n")
            if one_line and select.select([terminal], [], [], _MORE_SECONDS)[0]:
                shelf.forget(typed)
                raise UsageError(
                    "More than one line came, so nothing was kept. A value of several lines comes "
                    "from a file or a pipe:  simtui secrets set NAME < FILE"
                )
            return typed


def erase(lines: int) -> None:
    """Takes the last lines off the terminal, where it can do that."""
    if os.environ.get("TERM", "dumb") != "dumb":
        with _terminal() as terminal:
            if terminal is not None:
                os.write(terminal, b"\x1b[%dA\x1b[J" % lines)


async def answered(prompt: str) -> str:
    """What is typed, seen: for what is no secret."""
    with _terminal() as terminal:
        if terminal is None:
            raise Locked("There is no terminal to ask on.")
        os.write(terminal, prompt.encode())
        return (await _line(terminal)).decode("utf-8", "replace").strip()


async def confirmed(question: str, *, default: bool = False) -> bool:
    """A yes or no."""
    prompt = f"{shown(question, 400)} {'[Y/n]' if default else '[y/N]'}: "
    while True:
        answer = (await answered(prompt)).lower()
        if answer in ("y", "yes", "n", "no", ""):
            return answer[0] == "y" if answer else default


@contextlib.contextmanager
def _terminal() -> Iterator[int | None]:
    try:
        terminal = os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield terminal
    finally:
        os.close(terminal)


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Whatever is typed meanwhile is not seen either: between two tries, say."""
    with _terminal() as terminal:
        if terminal is None:
            yield
            return
        with _unseen(terminal):
            yield


@contextlib.contextmanager
def _unseen(terminal: int) -> Iterator[None]:
    before = termios.tcgetattr(terminal)
    unseen = [*before]
    unseen[3] &= ~termios.ECHO
    # what was typed too early was seen, and what is left over is not for the shell
    termios.tcsetattr(terminal, termios.TCSAFLUSH, unseen)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal is gone
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


async def _line(terminal: int) -> bytearray:
    """One line, read in a thread that an interrupt ends: the loop stays free for signals."""
    ended, end = os.pipe()
    work = asyncio.ensure_future(asyncio.to_thread(_read_line, terminal, ended))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        os.write(end, b"x")
        await asyncio.wait([work])
        raise
    finally:
        os.close(ended)
        os.close(end)


def _read_line(terminal: int, ended: int) -> bytearray:
    if ended in select.select([terminal, ended], [], [])[0]:
        raise Cancelled("Nothing was changed.")
    buffer = bytearray(_LONGEST_BYTES + 1)
    try:
        length = os.readv(terminal, [buffer])
    except OSError:
        length = 0
    line = buffer[:length]
    shelf.forget(buffer)
    if not line:
        raise Cancelled("Nothing was changed.")
    if line.endswith(b"\n"):
        del line[-1]
    elif length >= _LONGEST_BYTES - 1:
        shelf.forget(line)
        raise UsageError("That is longer than a line can be. It can come from a file or a pipe.")
    return line
