"""One workflow, beside the list or in its place: overview, JSON, versions, files."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Collection, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from simtui.apart import LARGE_BYTES
from simtui.library import Library, WorkflowShelf
from simtui.model import wording
from simtui.model.asset import Asset
from simtui.model.outline import Outline
from simtui.model.workflow import Version, Workflow
from simtui.tui.keys import Keys
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.lines import JsonLines, Span, StyledLines
from simtui.tui.widgets.lines_view import LinesView

VIEWS = {"overview": "Overview", "json": "JSON", "versions": "Versions", "files": "Files"}
"""The views by the action that shows them."""

ROOMY = 60


class Detail(Vertical):
    """Shows one workflow in one of its views, and keeps to that view from workflow to workflow.
    `number`: the version whose JSON is shown. `text_width` is what prose is wrapped at."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.workflow: Workflow | None = None
        self.keys = Keys()
        self.view = "Overview"
        self.number: int | None = None
        self.text = LinesView(id="text")
        self._name_line, self._facts_line, self._views_line = OneLine(), OneLine(), OneLine()
        self.text_width = 76
        self._versions: Sequence[Version] = ()
        self._assets: Sequence[Asset] = ()

    def compose(self) -> ComposeResult:
        yield from (self._name_line, self._facts_line, self._views_line, self.text)

    async def show(
        self, library: Library, workflow: Workflow, view: str = "", words: Sequence[str] = ()
    ) -> None:
        """Shows a workflow, and where in it the words are that it was found by. The cursor stays
        where it is in a text that was shown before. Raises what the library does."""
        shelf, view = library.workflows, view or self.view
        same = self.workflow is not None and (self.workflow.id, self.view) == (workflow.id, view)
        cursor = self.text.cursor if same else 0
        if view == "JSON":
            document = await shelf.document(workflow.id)
            self._shown(workflow, view)
            self.text.show(await _lines_of(document), cursor)
            if words and not same:
                self.text.find(words[0])
        elif view == "Versions":
            self._versions = await shelf.versions(workflow.id)
            self._shown(workflow, view)
            lines = version_lines(self._versions, self.text_width)
            self.text.show(StyledLines(lines), cursor or 1)
        elif view == "Files":
            self._assets = await library.assets.of(workflow.id)
            self._shown(workflow, view)
            self.text.show(StyledLines(asset_lines(self._assets, self.text_width)), cursor or 1)
        else:
            outline = await shelf.outline(workflow.id)
            self._shown(workflow, view)
            known = await shelf.having_values(outline.needs) if outline.needs else set()
            lines = overview_lines(workflow, outline, self.text_width, known)
            if words:
                places = await shelf.places(workflow.id, list(words))
                lines = place_lines(places) + lines
            self.text.show(StyledLines(lines), cursor)

    def show_trouble(self, workflow: Workflow, view: str, why: str) -> None:
        """Shows why a workflow cannot be shown."""
        self._shown(workflow, view or self.view)
        lines = [[Span(part, "error")] for part in _wrapped(why, self.text_width)]
        self.text.show(StyledLines(lines))

    async def show_version(self, shelf: WorkflowShelf, workflow: Workflow, number: int) -> None:
        """Shows an earlier document of the workflow."""
        document = await shelf.version_document(workflow.id, number)
        self._shown(workflow, "JSON", number)
        self.text.show(await _lines_of(document))

    def shown_again(self, workflow: Workflow) -> None:
        """Shows a workflow as it is now above an earlier document of it, which stays."""
        self._shown(workflow, self.view, self.number)

    def _shown(self, workflow: Workflow, view: str, number: int | None = None) -> None:
        self.workflow, self.view, self.number = workflow, view, number
        self._name_line.say(
            [(workflow.name, "active")], [(f" {workflow.folder}", "dim")] if workflow.folder else []
        )
        facts = [
            wording.plural(workflow.block_count, "block"),
            wording.plural(workflow.edge_count, "edge"),
            wording.size(workflow.document_bytes),
        ]
        state = "in the trash · " if workflow.deleted_at is not None else ""
        self._facts_line.say([(state, "warning"), (" · ".join(facts), "dim")])
        pieces: list[tuple[str, str]] = []
        for ident, name in VIEWS.items():
            key, here = self.keys.first(ident), name == view
            label = f" {name} (version {number})" if here and number else f" {name}"
            pieces += [(key, "key"), (label, "active" if here else "dim"), ("   ", "")]
        self._views_line.say(pieces)

    @property
    def version(self) -> Version | None:
        """The version under the cursor, where versions are shown."""
        number = self.text.cursor - 1
        if self.view != "Versions" or not 0 <= number < len(self._versions):
            return None
        return self._versions[number]

    @property
    def asset(self) -> Asset | None:
        """The file under the cursor, where files are shown."""
        number = self.text.cursor - 1
        if self.view != "Files" or not 0 <= number < len(self._assets):
            return None
        return self._assets[number]

    def view_places(self) -> list[tuple[int, int, str]]:
        """Where the name of each view stands on the screen: column and line."""
        x, y = self._views_line.region.offset
        found = []
        for ident, name in VIEWS.items():
            found.append((x, y, name))
            number = f" (version {self.number})" if name == self.view and self.number else ""
            x += len(f"{self.keys.first(ident)} {name}{number}   ")
        return found

    def clear(self) -> None:
        self.workflow = None
        for line in (self._name_line, self._facts_line, self._views_line):
            line.say([])
        self.text.show(StyledLines([]))


