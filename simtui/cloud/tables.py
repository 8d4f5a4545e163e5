"""What is read of each table of Sim's: a small reader a table, with the columns that are there.

A column that this database lacks is NULL, and so None in the row. Everything else of a table is
counted as not taken, by name (`not_taken`). Rows come in the order of "C", which is Python's too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from psycopg import sql

from simtui.cloud.reading import Snapshot
from simtui.cloud.schema import Schema

Text = str | None
"""A text, a time, a number or JSON, as PostgreSQL writes it."""


class WorkspaceRow(NamedTuple):
    """A workspace: only what names it, and whose it is."""

    id: str
    name: Text
    owner_id: Text


class FolderRow(NamedTuple):
    """A folder of workflows; `archived_at` where it was thrown away."""

    id: str
    name: Text
    workspace_id: Text
    parent_id: Text
    sort_order: int | None
    archived_at: Text


class WorkflowRow(NamedTuple):
    """A workflow without its content."""

    id: str
    name: Text
    description: Text
    user_id: Text
    workspace_id: Text
    folder_id: Text
    sort_order: int | None
    created_at: Text
    updated_at: Text
    archived_at: Text


class BlockRow(NamedTuple):
    """A block. `parent_id` and `extent` were columns until December 2025."""

    workflow_id: str
    id: str
    type: Text
    name: Text
    position_x: Text | int
    position_y: Text | int
    enabled: bool | None
    horizontal_handles: bool | None
    advanced_mode: bool | None
    trigger_mode: bool | None
    error_enabled: bool | None
    locked: bool | None
    height: Text | int
    sub_blocks: Text
    outputs: Text
    data: Text
    retry: Text
    parent_id: Text
    extent: Text


class EdgeRow(NamedTuple):
    """An edge."""

    workflow_id: str
    id: str
    source_block_id: Text
    target_block_id: Text
    source_handle: Text
    target_handle: Text


class SubflowRow(NamedTuple):
    """A loop or a parallel; its id is its block's."""

    workflow_id: str
    id: str
    type: Text
    config: Text


class DeploymentRow(NamedTuple):
    """A document as it was deployed."""

    workflow_id: str
    id: str
    version: int | None
    name: Text
    description: Text
    is_active: bool | None
    created_at: Text
    state: Text


class SnapshotRow(NamedTuple):
    """A document as it ran."""

    workflow_id: str
    id: str
    created_at: Text
    state_data: Text


class RunRow(NamedTuple):
    """A run. `total_cost` and `total_tokens` are of the first half of 2025."""

    workflow_id: Text
    id: str
    execution_id: Text
    state_snapshot_id: Text
    deployment_version_id: Text
    level: Text
    status: Text
    trigger: Text
    message: Text
    started_at: Text
    ended_at: Text
    total_duration_ms: int | Text
    cost: Text
    cost_total: Text
    total_cost: Text
    total_tokens: int | None
    models_used: list[str] | None
    files: Text
    execution_data: Text


class LineRow(NamedTuple):
    """A log line of before July 2025, when a run had no row of its own."""

    workflow_id: Text
    id: str
    execution_id: Text
    level: Text
    message: Text
    created_at: Text
    duration: Text
    trigger: Text
    metadata: Text


class RanBlockRow(NamedTuple):
    """A block as it ran, of June and July 2025: what a span says since."""

    execution_id: str
    id: str
    block_id: Text
    block_name: Text
    block_type: Text
    started_at: Text
    ended_at: Text
    duration_ms: int | Text
    status: Text
    error_message: Text
    error_stack_trace: Text
    input_data: Text
    output_data: Text
    cost_input: Text
    cost_output: Text
    cost_total: Text
    tokens_prompt: int | Text
    tokens_completion: int | Text
    tokens_total: int | Text
    model_used: Text
    metadata: Text


class EnvironmentRow(NamedTuple):
    """Variables, encrypted: of a person, or of a workspace."""

    id: str
    owner: Text
    variables: Text


class ProviderKeyRow(NamedTuple):
    """A key of a model's provider, encrypted."""

    id: str
    owner: Text
    provider_id: Text
    encrypted_api_key: Text


Row = TypeVar("Row", bound=tuple[Any, ...])

# what a column was called in other versions
_ALSO: Mapping[str, Sequence[str]] = {
    "archived_at": ("archived_at", "deleted_at"),
    "execution_data": ("execution_data", "metadata"),
    "owner": ("workspace_id", "user_id"),
}

