"""One workflow beside the list, or on a screen of its own: overview, JSON, versions."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from simtui.model import wording
from simtui.model.workflow import Outline, Version, Workflow
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.lines_view import JsonLines, LinesView, Span, StyledLines

VIEWS = ("Overview", "JSON", "Versions")


class Detail(Vertical):
    """Shows what it is given; which view that is, it remembers."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.workflow: Workflow | None = None
        self.view = VIEWS[0]
        self.versions: Sequence[Version] = ()

    def compose(self) -> ComposeResult:
        yield OneLine(id="name")
        yield OneLine(id="facts")
        yield OneLine(id="views")
        yield LinesView(id="text")

    @property
    def text(self) -> LinesView:
        return self.query_one("#text", LinesView)

    def _head(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.query_one("#name", OneLine).say([(workflow.name, "active")])
        place = f"{workflow.folder} · " if workflow.folder else ""
        trash = [("in the trash · ", "warning")] if workflow.deleted_at is not None else []
        self.query_one("#facts", OneLine).say(
            [
                *trash,
                (
                    f"{place}{wording.plural(workflow.block_count, 'block')} · "
                    f"{wording.plural(workflow.edge_count, 'edge')} · "
                    f"{wording.size(workflow.document_bytes)}",
                    "dim",
                ),
            ]
        )
        views = [
            (f"[{view}] ", "active") if view == self.view else (f" {view}  ", "dim")
            for view in VIEWS
        ]
        self.query_one("#views", OneLine).say(views)

    def show_overview(self, workflow: Workflow, outline: Outline) -> None:
        same = self.workflow is not None and self.workflow.id == workflow.id
        cursor = self.text.cursor if same and self.view == VIEWS[0] else 0
        self.view = VIEWS[0]
        self._head(workflow)
        self.text.show(StyledLines(overview_lines(workflow, outline)), cursor)

    def show_json(self, workflow: Workflow, document: bytes, title: str = "JSON") -> None:
        self.view = VIEWS[1]
        self._head(workflow)
        self.text.show(JsonLines(document))

    def show_versions(self, workflow: Workflow, versions: Sequence[Version]) -> None:
        self.view = VIEWS[2]
        self.versions = versions
        self._head(workflow)
        self.text.show(StyledLines(version_lines(versions)))

    @property
    def version(self) -> Version | None:
        """The version under the cursor, where versions are shown."""
        number = self.text.cursor - 1
        if self.view != VIEWS[2] or not 0 <= number < len(self.versions):
            return None
        return self.versions[number]

    def clear(self) -> None:
        self.workflow = None
        for ident in ("#name", "#facts", "#views"):
            self.query_one(ident, OneLine).say([])
        self.text.show(StyledLines([]))


def overview_lines(workflow: Workflow, outline: Outline) -> list[list[Span]]:
    """The overview: description, problems first, then blocks, variables, and what it needs."""
    lines: list[list[Span]] = []
    if workflow.description:
        lines += [[Span(part)] for part in _wrapped(workflow.description, 76)[:6]]
        lines.append([])
    if outline.problems:
        lines.append([Span(wording.plural(len(outline.problems), "problem"), "title")])
        lines += [[Span(f"! {problem}", "warning")] for problem in outline.problems]
        lines.append([])
    lines.append([Span("Blocks", "title")])
    kind_width = min(24, max((len(b.type) + 2 * b.depth for b in outline.blocks), default=0))
    name_width = min(28, max((len(b.name) for b in outline.blocks), default=0))
    for block in outline.blocks:
        kind = ("  " * block.depth + block.type).ljust(kind_width)
        line = [Span(f"{kind}  ", "dim"), Span(block.name.ljust(name_width))]
        if block.sources:
            line.append(Span(f"  ← {', '.join(block.sources)}", "dim"))
        if block.note:
            line.append(Span(f"  {block.note}", "key"))
        lines.append(line)
    if not outline.blocks:
        lines.append([Span("none", "dim")])
    if outline.variables:
        lines += [[], [Span("Variables", "title")]]
        lines += [[Span(name), Span(f"  {kind}", "dim")] for name, kind in outline.variables]
    if outline.needs:
        lines += [[], [Span("Needs", "title")]]
        lines += [[Span("{{" + name + "}}", "key")] for name in outline.needs]
    lines += [
        [],
        [Span("Changed  ", "dim"), Span(wording.date_time(workflow.updated_at))],
        [Span("Came as  ", "dim"), Span(workflow.source or "?")],
        [Span("Id       ", "dim"), Span(workflow.id)],
    ]
    return lines


def version_lines(versions: Sequence[Version]) -> list[list[Span]]:
    """A head, then a line a version, newest first."""
    if not versions:
        return [[Span("No earlier versions. One is kept whenever the document changes.", "dim")]]
    head = "   #  Replaced          Blocks      Size  Name"
    return [
        [Span(head, "dim")],
        *(
            [
                Span(
                    f"{v.number:>4}  {wording.date_time(v.saved_at)}  {v.block_count:>6}  "
                    f"{wording.size(v.document_bytes):>8}  {v.name}"
                )
            ]
            for v in versions
        ),
    ]


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(" ".join(text.split()), width) or [""]
