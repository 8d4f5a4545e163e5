"""A workflow's document, or one text of it, in somebody's editor and back.

The text lies in a file of its own in the home (0600) while the editor runs. What comes back is a
version, or it is refused and kept as a draft in the library, and the file is gone in either case;
one that was left by a program that was killed becomes a draft at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import shutil
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simtui.apart import off_the_loop
from simtui.errors import BadInput, NotFound, SimtuiError, UsageError, shown
from simtui.formats.json_reader import MAX_JSON_BYTES, read_json
from simtui.formats.sim_json import dump, exact
from simtui.model.pieces import Piece, piece_at, pieces_in, put_piece
from simtui.model.problems import problems_of
from simtui.model.workflow import state_of
from simtui.store import aside

if TYPE_CHECKING:
    from simtui.library import Library
    from simtui.model.workflow import Workflow

RunEditor = Callable[[Path], Awaitable[int]]
"""Shows a file to somebody until they are done with it. The editor's exit code."""

_DRAFT = "draft."
_FILE = "edit-"


def editor(environment: Mapping[str, str]) -> list[str]:
    """The editor to run, as words. Raises `NotFound` where there is none."""
    return _program(environment, ("VISUAL", "EDITOR"), ("editor", "nano", "vim", "vi"), "editor")


def pager(environment: Mapping[str, str]) -> list[str]:
    """The pager to run, as words. Raises `NotFound` where there is none."""
    return _program(environment, ("PAGER",), ("less", "more"), "pager")


def _program(
    environment: Mapping[str, str], variables: Sequence[str], usual: Sequence[str], what: str
) -> list[str]:
    for variable in variables:
        with contextlib.suppress(ValueError):  # a quote that nothing closes
            if words := shlex.split(environment.get(variable, "")):
                return words
    for name in usual:
        if shutil.which(name):
            return [name]
    raise NotFound(f"There is no {what} here. Name one in ${variables[-1]}.")


@dataclass(frozen=True, slots=True)
class Saved:
    """`problems`: what is not sound in the document now, and was sound before."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote and what did not become a version yet: for which text, on which document
    it was written, and why it was not taken."""

    workflow_id: str
    path: tuple[str | int, ...]
    text: str
    digest: str
    why: str

    @property
    def key(self) -> str:
        """Its name among the drafts."""
        return f"{_DRAFT}{self.workflow_id}.{json.dumps(self.path)}"


async def pieces(library: Library, workflow_id: str) -> list[Piece]:
    """The texts of a workflow that can be edited by themselves. Raises `NotFound`, `Damaged`."""
    document = await library.workflows.document(workflow_id)
    return await off_the_loop(len(document), _pieces, document)


def _pieces(document: bytes) -> list[Piece]:
    return pieces_in(exact(document))


async def draft_of(library: Library, workflow_id: str, piece: Piece | None) -> Draft | None:
    """What was left from an earlier try at this text."""
    wanted = Draft(workflow_id, piece.path if piece else (), "", "", "")
    text = await library.store.read(aside.get, wanted.key)
    return None if text is None else _read_draft(text)


async def edit(
    library: Library,
    workflow: Workflow,
    piece: Piece | None,
    run_editor: RunEditor,
    *,
    anew: bool = False,
) -> Saved | None:
    """Has a workflow's document (`piece` None) or a text of it edited, from the draft where there
    is one, unless `anew`. None where nothing was changed.

    Raises `BadInput` with line and column where what came back cannot be kept, and `UsageError`
    where somebody else changed the workflow meanwhile: nothing is saved, and the text is a draft.
    """
    document = await library.workflows.document(workflow.id)
    path = piece.path if piece else ()
    before = document.decode()
    if piece is not None:
        text = piece_at(await off_the_loop(len(document), exact, document), path)
        if text is None:
            raise NotFound(f"{shown(workflow.name, 60)} has no {shown(piece.label, 80)} any more.")
        before = text
    fresh = await library.workflows.get(workflow.id) or workflow
    draft = None if anew else await draft_of(library, workflow.id, piece)
    begun = Draft(workflow.id, path, draft.text if draft else before, fresh.digest, "")
    written = await _in_editor(library, begun, piece.suffix if piece else ".json", run_editor)
    if written == before or (written == begun.text and draft is None):
        await library.store.write(aside.remove, begun.key)
        return None
    result = Draft(workflow.id, path, written, begun.digest, "")
    try:
        content, problems = await off_the_loop(
            len(document) + len(written) * 4, _made, document, result, workflow.name
        )
        await library.workflows.change(workflow.id, content, begun.digest)
    except SimtuiError as error:
        await _keep(library, result, error.message)
        raise
    await library.store.write(aside.remove, result.key)
    return Saved(problems)


