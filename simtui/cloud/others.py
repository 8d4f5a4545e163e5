"""What else is worth having, as it is: custom tools, skills, a person's settings, schedules. Kept
as JSON; what a column may hold in clear that is a secret is never read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from psycopg import sql

from simtui.cloud.choosing import Chosen
from simtui.cloud.entries import Entry
from simtui.cloud.reading import Snapshot
from simtui.cloud.rebuilding import value_of
from simtui.cloud.schema import Schema
from simtui.errors import BadInput
from simtui.library.extracted import Extracted

# (table, kind, the columns that are wanted: all where there are none named)
_WANTED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("custom_tools", "custom tool", ()),
    ("skill", "skill", ()),
    ("settings", "settings", ()),
    (
        "workflow_schedule",
        "schedule",
        (
            "id", "workflow_id", "block_id", "cron_expression", "trigger_type", "timezone",
            "status", "created_at", "updated_at",
        ),
    ),
    (
        "mcp_servers",
        "MCP server",
        (
            "id", "workspace_id", "name", "description", "transport", "url", "timeout", "retries",
            "enabled", "created_at", "updated_at",
        ),
    ),
)  # fmt: skip
TABLES = tuple(table for table, _kind, _columns in _WANTED)

_NEVER = ("super_user_mode_enabled",)


def others_of(snapshot: Snapshot, schema: Schema, chosen: Chosen) -> Iterator[Entry]:
    """Each row as JSON; in `settings` the one of the person whose they are."""
    for table, kind, wanted in _WANTED:
        if not schema.has(table):
            continue
        names = [
            name for name in schema.columns(table) if name not in _NEVER
            and (not wanted or name in wanted)
        ]  # fmt: skip
        where, parameters = _condition(schema, chosen, table)
        if where is None:
            continue
        query = sql.SQL("SELECT {} FROM {} AS t WHERE {} ORDER BY t.id").format(
            sql.SQL(", ").join(sql.Identifier("t", name) for name in names),
            schema.table(table),
            where,
        )
        for row in snapshot.each(query, parameters, 1 << 16):
            yield _entry(table, kind, dict(zip(names, row, strict=True)), schema)


def _condition(
    schema: Schema, chosen: Chosen, table: str
) -> tuple[sql.Composable | None, Sequence[object]]:
    if table == "settings":
        if chosen.user_id is None or not schema.has(table, "user_id"):
            return None, ()
        return sql.SQL("t.user_id = %s"), (chosen.user_id,)
    if table == "workflow_schedule" and not chosen.is_all:
        return (
            sql.SQL("t.workflow_id IN (SELECT id FROM {} WHERE workspace_id = ANY(%s))").format(
                schema.table("workflow")
            ),
            (chosen.ids,),
        )
    if not chosen.is_all and not schema.has(table, "workspace_id"):
        # of the time before workspaces had tools: a person's
        if chosen.user_id is None or not schema.has(table, "user_id"):
            return None, ()
        return sql.SQL("t.user_id = %s"), (chosen.user_id,)
    return chosen.condition(schema, table)


def _entry(table: str, kind: str, row: dict[str, Any], schema: Schema) -> Entry:
    ident = str(row["id"])
    name = str(row.get("title") or row.get("name") or "")
    entry = Entry(table, ident, name, rows={table: 1})
    try:
        value = {
            key: value_of(item) if schema.columns(table)[key] in ("json", "jsonb") else item
            for key, item in row.items()
            if item is not None
        }
        content = _written(value)
    except BadInput as error:
        return Entry(table, ident, name, rows={table: 1}, reason=error.message)
    except RecursionError:
        return Entry(table, ident, name, rows={table: 1}, reason="too deeply nested")
    digest = hashlib.sha256(content).hexdigest()
    thing = Extracted(kind, ident, digest, row.get("workflow_id"), content.decode())
    return Entry(entry.table, ident, name, thing, entry.rows)


def _written(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str)
    except TypeError:  # an integer past 64 bits, or deeper than it goes
        return json.dumps(value, sort_keys=True, default=str).encode()
