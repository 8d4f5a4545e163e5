"""The library into files: one workflow as Sim's JSON, many as a workspace zip, everything as plain
files.

What looks like a key is told before anything is written, and nothing is written then unless the
caller insists. A file appears under its name only when it is whole, and never over another one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from simtui import __version__
from simtui.errors import NotFound, NotWritable, UsageError, shown
from simtui.exporting.surveying import Survey, surveyed
from simtui.exporting.targets import appearing, filling, sync_folder, told, write_file, writing
from simtui.formats.draft import Folder
from simtui.formats.naming import safe_part
from simtui.formats.plain_files import INDEX_NAME, IndexWriter, PathPicker
from simtui.formats.sim_zip import SimZipWriter
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.model.workflow import Workflow
from simtui.store import folders, workflows
from simtui.store.folders import NamedFolder

FORMS = ("sim", "zip", "files")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_PARTIAL_INDEX = f".{INDEX_NAME}.partial"
_FILED = ("workflows", "trash", "versions", INDEX_NAME, _PARTIAL_INDEX)


@dataclass(frozen=True, slots=True)
class Written:
    """How many workflows went out. `left_out`: what is damaged and stayed, a sentence each."""

    workflows: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, how many workflows, how many bytes (0 for a folder)."""

    path: Path | None
    workflows: int
    size_bytes: int
    left_out: tuple[str, ...] = ()


Progress = Callable[[int, int], None]
"""Called with how many workflows are done, of how many."""


async def export_sim(
    library: Library, workflow_id: str, stream: BinaryIO, *, allow_secrets: bool = False
) -> int:
    """One workflow as Sim's JSON, the exact document. How many bytes."""
    await surveyed(library, [workflow_id], allow_secrets)
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
) -> Written:
    """Workflows (None: all but the trash, and but what is damaged) as a workspace zip in Sim's
    layout."""
    chosen = await library.store.read(workflows.ids) if ids is None else ids
    survey = await surveyed(library, chosen, allow_secrets, forgiving=ids is None)
    named = await library.store.read(folders.named)
    writer = SimZipWriter(stream, workspace="simtui", exported_at_ms=now_ms())
    if ids is None:
        for folder in named.values():
            writer.add_folder(folder.segments, folder.id, folder.sort_order)
    async for done, workflow in _each(library, survey):
        document = await library.workflows.document(workflow.id)
        segments = _segments(workflow.folder, named)
        await _to_its_end(writer.add, workflow.id, workflow.name, segments, document)
        if on_progress:
            on_progress(done, len(survey.sound))
    await _to_its_end(writer.close)
    return Written(len(survey.sound), tuple(survey.left_out))


async def export_files(
    library: Library,
    folder: Path,
    *,
    ids: Sequence[str] | None = None,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Written:
    """Workflows with their versions (None: all but what is damaged; the trash, folders and settings
    with them) as plain files in a new or empty folder."""
    everything = ids is None
    if ids is None:
        ids = await library.store.read(workflows.ids, trash=None)
    survey = await surveyed(library, ids, allow_secrets, versions=True, forgiving=everything)
    named = await library.store.read(folders.named)
    with filling(folder, _FILED):
        # the index takes its name last: a folder that was broken off is not taken for whole
        with writing(folder / _PARTIAL_INDEX) as stream:
            index = IndexWriter(stream, made_by=f"simtui {__version__}", exported_at_ms=now_ms())
            if everything:
                for item in named.values():
                    index.folder(Folder(item.segments, item.id, item.sort_order))
                for key, value in (await library.settings.all()).items():
                    index.setting(key, value)
            picker = PathPicker()
            async for done, workflow in _each(library, survey):
                segments = _segments(workflow.folder, named)
                path = picker.workflow(workflow, segments)
                document = await library.workflows.document(workflow.id)
                await _to_its_end(write_file, folder / path, document)
                index.workflow(workflow, segments, path)
                for version in reversed(await library.workflows.versions(workflow.id)):
                    if version.number not in survey.sound[workflow.id]:
                        continue
                    path = picker.version(version)
                    document = await library.workflows.version_document(workflow.id, version.number)
                    await _to_its_end(write_file, folder / path, document)
                    index.version(version, path)
                if on_progress:
                    on_progress(done, len(survey.sound))
        (folder / _PARTIAL_INDEX).rename(folder / INDEX_NAME)
        sync_folder(folder)
    return Written(len(survey.sound), tuple(survey.left_out))


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
        written = await export_files(
            library, target, ids=ids, allow_secrets=allow_secrets, on_progress=on_progress
        )
        return Exported(target, written.workflows, 0, written.left_out)
    with told(target):
        if target.is_dir():
            target = await _own_path(library, ids, form, target)
        if target.exists():
            raise UsageError(f"{target} is there already, and stays as it is. Choose another name.")
    with appearing(target) as stream:
        if form == "sim":
            assert ids is not None
            await export_sim(library, ids[0], stream, allow_secrets=allow_secrets)
            written = Written(1)
        else:
            written = await export_zip(
                library, ids, stream, allow_secrets=allow_secrets, on_progress=on_progress
            )
        size = stream.tell()
    return Exported(target, written.workflows, size, written.left_out)


async def _each(library: Library, survey: Survey) -> AsyncIterator[tuple[int, Workflow]]:
    for done, workflow_id in enumerate(survey.sound, 1):
        workflow = await library.workflows.get(workflow_id)
        if workflow is None:
            raise NotFound(f"Workflow {shown(workflow_id)} is gone. Nothing was exported.")
        yield done, workflow


def _segments(path: str, named: dict[str, NamedFolder]) -> tuple[str, ...]:
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
