"""What this database does not have, or what was not asked of it: said at the end, not guessed."""

from __future__ import annotations

from psycopg import sql

from simtui.cloud.choosing import Chosen, Wanted
from simtui.cloud.reading import Snapshot
from simtui.cloud.schema import Schema
from simtui.model.wording import plural

# table, column, what it means that it is not there
_PARTS = (
    (
        "workflow_blocks",
        "id",
        "no tables of blocks and edges (Sim before June 2025): workflows come from their whole "
        "documents",
    ),
    ("workflow", "folder_id", "no folders: everything lies at the top"),
    ("workflow_deployment_version", "state", "no deployment versions"),
    ("workflow_execution_snapshots", "state_data", "no documents of single runs"),
    ("workspace_environment", "variables", "no variables of workspaces, only of persons"),
)


def missing_in(schema: Schema, chosen: Chosen, wanted: Wanted, *, has_key: bool) -> list[str]:
    """A sentence each."""
    said = [words for table, column, words in _PARTS if not schema.has(table, column)]
    logs = schema.has("workflow_execution_logs")
    if logs and not schema.has("workflow_execution_logs", "status"):
        said.append("runs have no status there: it is told by their level and their end")
    if not logs:
        said.append("no runs of their own (Sim before June 2025): they are made from log lines")
    if not (
        schema.has("workflow_execution_logs", "cost_total")
        or schema.has("workflow_execution_logs", "cost")
        or schema.has("workflow_execution_logs", "total_cost")
    ):
        said.append("no costs of runs")
    if schema.has("workspace_files") or schema.has("workspace_file"):
        said.append("files were not taken: their bytes lie in object storage, not in the database")
    if chosen.several_users:
        said.append(
            "nobody's own variables and settings were read, since several people's are there: "
            "--user says who you are"
        )
    if not wanted.with_runs:
        said.append("runs were not wanted (--no-runs)")
    if schema.has("workflow_blocks"):
        said.append("the order of blocks and sub-blocks is ours: the database keeps none")
    if not has_key:
        said.append("secrets came without their values, which need --encryption-key-file")
    said.append("never read: sessions, OAuth tokens, Sim's own API keys, other people's data")
    return said


# of a workflow of which blocks are left, all of these are read
_OF_WORKFLOWS = (
    "workflow_edges",
    "workflow_subflows",
    "workflow_deployment_version",
    "workflow_execution_snapshots",
)


def left_behind(snapshot: Snapshot, schema: Schema, chosen: Chosen) -> list[str]:
    """Rows of workflows that are gone, or of none: a sentence for each table that has such."""
    if not chosen.is_all or not schema.has("workflow_blocks", "workflow_id"):
        return []
    said = []
    for table in _OF_WORKFLOWS:
        if not schema.has(table, "workflow_id"):
            continue
        query = sql.SQL(
            "SELECT count(*) FROM {} AS t"
            " WHERE NOT EXISTS (SELECT 1 FROM {} AS w WHERE w.id = t.workflow_id)"
            " AND NOT EXISTS (SELECT 1 FROM {} AS b WHERE b.workflow_id = t.workflow_id)"
        ).format(*map(schema.table, (table, "workflow", "workflow_blocks")))
        if count := snapshot.all(query)[0][0]:
            said.append(f"{plural(count, 'row')} of {table} not read: their workflow is gone there")
    return said
