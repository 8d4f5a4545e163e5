"""Programs that pipe their runs in, all at once and each at its own even pace, as agents do.

    python -m tests.piping SECONDS RATE DESCRIPTOR…

The pace is kept by a process of its own, a thread a pipe, so that whoever measures beside it is not
held up by it. A run is a hundred events: log lines that bear no number, spans, its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from simtui.paths import Home

LINES, SPANS = 88, 10
RUN_EVENTS = LINES + SPANS + 2
_TICK_SECONDS = 0.05
_START_MS = 1_795_000_000_000


@dataclass(frozen=True, slots=True)
class Fed:
    """How it went: the exit codes, what was told of each run, and how long the pipes were open for
    what was to take `seconds`; with a writer that cannot follow, it is longer."""

    codes: list[int]
    told: list[list[dict[str, Any]]]
    seconds: float


class Writers:
    """So many `simtui runs import -` at once; `fed` waits for their ends."""

    def __init__(self, home: Home, place: Path, count: int, seconds: float, rate: int) -> None:
        self._outputs = [place / f"told {n}.jsonl" for n in range(count)]
        self._writers = []
        for output in self._outputs:
            command = [sys.executable, "-m", "simtui", "--home", str(home.root)]
            with output.open("wb") as out:
                self._writers.append(
                    subprocess.Popen(
                        [*command, "runs", "import", "-", "-o", "jsonl"],
                        stdin=subprocess.PIPE,
                        stdout=out,
                    )
                )
        pipes = [writer.stdin.fileno() for writer in self._writers if writer.stdin is not None]
        self._feeder = subprocess.Popen(
            [sys.executable, "-m", "tests.piping", str(seconds), str(rate), *map(str, pipes)],
            pass_fds=pipes,
            stdout=subprocess.PIPE,
        )
        for writer in self._writers:
            if writer.stdin is not None:
                writer.stdin.close()  # the feeder's end alone is open now

    def going_on(self) -> bool:
        """Whether events still come."""
        return self._feeder.poll() is None

    def fed(self) -> Fed:
        """Waits until all is in."""
        printed = self._feeder.communicate()[0]
        assert self._feeder.returncode == 0
        codes = [writer.wait() for writer in self._writers]
        told = [
            [json.loads(line) for line in out.read_text().splitlines()] for out in self._outputs
        ]
        return Fed(codes, told, float(printed))

    def close(self) -> None:
        """Ends what is left, where something failed before."""
        for child in (self._feeder, *self._writers):
            if child.poll() is None:
                child.kill()
                child.wait()


def run_id(writer: int, number: int) -> str:
    return f"w{writer}-{number:04}"


def message(ident: str, number: int) -> str:
    """What the line with this number says, from 1."""
    return f"line {number} of {ident}"


def lines_of(connection: Connection, ident: str) -> list[tuple[int, str]]:
    """(number, message) of a run's log, in order."""
    return connection.execute(
        "SELECT seq, message FROM log_lines WHERE run_number ="
        " (SELECT number FROM runs WHERE id = ?) ORDER BY seq",
        (ident,),
    ).fetchall()


def spans_of(connection: Connection, ident: str) -> list[str]:
    """The ids of a run's spans, in the order they came."""
    rows = connection.execute(
        "SELECT id FROM spans WHERE run_number = (SELECT number FROM runs WHERE id = ?)"
        " ORDER BY seq",
        (ident,),
    )
    return [ident for (ident,) in rows]


def wrong_runs(connection: Connection, told: list[dict[str, Any]]) -> list[str]:
    """Of the runs that were told as taken, those that are not there whole and in order."""
    lines = {item["run_id"]: lines_of(connection, item["run_id"]) for item in told}
    return [
        ident
        for ident, found in lines.items()
        if found != [(n, message(ident, n)) for n in range(1, LINES + 1)]
        or spans_of(connection, ident) != [f"s{n}" for n in range(SPANS)]
    ]


# -- the pace


def events(writer: int) -> Iterator[bytes]:
    """What one of them says, without end."""
    number = 0
    while True:
        ident = run_id(writer, number)
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(_START_MS / 1000 + number))
        at = f"{at}.{writer:03}Z"
        yield _line(event="run", id=ident, workflow_name=f"Agent {writer}", started_at=at)
        for n in range(LINES):
            yield _line(event="log", run_id=ident, at=at, message=message(ident, n + 1))
            if n % (LINES // SPANS) == 0 and n // (LINES // SPANS) < SPANS:
                span = f"s{n // (LINES // SPANS)}"
                yield _line(
                    event="span", run_id=ident, id=span, name="Agent", started_at=at,
                    duration_ms=n, status="success", output={"content": "words and words " * 4},
                )  # fmt: skip
        yield _line(event="end", run_id=ident, status="completed", duration_ms=1000)
        number += 1


def _line(**said: object) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _feed(descriptor: int, writer: int, seconds: float, rate: int) -> None:
    """Whole runs alone: what goes into the pipe ends with an end."""
    total = int(seconds * rate) // RUN_EVENTS * RUN_EVENTS
    said, start, sent = events(writer), time.monotonic(), 0
    with os.fdopen(descriptor, "wb", buffering=0) as pipe:
        while sent < total:
            due = min(total, int((time.monotonic() - start) * rate) + 1)
            if due > sent:
                text = b"".join(next(said) for _ in range(due - sent))
                while text:
                    text = text[pipe.write(text) :]
                sent = due
            time.sleep(_TICK_SECONDS)


def main() -> None:
    seconds, rate = float(sys.argv[1]), int(sys.argv[2])
    start = time.monotonic()
    threads = [
        threading.Thread(target=_feed, args=(int(descriptor), writer, seconds, rate))
        for writer, descriptor in enumerate(sys.argv[3:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.monotonic() - start)


if __name__ == "__main__":
    main()
