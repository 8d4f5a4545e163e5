"""Keys that workflows hold in clear: found, and moved into the vault. `{{NAME}}` stands in their
place then, in the current document and, if wanted, in every version that is kept."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simtui.apart import off_the_loop
from simtui.errors import Damaged, Locked, NotFound, SimtuiError, UsageError, shown
from simtui.formats.sim_json import dump, exact
from simtui.library.content import checked, content_of
from simtui.library.secrets import forget
from simtui.model import secret_names
from simtui.model.redact import FoundKey
from simtui.model.replacing import keys_and_known, refer, referring
from simtui.model.workflow import Workflow
from simtui.store import checks, documents, secrets, workflows

if TYPE_CHECKING:
    from sqlite3 import Connection

    from simtui.library import Library
    from simtui.store.workflows import Content

_BATCH = 100


@dataclass(frozen=True, slots=True)
class InClear:
    """A value that looks like a key. `version` is None for the current document; `name` is what the
    secret would be called."""

    workflow_id: str
    workflow: str
    in_trash: bool
    version: int | None
    block: str
    field: str
    where: str
    rule: str
    masked: str
    name: str


@dataclass(slots=True)
class Scan:
    """`unread`: what could not be looked at, in words."""

    found: list[InClear] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


async def scan(
    library: Library,
    *,
    versions: bool = False,
    stored: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Scan:
    """What every workflow holds in clear, the trash too; with `versions` also the earlier
    documents. `stored`: values of the open vault are looked for as well."""
    answer = Scan()
    known = await stored_values(library) if stored else {}
    owners = await library.store.read(documents.owners)
    after: tuple[str, int] | None = None
    done = 0
    while batch := await library.store.read(checks.documents_after, after, _BATCH):
        after = (batch[-1].workflow_id, batch[-1].number)
        for item in batch:
            if item.number and not versions:
                continue
            done += 1
            name, in_trash = owners.get(item.workflow_id, ("", False))
            what = f'workflow "{shown(name, 60)}"'
            try:
                keys = await off_the_loop(
                    len(item.frame) * 6, _keys_of, item.frame, item.digest, what, known
                )
            except Damaged as error:
                answer.unread.append(error.message)
                continue
            answer.found += (
                InClear(
                    item.workflow_id,
                    name,
                    in_trash,
                    item.number or None,
                    key.block,
                    key.field,
                    key.where,
                    key.rule,
                    key.masked,
                    known.get(key.value) or secret_names.suggested(key, ()),
                )
                for key in keys
            )
        if on_progress:
            on_progress(done)
    return answer


async def stored_values(library: Library) -> dict[str, str]:
    """The names of the secrets by their values, of those that are text and can be opened."""
    found = {}
    for row in await library.store.read(secrets.all_of):
        with contextlib.suppress(Damaged, Locked, UnicodeDecodeError):
            value = await library.vault.get(row.name)
            found[value.decode()] = row.name
            forget(value)
    return found


def _keys_of(frame: bytes, digest: str, what: str, known: Mapping[str, str]) -> list[FoundKey]:
    return keys_and_known(checked(frame, digest, what)[1], known)


# -- moved


@dataclass(frozen=True, slots=True)
class Move:
    """A value and the name that it gets. `is_new`: it is not in the vault yet. `versions`: the
    earlier documents that hold it."""

    key: FoundKey
    name: str
    is_new: bool
    in_current: bool
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be moved. `by_hand`: what cannot be, since a reference is part of the value."""

    workflow: Workflow
    moves: tuple[Move, ...]
    by_hand: tuple[FoundKey, ...] = ()

    @property
    def versions(self) -> list[int]:
        """The earlier documents that hold one of the values."""
        return sorted({number for move in self.moves for number in move.versions})

    @property
    def values(self) -> list[str]:
        """What would be moved, in clear."""
        return [move.key.value for move in self.moves]


async def plan(
    library: Library, workflow: Workflow, fields: Collection[str] | None, name: str | None = None
) -> Plan:
    """What there is to move from a workflow; `fields` (None: all) are "Block · field", or a field's
    or a variable's name. The vault must be open. `name` is for a plan with one value.

    Raises `NotFound` for a field that holds no likely key, `UsageError` for a name that cannot be.
    """
    known = await stored_values(library)
    found: dict[str, FoundKey] = {}
    places: dict[str, list[int]] = {}
    for number in (0, *sorted(v.number for v in await library.workflows.versions(workflow.id))):
        for key in await _keys_at(library, workflow.id, number, known):
            found.setdefault(key.value, key)
            places.setdefault(key.value, []).append(number)
    wanted = list(_chosen(list(found.values()), fields))
    chosen = [key for key in wanted if "{{" not in key.value]
    if name is not None and len(chosen) != 1:
        raise UsageError(f"--name is for one value; these are {len(chosen)}. Name one field.")
    taken = set(known.values()) | {row.name for row in await library.store.read(secrets.all_of)}
    moves = []
    for key in chosen:
        own = known.get(key.value)
        if own is None:
            own = secret_names.suggested(key, taken) if name is None else name
            _check_name(own, taken)
            taken.add(own)
        numbers = tuple(sorted({number for number in places[key.value] if number}))
        is_new = key.value not in known
        moves.append(Move(key, own, is_new, 0 in places[key.value], numbers))
    return Plan(workflow, tuple(moves), tuple(key for key in wanted if key not in chosen))


