"""How a run is said, wherever it stands on the screen."""

from __future__ import annotations

from simtui.model import wording
from simtui.model.run import RUNNING, Run
from simtui.tui.clock import now_ms

_COLOURS = {"completed": "success", "failed": "error", "interrupted": "warning"}


def status_of(run: Run) -> tuple[str, str]:
    """Its sign and word, and their colour."""
    return f"{wording.run_sign(run.status)} {run.status}", _COLOURS.get(run.status, "")


def took(run: Run) -> str:
    """How long it took, or takes until now."""
    if run.duration_ms is not None:
        return wording.duration(run.duration_ms)
    if run.status == RUNNING and (elapsed := now_ms() - run.started_at) >= 0:
        return f"{wording.duration(elapsed // 1000 * 1000)}…"
    return "–"


def cost_of(run: Run) -> str:
    """What it cost, in its own unit; `–` where nobody said."""
    return wording.cost(run.cost_usd, run.cost_other, run.cost_unit)


def named(run: Run) -> str:
    """Its workflow, and what a person should know of that."""
    notes = [
        word
        for word, holds in (
            ("pinned", run.pinned),
            ("not here", run.is_placeholder),
            ("in the trash", run.in_trash),
        )
        if holds
    ]
    return f"{run.workflow_name} ({', '.join(notes)})" if notes else run.workflow_name


def started(run: Run, absolute: bool) -> str:
    """When it started; to the second where times are absolute."""
    if absolute:
        return wording.day_second(run.started_at, now_ms())
    return wording.ago(run.started_at, now_ms())
