"""Where somebody was when they left the screen, for the next time."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from simtui.store import aside

if TYPE_CHECKING:
    from simtui.library import Library

_KEY = "whereabouts"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`area` counts from 1; `workflow` is the id under the cursor, in the list of `filter`."""

    area: int = 1
    workflow: str = ""
    filter: str = ""


async def read(library: Library) -> Whereabouts:
    """What was kept; the beginning where nothing was, or where it means nothing."""
    text = await library.store.read(aside.get, _KEY)
    try:
        kept = json.loads(text or "{}")
        found = Whereabouts(int(kept["area"]), str(kept["workflow"]), str(kept["filter"]))
    except (ValueError, KeyError, TypeError):
        return Whereabouts()
    return found if 1 <= found.area <= 5 else Whereabouts()


async def keep(library: Library, where: Whereabouts) -> None:
    """Instead of what was kept before. Raises as every write does."""
    await library.store.write(aside.put, _KEY, json.dumps(asdict(where)))
