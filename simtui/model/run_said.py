"""What a stream says of runs, one thing at a time: the events that every format is read into.

None is "not said", and never takes the place of what was said before. The values are bounded
already (model/run.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

More = dict[str, Any] | None
"""Keys that nobody here knows, kept as they are."""

Json = bytes | None
"""The same as JSON: of lines and spans there are so many that none is held as a tree."""


class RunSaid(NamedTuple):
    """A run, as it starts. `still_running`: it was running when this was written down, and the end
    of what was written is not the end of the run."""

    id: str
    started_at: int
    workflow_id: str | None = None
    workflow_name: str | None = None
    trigger: str | None = None
    status: str | None = None
    level: str | None = None
    input: Any = None
    source: str | None = None
    cost_other: float | None = None
    cost_unit: str | None = None
    version_digest: str | None = None
    pinned: bool = False
    still_running: bool = False
    more: More = None

    @property
    def run_id(self) -> str:
        """The run that is meant, as of the others."""
        return self.id


class LogSaid(NamedTuple):
    """A log line; without `seq` it is the next of its run in this stream."""

    run_id: str
    at: int
    message: str
    seq: int | None = None
    level: str = "info"
    block_id: str | None = None
    block_name: str | None = None
    more: Json = None


class SpanSaid(NamedTuple):
    """A span, or more of one that was told before; behind its run, in the order of its row."""

    run_id: str
    id: str
    seq: int | None
    parent_id: str | None
    name: str
    type: str | None
    status: str | None
    started_at: int
    duration_ms: int | None = None
    block_id: str | None = None
    error: str | None = None
    model: str | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    payload: Json = None


class EndSaid(NamedTuple):
    """How a run ended; a paused one may go on and end again."""

    run_id: str
    status: str
    ended_at: int | None = None
    duration_ms: int | None = None
    output: Any = None
    error: str | None = None
    error_block_id: str | None = None
    error_block_name: str | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    more: More = None


class BadLine(NamedTuple):
    """A line, or a thing in a file, that cannot be read; the others can."""

    number: int
    reason: str


Said = RunSaid | LogSaid | SpanSaid | EndSaid
