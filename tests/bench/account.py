"""What the kernel says of a process: how long it worked, and how long it waited for a core. Where
others have the cores, the time on the clock says little of a program. 0 where nothing is kept."""

from __future__ import annotations

from pathlib import Path


def worked(pid: int) -> float:
    """Seconds of work so far, of all its threads."""
    return sum(_account(path)[0] for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def queued(pid: int) -> float:
    """Seconds that its first thread has waited for a core so far."""
    return _account(Path(f"/proc/{pid}/schedstat"))[1]


def _account(path: Path) -> tuple[float, float]:
    try:
        ran, waited, _ = path.read_text().split()
    except (OSError, ValueError):
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9