async def _lines_of(document: bytes) -> JsonLines:
    if len(document) < LARGE_BYTES:
        return JsonLines(document)
    return await asyncio.to_thread(JsonLines, document)


def place_lines(places: Sequence[str]) -> list[list[Span]]:
    """Where the words of the filter stand: the block and its field, then the words around."""
    from simtui.library.searching import MARK, UNMARK  # where nothing was looked for, none stands

    lines = [[Span("Found", "title")]] if places else []
    for place in places:
        where, _, snippet = place.partition(": ")
        lines.append([Span(where, "dim")])
        line = [Span("  ")]
        for piece in re.split(f"({MARK}[^{UNMARK}]*{UNMARK})", snippet):
            marked = piece.startswith(MARK)
            line.append(Span(piece.strip(MARK + UNMARK), "match" if marked else ""))
        lines.append(line)
    return [*lines, []] if places else []


def overview_lines(
    workflow: Workflow, outline: Outline, width: int, known: Collection[str] = ()
) -> list[list[Span]]:
    """The overview: description, problems first, then blocks, variables, and what it needs, of
    which `known` have a value. Prose is wrapped at `width` columns."""
    lines: list[list[Span]] = []
    if workflow.description:
        lines += [[Span(part)] for part in _wrapped(workflow.description, width)[:6]]
        lines.append([])
    if outline.problems:
        lines.append([Span(wording.plural(len(outline.problems), "problem"), "title")])
        for problem in outline.problems:
            lines += [[Span(part, "warning")] for part in _wrapped(f"! {problem}", width)]
        lines.append([])
    lines.append([Span("Blocks", "title")])
    kind_width = min(24, max((len(b.type) + 2 * b.depth for b in outline.blocks), default=0))
    name_width = min(28, max((len(b.name) for b in outline.blocks), default=0))
    gap = "  " if width >= ROOMY else " "
    for block in outline.blocks:
        kind = ("  " * block.depth + block.type).ljust(kind_width)
        line = [Span(f"{kind}{gap}", "dim"), Span(block.name.ljust(name_width))]
        if block.sources:
            line.append(Span(f"{gap}← {', '.join(block.sources)}", "dim"))
        if block.note:
            line.append(Span(f"{gap}{block.note}", "key"))
        lines.append(line)
    if not outline.blocks:
        none = "only runs of it are here; nothing brought the workflow itself in"
        lines.append([Span(none if workflow.is_placeholder else "none", "dim")])
    if outline.variables:
        lines += [[], [Span("Variables", "title")]]
        width = min(28, max(len(name) for name, _ in outline.variables))
        lines += [
            [Span(name.ljust(width)), Span(f"  {kind}", "dim")] for name, kind in outline.variables
        ]
    if outline.needs:
        lines += [[], [Span("Needs", "title")]]
        for name in outline.needs:
            has = name in known
            said = Span("  set" if has else "  ! no value", "dim" if has else "warning")
            lines.append([Span("{{" + name + "}}", "key"), said])
    return [
        *lines,
        [],
        [Span("Changed  ", "dim"), Span(wording.date_time(workflow.updated_at))],
        [Span("Came as  ", "dim"), Span(wording.source_name(workflow.source))],
        [Span("Id       ", "dim"), Span(workflow.id)],
    ]


def version_lines(versions: Sequence[Version], width: int) -> list[list[Span]]:
    """A head, then a line a version, newest first."""
    if not versions:
        none = "No earlier versions. One is kept whenever the document changes."
        return [[Span(part, "dim")] for part in _wrapped(none, width)]
    lines = [[Span("   #  Replaced          Blocks      Size  Name", "dim")]]
    for version in versions:
        number = f"{version.number:>4}  {wording.date_time(version.saved_at)}"
        size = f"{version.block_count:>6}  {wording.size(version.document_bytes):>8}"
        lines.append([Span(f"{number}  {size}  {version.name}")])
    return lines


def asset_lines(assets: Sequence[Asset], width: int) -> list[list[Span]]:
    """A head, then a line a file, by name."""
    if not assets:
        none = "No files. A gives this workflow one: a table, a prompt, a picture, of any size."
        return [[Span(part, "dim")] for part in _wrapped(none, width)]
    room = max(12, width - 30)
    lines = [[Span(f"    Size  {'Name'.ljust(room)}  Added", "dim")]]
    for asset in assets:
        name = asset.name if len(asset.name) <= room else f"{asset.name[: room - 1]}…"
        added = wording.date_time(asset.added_at)
        lines.append([Span(f"{wording.size(asset.size_bytes):>8}  {name.ljust(room)}  {added}")])
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width) or [""]
