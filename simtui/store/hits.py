"""What a search finds, of every kind, with what its snippets are cut from: all in one read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simtui.model.run import LogLine, Run
from simtui.store import log_lines, run_search, runs, search, workflows

if TYPE_CHECKING:
    from sqlite3 import Connection

LINES_OF_A_RUN = 3


@dataclass(frozen=True, slots=True)
class FoundWorkflow:
    """A workflow and its document's payload."""

    id: str
    name: str
    at: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """Workflows best first, files and runs newest first, log lines those of the newest runs first.
    A run comes with its output, packed."""

    workflows: list[FoundWorkflow]
    assets: list[tuple[str, str, str, int]]
    runs: list[tuple[Run, bytes | None]]
    lines: list[tuple[Run, LogLine]]


def gather(connection: Connection, match: str, limit: int) -> Found:
    """Up to `limit` things of all kinds. Where there are more, no kind crowds out the others."""
    workflow_rows = search.workflows(connection, match, limit)
    assets = search.assets(connection, match, limit)
    places = run_search.newest_runs(connection, match, limit)
    keys = run_search.newest_lines(connection, match, limit, LINES_OF_A_RUN)
    shares = _shares(limit, [len(workflow_rows), len(assets), len(places), len(keys)])
    found_runs = runs.at_places(connection, places[: shares[2]])
    return Found(
        [
            FoundWorkflow(ident, name, at, frame)
            for ident, name, at in workflow_rows[: shares[0]]
            for frame, _ in [workflows.frame_of(connection, ident) or (b"", "")]
        ],
        assets[: shares[1]],
        [(run, runs.output_of(connection, run.number)) for run in found_runs],
        _lines(connection, keys[: shares[3]]),
    )


def _shares(limit: int, wanted: list[int]) -> list[int]:
    """How many of each kind: all that there are, or else a fair part, what one leaves going to the
    first that wants more."""
    fair = limit // sum(1 for count in wanted if count) if any(wanted) else 0
    shares = [min(count, fair) for count in wanted]
    left = limit - sum(shares)
    for kind, count in enumerate(wanted):
        more = min(left, count - shares[kind])
        shares[kind] += more
        left -= more
    return shares


def _lines(connection: Connection, keys: list[tuple[int, int]]) -> list[tuple[Run, LogLine]]:
    found: list[tuple[Run, LogLine]] = []
    for number in dict.fromkeys(number for number, _ in keys):
        run = runs.by_number(connection, number)
        if run is not None:
            wanted = [seq for at, seq in keys if at == number]
            found += [(run, line) for line in log_lines.at_numbers(connection, run, wanted)]
    return found
