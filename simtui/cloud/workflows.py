"""Workflows with their versions, read a hundred in a snapshot.

The rows of each table come in the order of the workflows' ids, so that a hundred workflows are put
together as the rows pass by, and no more is held than one of them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import orjson
from psycopg import sql

from simtui.cloud.building import Raw, VersionRow, WorkflowRows
from simtui.cloud.choosing import Chosen
from simtui.cloud.folders import Folders
from simtui.cloud.passing import Passing
from simtui.cloud.reading import Database, Snapshot
from simtui.cloud.schema import Schema
from simtui.cloud.tables import (
    BlockRow,
    DeploymentRow,
    EdgeRow,
    SnapshotRow,
    SubflowRow,
    WorkflowRow,
    rows_of,
)
from simtui.formats.naming import clean_name
from simtui.formats.sim_json import iso
from simtui.library.extracted import DEPLOYMENT, SNAPSHOT

HUNDRED = 100
DEPLOYED = "deployed"
"""The kind of a document that was deployed before versions were: one a workflow."""

Row = TypeVar("Row", bound=tuple[Any, ...])

Known = Callable[[str, Sequence[str]], Mapping[str, object]]
"""What of these workflows came before, by its own id: of one kind."""


class _VariablesRow(NamedTuple):
    workflow_id: str
    variables: str | None


class _DeployedRow(NamedTuple):
    workflow_id: str
    deployed_at: str | None
    deployed_state: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What every part of the reading of workflows needs to know. `now_ms`: for what bears no
    time."""

    database: Database
    schema: Schema
    chosen: Chosen
    folders: Folders
    known: Known
    now_ms: int


def workflows_of(reading: Reading, after: str) -> Iterator[Raw]:
    """Every workflow behind this id, each followed by its versions."""
    while True:
        with reading.database.snapshot() as snapshot:
            rows = hundred(reading, snapshot, after)
            if rows:
                yield from _read(reading, snapshot, rows)
        if len(rows) < HUNDRED:
            return
        after = rows[-1].id


def hundred(reading: Reading, snapshot: Snapshot, after: str) -> list[WorkflowRow]:
    """The next workflows by id."""
    condition, parameters = reading.chosen.condition(reading.schema, "workflow")
    where = sql.SQL('{} AND t.id COLLATE "C" > %s').format(condition)
    asked = rows_of(
        snapshot, reading.schema, "workflow", WorkflowRow, where, [*parameters, after], ("id",),
        limit=HUNDRED,
    )  # fmt: skip
    return list(asked)


def orphans_of(reading: Reading, after: str) -> Iterator[Raw]:
    """Workflows behind this id of which only blocks are left."""
    schema = reading.schema
    if not reading.chosen.is_all or not schema.has("workflow_blocks"):
        return
    query = sql.SQL(
        "SELECT DISTINCT t.workflow_id FROM {} AS t WHERE t.workflow_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM {} AS w WHERE w.id = t.workflow_id)"
    ).format(schema.table("workflow_blocks"), schema.table("workflow"))
    with reading.database.snapshot() as snapshot:
        ids = sorted(row[0] for row in snapshot.all(query) if row[0] > after)
        at = iso(reading.now_ms)
        rows = [
            WorkflowRow(ident, f"Workflow {ident[:8]}", None, None, None, None, None, at, at, at)
            for ident in ids
        ]
        for start in range(0, len(rows), HUNDRED):
            for raw in _read(reading, snapshot, rows[start : start + HUNDRED]):
                if isinstance(raw, WorkflowRows):
                    raw = replace(raw, is_orphan=True, told=(_ORPHAN, *raw.told))
                yield raw


_ORPHAN = "its own row is gone there: only its blocks are left"


