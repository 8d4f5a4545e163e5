"""What is said of an error: what was refused in its own words, a fault of ours as one."""

from __future__ import annotations

from simtui import faults
from simtui.errors import SimtuiError, shown


def words_for(error: BaseException) -> str:
    """What a person reads. A fault is written down as well, and said where."""
    if isinstance(error, SimtuiError):
        return error.message
    what = f"{type(error).__name__}: {shown(str(error), 120)}"
    return f"a fault in simtui ({what}). What was done before stays. Report: {faults.report(error)}"
