"""A Sim's database, filled as Sim fills it: one set of words for every moment of its history. What
a moment has no column for is left away."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import sql
from psycopg.types.json import Json, Jsonb

KEY = bytes(range(32))
OWNER = "owner-1"
WORKSPACE = "ws-1"
AT = "2026-03-09 21:40:19.01"


def sealed(value: str, key: bytes = KEY) -> str:
    """As Sim encrypts a value: a nonce of 16 bytes, all three parts in hex."""
    nonce = os.urandom(16)
    both = AESGCM(key).encrypt(nonce, value.encode(), None)
    return f"{nonce.hex()}:{both[:-16].hex()}:{both[-16:].hex()}"


class Sim:
    """One database. Use it as a context; each call is committed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection = psycopg.connect(address, autocommit=True)
        rows = self._connection.execute(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        ).fetchall()
        self._columns: dict[str, dict[str, str]] = {}
        for table, column, kind in rows:
            self._columns.setdefault(table, {})[column] = kind
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def has(self, table: str, column: str = "id") -> bool:
        return column in self._columns.get(table, {})

    def execute(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def put(self, table: str, **values: Any) -> None:
        """A row, of the columns that are there."""
        self.put_all(table, [values])

    def put_all(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows or table not in self._columns:
            return
        there = self._columns[table]
        names = [name for name in rows[0] if name in there]
        query = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
        )
        wraps = {"json": Json, "jsonb": Jsonb}
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(
                query,
                [
                    [
                        wraps[there[name]](row[name])
                        if there[name] in wraps and row[name] is not None
                        else row[name]
                        for name in names
                    ]
                    for row in rows
                ],
            )

    def owner(self, ident: str = OWNER, workspace: str = WORKSPACE, name: str = "Acme") -> None:
        self.put("user", id=ident, name="A person", email=f"{ident}@example.com")
        self.put("workspace", id=workspace, name=name, owner_id=ident)

    def folder(self, ident: str, name: str, parent: str | None = None, **values: Any) -> None:
        row = {
            "id": ident, "name": name, "user_id": OWNER, "workspace_id": WORKSPACE,
            "parent_id": parent, "resource_type": "workflow", **values,
        }  # fmt: skip
        self.put("folder" if self.has("folder") else "workflow_folder", **row)

    def workflow(
        self,
        ident: str,
        name: str | None = "A workflow",
        state: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        """A workflow with its state where this moment keeps it."""
        state = state or {}
        row: dict[str, Any] = {
            "id": ident, "user_id": OWNER, "workspace_id": WORKSPACE, "name": name,
            "state": state, "variables": state.get("variables") or {}, "created_at": AT,
            "updated_at": AT, "folder_id": None, "description": None, **values,
        }  # fmt: skip
        self.put("workflow", **row)
        self.content(ident, state)

    def content(self, ident: str, state: Mapping[str, Any]) -> None:
        """The rows of blocks, edges and subflows of a state."""
        self.put_all("workflow_blocks", [self._block(ident, b) for b in _blocks(state)])
        self.put_all(
            "workflow_edges",
            [
                {
                    "id": edge["id"],
                    "workflow_id": ident,
                    "source_block_id": edge["source"],
                    "target_block_id": edge["target"],
                    "source_handle": edge.get("sourceHandle"),
                    "target_handle": edge.get("targetHandle"),
                }
                for edge in state.get("edges", ())
            ],
        )
        for kind in ("loop", "parallel"):
            for key, config in (state.get(f"{kind}s") or {}).items():
                self.put("workflow_subflows", id=key, workflow_id=ident, type=kind, config=config)

    def _block(self, ident: str, block: Mapping[str, Any]) -> dict[str, Any]:
        inner = dict(block.get("data") or {})
        row: dict[str, Any] = {
            "id": block["id"],
            "workflow_id": ident,
            "type": block["type"],
            "name": block["name"],
            "position_x": Decimal(repr(block["position"]["x"])),
            "position_y": Decimal(repr(block["position"]["y"])),
            "enabled": block.get("enabled", True),
            "horizontal_handles": block.get("horizontalHandles", True),
            "advanced_mode": block.get("advancedMode", False),
            "trigger_mode": block.get("triggerMode", False),
            "locked": block.get("locked", False),
            "error_enabled": block.get("errorEnabled"),
            "retry": block.get("retry"),
            "height": block.get("height", 0),
            "sub_blocks": block.get("subBlocks", {}),
            "outputs": block.get("outputs", {}),
        }
        if self.has("workflow_blocks", "parent_id"):
            row["parent_id"] = inner.pop("parentId", None)
            row["extent"] = inner.pop("extent", None)
        return {**row, "data": inner}

    def snapshot(
        self, ident: str, workflow_id: str, state: Mapping[str, Any], at: str = AT
    ) -> None:
        self.put(
            "workflow_execution_snapshots", id=ident, workflow_id=workflow_id, state_hash=ident,
            state_data=state, created_at=at,
        )  # fmt: skip

    def deployment(
        self, ident: str, workflow_id: str, version: int, state: Mapping[str, Any], **values: Any
    ) -> None:
        self.put(
            "workflow_deployment_version",
            **{
                "id": ident, "workflow_id": workflow_id, "version": version, "state": state,
                "is_active": True, "created_at": AT, **values,
            },
        )  # fmt: skip

    def run(
        self,
        ident: str,
        workflow_id: str | None,
        *,
        snapshot: str = "none",
        data: Any = None,
        cost: float | None = 0.25,
        **values: Any,
    ) -> None:
        """A run with what this moment says of one."""
        details = data if data is not None else trace(ident)
        row: dict[str, Any] = {
            "id": f"log-{ident}",
            "workflow_id": workflow_id,
            "workspace_id": WORKSPACE,
            "execution_id": ident,
            "state_snapshot_id": snapshot,
            "level": "info",
            "status": "completed",
            "message": "Workflow executed successfully",
            "trigger": "manual",
            "started_at": AT,
            "ended_at": "2026-03-09 21:40:20.51",
            "total_duration_ms": 1500,
            "execution_data": details,
            "metadata": details,
            "cost": None if cost is None else {"total": cost, "tokens": {"total": 30}},
            "cost_total": cost,
            "total_cost": cost,
            "total_tokens": 30,
            "models_used": ["gpt-4o"],
        }
        self.put("workflow_execution_logs", **{**row, **values})
        if not self.has("workflow_execution_logs"):
            self.lines(ident, workflow_id)

    def lines(self, ident: str, workflow_id: str | None, level: str = "info") -> None:
        """The log lines that were a run in March 2025."""
        for number, text in enumerate(("Block Agent (agent): ok", "Workflow executed"), 1):
            self.put(
                "workflow_logs", id=f"{ident}-{number}", workflow_id=workflow_id,
                execution_id=ident, level=level, message=text, duration="1500ms",
                trigger="manual", created_at=f"2025-03-09 21:40:2{number}",
                metadata=trace(ident) if number == 2 else None,
            )  # fmt: skip

    def ran_block(self, ident: str, run_id: str, **values: Any) -> None:
        """A block as it ran, of June 2025."""
        self.put(
            "workflow_execution_blocks",
            **{
                "id": ident, "execution_id": run_id, "workflow_id": "none", "block_id": "ask",
                "block_name": "Agent", "block_type": "agent", "started_at": AT,
                "ended_at": "2026-03-09 21:40:19.91", "duration_ms": 900, "status": "success",
                "input_data": {"prompt": "Say hello."}, "output_data": {"content": "Hello."},
                "cost_total": 0.02, "tokens_prompt": 10, "tokens_completion": 20,
                "tokens_total": 30, "model_used": "gpt-4o", **values,
            },
        )  # fmt: skip

    def environment(self, key: bytes = KEY, **values: str) -> None:
        """A person's variables, encrypted."""
        self._number += 1
        self.put(
            "environment", id=f"env-{self._number}", user_id=OWNER,
            variables={name: sealed(value, key) for name, value in values.items()},
        )  # fmt: skip

    def workspace_environment(self, workspace: str = WORKSPACE, **values: str) -> None:
        self._number += 1
        self.put(
            "workspace_environment", id=f"env-{self._number}", workspace_id=workspace,
            variables={name: sealed(value) for name, value in values.items()},
        )  # fmt: skip


def _blocks(state: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return list((state.get("blocks") or {}).values())


def trace(ident: str) -> dict[str, Any]:
    """What a run said of itself, with one span in another."""
    inner = {
        "id": f"{ident}-agent", "name": "Agent", "type": "agent", "duration": 900,
        "startTime": "2026-03-09T21:40:19.100Z", "endTime": "2026-03-09T21:40:20.000Z",
        "status": "success", "blockId": "ask", "input": {"prompt": "Say hello."},
        "output": {"content": "Hello."}, "tokens": {"input": 10, "output": 20, "total": 30},
        "children": [],
    }  # fmt: skip
    whole = {
        "id": f"{ident}-workflow", "name": "Workflow Execution", "type": "workflow",
        "duration": 1500, "startTime": "2026-03-09T21:40:19.010Z",
        "endTime": "2026-03-09T21:40:20.510Z", "status": "success", "children": [inner],
    }  # fmt: skip
    return {
        "traceSpans": [whole],
        "finalOutput": {"content": "Hello."},
        "workflowInput": {"name": "Ada"},
        "environment": {"variables": {"OPENAI_API_KEY": sealed("sk-in-a-run")}, "userId": OWNER},
        "cost": {"total": 0.25},
    }
