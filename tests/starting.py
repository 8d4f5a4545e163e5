"""simtui as a test starts it: a fork of a process that has loaded it already.

What a command costs is mostly the loading of its modules. The rest is as real as can be: a process
of its own with its own streams, directory, environment and exit code. Whatever is about the start
itself (what is loaded, options of the interpreter, a process list) starts `python -m simtui`.

    python -m tests.starting DESCRIPTOR
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any, TextIO, cast

_ROOT = Path(__file__).parents[1]
_LENGTH = struct.Struct("=I")
_NUMBER = struct.Struct("=i")
_ABOVE = 256
"""Where descriptors are put until those below are free."""
_READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ")
"""What Python itself reads of the environment, as it begins."""

Words = Sequence[object]


class Process:
    """A command that was started. The descriptors are those that it was given."""

    def __init__(
        self,
        words: Words,
        *,
        stdin: int,
        stdout: int,
        stderr: int,
        module: str = "simtui",
        env: Mapping[str, str] | None = None,
        new_session: bool = False,
        terminal: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> None:
        env = dict(os.environ if env is None else env)
        assert _read_at_start(env) == _read_at_start(_server().env), "this needs a real start"
        begin = {
            "words": [os.fsdecode(w) if isinstance(w, bytes) else str(w) for w in words],
            "module": module,
            "env": env,
            "cwd": str(Path.cwd()),
            "new_session": new_session,
            "terminal": terminal,
            "descriptors": [0, 1, 2, *pass_fds],
        }
        self._answers, answer = os.pipe()
        try:
            _server().send(begin, [answer, stdin, stdout, stderr, *pass_fds])
        finally:
            os.close(answer)
        self.returncode: int | None = None
        self.pid = self._number()

    def _number(self) -> int:
        found = os.read(self._answers, _NUMBER.size)
        assert found, "the process that starts commands has ended"
        number: int = _NUMBER.unpack(found)[0]
        return number

    def poll(self, seconds: float = 0) -> int | None:
        """The exit code, or the negative number of the signal that ended it, when it has ended."""
        if self.returncode is None and select.select([self._answers], [], [], seconds)[0]:
            self.returncode = os.waitstatus_to_exitcode(self._number())
            os.close(self._answers)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        seconds = 60 if timeout is None else timeout
        code = self.poll(seconds)
        assert code is not None, f"still there after {seconds} s"
        return code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def run(
    words: Words, *, input: bytes | None = None, timeout: float = 60, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """As `subprocess.run` with all its output captured; without input, nothing is on stdin."""
    with ExitStack() as open_ends:

        def pipe() -> list[FileIO]:
            return [
                open_ends.enter_context(FileIO(end, mode))
                for end, mode in zip(os.pipe(), "rw", strict=True)
            ]

        (stdin, feed), (out, stdout), (err, stderr) = pipe(), pipe(), pipe()
        nothing = open_ends.enter_context(FileIO(os.devnull))
        theirs = [nothing if input is None else stdin, stdout, stderr]
        numbers = [each.fileno() for each in theirs]
        process = Process(words, stdin=numbers[0], stdout=numbers[1], stderr=numbers[2], **options)
        try:
            for each in (stdin, stdout, stderr):
                each.close()
            said = _exchange(feed, input or b"", (out, err), timeout)
            code = process.wait(timeout)
        finally:
            process.kill()
            process.wait()
    return subprocess.CompletedProcess([*map(str, words)], code, *said)


def as_text(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    """As `text=True` has it."""
    out, err = (io.TextIOWrapper(io.BytesIO(said)).read() for said in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def _exchange(feed: FileIO, input: bytes, ends: Sequence[FileIO], timeout: float) -> list[bytes]:
    """Writes what is to be read, and reads what is written, until nobody writes any more."""
    said = {end: bytearray() for end in ends}
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as waiting:
        for end in ends:
            waiting.register(end, selectors.EVENT_READ)
        if input:
            os.set_blocking(feed.fileno(), False)
            waiting.register(feed, selectors.EVENT_WRITE)
        else:
            feed.close()
        while waiting.get_map():
            ready = waiting.select(deadline - time.monotonic())
            assert ready or time.monotonic() < deadline, f"still there after {timeout} s: {said}"
            for key, _ in ready:
                if key.fileobj is feed:
                    try:
                        input = input[feed.write(input) or 0 :]
                    except BrokenPipeError:
                        input = b""
                    if not input:
                        waiting.unregister(feed)
                        feed.close()
                elif piece := os.read(key.fd, 65536):
                    said[cast(FileIO, key.fileobj)] += piece
                else:
                    waiting.unregister(key.fileobj)
    return [bytes(each) for each in said.values()]


# -- the process that has it loaded


class _Server:
    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        self.env = dict(os.environ)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.starting", str(theirs.fileno())],
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._close)

    def send(self, begin: object, descriptors: list[int]) -> None:
        said = json.dumps(begin).encode()
        with self._one_at_a_time:
            socket.send_fds(self._ours, [_LENGTH.pack(len(said))], descriptors)
            self._ours.sendall(said)

    def _close(self) -> None:
        self._ours.shutdown(socket.SHUT_RDWR)  # whoever else has it open still
        self._ours.close()
        self._process.wait()


@cache
def _server() -> _Server:
    return _Server()


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_START)}


def _load() -> None:
    """All that commands load, though none of them loads all of it."""
    import simtui

    for module in pkgutil.walk_packages(simtui.__path__, "simtui."):
        if not module.name.startswith("simtui.tui") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _serve(requests: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Forks for each request: what it says, in the child; None at the end, in the parent."""
    awake, wake = os.pipe()
    os.set_blocking(awake, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    answers: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), awake], [], [])
        if awake in ready:
            os.read(awake, 4096)
            _tell_ends(answers)
        if requests.fileno() not in ready:
            continue
        length, descriptors, _, _ = socket.recv_fds(requests, _LENGTH.size, 16)
        if not length:
            return None
        said = b""
        while len(said) < _LENGTH.unpack(length)[0]:
            said += requests.recv(_LENGTH.unpack(length)[0] - len(said))
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return json.loads(said), descriptors[1:]
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        answers[pid] = descriptors[0]
        _answer(descriptors[0], pid)


