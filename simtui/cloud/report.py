"""What an extraction tells at its end, and keeps in the library: how much of each table was read,
and what became of it. It holds names and counts, and never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

MAX_ITEMS = 2000
"""So many things are told one by one; the others are counted."""

TAKEN, UNCHANGED, REFUSED = "taken", "unchanged", "refused"
COUNTED = ("read", TAKEN, UNCHANGED, REFUSED)

_COUNTS_AS = {
    "imported": TAKEN, "updated": TAKEN, "kept": TAKEN, "unchanged": UNCHANGED, "refused": REFUSED
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one thing, where there is something to say of it. `outcome` is imported,
    updated, kept (beside what was changed at home), unchanged or refused."""

    table: str
    id: str
    name: str
    outcome: str
    reason: str = ""
    problems: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "table": self.table,
            "id": self.id,
            "name": self.name,
            "outcome": self.outcome,
            "reason": self.reason or None,
            "problems": list(self.problems),
        }


@dataclass(slots=True)
class Report:
    """Made by one extraction, from its start on; one that goes on goes on with its report."""

    source: str = ""
    as_of: str = ""
    dry_run: bool = False
    went_on: bool = False
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    not_taken: dict[str, list[str]] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)
    traces_elsewhere: int = 0
    problems: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    items_untold: int = 0

    def count(self, rows: Mapping[str, int], outcome: str) -> None:
        """So many rows of these tables were read, and this became of them."""
        word = _COUNTS_AS[outcome]
        for table, number in rows.items():
            counted = self.tables.setdefault(table, dict.fromkeys(COUNTED, 0))
            counted["read"] += number
            counted[word] += number

    def tell(self, item: Item) -> None:
        """Notes a thing that has something to be said of."""
        self.problems += bool(item.problems)
        if len(self.items) < MAX_ITEMS:
            self.items.append(item.row())
        else:
            self.items_untold += 1

    def total(self, word: str) -> int:
        """Over all tables."""
        return sum(counted[word] for counted in self.tables.values())

    def as_row(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "source": self.source,
            "as_of": self.as_of,
            "dry_run": self.dry_run,
            "went_on": self.went_on,
            "tables": {name: self.tables[name] for name in sorted(self.tables)},
            "secrets": [
                {"name": name, "state": self.secrets[name]} for name in sorted(self.secrets)
            ],
            "traces_elsewhere": self.traces_elsewhere,
            "missing": self.missing,
            "not_taken": self.not_taken,
            "not_read": self.not_read,
            "workflows_with_problems": self.problems,
            "items": self.items,
            "items_untold": self.items_untold,
        }

    def dumps(self) -> str:
        """As it is kept."""
        return orjson.dumps(self.as_row()).decode()

    @classmethod
    def loads(cls, text: str) -> Report:
        """One that was kept."""
        row = orjson.loads(text)
        row["secrets"] = {each["name"]: each["state"] for each in row["secrets"]}
        row["problems"] = row.pop("workflows_with_problems")
        return cls(**row)