async def _keys_at(
    library: Library, workflow_id: str, number: int, known: Mapping[str, str]
) -> list[FoundKey]:
    frame, digest = await _frame(library, workflow_id, number)
    what = f"workflow {shown(workflow_id)}" + (f" version {number}" if number else "")
    return await off_the_loop(len(frame) * 6, _keys_of, frame, digest, what, known)


async def _frame(library: Library, workflow_id: str, number: int) -> tuple[bytes, str]:
    if number:
        found = await library.store.read(workflows.version_frame_of, workflow_id, number)
    else:
        found = await library.store.read(workflows.frame_of, workflow_id)
    if found is None:
        raise _changed_meanwhile()
    return found


def _chosen(keys: Sequence[FoundKey], fields: Collection[str] | None) -> Iterator[FoundKey]:
    if fields is None:
        yield from keys
        return
    wanted = {name.casefold(): name for name in fields}
    for key in keys:
        own = {key.where.casefold(), key.field.casefold()}
        if own & wanted.keys():
            yield key
    for folded, name in wanted.items():
        if not any(folded in (key.where.casefold(), key.field.casefold()) for key in keys):
            there = "; ".join(dict.fromkeys(shown(key.where, 60) for key in keys)) or "none"
            raise NotFound(
                f'"{shown(name, 60)}" holds nothing that looks like a key. What does: {there}.'
            )


def _check_name(name: str, taken: Collection[str]) -> None:
    if not secret_names.is_name(name):
        raise UsageError(f'"{shown(name, 80)}" cannot name a secret.')
    if name in taken:
        raise UsageError(f"{name} is set already, to another value. Choose another name.")


async def adopt(library: Library, chosen: Plan, *, versions: bool) -> bool:
    """Moves the values into the vault: sealed first, then replaced, all documents in one write.
    `versions`: also in the earlier documents; otherwise the present one becomes a version, in
    clear. False where somebody else's reading keeps the old pages in the log for now.

    Raises `UsageError` where the workflow was changed meanwhile; then nothing is changed.
    """
    moves = [move for move in chosen.moves if move.in_current or versions]
    names = {move.key.value: move.name for move in moves}
    made = []
    try:
        for move in moves:
            if move.is_new:
                value = bytearray(move.key.value.encode())
                await library.vault.set(move.name, value)
                forget(value)
                made.append(move.name)
        rewritten = []
        for number in (0, *(chosen.versions if versions else ())):
            frame, digest = await _frame(library, chosen.workflow.id, number)
            if not number and digest != chosen.workflow.digest:
                raise _changed_meanwhile()
            content = await off_the_loop(len(frame) * 6, _rewritten, frame, digest, names)
            rewritten.append(_Rewritten(number, digest, content))
        await library.store.write(_put, chosen.workflow.id, rewritten, names, versions)
    except SimtuiError:
        # not where we are cancelled: a write that has begun comes to its end
        for name in made:
            with contextlib.suppress(SimtuiError):
                await library.vault.delete(name)
        raise
    return await library.store.forget()


def _rewritten(frame: bytes, digest: str, names: Mapping[str, str]) -> Content | None:
    document = checked(frame, digest, "its document")[0]
    value = exact(document)
    return content_of(dump(value)) if refer(value, names) else None


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """`number` is 0 for the current document; `content` None where nothing is to be changed."""

    number: int
    digest: str
    content: Content | None


def _put(
    connection: Connection,
    workflow_id: str,
    rewritten: Sequence[_Rewritten],
    names: Mapping[str, str],
    clean: bool,
) -> None:
    present = workflows.get(connection, workflow_id)
    current, *earlier = rewritten
    if present is None or present.digest != current.digest:
        raise _changed_meanwhile()
    name = referring(present.name, names)
    if current.content is not None:
        number = workflows.replace(
            connection,
            workflow_id,
            current.content,
            name=name,
            description=referring(present.description, names),
            now_ms=time.time_ns() // 1_000_000,
        )
        if clean and number is not None:
            # without the values it is what is current: a version of it would say nothing
            documents.rewrite_version(connection, workflow_id, number, name, current.content)
    for item in earlier:
        if documents.digest_of_version(connection, workflow_id, item.number) != item.digest:
            raise _changed_meanwhile()
        if item.content is not None:
            documents.rewrite_version(connection, workflow_id, item.number, name, item.content)


def _changed_meanwhile() -> UsageError:
    return UsageError(
        "The workflow was changed by someone else meanwhile. Nothing was changed; look at it and "
        "try again."
    )
