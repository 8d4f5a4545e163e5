"""Runs one function in a child process of its own, or what it yields a piece at a time.

For work that would hold this process's GIL, and with it the screen, for longer than a key may wait:
a parse past a megabyte, the digests of a whole library. A child that is no longer wanted is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, cast

from simtui.errors import SimtuiError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LARGE_BYTES = 1 << 20
"""From this size on, a document is parsed apart."""
_TICK_SECONDS = 0.05


async def off_the_loop(
    size_bytes: int,
    function: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Runs `function` in a thread, or apart where it works on `LARGE_BYTES` or more."""
    if size_bytes < LARGE_BYTES:
        return await asyncio.to_thread(function, *args, **kwargs)
    return await run_apart(function, *args, **kwargs)


async def run_apart(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """The result of `function`, a module's own function, run in a new process. What it raises is
    raised here. A child that dies of itself (memory, a signal) is a `SimtuiError`."""
    child: _Child[Result] = _Child(_once, (function, args, kwargs))
    work = asyncio.ensure_future(asyncio.to_thread(child.result))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        child.kill()
        # what it was writing is cleaned up by whoever gave it up, and it must not write on then
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # looked at: nobody else will
        raise


def apart(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """The same, for a caller that is in a thread of its own and may wait."""
    child: _Child[Result] = _Child(_once, (function, args, kwargs))
    return child.result()


def stream_apart(
    unwanted: threading.Event,
    function: Callable[Arguments, Iterator[Result]],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Generator[Result, None, None]:
    """What `function` yields in a process of its own, which is a piece ahead; for a caller that is
    in a thread and may wait. It ends soon once `unwanted` is set; that, or to close it before its
    end, takes the child with it."""
    child: _Child[Result] = _Child(function, args, kwargs)
    try:
        yield from child.answers(unwanted)
    finally:
        child.kill()
        child.join()


class _Child(Generic[Result]):
    def __init__(
        self,
        function: Callable[..., Iterator[Result]],
        args: tuple[object, ...],
        kwargs: dict[str, object] | None = None,
    ) -> None:
        import multiprocessing  # 12 ms, and rarely needed

        # spawn: a fork would copy the locks of the connections' threads
        context = multiprocessing.get_context("spawn")
        self._ours, self._theirs = context.Pipe(duplex=False)
        self._starting = threading.Lock()
        self._wanted = True
        self._process = context.Process(
            target=_work, args=(self._theirs, function, args, kwargs or {}), daemon=True
        )

    def result(self) -> Result:
        """The one answer of a function that is run `_once`."""
        try:
            for answer in self.answers():
                return answer
            raise self._died()
        finally:
            self.join()

    def answers(self, unwanted: threading.Event | None = None) -> Iterator[Result]:
        """Starts it, and gives what it sends until its end."""
        with self._starting:
            if not self._wanted:
                raise asyncio.CancelledError
            _start_tracker()
            self._process.start()
        self._theirs.close()
        try:
            while True:
                while unwanted is not None and not self._ours.poll(_TICK_SECONDS):
                    if unwanted.is_set():
                        return
                done, answer = self._ours.recv()
                if not done:
                    raise cast(BaseException, answer)
                yield cast(Result, answer)
        except EOFError:
            self._process.join()
            if self._process.exitcode:
                raise self._died() from None
        finally:
            self._ours.close()

    def _died(self) -> SimtuiError:
        return SimtuiError(
            f"The process that read it ended by itself ({self._process.exitcode}); "
            "what was there before is unchanged."
        )

    def kill(self) -> None:
        with self._starting:
            self._wanted = False
            if self._process.pid is not None:
                self._process.kill()

    def join(self) -> None:
        """Waits for its end, where it was started."""
        if self._process.pid is not None:
            self._process.join()


_tracker_starts = threading.Lock()


def _start_tracker() -> None:
    """`multiprocessing` starts a process of its own with its first child, and hands it the number
    of `sys.stderr`. While the screen is open that is Textual's, which has none (-1): no child would
    ever start."""
    from multiprocessing import resource_tracker

    with _tracker_starts, contextlib.redirect_stderr(sys.__stderr__):
        resource_tracker.ensure_running()


def _once(
    function: Callable[..., Result], args: tuple[object, ...], kwargs: dict[str, object]
) -> Iterator[Result]:
    yield function(*args, **kwargs)


def _work(
    answers: Connection,
    function: Callable[..., Iterator[object]],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    begin_child()
    try:
        for each in function(*args, **kwargs):
            answers.send((True, each))
    except Exception as error:
        with contextlib.suppress(BrokenPipeError):  # the parent is gone
            answers.send((False, error))


def begin_child() -> None:
    """What a child process does first: it leaves interrupts to its parent, and ends with it."""
    # ctrl+c goes to every process of a terminal; the parent decides what becomes of this one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot kill its child, which would go on for nobody."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
