"""What a source held, as rows that are ready to be stored, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simtui.store.assets import Staged
from simtui.store.workflows import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that a source held. `files_done`: how many sources were finished before it."""

    source: str
    entry: str | None = None
    files_done: int = 0

    @property
    def size_bytes(self) -> int:
        """How much of a batch it fills."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Thing):
    """A workflow. `folder` is None where the source says nothing of it; `own_name` is the name that
    the document itself bears."""

    format: str
    id: str | None
    name: str
    own_name: str | None
    folder: tuple[str, ...] | None
    description: str
    created_at: int | None = None
    updated_at: int | None = None
    deleted_at: int | None = None
    content: Content
    problems: tuple[str, ...]
    key_count: int

    @property
    def size_bytes(self) -> int:
        return self.content.document_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedVersion(Thing):
    """An earlier document of a workflow that came before it in the same source. `number` is the one
    it had, and has again where that is free."""

    workflow_id: str
    number: int
    name: str
    saved_at: int
    content: Content

    @property
    def size_bytes(self) -> int:
        return self.content.document_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAsset(Thing):
    """A file of a workflow that came before it in the same source. `pieces` reads it once more,
    while its source is at hand; `staged`: where its bytes are, None in a dry run."""

    workflow_id: str
    name: str
    added_at: int
    digest: str
    pieces: Callable[[], Iterator[bytes]]
    staged: Staged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBundle(Thing):
    """A workflow with all that belongs to it, to be taken whole or not at all. Each version lacks
    its frame, which the function beside it fetches. Its source stays open until it is settled."""

    workflow: Prepared
    versions: tuple[tuple[PreparedVersion, Callable[[], bytes]], ...]
    assets: tuple[PreparedAsset, ...]
    runs: Callable[[], Iterator[bytes]] | None = None
    """The lines of its runs, in pieces, where they came along."""

    @property
    def size_bytes(self) -> int:
        return self.workflow.size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRuns(Thing):
    """Runs of workflows that came before them in the same source: their lines, in pieces."""

    runs: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFolder(Thing):
    """A folder that a source names, by its real segments."""

    path: tuple[str, ...]
    id: str | None
    sort_order: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSetting(Thing):
    """A setting that a source holds, as text."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Thing):
    """What could not be taken, and why."""

    format: str | None = None
    reason: str