def _made(document: bytes, written: Draft, name: str) -> tuple[bytes, tuple[str, ...]]:
    """The document with what was written in it, and the problems that it has and had not."""
    value = exact(document)
    sound = set(problems_of(value))
    if written.path:
        put_piece(value, written.path, written.text)
        changed = dump(value)
        read_json(changed, shown(name, 60))  # also what is too much
    else:
        changed = written.text.encode("utf-8", "surrogateescape")
        read, changed = read_json(changed, shown(name, 60))
        blocks = state_of(read).get("blocks") if isinstance(read, dict) else None
        if not isinstance(blocks, dict):
            raise BadInput(
                f'{shown(name, 60)}: line 1, column 1: an object with "state" and its "blocks" is '
                "wanted here, as Sim exports it."
            )
        value = exact(changed)
    return changed, tuple(each for each in problems_of(value) if each not in sound)


async def _keep(library: Library, draft: Draft, why: str) -> None:
    kept = {"path": draft.path, "text": draft.text, "digest": draft.digest, "why": why}
    kept |= {"workflow": draft.workflow_id}
    await library.store.write(aside.put, draft.key, json.dumps(kept))


def _read_draft(text: str) -> Draft:
    kept: dict[str, Any] = json.loads(text)
    path = tuple(kept["path"])
    return Draft(kept["workflow"], path, kept["text"], kept["digest"], kept["why"])


# -- the file


async def _in_editor(library: Library, draft: Draft, suffix: str, run_editor: RunEditor) -> str:
    """What the text is when the editor has ended."""
    token = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
    path = library.home.root / f"{_FILE}{token}{suffix}"
    about = {"workflow": draft.workflow_id, "path": draft.path, "digest": draft.digest}
    await library.store.write(aside.put, f"{_FILE}{token}", json.dumps(about))
    newline = "" if not draft.path or draft.text.endswith("\n") else "\n"
    left = False
    try:
        _write_private(path, (draft.text + newline).encode("utf-8", "surrogatepass"))
        code = await run_editor(path)
        written = _read_back(path).removesuffix(newline or "\0")
        if code and written != draft.text:
            await _keep(library, _with_text(draft, written), "the editor ended with an error")
        if code:
            raise UsageError(
                f"The editor ended with {code}. Nothing was saved; what was changed is kept."
            )
        return written
    except asyncio.CancelledError:
        left = not await _drafted(library, draft, path) and not library.is_encrypted
        raise
    finally:
        if not left:  # else it is the only place where the text is
            path.unlink(missing_ok=True)
            with contextlib.suppress(SimtuiError):
                await library.store.write(aside.remove, f"{_FILE}{token}")


async def _drafted(library: Library, draft: Draft, path: Path) -> bool:
    """Keeps what is in the file, as the program ends."""
    try:
        written = _read_back(path)
        if written.rstrip("\n") != draft.text.rstrip("\n"):
            await _keep(library, _with_text(draft, written), "simtui was ended while it was edited")
    except (SimtuiError, OSError):
        return False
    return True


def _with_text(draft: Draft, text: str) -> Draft:
    return Draft(draft.workflow_id, draft.path, text, draft.digest, "")


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _read_back(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise NotFound(f"The edited file cannot be read: {error.strerror}.") from error
    if len(content) > MAX_JSON_BYTES:
        raise BadInput(f"More than a workflow may be ({MAX_JSON_BYTES >> 20} MB).")
    return content.decode("utf-8", "surrogateescape")


async def take_up_files(library: Library) -> int:
    """Makes drafts of what killed programs left in the home. How many."""
    taken = 0
    for path in sorted(library.home.root.glob(f"{_FILE}*-*.*")):
        token = path.name.removeprefix(_FILE).partition(".")[0]
        if _is_running(token.partition("-")[0]):
            continue
        text = await library.store.read(aside.get, f"{_FILE}{token}")
        with contextlib.suppress(OSError, SimtuiError):
            if text is not None:
                about = json.loads(text)
                draft = Draft(about["workflow"], tuple(about["path"]), "", about["digest"], "")
                draft = _with_text(draft, _read_back(path))
                await _keep(library, draft, "simtui was ended while it was edited")
                taken += 1
            elif path.stat().st_mtime > time.time() - 60:
                continue
            path.unlink(missing_ok=True)
            await library.store.write(aside.remove, f"{_FILE}{token}")
    return taken


def _is_running(number: str) -> bool:
    if not number.isdecimal() or int(number) == os.getpid():
        return number.isdecimal()
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
