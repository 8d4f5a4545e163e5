"""What of the database is wanted: which workspaces, whose own variables, from when on the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from simtui.cloud.reading import Snapshot
from simtui.cloud.schema import Schema
from simtui.cloud.tables import ALL, WorkspaceRow, rows_of
from simtui.errors import NotFound, shown


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    workspaces: tuple[str, ...] = ()
    since_ms: int | None = None
    with_runs: bool = True
    user: str | None = None

    def digest(self, database: str, with_key: bool) -> str:
        """Tells one selection of one database from another."""
        parts = (
            database, *sorted(self.workspaces), str(self.since_ms), str(self.with_runs),
            self.user or "", str(with_key),
        )  # fmt: skip
        return hashlib.sha256("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is taken. `workspaces`: those that were named, else all that there are, by name.
    `user_id`: whose own variables and settings come, None where that cannot be told."""

    workspaces: tuple[WorkspaceRow, ...]
    is_all: bool
    user_id: str | None
    several_users: bool

    @property
    def ids(self) -> list[str]:
        """The ids of the workspaces."""
        return [each.id for each in self.workspaces]

    def condition(self, schema: Schema, table: str) -> tuple[sql.Composable, list[object]]:
        """What a row of this table must be, to belong to what is taken."""
        if self.is_all:
            return ALL, []
        if not schema.has(table, "workspace_id"):
            return sql.SQL("false"), []
        return sql.SQL("{} = ANY(%s)").format(sql.Identifier("t", "workspace_id")), [self.ids]


def choose(snapshot: Snapshot, schema: Schema, wanted: Wanted) -> Chosen:
    """Finds what was named. Raises `NotFound` for a workspace or a person who is not there."""
    everything = sorted(
        rows_of(snapshot, schema, "workspace", WorkspaceRow, ALL, (), ("id",)),
        key=lambda row: (row.name or "", row.id),
    )
    found = list(everything)
    if wanted.workspaces:
        if not schema.has("workflow", "workspace_id"):
            raise NotFound("This database is of a time before workspaces: leave --workspace away.")
        found = [_named(everything, name) for name in dict.fromkeys(wanted.workspaces)]
    user_id, several = _user(snapshot, schema, wanted.user, found)
    return Chosen(tuple(found), not wanted.workspaces, user_id, several)


def _named(rows: Sequence[WorkspaceRow], name: str) -> WorkspaceRow:
    for fits in (
        [row for row in rows if row.id == name],
        [row for row in rows if row.name == name],
        [row for row in rows if (row.name or "").casefold() == name.casefold()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            ids = ", ".join(shown(row.id, 60) for row in fits[:5])
            raise NotFound(f'{len(fits)} workspaces are called "{shown(name, 80)}": {ids}.')
    there = ", ".join(shown(row.name or row.id, 40) for row in rows[:10]) or "none"
    raise NotFound(f'No workspace is called "{shown(name, 80)}". There are: {there}.')


def _user(
    snapshot: Snapshot, schema: Schema, named: str | None, of: Sequence[WorkspaceRow]
) -> tuple[str | None, bool]:
    """Whose variables and settings come: of whoever was named, else of the only owner of what
    comes. Of other people nothing is read."""
    if named is not None:
        if not schema.has("user", "email"):
            return named, False
        query = sql.SQL("SELECT id FROM {} AS t WHERE id = %s OR lower(email) = lower(%s)")
        ids = snapshot.all(query.format(schema.table("user")), (named, named))
        if len(ids) != 1:
            raise NotFound(f'No user there is called "{shown(named, 80)}" (an id, or an address).')
        return ids[0][0], False
    owners = {row.owner_id for row in of if row.owner_id}
    if not owners and schema.has("workflow", "user_id"):
        query = sql.SQL("SELECT DISTINCT user_id FROM {} WHERE user_id IS NOT NULL LIMIT 2")
        owners = {row[0] for row in snapshot.all(query.format(schema.table("workflow")))}
    return (owners.pop(), False) if len(owners) == 1 else (None, len(owners) > 1)
