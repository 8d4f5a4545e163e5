"""Workflows into bundles: each a file of its own, with its files, and with its earlier documents
and its runs where that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from simtui import __version__
from simtui.exporting.surveying import Survey
from simtui.exporting.targets import filling, sync_folder, writing
from simtui.exporting.walking import Progress, each, segments_of, to_its_end
from simtui.formats.bundle import ENDING, BundleWriter
from simtui.formats.naming import UniquePaths, safe_part
from simtui.library import Library
from simtui.library.workflows import now_ms
from simtui.model.workflow import Workflow
from simtui.store import needs
from simtui.store.folders import NamedFolder


@dataclass(frozen=True, slots=True)
class Bundling:
    """What goes into the bundles, looked at before; `named`: the folders by their real names."""

    library: Library
    survey: Survey
    named: Mapping[str, NamedFolder]
    with_versions: bool
    with_runs: bool = False
    on_progress: Progress | None = None

    async def into_file(self, stream: BinaryIO) -> None:
        """The one workflow into one bundle."""
        async for done, workflow in each(self.library, self.survey):
            await self._write(workflow, stream)
            self._told(done)

    async def into_folder(self, folder: Path) -> None:
        """Each workflow into a bundle, in a new or empty folder."""
        unique = UniquePaths()
        written: list[str] = []
        with filling(folder, written):
            async for done, workflow in each(self.library, self.survey):
                name = f"{safe_part(workflow.name)}-{safe_part(workflow.id, 60)}{ENDING}"
                written.append(unique.take(name))
                with writing(folder / written[-1]) as stream:
                    await self._write(workflow, stream)
                self._told(done)
            sync_folder(folder)

    async def _write(self, workflow: Workflow, stream: BinaryIO) -> None:
        library, survey = self.library, self.survey
        writer = BundleWriter(stream, made_by=f"simtui {__version__}", made_at_ms=now_ms())
        document = await library.workflows.document(workflow.id)
        needed = await library.store.read(needs.of, workflow.id)
        segments = segments_of(workflow.folder, self.named)
        await to_its_end(writer.workflow, workflow, segments, document, needed)
        if self.with_versions:
            for version in reversed(await library.workflows.versions(workflow.id)):
                if version.number in survey.sound[workflow.id]:
                    document = await library.workflows.version_document(workflow.id, version.number)
                    await to_its_end(writer.version, version, document)
        for asset in survey.assets.get(workflow.id, ()):
            with writer.asset(asset) as sink:
                async for piece in library.assets.pieces(asset):
                    await to_its_end(sink.write, piece)
        if self.with_runs:
            with writer.runs() as sink:
                async for lines in library.runs.events(workflow_ids=[workflow.id]):
                    await to_its_end(sink.write, lines)
        await to_its_end(writer.close)

    def _told(self, done: int) -> None:
        if self.on_progress:
            self.on_progress(done, len(self.survey.sound))
