"""Folders: the path of each, from parents that may be missing or go round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg import sql

from simtui.cloud.choosing import Chosen
from simtui.cloud.entries import Entry
from simtui.cloud.reading import Snapshot
from simtui.cloud.schema import Schema
from simtui.cloud.tables import FOLDER_TABLES, FolderRow, WorkflowRow, rows_of
from simtui.formats.detect import folder_paths
from simtui.formats.naming import clean_name
from simtui.library.extracted import ExtractedFolder
from simtui.library.workflows import MAX_FOLDERS

_PAST_INTEGER = 1 << 63
_ARCHIVED = "it was thrown away there; its workflows keep its name"


class Folders:
    """All folders of what is taken. Where several workspaces come, each is a folder at the top."""

    def __init__(self, snapshot: Snapshot, schema: Schema, chosen: Chosen) -> None:
        self._rows: dict[str, FolderRow] = {}
        self._tables: dict[str, str] = {}
        for table in reversed(FOLDER_TABLES):  # the newer one knows better
            where, parameters = chosen.condition(schema, table)
            if schema.has(table, "resource_type"):
                where = sql.SQL("{} AND t.resource_type::text = 'workflow'").format(where)
            for row in rows_of(snapshot, schema, table, FolderRow, where, parameters, ("id",)):
                self._rows[row.id], self._tables[row.id] = row, table
        several = len(chosen.workspaces) > 1
        self._tops = {
            row.id: (clean_name(row.name or row.id),) if several else ()
            for row in chosen.workspaces
        }
        self._paths = folder_paths(
            [
                {"id": row.id, "name": row.name or row.id[:8], "parentId": row.parent_id}
                for row in self._rows.values()
            ]
        )
        self._circles = set(self._in_circles())

    def of(self, row: WorkflowRow) -> tuple[tuple[str, ...], list[str]]:
        """Where a workflow lies, and what is not sound about that."""
        top = self._tops.get(row.workspace_id or "", ())
        if row.folder_id is None:
            return top, []
        if row.folder_id not in self._rows:
            return top, ["its folder is not there; it lies at the top"]
        told = []
        if row.folder_id in self._circles:
            told.append("its folder lies inside itself there; here it lies at the top")
        path = top + self._paths[row.folder_id][0]
        if len(path) > MAX_FOLDERS:
            told.append(f"it lies {len(path)} folders deep there, and {MAX_FOLDERS} here")
        return path[:MAX_FOLDERS], told

    def entries(self) -> Iterator[Entry]:
        """The folders themselves, empty ones too; not those that were thrown away."""
        for row in self._rows.values():
            path = self._tops.get(row.workspace_id or "", ()) + self._paths[row.id][0]
            table = self._tables[row.id]
            entry = Entry(table, row.id, row.name or "", rows={table: 1})
            if row.archived_at is not None:
                yield replace(entry, reason=_ARCHIVED, outcome="unchanged")
                continue
            order = row.sort_order
            fits = order is not None and abs(order) < _PAST_INTEGER
            folder = ExtractedFolder(path[:MAX_FOLDERS], row.id, order if fits else None)
            told = ("it lies inside itself there",) if row.id in self._circles else ()
            yield replace(entry, thing=folder, problems=told)

    def _in_circles(self) -> Iterator[str]:
        for ident in self._rows:
            seen: set[str] = set()
            at: str | None = ident
            while at is not None and at in self._rows and at not in seen:
                seen.add(at)
                at = self._rows[at].parent_id
            if at is not None and at in seen:
                yield ident
