"""Where somebody was when they left the screen, for the next time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from simtui.store import aside

if TYPE_CHECKING:
    from simtui.library import Library

_KEY = "whereabouts"
_WORDS = ("workflow", "filter", "run", "run_filter")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`area` counts from 1; `workflow` is the id under the cursor, in the list of `filter`; `run`
    and `run_filter` the same of the runs."""

    area: int = 1
    workflow: str = ""
    filter: str = ""
    run: str = ""
    run_filter: str = ""


async def read(library: Library) -> Whereabouts:
    """What was kept; the beginning where nothing was, or where it means nothing."""
    text = await library.store.read(aside.get, _KEY)
    try:
        kept = json.loads(text or "{}")
        said = {word: str(kept.get(word, "")) for word in _WORDS}
        found = Whereabouts(int(kept["area"]), **said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Whereabouts()
    return found if 1 <= found.area <= 5 else Whereabouts()


async def keep(library: Library, where: Whereabouts) -> None:
    """Instead of what was kept before. Raises as every write does."""
    await library.store.write(aside.put, _KEY, json.dumps(asdict(where)))