_LARGE = ("json", "jsonb", "text")
_UNPACKED = 3
"""PostgreSQL packs what is long; JSON to about a third, mostly."""


def _column(schema: Schema, table: str, field: str, key: str = "workflow_id") -> str | None:
    names = (key,) if field == "workflow_id" else _ALSO.get(field, (field,))
    return next((name for name in names if schema.has(table, name)), None)


def rows_of(
    snapshot: Snapshot,
    schema: Schema,
    table: str,
    row: type[Row],
    where: sql.Composable,
    parameters: Sequence[object],
    order: Sequence[str],
    *,
    key: str = "workflow_id",
    limit: int | None = None,
) -> Iterator[Row]:
    """The rows that are meant, in order, or the first `limit` of them; none where there is no such
    table, or it has nothing of the row but its ids. `key`: the column of the workflow's id."""
    columns = [_column(schema, table, field, key) for field in _fields(row)]
    if not {name for name in columns if name} - {key, "id"}:
        return
    what = {"table": schema.table(table), "where": where}
    size = 0
    large = [name for name in columns if name is not None and schema.columns(table)[name] in _LARGE]
    if large and limit is None:
        sizes = sql.SQL(" + ").join(
            sql.SQL("coalesce(pg_column_size({}), 0)").format(sql.Identifier("t", name))
            for name in large
        )
        # what is packed is not unpacked for this
        query = sql.SQL("SELECT max({sizes}) FROM {table} AS t WHERE {where}")
        largest = snapshot.all(query.format(sizes=sizes, **what), parameters)[0][0]
        if largest is None:
            return
        size = largest * _UNPACKED
    asked = sql.SQL("SELECT {columns} FROM {table} AS t WHERE {where} ORDER BY {keys}").format(
        columns=sql.SQL(", ").join(
            sql.SQL("NULL") if name is None else sql.Identifier("t", name) for name in columns
        ),
        keys=sql.SQL(", ").join(_in_order(schema, table, name) for name in order),
        **what,
    )
    if limit is not None:
        asked = sql.SQL("{} LIMIT {}").format(asked, sql.Literal(limit))
    make = row._make  # type: ignore[attr-defined]  # each row is a NamedTuple
    for found in snapshot.each(asked, parameters, size):
        yield make(found)


def _fields(row: type[Row]) -> tuple[str, ...]:
    fields: tuple[str, ...] = row._fields  # type: ignore[attr-defined]  # each row is a NamedTuple
    return fields


def _in_order(schema: Schema, table: str, name: str) -> sql.Composable:
    column = sql.Identifier("t", _column(schema, table, name) or name)
    if schema.columns(table).get(name) in ("text", "varchar"):
        return sql.SQL('{} COLLATE "C"').format(column)
    return column


def _taken(schema: Schema, table: str, row: type[Row]) -> set[str]:
    return {name for field in _fields(row) if (name := _column(schema, table, field))}


ALL = sql.SQL("true")


FOLDER_TABLES = ("folder", "workflow_folder")

_READ: Mapping[str, type[tuple[Any, ...]]] = {
    "workspace": WorkspaceRow,
    "folder": FolderRow,
    "workflow_folder": FolderRow,
    "workflow": WorkflowRow,
    "workflow_blocks": BlockRow,
    "workflow_edges": EdgeRow,
    "workflow_subflows": SubflowRow,
    "workflow_deployment_version": DeploymentRow,
    "workflow_execution_snapshots": SnapshotRow,
    "workflow_execution_logs": RunRow,
    "workflow_logs": LineRow,
    "workflow_execution_blocks": RanBlockRow,
    "environment": EnvironmentRow,
    "workspace_environment": EnvironmentRow,
    "workspace_byok_keys": ProviderKeyRow,
}

# read for what they say, without a place in a row of ours
_LOOKED_AT = {
    "workflow": {"state", "deployed_state", "deployed_at", "variables"},
    "folder": {"resource_type"},
    "workflow_execution_blocks": {"workflow_id"},
}


def not_taken(schema: Schema) -> dict[str, list[str]]:
    """The columns of the tables that are read which have no place here."""
    found = {}
    for table, row in _READ.items():
        taken = _taken(schema, table, row) | _LOOKED_AT.get(table, set())
        if rest := sorted(schema.columns(table).keys() - taken):
            found[table] = rest
    return found


def not_read(schema: Schema, others: Sequence[str]) -> list[str]:
    """The tables that are not read at all; `others` are, elsewhere. `user` is looked at for whose
    variables come."""
    return sorted(schema.tables.keys() - _READ.keys() - {*others, "user"})
