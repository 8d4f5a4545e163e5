"""The workflows of the library: pages of them, one of them, and what can be done to them.

A rename is a change of the document (Sim reads the name from it), so it is kept like any other
change: the document before it becomes a version.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar

import orjson

from simtui.apart import off_the_loop
from simtui.errors import NotFound, UsageError, shown
from simtui.formats.sim_json import dump, exact, with_name
from simtui.library.content import checked, content_of, document_of
from simtui.model.filters import EMPTY, Filter
from simtui.model.outline import Outline, outline_of
from simtui.model.workflow import Version, Workflow, description_in, name_in
from simtui.store import assets, filtering, folders, needs, secrets, workflows
from simtui.store.folders import NamedFolder
from simtui.store.store import Store
from simtui.store.workflows import Content, Key

if TYPE_CHECKING:
    from sqlite3 import Connection

MAX_NAME = 200
MAX_FOLDERS = 16  # as deep as a zip may be, in which everything must be able to leave

Result = TypeVar("Result")


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


class WorkflowShelf:
    """The workflows of one library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def page(
        self,
        filter: Filter = EMPTY,
        *,
        after: Key | None = None,
        before: Key | None = None,
        from_end: bool = False,
        limit: int = 100,
        trash: bool = False,
        count_runs: bool = False,
    ) -> list[Workflow]:
        """Up to `limit` rows, newest change first: behind the key `after`, ahead of `before`, or
        the last ones. `run_count` is 0 unless `count_runs`."""
        return await self._store.read(
            workflows.page,
            filtering.of_workflows(filter),
            after=after,
            before=before,
            from_end=from_end,
            limit=limit,
            trash=trash,
            count_runs=count_runs,
        )

    async def count(self, filter: Filter = EMPTY, *, trash: bool = False) -> int:
        """How many the filter means."""
        condition = filtering.of_workflows(filter)
        return await self._store.read(workflows.count, condition, trash=trash)

    async def find(self, reference: str, *, trash: bool = False) -> Workflow:
        """The one workflow meant by an id, a unique start of an id, or a unique name.
        Raises `NotFound`, which names those that fit where several do."""
        return await self._store.read(workflows.find, reference, trash=trash)

    async def get(self, workflow_id: str) -> Workflow | None:
        """The workflow with this id, in the trash or not."""
        return await self._store.read(workflows.get, workflow_id)

    async def document(self, workflow_id: str) -> bytes:
        """The exact document. Raises `NotFound`, or `Damaged` where its digest is another."""
        return await self._checked(document_of, workflow_id)

    async def having_values(self, names: Sequence[str]) -> set[str]:
        """Those of these names that are secrets with a value. Opens nothing."""
        return set(names) & {row.name for row in await self._store.read(secrets.all_of)}

    async def outline(self, workflow_id: str) -> Outline:
        """What the overview shows. Raises as `document` does."""
        return await self._checked(_outline, workflow_id)

    async def places(self, workflow_id: str, words: list[str]) -> list[str]:
        """Where in the workflow's texts the words begin one: snippets as in `Hit`, at most
        `MAX_PLACES`. Raises `NotFound`, `Damaged`."""
        frame, digest = await self._frame(workflow_id)
        from simtui.library.searching import places_in  # the index of a search is not always wanted

        return await places_in(frame, digest, _what(workflow_id), words)

    async def versions(self, workflow_id: str) -> list[Version]:
        """The earlier documents, newest first."""
        return await self._store.read(workflows.versions, workflow_id)

    async def version_document(self, workflow_id: str, number: int) -> bytes:
        """An earlier document, exactly. Raises as `document` does."""
        return await self._checked(document_of, workflow_id, number)

    async def folders(self) -> list[tuple[str, int]]:
        """Every folder's path with the number of workflows in it, by path."""
        return await self._store.read(folders.listed)

    async def needed(self) -> dict[str, list[tuple[str, str]]]:
        """The secrets that workflows name, each with (id, name) of those workflows."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, workflow_id, workflow_name in await self._store.read(needs.users):
            found.setdefault(name, []).append((workflow_id, workflow_name))
        return found

    async def rename(self, workflow_id: str, name: str) -> None:
        """Raises `UsageError` for a name that cannot be one, `NotFound`, `Damaged`."""
        wanted = checked_name(name)
        old, digest = await self._frame(workflow_id)
        content = await off_the_loop(len(old) * 6, _renamed, old, digest, workflow_id, wanted)
        await self._store.write(_replace, workflow_id, content, wanted, None, digest)

    async def change(self, workflow_id: str, document: bytes, digest: str) -> None:
        """Makes a document current that was made from the one with this digest, which becomes a
        version; the name is the document's own. Raises `UsageError` where somebody else changed it
        meanwhile, or for a name that cannot be one."""
        content, name, description = await off_the_loop(len(document), _read, document)
        name = None if name is None else checked_name(name)
        await self._store.write(_replace, workflow_id, content, name, description, digest)

    async def duplicate(self, workflow_id: str, name: str | None = None) -> Workflow:
        """A copy with its files, in the same folder, under a new id; its versions stay where they
        are. Raises as `rename` does."""
        row = await self.get(workflow_id)
        frame, digest = await self._frame(workflow_id)
        assert row is not None
        wanted = await self._free_name(row) if name is None else checked_name(name)
        ident, now = str(uuid.uuid4()), now_ms()
        content = await off_the_loop(len(frame) * 6, _copied, frame, digest, row.id, ident, wanted)
        copy = replace(
            row, id=ident, name=wanted, created_at=now, updated_at=now, deleted_at=None, source=""
        )
        await self._store.write(_insert_copy, row.id, copy, content)
        return await self.get(ident) or copy

    async def _free_name(self, row: Workflow) -> str:
        """`Monitor (copy)`, `Monitor (copy 2)`…"""
        for number in count(1):
            end = " (copy)" if number == 1 else f" (copy {number})"
            wanted = f"{row.name[: MAX_NAME - len(end)]}{end}"
            if not await self._store.read(workflows.placed, wanted, row.folder):
                break
        return wanted

    async def move(self, ids: Sequence[str], folder: str) -> int:
        """Puts workflows into a folder ("" is the top). How many were elsewhere.
        Raises `UsageError` for what cannot be a folder."""
        return await self._store.write(_move, ids, checked_folder(folder), now_ms())

    async def delete(self, ids: Sequence[str]) -> int:
        """Moves workflows to the trash. How many were not there yet."""
        return await self._store.write(workflows.delete, ids, now_ms())

    async def restore(self, ids: Sequence[str]) -> int:
        """Takes workflows out of the trash. How many were there."""
        return await self._store.write(workflows.restore, ids)

    async def rollback(self, workflow_id: str, number: int) -> None:
        """Makes a version the current document again, with the name that it had; the one it
        replaces becomes a version. Raises `NotFound`, `Damaged`."""
        frame, digest = await self._frame(workflow_id, number)
        content, description = await off_the_loop(
            len(frame) * 6, _unpacked, frame, digest, workflow_id
        )
        names = {item.number: item.name for item in await self.versions(workflow_id)}
        name = names.get(number)
        await self._store.write(_replace, workflow_id, content, name, description, None)

    async def _frame(self, workflow_id: str, number: int | None = None) -> tuple[bytes, str]:
        found = None
        if number is None:
            found = await self._store.read(workflows.frame_of, workflow_id)
        elif 0 < number < 1 << 63:
            found = await self._store.read(workflows.version_frame_of, workflow_id, number)
        if found is None:
            what = f"workflow {shown(workflow_id)}"
            raise NotFound(
                f"There is no {what}." if number is None else f"The {what} has no version {number}."
            )
        return found

    async def _checked(
        self, read: Callable[[bytes, str, str], Result], workflow_id: str, number: int | None = None
    ) -> Result:
        frame, digest = await self._frame(workflow_id, number)
        return await off_the_loop(len(frame) * 6, read, frame, digest, _what(workflow_id))


def _what(workflow_id: str) -> str:
    return f"workflow {shown(workflow_id)}"


def checked_name(name: str) -> str:
    """A name that a person gave, without space around it. Raises `UsageError`."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or shown(name, MAX_NAME + 1) != name:
        raise UsageError(
            f"A name has 1 to {MAX_NAME} characters, none of them a control character; "
            f'"{shown(name, 40)}" cannot be one.'
        )
    return name


