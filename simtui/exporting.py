"""The library into files: one workflow as Sim's JSON, many as a workspace zip, everything as plain
files.

What looks like a key is told before anything is written, and nothing is written then unless the
caller insists. A file appears under its name only when it is whole, and never over another one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

import orjson

from simtui import __version__
from simtui.apart import off_the_loop
from simtui.errors import BadInput, NotFound, NotWritable, UsageError, shown
from simtui.formats.draft import Folder
from simtui.formats.naming import safe_part
from simtui.formats.plain_files import INDEX_NAME, IndexWriter, PathPicker
from simtui.formats.sim_zip import SimZipWriter
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.model.redact import LikelyKey, likely_keys
from simtui.model.wording import plural
from simtui.model.workflow import Workflow
from simtui.store import workflows

FORMS = ("sim", "zip", "files")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_TOLD = 10
_PARTIAL_INDEX = f".{INDEX_NAME}.partial"
_FILED = ("workflows", "trash", "versions", INDEX_NAME, _PARTIAL_INDEX)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, how many workflows, how many bytes (0 for a folder)."""

    path: Path | None
    workflows: int
    size_bytes: int


Progress = Callable[[int, int], None]
"""Called with how many workflows are done, of how many."""


async def check_keys(
    library: Library, ids: Sequence[str], allow_secrets: bool, *, versions: bool = False
) -> None:
    """Raises `BadInput` with where they are, where a value to be exported looks like a key.
    `versions`: the earlier documents go along."""
    if allow_secrets:
        return
    told: list[str] = []
    total = 0
    for workflow_id in ids:
        async for which, document in _documents(library, workflow_id, versions):
            keys = await off_the_loop(len(document), _keys_in, document)
            total += len(keys)
            if keys and len(told) < _TOLD:
                workflow = await library.workflows.get(workflow_id)
                name = shown(workflow.name if workflow else workflow_id, 60) + which
                told += [
                    f"  {name} · {shown(key.where, 80)}: {shown(key.masked, 40)}" for key in keys
                ]
    if total:
        more = f"\n  … and {total - _TOLD:,} more" if total > _TOLD else ""
        raise BadInput(
            f"Nothing was exported: {plural(total, 'value')} in it "
            f"{'looks' if total == 1 else 'look'} like a key, and would leave in clear:\n"
            + "\n".join(told[:_TOLD])
            + more
            + "\nPut {{NAME}} in their place, or insist with --allow-secrets."
        )


async def _documents(
    library: Library, workflow_id: str, versions: bool
) -> AsyncIterator[tuple[str, bytes]]:
    """The document of a workflow, and the earlier ones, each with what tells it from the first."""
    yield "", await library.workflows.document(workflow_id)
    for version in await library.workflows.versions(workflow_id) if versions else ():
        number = version.number
        document = await library.workflows.version_document(workflow_id, number)
        yield f" · version {number}", document


def _keys_in(document: bytes) -> list[LikelyKey]:
    return likely_keys(orjson.loads(document))


async def export_sim(
    library: Library, workflow_id: str, stream: BinaryIO, *, allow_secrets: bool = False
) -> int:
    """One workflow as Sim's JSON, the exact document. How many bytes."""
    await check_keys(library, [workflow_id], allow_secrets)
    document = await library.workflows.document(workflow_id)
    await _to_its_end(stream.write, document)
    return len(document)


