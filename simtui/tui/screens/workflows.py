"""The Workflows area: the list, the filter above it, and one workflow beside it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from simtui.errors import SimtuiError, shown
from simtui.library import WorkflowShelf
from simtui.model import wording
from simtui.model.filters import EMPTY, WORKFLOW_FIELDS, Filter, FilterError, parse
from simtui.model.workflow import Workflow
from simtui.tui.keys import bindings
from simtui.tui.screens.acts import WorkflowActs
from simtui.tui.widgets.detail import Detail
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.virtual_table import PAGE, Column, VirtualTable

WIDE = 100
"""From this many columns on, the workflow stands beside the list."""

GREETING = """\
Nothing here yet.

i   bring workflows in: a file, a folder, a zip from Sim
D   look around with sample workflows (nothing is kept)
?   the keys, and what the filter takes

Your home is {home}. Copy that folder and you have copied everything."""


class Rows:
    """The workflows of a filter, as the table asks for them."""

    def __init__(self, shelf: WorkflowShelf, filter: Filter, trash: bool) -> None:
        self._shelf, self.filter, self.trash = shelf, filter, trash

    def key(self, row: Workflow) -> str:
        return row.id

    async def count(self) -> int:
        return await self._shelf.count(self.filter, trash=self.trash)

    async def page(
        self,
        *,
        after: Workflow | None = None,
        before: Workflow | None = None,
        from_end: bool = False,
        limit: int = PAGE,
    ) -> list[Workflow]:
        return await self._shelf.page(
            self.filter,
            after=(after.updated_at, after.id) if after else None,
            before=(before.updated_at, before.id) if before else None,
            from_end=from_end,
            limit=limit,
            trash=self.trash,
        )


class Workflows(WorkflowActs):
    """Area 1. At `WIDE` columns the detail stands beside the list; below, it takes the list's place
    while it is open."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss", "workflows.tcss"]  # type: ignore[assignment]  # as in Frame
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "open", "filter", "import", "export", "rename", "move", "delete", "undo", "mark",
        "folders", "trash", "restore", "overview", "json", "versions", "rollback",
        "next_problem", "previous_problem", "next_match", "previous_match", "other_pane", "copy",
        "times", "refresh", "samples", "back",
    )]  # fmt: skip
    number = 1

    def __init__(self) -> None:
        super().__init__()
        self.filter: Filter = EMPTY
        self.trash = False
        self.everything = 0
        self._shown_id: str | None = None

    @property
    def place(self) -> str:  # type: ignore[override]  # here it depends on the pane
        if self.in_detail:
            return "detail"
        return "trash workflows" if self.trash else "workflows"

    @property
    def table(self) -> VirtualTable[Workflow]:
        return self.query_one(VirtualTable)

    @property
    def detail(self) -> Detail:
        return self.query_one(Detail)

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    @property
    def in_detail(self) -> bool:
        return self.detail.text.has_focus

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        with Horizontal(id="filter-line"):
            yield Static("/", id="slash", markup=False)
            yield Input(id="filter", compact=True, select_on_focus=False)
            yield OneLine(id="count")
        with Horizontal(id="panes"):
            with Vertical(id="list"):
                yield VirtualTable(self._columns(), id="table")
                yield Static(
                    GREETING.format(home=shown(str(self.simtui.home))), id="greeting", markup=False
                )
            yield Detail(id="detail")
        yield from self.compose_bottom()

    def _columns(self) -> list[Column[Workflow]]:
        return [
            Column("Name", 0, lambda row: (row.name, "")),
            Column("Folder", 18, lambda row: (row.folder, "dim"), from_width=90),
            Column("Updated", 12, lambda row: (self.time(row.updated_at), ""), from_width=70),
            Column("Blocks", 6, lambda row: (str(row.block_count), ""), from_width=70, right=True),
            Column("Last run", 18, self._last_run),
        ]

    def time(self, at_ms: int) -> str:
        if self.simtui.absolute_times:
            return wording.date_time(at_ms)[2:]
        return wording.ago(at_ms, time.time_ns() // 1_000_000)

    def _last_run(self, row: Workflow) -> tuple[str, str]:
        if row.last_run_status is None or row.last_run_at is None:
            return "– never", "dim"
        took = row.last_run_duration_ms
        parts = [
            wording.run_sign(row.last_run_status),
            wording.duration(took) if took is not None else row.last_run_status,
            self.time(row.last_run_at),
        ]
        colour = {"failed": "error", "completed": "success"}.get(row.last_run_status, "")
        return " ".join(parts), colour

    async def on_mount(self) -> None:
        self.query_one("#filter", Input).can_focus = False
        self.say_all()
        self.on_resize()
        await self.show_list()
        self.table.focus()

    # -- the list

    async def show_list(self) -> None:
        """Shows what the filter means, from the top."""
        await self.table.show(Rows(self.simtui.library.workflows, self.filter, self.trash))
        await self._say_counts()
        if not self.table.total:
            self._nothing_shown()

    async def reload(self) -> None:
        """Reads the list and the open workflow again, each where it is."""
        self._shown_id = None
        await self.table.reload()
        await self._say_counts()

    async def _say_counts(self) -> None:
        shelf = self.simtui.library.workflows
        self.everything = await shelf.count(trash=self.trash)
        empty = not self.everything and not self.trash and not self.filter
        self.query_one("#greeting").display = empty
        self.table.display = not empty
        shown_count = wording.count(self.table.total)
        total = f"{shown_count} of {wording.count(self.everything)}" if self.filter else shown_count
        where = " in the trash" if self.trash else ""
        marks = len(self.table.marked)
        pieces = [(f"{marks} marked · ", "key")] if marks else []
        self.query_one("#count", OneLine).say([], [*pieces, (f"{total}{where} ", "dim")])

    def on_virtual_table_moved(self) -> None:
        row = self.table.row
        if row is None:
            self._nothing_shown()
        elif self.wide or self.detail.display:
            self.run_worker(
                self._show_detail(row), exclusive=True, group="detail", exit_on_error=False
            )

    def _nothing_shown(self) -> None:
        self._shown_id = None
        self.detail.clear()

    async def _show_detail(self, row: Workflow) -> None:
        """Follows the cursor: the overview of the row, unless it is shown already."""
        if row.id == self._shown_id and self.detail.workflow == row:
            return
        try:
            outline = await self.simtui.library.workflows.outline(row.id)
        except SimtuiError as error:
            self.simtui.tell(error.message, "error")
            return
        if self.table.row == row:
            self._shown_id = row.id
            self.detail.show_overview(row, outline)

    def on_virtual_table_opened(self) -> None:
        self.run_worker(self.action_open(), exit_on_error=False)

    # -- the panes

    def on_resize(self, event: events.Resize | None = None) -> None:
        in_detail = self.in_detail
        self.detail.display = self.wide or in_detail
        self.query_one("#list").display = self.wide or not in_detail
        self.set_class(self.wide, "-wide")

    async def action_open(self) -> None:
        """The workflow under the cursor; in its versions, the one under the cursor there."""
        if self.in_detail:
            version = self.detail.version
            if version is not None:
                await self._open_version(version.number)
            return
        row = self.table.row
        if row is None:
            return
        self.detail.display = True
        await self._show_detail(row)
        self.detail.text.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.on_resize()
        self.say_keys()

    def action_other_pane(self) -> None:
        if self.in_detail:
            self.table.focus()
        elif self.table.row is not None:
            self.run_worker(self.action_open(), exit_on_error=False)

    async def action_back(self) -> None:
        """Ends running work, else leads from the workflow to the list, else clears the filter."""
        if self.simtui.cancel_work():
            return
        if self.in_detail:
            if self.detail.view == "Overview" or self.wide:
                self.query_one("#list").display = True
                self.table.focus()
            else:
                await self.action_overview()
        elif self.filter:
            await self._use_filter("")
        elif self.trash:
            await self.action_trash()
        elif self.simtui.samples:
            await self.simtui.leave_samples()

    # -- the filter

    async def action_filter(self) -> None:
        if self.in_detail:
            await self.find_in_text()
            return
        box = self.query_one("#filter", Input)
        box.can_focus = True
        box.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.run_worker(
            self._filter_typed(event.value), exclusive=True, group="filter", exit_on_error=False
        )

    async def _filter_typed(self, text: str) -> None:
        try:
            wanted = parse(text, WORKFLOW_FIELDS, datetime.now().astimezone())
        except FilterError as error:
            self.simtui.tell(f"{error.message} (at character {error.position + 1})", "warning")
            return
        if wanted == self.filter:
            return
        self.simtui.tell("")
        self.filter = wanted
        await self.show_list()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        self._leave_filter()

    def on_key(self, event: events.Key) -> None:
        box = self.query_one("#filter", Input)
        if box.has_focus and event.key in ("escape", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "escape":
                box.value = ""
            self._leave_filter()

    def _leave_filter(self) -> None:
        box = self.query_one("#filter", Input)
        self.table.focus()
        box.can_focus = False

    async def _use_filter(self, text: str) -> None:
        box = self.query_one("#filter", Input)
        with self.prevent(Input.Changed):
            box.value = text
        await self._filter_typed(text)
