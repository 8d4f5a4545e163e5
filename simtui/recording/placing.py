"""Which workflow a run belongs to. Never a refusal: where there is none, a placeholder is made,
which an import of the workflow itself takes the place of."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from simtui.errors import shown
from simtui.formats.naming import clean_name
from simtui.library.content import content_of
from simtui.model.run_said import RunSaid
from simtui.model.workflow import PLACEHOLDER, Workflow
from simtui.store import placeholders, workflows

if TYPE_CHECKING:
    from sqlite3 import Connection

UNKNOWN = "(unknown workflow)"
_SPACE = uuid.UUID("6a1d3c5e-7b90-4f21-8d43-5e6f708192a3")
UNKNOWN_ID = str(uuid.uuid5(_SPACE, UNKNOWN))


class Places:
    """Finds and makes the workflows of one stream's runs; remembers what it found."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str | None, str | None], str] = {}

    def forget(self) -> None:
        """Nothing is known any more: what was made was rolled back."""
        self._by_key.clear()

    def workflow_of(
        self, connection: Connection, said: RunSaid, now_ms: int
    ) -> tuple[str, str | None]:
        """The id of the workflow that is meant, and what should be told of the choice."""
        key = said.workflow_id, said.workflow_name
        known = self._by_key.get(key)
        if known is not None:
            return known, None
        name = clean_name(said.workflow_name) if said.workflow_name else None
        if said.workflow_id is not None:
            ident, note = said.workflow_id, None
            _ensure(connection, ident, name, now_ms)
        else:
            ident, note = _by_name(connection, name or UNKNOWN, now_ms)
        if len(self._by_key) > 10_000:
            self._by_key.clear()
        self._by_key[key] = ident
        return ident, note


def unknown(connection: Connection, now_ms: int) -> str:
    """The workflow of a run of which only log lines or spans came so far."""
    return _made(connection, UNKNOWN_ID, UNKNOWN, now_ms)


def _ensure(connection: Connection, ident: str, name: str | None, now_ms: int) -> None:
    found = workflows.get(connection, ident)
    if found is None:
        _made(connection, ident, name or f"Workflow {ident[:8]}", now_ms)
    elif name and found.source == PLACEHOLDER and found.name != name:
        placeholders.rename(connection, ident, _content(name), name)


def _by_name(connection: Connection, name: str, now_ms: int) -> tuple[str, str | None]:
    found = placeholders.named(connection, name)
    if not found:
        return _made(connection, str(uuid.uuid5(_SPACE, name)), name, now_ms), None
    note = None
    if len(found) > 1:
        note = (
            f'{len(found)} workflows are called "{shown(name, 80)}"; its runs went to the newest, '
            f"{found[0]}"
        )
    return found[0], note


def _made(connection: Connection, ident: str, name: str, now_ms: int) -> str:
    if workflows.get(connection, ident) is None:
        row = Workflow(ident, name, "", "", now_ms, now_ms, "", 0, 0, 0, PLACEHOLDER)
        workflows.insert(connection, row, _content(name))
    return ident


def _content(name: str) -> workflows.Content:
    document = {
        "version": "1.0",
        "state": {
            "blocks": {},
            "edges": [],
            "loops": {},
            "parallels": {},
            "metadata": {"name": name},
        },
    }
    return content_of(json.dumps(document, ensure_ascii=False).encode())