def _tell_ends(answers: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            descriptor = answers.pop(pid)
            _answer(descriptor, status)
            os.close(descriptor)


def _answer(descriptor: int, number: int) -> None:
    with suppress(BrokenPipeError):
        os.write(descriptor, _NUMBER.pack(number))


def _become(begin: dict[str, Any], descriptors: list[int]) -> None:
    """Leaves nothing of the parent's, and takes over what the command is to have."""
    above = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for each in descriptors]
    os.closerange(3, _ABOVE)
    for descriptor, wanted in zip(above, begin["descriptors"], strict=True):
        os.dup2(descriptor, wanted)
        os.close(descriptor)
    if begin["new_session"]:
        os.setsid()
    if begin["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(begin["cwd"])
    os.environ.clear()
    os.environ.update(begin["env"])
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        stream = _stream(descriptor, getattr(sys, name))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.path[0] = begin["cwd"]
    sys.argv[1:] = begin["words"]


def _stream(descriptor: int, before: io.TextIOWrapper) -> TextIO:
    """As Python makes it when it starts (`create_stdio` in pylifecycle.c)."""
    file = FileIO(descriptor, "w" if descriptor else "r", closefd=False)
    is_buffered = not isinstance(before.buffer, FileIO)
    kind = io.BufferedWriter if descriptor else io.BufferedReader
    return io.TextIOWrapper(
        kind(file) if is_buffered else cast(io.BufferedWriter, file),
        encoding=before.encoding,
        errors=before.errors,
        newline="\n",
        line_buffering=is_buffered and (descriptor == 2 or file.isatty()),
        write_through=not is_buffered,
    )


class _End:
    """Python's own end, but for taking every module apart: each page of them would be copied."""

    def __init__(self) -> None:
        self._code: int | None = None
        atexit.register(self._leave)  # the first that is registered is the last that is called

    def run(self, module: str) -> None:
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            if isinstance(ended.code, int):
                self._code = ended.code
            raise

    def _leave(self) -> None:
        if self._code is not None:
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(self._code)


def main() -> None:
    end = _End()
    _load()
    gc.collect()
    gc.freeze()  # or each child would copy the pages of what it only looks at
    try:
        forked = _serve(socket.socket(fileno=int(sys.argv[1])))
    except KeyboardInterrupt:  # whoever runs the tests has had enough
        return
    if forked:
        begin, descriptors = forked
        _become(begin, descriptors)
        end.run(begin["module"])


if __name__ == "__main__":
    main()