async def export_zip(
    library: Library,
    ids: Sequence[str] | None,
    stream: BinaryIO,
    *,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> int:
    """Workflows (None: all but the trash) as a workspace zip in Sim's layout. How many."""
    chosen = list(dict.fromkeys(await library.store.read(workflows.ids) if ids is None else ids))
    await check_keys(library, chosen, allow_secrets)
    named = await library.store.read(workflows.named_folders)
    writer = SimZipWriter(stream, workspace="simtui", exported_at_ms=now_ms())
    if ids is None:
        for folder in named.values():
            writer.add_folder(folder.segments, folder.id, folder.sort_order)
    async for done, workflow in _each(library, chosen):
        document = await library.workflows.document(workflow.id)
        segments = _segments(workflow.folder, named)
        await _to_its_end(writer.add, workflow.id, workflow.name, segments, document)
        if on_progress:
            on_progress(done, len(chosen))
    await _to_its_end(writer.close)
    return len(chosen)


async def export_files(
    library: Library,
    folder: Path,
    *,
    ids: Sequence[str] | None = None,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> int:
    """Workflows with their versions (None: all, the trash, folders and settings with them) as plain
    files in a new or empty folder. How many workflows."""
    everything = ids is None
    if ids is None:
        ids = await library.store.read(workflows.ids, trash=None)
    chosen = list(dict.fromkeys(ids))
    await check_keys(library, chosen, allow_secrets, versions=True)
    named = await library.store.read(workflows.named_folders)
    with _filling(folder):
        # the index takes its name last: a folder that was broken off is not taken for whole
        with _writing(folder / _PARTIAL_INDEX) as stream:
            index = IndexWriter(stream, made_by=f"simtui {__version__}", exported_at_ms=now_ms())
            if everything:
                for item in named.values():
                    index.folder(Folder(item.segments, item.id, item.sort_order))
                for key, value in (await library.settings.all()).items():
                    index.setting(key, value)
            picker = PathPicker()
            async for done, workflow in _each(library, chosen):
                segments = _segments(workflow.folder, named)
                path = picker.workflow(workflow, segments)
                document = await library.workflows.document(workflow.id)
                await _to_its_end(_write_file, folder / path, document)
                index.workflow(workflow, segments, path)
                for version in reversed(await library.workflows.versions(workflow.id)):
                    path = picker.version(version)
                    document = await library.workflows.version_document(workflow.id, version.number)
                    await _to_its_end(_write_file, folder / path, document)
                    index.version(version, path)
                if on_progress:
                    on_progress(done, len(chosen))
        (folder / _PARTIAL_INDEX).rename(folder / INDEX_NAME)
        _sync_folder(folder)
    return len(chosen)


async def _to_its_end(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Runs `function` in a thread. A caller that is cancelled waits for it all the same: it holds
    a file that is about to be taken away."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


async def export_to(
    library: Library,
    ids: Sequence[str] | None,
    form: str,
    path: Path | None = None,
    *,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Exported:
    """Exports to `path`, or under a name of its own into the home's exports. A file that is there
    is never written over. Raises `UsageError`, `NotFound`, `BadInput`, `NotWritable`."""
    if form not in FORMS:
        raise UsageError(f"An export is one of {', '.join(FORMS)}.")
    if form == "sim" and (ids is None or len(ids) != 1):
        raise UsageError("Sim's JSON holds one workflow. For more, use `--as zip` or `--as files`.")
    target = path or await _own_path(library, ids, form)
    if form == "files":
        count = await export_files(
            library, target, ids=ids, allow_secrets=allow_secrets, on_progress=on_progress
        )
        return Exported(target, count, 0)
    with _told(target):
        if target.is_dir():
            target = await _own_path(library, ids, form, target)
        if target.exists():
            raise UsageError(f"{target} is there already, and stays as it is. Choose another name.")
    with _appearing(target) as stream:
        if form == "sim":
            assert ids is not None
            await export_sim(library, ids[0], stream, allow_secrets=allow_secrets)
            count = 1
        else:
            count = await export_zip(
                library, ids, stream, allow_secrets=allow_secrets, on_progress=on_progress
            )
        size = stream.tell()
    return Exported(target, count, size)


async def _each(library: Library, ids: Sequence[str]) -> AsyncIterator[tuple[int, Workflow]]:
    for done, workflow_id in enumerate(ids, 1):
        workflow = await library.workflows.get(workflow_id)
        if workflow is None:
            raise NotFound(f"Workflow {shown(workflow_id)} is gone. Nothing was exported.")
        yield done, workflow


def _segments(path: str, named: dict[str, workflows.NamedFolder]) -> tuple[str, ...]:
    """The folders of a path. One that an export named keeps its own parts, "/" and all."""
    if not path:
        return ()
    known = named.get(path)
    if known is not None:
        return known.segments
    above, _, last = path.rpartition("/")
    return (*_segments(above, named), last)


async def _own_path(
    library: Library, ids: Sequence[str] | None, form: str, folder: Path | None = None
) -> Path:
    """A name that is free, in the home's exports unless a folder is named."""
    if folder is None:
        folder = library.home.exports
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritable(f"{folder} cannot be made: {error.strerror}.") from error
    stem = "simtui-library" if ids is None else "simtui-workflows"
    if ids is not None and len(ids) == 1:
        workflow = await library.workflows.get(ids[0])
        if workflow is None:
            raise NotFound(f"There is no workflow {shown(ids[0])}.")
        stem = safe_part(workflow.name)
    ending = {"sim": ".json", "zip": ".zip", "files": ""}[form]
    number = 1
    while (target := folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}").exists():
        number += 1
    return target


@contextmanager
def _appearing(target: Path) -> Iterator[BinaryIO]:
    """A file beside `target`, which takes its name when all went well and is gone otherwise."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".simtui-", dir=target.parent)
    except OSError as error:
        raise NotWritable(
            f"{target.parent} cannot be written: {error.strerror}. Nothing was exported."
        ) from error
    partial = Path(name)
    try:
        with _told(target), os.fdopen(descriptor, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        try:
            os.link(partial, target)  # unlike a rename, this never replaces a file
        except FileExistsError:
            raise UsageError(f"{target} appeared meanwhile, and stays as it is.") from None
        except OSError:  # a file system without links
            partial.rename(target)
        _sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    with _told(path), path.open("xb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns what the disk says into our error."""
    try:
        yield
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written: {error.strerror}. The library is unchanged."
        ) from error


def _write_file(path: Path, content: bytes) -> None:
    with _told(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(content)


@contextmanager
def _filling(folder: Path) -> Iterator[None]:
    """A new or empty folder, which is as it was where something goes wrong."""
    with _told(folder):
        new = not folder.exists()
        if not new and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(
                f"{folder} is not an empty folder, and stays as it is. Choose a new one for the "
                "files."
            )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with _told(folder):
            yield
    except BaseException:
        for name in _FILED:
            shutil.rmtree(folder / name, ignore_errors=True)
            with suppress(OSError):
                (folder / name).unlink()
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