def checked_folder(folder: str) -> str:
    """A folder's path without space or "/" around it. Raises `UsageError`."""
    path = folder.strip().strip("/").strip()
    parts = [part.strip() for part in path.split("/")] if path else []
    if (
        shown(path, len(path) + 1) != path
        or len(parts) > MAX_FOLDERS
        or not all(0 < len(part) <= MAX_NAME for part in parts)
    ):
        raise UsageError(
            f'"{shown(folder, 60)}" cannot be a folder: at most {MAX_FOLDERS}, one in another, '
            f"with names of 1 to {MAX_NAME} characters."
        )
    return path


def _move(connection: Connection, ids: Sequence[str], folder: str, now_ms: int) -> int:
    path = _known_path(folder, folders.named(connection))
    return workflows.move(connection, ids, path, now_ms)


def _known_path(path: str, named: Mapping[str, NamedFolder]) -> str:
    """The path of a folder that an export named, however it is written (`Ops / Intake` is one
    folder there); below it, and anywhere else, no space stands around a "/"."""
    above, found, last = path.rpartition("/")
    if path in named or not found:
        return path
    return f"{_known_path(above.rstrip(), named)}/{last.strip()}"


def _outline(frame: bytes, digest: str, what: str) -> Outline:
    return outline_of(checked(frame, digest, what)[1])


