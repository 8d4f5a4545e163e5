"""What was read, on its way into the library: each thing with the rows that it was made of, so that
the report counts what became of every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event

from simtui.cloud.report import Item
from simtui.library.extracted import ExtractedVersion, ExtractedWorkflow, Thing

_BATCH_THINGS = 256
_BATCH_BYTES = 8 << 20
_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing, or without one what was not taken, and why: `outcome` and `reason`. `place`: how
    far the reading is once this one is settled, None where more of the same follows."""

    table: str
    id: str
    name: str = ""
    thing: Thing | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    outcome: str = "refused"
    problems: tuple[str, ...] = ()
    place: str | None = None

    @property
    def size_bytes(self) -> int:
        """How much of a batch it fills."""
        if isinstance(self.thing, (ExtractedWorkflow, ExtractedVersion)):
            return len(self.thing.content.frame) + len(self.thing.content.text)
        return 0

    def item(self, outcome: str, reason: str = "") -> Item:
        """What the report says of it."""
        return Item(self.table, self.id, self.name, outcome, reason or self.reason, self.problems)


def next_batch(entries: Iterator[Entry], unwanted: Event) -> list[Entry]:
    """So many entries as make a transaction. It ends where a workflow does, unless that one is
    larger than the memory should hold."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += entry.size_bytes
        if unwanted.is_set() or size >= _MOST_BYTES:
            break
        if entry.place is not None and (len(batch) >= _BATCH_THINGS or size >= _BATCH_BYTES):
            break
    return batch
