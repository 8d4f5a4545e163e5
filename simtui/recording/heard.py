"""What one stream has said of one run so far: what its rows do not tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Heard:
    """What a stream has said of one run so far. `is_open`: it was told of as starting, or going on,
    and not yet of its end. `next_seq`: the number of the next line that bears none; `all_new`: the
    lines that came before are through, and need not be looked for any more."""

    run_id: str
    number: int = 0
    workflow_id: str = ""
    status: str = ""
    first_status: str | None = None
    is_new: bool = False
    is_open: bool = False
    has_changed: bool = False
    events: int = 0
    next_seq: int = 1
    all_new: bool = False
    last_span: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """What became of it: imported, updated or unchanged."""
        if self.is_new:
            return "imported"
        changed = self.has_changed or self.status != self.first_status
        return "updated" if changed else "unchanged"
