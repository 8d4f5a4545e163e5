"""From the rows of one workflow, or of one earlier document of it, to what is settled: without the
database, so that it can be done in a process beside."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simtui.cloud.entries import Entry
from simtui.cloud.rebuilding import (
    document_of,
    state_of_rows,
    value_of,
    variables_of_text,
    written,
)
from simtui.cloud.tables import BlockRow, EdgeRow, SubflowRow, WorkflowRow
from simtui.errors import BadInput
from simtui.formats.naming import checked_id, clean_name
from simtui.formats.sim_json import iso, ms_of
from simtui.library.content import earlier, examined
from simtui.library.extracted import ExtractedVersion, ExtractedWorkflow
from simtui.model.problems import problems_of
from simtui.model.wording import plural
from simtui.model.workflow import JsonObject

_ROW_BYTES = 300
"""What a row takes beside its JSON, roughly."""


@dataclass(frozen=True, slots=True)
class WorkflowRows:
    """A workflow as it was read. `whole`: whole documents, where it has no blocks; the first that
    can be read counts. `told`: what was found not to be sound about it by then."""

    row: WorkflowRow
    now_ms: int
    folder: tuple[str, ...]
    blocks: tuple[BlockRow, ...]
    edges: tuple[EdgeRow, ...]
    subflows: tuple[SubflowRow, ...]
    variables: str | None
    whole: tuple[str | None, ...] = ()
    told: tuple[str, ...] = ()
    is_orphan: bool = False
    place: str | None = None

    @property
    def size_bytes(self) -> int:
        """About how much of the memory it takes."""
        texts = (*self.whole, self.variables, *(block.sub_blocks for block in self.blocks))
        return sum(len(text) + _ROW_BYTES for text in texts if text)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """An earlier document as it was read. `rows`: how many rows of its table it is."""

    kind: str
    table: str
    id: str
    workflow_id: str
    workflow_name: str
    at: str | None
    now_ms: int
    text: str | None
    about: str | None = None
    rows: int = 1
    place: str | None = None

    @property
    def size_bytes(self) -> int:
        """About how much of the memory it takes."""
        return len(self.text or "") + _ROW_BYTES


Raw = WorkflowRows | VersionRow


def built(raw: Raw) -> Entry:
    """What comes of it, or why it is refused."""
    if isinstance(raw, WorkflowRows):
        counts = {
            "workflow": 0 if raw.is_orphan else 1,
            "workflow_blocks": len(raw.blocks),
            "workflow_edges": len(raw.edges),
            "workflow_subflows": len(raw.subflows),
        }
        rows = {table: count for table, count in counts.items() if count}
        name = clean_name(raw.row.name or "")
        entry = Entry("workflow", raw.row.id, name, rows=rows, place=raw.place)
    else:
        rows = {raw.table: raw.rows} if raw.rows else {}
        entry = Entry(raw.table, raw.id, raw.workflow_name, rows=rows, place=raw.place)
    try:
        if isinstance(raw, VersionRow):
            return replace(entry, thing=_version(raw))
        thing = _workflow(raw, entry.name)
    except BadInput as error:
        return replace(entry, reason=error.message)
    except RecursionError:
        return replace(entry, reason="too deeply nested")
    return replace(entry, thing=thing, problems=thing.problems)


def built_all(raws: list[Raw]) -> list[Entry]:
    """The same for several."""
    return [built(raw) for raw in raws]


def _workflow(raw: WorkflowRows, name: str) -> ExtractedWorkflow:
    row, now_ms = raw.row, raw.now_ms
    if checked_id(row.id) is None:
        raise BadInput("its id is none that a workflow can have here")
    problems = [] if row.name and row.name.strip() else ["it has no name there"]
    updated_at = ms_of(row.updated_at)
    if updated_at is None:
        problems.append("it does not say when it was changed")
        updated_at = now_ms
    description = (row.description or "")[:2000]
    state = _state(raw, problems)
    document, value = written(
        document_of(state, iso(updated_at), name, description or None, row.sort_order)
    )
    content, keys = examined(document, value)
    problems = [*raw.told, *problems, *problems_of(value)]
    if keys:
        looks = "looks like a key" if len(keys) == 1 else "look like keys"
        problems.append(f"{plural(len(keys), 'value')} {looks}; as there, in clear")
    archived_at = None
    if row.archived_at is not None:
        archived_at = ms_of(row.archived_at) or now_ms
    return ExtractedWorkflow(
        id=row.id,
        name=name,
        folder=raw.folder,
        description=description,
        created_at=ms_of(row.created_at) or updated_at,
        updated_at=updated_at,
        archived_at=archived_at,
        content=content,
        problems=tuple(dict.fromkeys(problems)),
    )


def _state(raw: WorkflowRows, problems: list[str]) -> JsonObject:
    """From its blocks; where it has none, from the newest whole document that there is."""
    if raw.blocks:
        state = state_of_rows(raw.blocks, raw.edges, raw.subflows, problems)
        state["variables"] = variables_of_text(raw.variables, problems)
        return state
    for text in raw.whole:
        found = _state_in(text, problems)
        if found is not None:
            found.setdefault("edges", [])
            if not found.get("variables"):
                found["variables"] = variables_of_text(raw.variables, problems)
            return found
    problems.append("it has no blocks there, and no earlier document")
    return {
        "blocks": {},
        "edges": [],
        "loops": {},
        "parallels": {},
        "variables": variables_of_text(raw.variables, problems),
    }


def _version(raw: VersionRow) -> ExtractedVersion:
    saved_at = ms_of(raw.at) or raw.now_ms
    problems: list[str] = []
    state = _state_in(raw.text, problems)
    if state is None:
        raise BadInput(problems[0] if problems else "there is no document in it")
    document, value = written(document_of(state, iso(saved_at)))
    return ExtractedVersion(
        kind=raw.kind,
        id=raw.id,
        workflow_id=raw.workflow_id,
        name=raw.workflow_name,
        saved_at=saved_at,
        content=earlier(document, value),
        about=raw.about,
    )


def _state_in(text: str | None, problems: list[str]) -> JsonObject | None:
    """A whole state; None where there is none, or it cannot be read, which is told."""
    if text is None:
        return None
    try:
        state = value_of(text)
        if isinstance(state, str):  # as JSON in a string, it was seen
            state = value_of(state)
    except BadInput as error:
        problems.append(f"a document of it cannot be read: {error.message.removeprefix('it: ')}")
        return None
    if isinstance(state, dict) and isinstance(state.get("blocks"), dict):
        return state
    problems.append("a document of it has no blocks")
    return None
