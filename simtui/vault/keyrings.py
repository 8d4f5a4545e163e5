"""The OS keyring, which only a child process ever asks.

A keyring may freeze for good, keep nothing, or write what it is given in clear, and a thread that
waits for one cannot be ended (reference/storage.md findings 12 to 14). So each question has three
seconds, and only backends that are known are used; whatever else is there is told, in words for a
person. The token goes over a socket pair: it is in no argument, no environment and no file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from simtui.errors import Locked, shown

LIMIT_SECONDS = 3.0
LONGEST_TOKEN_BYTES = 1024
_LONGEST_ANSWER_BYTES = 8192
_CHILD = Path(__file__).with_name("keyring_child.py")


class NoKeyring(Locked):
    """The OS keyring cannot be used, or did not do what was asked. The message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the OS keyring can be trusted with a token, tried a moment ago."""

    works: bool
    backend: str
    """Its name, or "" where there is none, or it did not answer."""
    words: str
    """One sentence for a person."""


async def probe() -> Verdict:
    """Sets, gets and deletes a random value. Never raises for what the keyring does."""
    answer = await _ask("probe")
    if answer.words:
        return Verdict(False, answer.backend, answer.words)
    return Verdict(True, answer.backend, f"The OS keyring works ({answer.backend}).")


async def put(store_id: str, slot_id: str, token: bytes | bytearray) -> None:
    """Keeps the token, and reads it back. Raises `NoKeyring` where it cannot, and where there is an
    entry of this name already. One that was given up may be kept later: try again under a new id.
    """
    if not 0 < len(token) <= LONGEST_TOKEN_BYTES:
        raise ValueError(f"a token of {len(token)} bytes")
    _done(await _ask("put", f"{store_id}:{slot_id}", token))


async def get(store_id: str, slot_id: str) -> bytearray:
    """The token, for the caller to wipe. Raises `NoKeyring`, also where there is no entry."""
    return _done(await _ask("get", f"{store_id}:{slot_id}")).token


async def remove(store_id: str, slot_id: str) -> None:
    """Takes the entry away; where there is none, that is done already."""
    _done(await _ask("remove", f"{store_id}:{slot_id}"))


@dataclass(frozen=True, slots=True)
class _Answer:
    words: str
    """Why it was not done; "" where it was."""
    backend: str = ""
    token: bytearray = field(default_factory=bytearray, repr=False)


def _done(answer: _Answer) -> _Answer:
    if answer.words:
        raise NoKeyring(answer.words)
    return answer


async def _ask(act: str, user: str = "", token: bytes | bytearray = b"") -> _Answer:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        # small enough to lie in the socket until the child reads it
        ours.sendmsg([json.dumps({"act": act, "user": user}).encode() + b"\n", token])
        ours.shutdown(socket.SHUT_WR)
        try:
            status = await _run_child(theirs)
        except TimeoutError:
            return _Answer(f"The OS keyring did not answer within {LIMIT_SECONDS:g} s.")
        except OSError as error:
            return _Answer(f"The OS keyring could not be asked ({error.strerror}).")
        theirs.close()
        return _read_answer(ours, status)


async def _run_child(theirs: socket.socket) -> int:
    """Its exit status. However this ends, the child has ended too."""
    process = None
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(_CHILD),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # without a terminal no backend can ask on it
            )
            return await process.wait()
    finally:
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _read_answer(ours: socket.socket, status: int) -> _Answer:
    buffer = bytearray(_LONGEST_ANSWER_BYTES)
    ours.setblocking(False)  # what is there is there: the child has ended
    try:
        length = ours.recv_into(buffer)
        line_end = buffer.index(b"\n", 0, length)
        header = json.loads(buffer[:line_end])
        token = buffer[line_end + 1 : length]
    except (OSError, ValueError):
        return _Answer(f"The OS keyring could not be asked: the process ended ({status}).")
    finally:
        buffer[:] = bytes(len(buffer))
    return _Answer(shown(header["words"], 400), shown(header["backend"]), token)
