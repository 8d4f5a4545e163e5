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


def farewell_for(error: BaseException) -> str:
    """The same of what ended the program, for the terminal that it leaves behind."""
    if isinstance(error, SimtuiError):
        return error.message
    lines = [
        f"a fault in simtui ended it: {type(error).__name__}: {shown(str(error), 200)}",
        "",
        *(f"    {place}" for place in faults.places(error)),
        "",
        "  Your library is whole: a change is kept when it is told, and the one that was under way",
        "  was not made. `simtui doctor` checks all of it.",
        f"  The report, which holds no value of yours: {faults.report(error)}",
    ]
    return "\n".join(lines)