def _read(reading: Reading, snapshot: Snapshot, rows: Sequence[WorkflowRow]) -> Iterator[Raw]:
    ids = [row.id for row in rows]

    def passing(
        table: str, row: type[Row], *order: str, key: str = "workflow_id", but: object = None
    ) -> Passing[Row]:
        where: sql.Composable = sql.SQL("{} = ANY(%s)").format(sql.Identifier("t", key))
        parameters: list[object] = [ids]
        if but is not None:
            where, parameters = sql.SQL("{} AND NOT t.id = ANY(%s)").format(where), [ids, but]
        found = rows_of(
            snapshot, reading.schema, table, row, where, parameters, (key, *order), key=key
        )
        return Passing(found)

    blocks = passing("workflow_blocks", BlockRow)
    edges = passing("workflow_edges", EdgeRow)
    subflows = passing("workflow_subflows", SubflowRow)
    variables = passing("workflow", _VariablesRow, key="id")
    deployed = passing("workflow", _DeployedRow, key="id")
    known = list(reading.known(DEPLOYMENT, ids))
    deployments = passing("workflow_deployment_version", DeploymentRow, "created_at", but=known)
    known = list(reading.known(SNAPSHOT, ids))
    snapshots = passing("workflow_execution_snapshots", SnapshotRow, "created_at", but=known)
    for row in rows:
        own = tuple(blocks.of(row.id))
        folder, told = reading.folders.of(row)
        # one is held back, so that the last of a workflow says how far the reading is
        raw: Raw = WorkflowRows(
            row=row,
            now_ms=reading.now_ms,
            folder=folder,
            blocks=own,
            edges=tuple(edges.of(row.id)),
            subflows=tuple(subflows.of(row.id)),
            variables=next((each.variables for each in variables.of(row.id)), None),
            whole=() if own else tuple(_whole(reading.schema, snapshot, row.id)),
            told=tuple(told),
        )
        for version in _versions(
            row, reading.now_ms, deployed.of(row.id), deployments.of(row.id), snapshots.of(row.id)
        ):
            yield raw
            raw = version
        yield replace(raw, place=row.id)


def _versions(
    row: WorkflowRow,
    now_ms: int,
    deployed: Iterator[_DeployedRow],
    deployments: Iterator[DeploymentRow],
    snapshots: Iterator[SnapshotRow],
) -> Iterator[VersionRow]:
    """Its earlier documents, the oldest first."""
    name = clean_name(row.name or "")
    for old in deployed:
        if old.deployed_state is not None:
            yield VersionRow(
                DEPLOYED, "workflow", row.id, row.id, name, old.deployed_at, now_ms,
                old.deployed_state, rows=0,
            )  # fmt: skip
    merged: Iterator[DeploymentRow | SnapshotRow] = heapq.merge(
        deployments, snapshots, key=lambda each: each.created_at or ""
    )
    for each in merged:
        if isinstance(each, DeploymentRow):
            about = {
                "version": each.version,
                "name": each.name,
                "description": each.description,
                "created_at": each.created_at,
                "is_active": each.is_active,
            }
            yield VersionRow(
                DEPLOYMENT, "workflow_deployment_version", each.id, row.id, name, each.created_at,
                now_ms, each.state, orjson.dumps(about).decode(),
            )  # fmt: skip
        else:
            yield VersionRow(
                SNAPSHOT, "workflow_execution_snapshots", each.id, row.id, name, each.created_at,
                now_ms, each.state_data,
            )  # fmt: skip


def _whole(schema: Schema, snapshot: Snapshot, workflow_id: str) -> Iterator[str | None]:
    for table, query in _FALL_BACKS:
        if all(schema.has(table, column) for column in query[1]):
            asked = sql.SQL(query[0]).format(schema.table(table))
            for (text,) in snapshot.all(asked, (workflow_id,)):
                yield text


# 2.2 of Sim's loading: without blocks there is "no state"; these are where one may still lie
_FALL_BACKS = (
    ("workflow", ("SELECT state FROM {} WHERE id = %s", ("state",))),
    (
        "workflow_deployment_version",
        (
            "SELECT state FROM {} WHERE workflow_id = %s AND is_active"
            " ORDER BY version DESC LIMIT 1",
            ("state", "is_active"),
        ),
    ),
    (
        "workflow_execution_snapshots",
        (
            "SELECT state_data FROM {} WHERE workflow_id = %s ORDER BY created_at DESC LIMIT 1",
            ("state_data",),
        ),
    ),
)
