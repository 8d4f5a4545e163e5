"""Ways back from what was done to workflows, for the acts that share them."""

from __future__ import annotations

from simtui.errors import NotFound, shown
from simtui.library import WorkflowShelf
from simtui.model import wording
from simtui.model.workflow import Workflow


async def roll_back_to(shelf: WorkflowShelf, row: Workflow) -> None:
    """Makes the document that a workflow had then the current one. Raises `NotFound`."""
    for kept in await shelf.versions(row.id):
        if kept.digest == row.digest:
            await shelf.rollback(row.id, kept.number)
            return
    raise NotFound(f"The document that {shown(row.name, 40)} had is not among its versions.")


class Came:
    """Workflows that came from outside: new ones, and new documents of those that were here."""

    def __init__(self, shelf: WorkflowShelf) -> None:
        self._shelf = shelf
        self._new: dict[str, None] = {}  # in their order, and found at once among ten thousand
        self._before: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._new or self._before)

    async def add(self, outcome: str, workflow_id: str | None) -> None:
        """One of them, as soon as it is there."""
        if workflow_id is None or workflow_id in self._new or workflow_id in self._before:
            return  # the same one again: what was there before it came first counts
        if outcome in ("imported", "restored"):
            self._new[workflow_id] = None
        elif outcome == "updated":
            kept = await self._shelf.versions(workflow_id)
            self._before[workflow_id] = kept[0].number

    async def back(self) -> str:
        """New ones go to the trash, the others back to what they were."""
        said = []
        if self._new:
            gone = await self._shelf.delete(list(self._new))
            said.append(f"{wording.plural(gone, 'workflow')} to the trash")
        for workflow_id, number in self._before.items():
            await self._shelf.rollback(workflow_id, number)
        if self._before:
            said.append(f"{wording.plural(len(self._before), 'workflow')} as before")
        return ", ".join(said)
