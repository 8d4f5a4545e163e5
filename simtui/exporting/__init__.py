"""The library into files: one workflow as Sim's JSON or a bundle, many as a workspace zip,
everything as plain files.

What looks like a key is told before anything is written, and nothing is written then unless the
caller insists. A file appears under its name only when it is whole, and never over another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

from simtui import __version__
from simtui.errors import NotFound, NotWritable, UsageError, shown
from simtui.exporting.bundling import Bundling
from simtui.exporting.surveying import Survey, surveyed
from simtui.exporting.targets import (
    appearing,
    filling,
    new_file,
    sync_folder,
    told,
    write_file,
    writing,
)
from simtui.exporting.walking import Progress, each, segments_of, to_its_end
from simtui.formats.bundle import ENDING
from simtui.formats.draft import Folder
from simtui.formats.naming import safe_part
from simtui.formats.plain_files import INDEX_NAME, RUNS_NAME, IndexWriter, PathPicker
from simtui.formats.sim_zip import SimZipWriter
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.model.asset import Asset
from simtui.store import folders, needs, workflows

FORMS = ("sim", "bundle", "zip", "files")

_PARTIAL_INDEX = f".{INDEX_NAME}.partial"
_FILED = ("workflows", "trash", "versions", "assets", RUNS_NAME, INDEX_NAME, _PARTIAL_INDEX)


@dataclass(frozen=True, slots=True)
class Written:
    """How many workflows went out. `left_out`: what is damaged and stayed, a sentence each;
    `needs`: the secrets that whoever gets them must set."""

    workflows: int
    left_out: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: where, how many workflows, how many bytes (0 for a folder); the rest as in
    `Written`."""

    path: Path | None
    workflows: int
    size_bytes: int
    left_out: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


async def export_sim(
    library: Library, workflow_id: str, stream: BinaryIO, *, allow_secrets: bool = False
) -> int:
    """One workflow as Sim's JSON, the exact document. How many bytes."""
    await surveyed(library, [workflow_id], allow_secrets)
    document = await library.workflows.document(workflow_id)
    await to_its_end(stream.write, document)
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
    async for done, workflow in each(library, survey):
        document = await library.workflows.document(workflow.id)
        segments = segments_of(workflow.folder, named)
        await to_its_end(writer.add, workflow.id, workflow.name, segments, document)
        if on_progress:
            on_progress(done, len(survey.sound))
    await to_its_end(writer.close)
    return await _written(library, survey)


