"""What this database has: asked of `information_schema`, never guessed from a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from simtui.cloud.reading import Snapshot
from simtui.errors import BadInput

_COLUMNS = """
SELECT table_schema, table_name, column_name, udt_name FROM information_schema.columns
 WHERE table_schema = (
    SELECT table_schema FROM information_schema.columns
     WHERE table_name = 'workflow' AND column_name IN ('id', 'name')
       AND table_schema NOT IN ('pg_catalog', 'information_schema')
     GROUP BY table_schema HAVING count(*) = 2
     ORDER BY coalesce(array_position(current_schemas(false)::text[], table_schema::text), 99)
     LIMIT 1)"""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that this user may read, each with its columns and their types."""

    name: str
    tables: Mapping[str, Mapping[str, str]]

    def has(self, table: str, column: str = "id") -> bool:
        """Whether the table has the column."""
        return column in self.tables.get(table, {})

    def columns(self, table: str) -> Mapping[str, str]:
        """The columns of a table and their types; none where there is no such table."""
        return self.tables.get(table, {})

    def table(self, name: str) -> sql.Identifier:
        """The table as a statement names it."""
        return sql.Identifier(self.name, name)


def schema_of(snapshot: Snapshot, host: str) -> Schema:
    """Raises `BadInput` where the database is not one of Sim's."""
    rows = snapshot.all(_COLUMNS)
    if not rows:
        raise BadInput(
            f"No table `workflow` that this user may read is in the database on {host}: it is none "
            "of Sim's, another one of that server is meant, or the user needs SELECT on its "
            "tables. Nothing was changed."
        )
    tables: dict[str, dict[str, str]] = {}
    for _schema, table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return Schema(rows[0][0], tables)