def _renamed(frame: bytes, digest: str, workflow_id: str, name: str) -> Content:
    document, _value = checked(frame, digest, _what(workflow_id))
    return content_of(with_name(document, name))


def _unpacked(frame: bytes, digest: str, workflow_id: str) -> tuple[Content, str]:
    document, value = checked(frame, digest, _what(workflow_id))
    return content_of(document, value), description_in(value)[:2000]


def _read(document: bytes) -> tuple[Content, str | None, str]:
    value = orjson.loads(document)
    return content_of(document, value), name_in(value), description_in(value)[:2000]


def _copied(frame: bytes, digest: str, workflow_id: str, ident: str, name: str) -> Content:
    document, _value = checked(frame, digest, _what(workflow_id))
    renamed = with_name(document, name)
    value = exact(renamed)
    header = value.get("workflow")
    if isinstance(header, dict) and "id" in header:
        header["id"] = ident  # or an import would take it for the one that it was copied from
        renamed = dump(value)
    return content_of(renamed)


def _insert_copy(
    connection: Connection, original_id: str, copy: Workflow, content: Content
) -> None:
    workflows.insert(connection, copy, content)
    assets.copy(connection, original_id, copy.id)


def _replace(
    connection: Connection,
    workflow_id: str,
    content: Content,
    name: str | None,
    description: str | None,
    expected: str | None,
) -> None:
    """Makes `content` current. `expected`: the digest that the change was made from, where it
    matters that nobody else changed the document meanwhile."""
    present = workflows.get(connection, workflow_id)
    if present is None:
        raise NotFound(f"There is no {_what(workflow_id)}.")
    if expected is not None and present.digest != expected:
        raise UsageError(
            f"{shown(present.name)} was changed by someone else meanwhile. Nothing was changed; "
            "look at it and try again."
        )
    if content.digest == present.digest and name in (None, present.name):
        return
    workflows.replace(
        connection,
        workflow_id,
        content,
        name=name or present.name,
        description=present.description if description is None else description,
        now_ms=now_ms(),
    )