async def export_files(
    library: Library,
    folder: Path,
    *,
    ids: Sequence[str] | None = None,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Written:
    """Workflows with their versions, files and runs (None: all but what is damaged; the trash,
    folders and settings with them) as plain files in a new or empty folder."""
    everything = ids is None
    if ids is None:
        ids = await library.store.read(workflows.ids, trash=None)
    survey = await surveyed(
        library, ids, allow_secrets, versions=True, assets=True, runs=True, forgiving=everything
    )
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
            async for done, workflow in each(library, survey):
                segments = segments_of(workflow.folder, named)
                path = picker.workflow(workflow, segments)
                document = await library.workflows.document(workflow.id)
                await to_its_end(write_file, folder / path, document)
                index.workflow(workflow, segments, path)
                for version in reversed(await library.workflows.versions(workflow.id)):
                    if version.number not in survey.sound[workflow.id]:
                        continue
                    path = picker.version(version)
                    document = await library.workflows.version_document(workflow.id, version.number)
                    await to_its_end(write_file, folder / path, document)
                    index.version(version, path)
                for asset in survey.assets.get(workflow.id, ()):
                    path = picker.asset(asset)
                    await _write_asset(library, asset, folder / path)
                    index.asset(asset, path)
                if on_progress:
                    on_progress(done, len(survey.sound))
            if await library.runs.count_of_workflows(list(survey.sound)):
                await _write_runs(library, list(survey.sound), folder / RUNS_NAME)
                index.runs(RUNS_NAME)
        (folder / _PARTIAL_INDEX).rename(folder / INDEX_NAME)
        sync_folder(folder)
    return await _written(library, survey)


async def _write_runs(library: Library, ids: Sequence[str], path: Path) -> None:
    with new_file(path) as stream:
        async for lines in library.runs.events(workflow_ids=ids):
            await to_its_end(stream.write, lines)


async def _write_asset(library: Library, asset: Asset, path: Path) -> None:
    with new_file(path) as stream:
        async for piece in library.assets.pieces(asset):
            await to_its_end(stream.write, piece)


async def export_bundle(
    library: Library,
    workflow_id: str,
    stream: BinaryIO,
    *,
    with_versions: bool = False,
    with_runs: bool = False,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Written:
    """One workflow with its files as a bundle, into a seekable stream."""
    survey = await surveyed(
        library, [workflow_id], allow_secrets, versions=with_versions, assets=True, runs=with_runs
    )
    named = await library.store.read(folders.named)
    await Bundling(library, survey, named, with_versions, with_runs, on_progress).into_file(stream)
    return await _written(library, survey)


async def export_bundles(
    library: Library,
    folder: Path,
    *,
    ids: Sequence[str] | None = None,
    with_versions: bool = False,
    with_runs: bool = False,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Written:
    """Workflows (None: all but the trash, and but what is damaged) as bundles in a new or empty
    folder."""
    chosen = await library.store.read(workflows.ids) if ids is None else ids
    survey = await surveyed(
        library,
        chosen,
        allow_secrets,
        versions=with_versions,
        assets=True,
        runs=with_runs,
        forgiving=ids is None,
    )
    named = await library.store.read(folders.named)
    await Bundling(library, survey, named, with_versions, with_runs, on_progress).into_folder(
        folder
    )
    return await _written(library, survey)


async def _written(library: Library, survey: Survey) -> Written:
    needed = {name for one in survey.sound for name in await library.store.read(needs.of, one)}
    return Written(len(survey.sound), tuple(survey.left_out), tuple(sorted(needed)))


async def export_to(
    library: Library,
    ids: Sequence[str] | None,
    form: str,
    path: Path | None = None,
    *,
    with_versions: bool = False,
    with_runs: bool = False,
    allow_secrets: bool = False,
    on_progress: Progress | None = None,
) -> Exported:
    """Exports to `path`, or under a name of its own into the home's exports. A file that is there
    is never written over. Raises `UsageError`, `NotFound`, `BadInput`, `NotWritable`.

    `with_versions`, `with_runs`: the earlier documents and the runs too, in a bundle; plain files
    have them always.
    """
    if form not in FORMS:
        raise UsageError(f"An export is one of {', '.join(FORMS)}.")
    alone = ids is not None and len(ids) == 1
    if form == "sim" and not alone:
        raise UsageError("Sim's JSON holds one workflow. For more, use `--as zip` or `--as files`.")
    if with_versions and form not in ("bundle", "files"):
        raise UsageError("Sim's own forms hold no earlier versions: `--as bundle` and `files` do.")
    if with_runs and form not in ("bundle", "files"):
        raise UsageError("Sim's own forms hold no runs: `--as bundle` and `files` do.")
    target = path or await _own_path(library, ids, form)
    if form == "files" or (form == "bundle" and not alone):
        if form == "files":
            written = await export_files(
                library, target, ids=ids, allow_secrets=allow_secrets, on_progress=on_progress
            )
        else:
            written = await export_bundles(
                library,
                target,
                ids=ids,
                with_versions=with_versions,
                with_runs=with_runs,
                allow_secrets=allow_secrets,
                on_progress=on_progress,
            )
        return Exported(target, written.workflows, 0, written.left_out, written.needs)
    with told(target):
        if target.is_dir():
            target = await _own_path(library, ids, form, target)
        if target.exists():
            raise UsageError(f"{target} is there already, and stays as it is. Choose another name.")
    with appearing(target) as stream:
        if form == "zip":
            written = await export_zip(
                library, ids, stream, allow_secrets=allow_secrets, on_progress=on_progress
            )
        else:
            assert ids is not None
            written = await _export_one(
                library, ids[0], form, stream, with_versions, with_runs, allow_secrets, on_progress
            )
        size = stream.seek(0, SEEK_END)
    return Exported(target, written.workflows, size, written.left_out, written.needs)


async def _export_one(
    library: Library,
    workflow_id: str,
    form: str,
    stream: BinaryIO,
    with_versions: bool,
    with_runs: bool,
    allow_secrets: bool,
    on_progress: Progress | None,
) -> Written:
    if form == "bundle":
        return await export_bundle(
            library,
            workflow_id,
            stream,
            with_versions=with_versions,
            with_runs=with_runs,
            allow_secrets=allow_secrets,
            on_progress=on_progress,
        )
    await export_sim(library, workflow_id, stream, allow_secrets=allow_secrets)
    return Written(1, needs=tuple(await library.store.read(needs.of, workflow_id)))


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
    ending = {"sim": ".json", "bundle": ENDING, "zip": ".zip", "files": ""}[form]
    if form == "bundle" and (ids is None or len(ids) != 1):
        stem, ending = stem.replace("simtui", "bundles"), ""
    number = 1
    while (target := folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}").exists():
        number += 1
    return target
