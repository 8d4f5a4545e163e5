"""The Workflows area: the list, the filter above it, and one workflow beside it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from simtui.errors import SimtuiError, shown
from simtui.model.filters import EMPTY, WORKFLOW_FIELDS, Filter
from simtui.model.workflow import Workflow
from simtui.tui.keys import bindings
from simtui.tui.screens.filtering import REST_SECONDS, Filtering
from simtui.tui.screens.rows import Rows, columns, count_pieces, same
from simtui.tui.widgets.detail import Detail
from simtui.tui.widgets.greeting import Greeting
from simtui.tui.widgets.virtual_table import VirtualTable
from simtui.tui.work import in_background

if TYPE_CHECKING:
    from simtui.tui.screens.jump import Target

MINUTE_SECONDS = 60.0

WIDE = 110
"""From this many columns on, the workflow stands beside the list."""


class Workflows(Filtering):
    """Area 1. At `WIDE` columns the detail stands beside the list; below, it takes the list's place
    while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "open", "filter", "import", "report", "export", "rename", "move", "delete", "mark",
        "folders", "trash", "restore", "overview", "json", "versions", "rollback", "files",
        "runs_of", "file_add", "file_save", "file_remove",
        "next_problem", "previous_problem", "next_match", "previous_match", "other_pane", "copy",
        "times", "refresh", "samples", "pager", "back", "edit", "duplicate", "mark_all",
    )]  # fmt: skip
    number = 1
    fields = WORKFLOW_FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.trash = False
        self.everything = 0
        self.is_behind = False
        self.table: VirtualTable[Workflow] = VirtualTable([], id="table")
        self.detail = Detail(id="detail")
        self._rows: Rows | None = None
        self.list_pane = Vertical(id="list")
        self._greeting = Greeting(id="greeting")

    @property
    def place(self) -> str:  # type: ignore[override]  # here it depends on the pane
        if self.in_detail:
            open_one, versions = self.detail.workflow, self.detail.version is not None
            if open_one is not None and open_one.deleted_at is not None:
                return "trashed trashed-versions" if versions else "trashed"
            more = " versions" if versions else " files" if self.detail.view == "Files" else ""
            return f"detail{more}"
        if self.trash:
            return "trash"
        return "workflows" if self.everything else "empty"

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    @property
    def in_detail(self) -> bool:
        return self.detail.text.has_focus

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self.filter_line
        with Horizontal(id="panes"):
            with self.list_pane:
                yield from (self.table, self._greeting)
            yield self.detail
        yield from self.compose_bottom()

    async def on_mount(self) -> None:
        self.table.columns = columns(self.simtui.absolute_times)
        self.detail.keys = self.simtui.keys
        self._greeting.greet(str(self.simtui.home), self.simtui.keys)
        self.say_all()
        self._lay_out()
        try:
            before = self.simtui.returning.filter
            if not (before and await self.use_filter(before)):
                await self.show_list()
        except SimtuiError as error:
            self.simtui.tell_error(error)
        self.set_focus(self.table)
        # "2 min ago" is not true for long
        self.set_interval(MINUTE_SECONDS, self.table.refresh_changed)

    # -- the list

    async def show_list(self, filter: Filter | None = None) -> None:
        """Shows what a filter means (the present one, unless another is given), from the top."""
        wanted = self.filter if filter is None else filter
        rows = Rows(self.simtui.library.workflows, wanted, self.trash)
        await self.table.show(rows)
        self.filter, self._rows = wanted, rows
        self.table.nothing = "Nothing matches." if wanted else "The trash is empty."
        await self.say_counts()

    def on_screen_resume(self) -> None:
        if self.is_behind:
            in_background(self, self.reload)

    async def reload(self) -> None:
        """Reads the list and the open workflow again, each where it is."""
        self.is_behind = False
        await self.table.reload()
        await self.say_counts()
        if self.in_detail and self.detail.workflow is not None:
            await self._reload_open(self.detail.workflow)

    async def _reload_open(self, workflow: Workflow) -> None:
        fresh = await self.simtui.library.workflows.get(workflow.id)
        if fresh is None:
            self.leave_detail()
            self.simtui.tell(f"{shown(workflow.name, 60)} is not here any more.", "warning")
        elif self.detail.number is not None:
            self.detail.shown_again(fresh)
        elif not same(fresh, workflow):
            await self._show_detail(fresh)
        self.say_keys()

    async def say_counts(self) -> None:
        shelf = self.simtui.library.workflows
        self.everything = await shelf.count(trash=self.trash)
        if self.table.marked:
            # what another process took away is marked no more
            listed = Rows(shelf, EMPTY, self.trash)
            self.table.mark(await listed.among(self.table.marked))
        unseen = await self.unseen_marks()
        empty = not self.everything and not self.trash and not self.filter
        self._greeting.display = empty
        self.table.display = not empty
        counts = (self.table.total, self.everything if self.filter else None)
        marks = (len(self.table.marked), unseen)
        self.filter_line.say_count(*count_pieces(*counts, *marks, self.trash))
        self.say_keys()

    async def listed_ids(self, limit: int) -> set[str]:
        """The ids of all that the filter shows, wherever they are in the list."""
        if self._rows is None:
            return set()
        return {row.id for row in await self._rows.page(limit=limit)}

    async def unseen_marks(self) -> int:
        """How many of the marked ones the filter leaves out of the list."""
        if not self.table.marked or self._rows is None or not self.filter:
            return 0
        return len(self.table.marked) - len(await self._rows.among(self.table.marked))

    def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
        self.simtui.tell_error(event.error)

    def on_virtual_table_moved(self) -> None:
        row = self.table.row
        if self.in_detail:
            return  # what is open stays open, whatever becomes of the list
        if row is None:
            self.detail.clear()
        elif self.detail.display and not same(row, self.detail.workflow):
            follow = partial(self._follow_cursor, row, self.table)
            in_background(self, follow, newest_of="detail")

    async def _follow_cursor(self, row: Workflow, table: VirtualTable[Workflow]) -> None:
        await asyncio.sleep(REST_SECONDS)
        if table.row == row and table.is_attached:
            await self._show_detail(row)

    async def _show_detail(self, row: Workflow, view: str = "") -> None:
        """Shows a workflow; of one that cannot be read, why."""
        words = [word for word, excluded in self.filter.words if not excluded]
        try:
            await self.detail.show(self.simtui.library, row, view, words)
        except SimtuiError as error:
            self.detail.show_trouble(row, view, error.message)

    def on_virtual_table_opened(self) -> None:
        self.start(self.action_open)

    # -- the panes

    def on_resize(self) -> None:
        self.say_all()
        self._lay_out()

    def _lay_out(self, focus: Widget | None = None) -> None:
        """Shows the panes that there is room for: both, or the one with the focus, which is given
        to `focus` in the same stroke."""
        focus = focus or self.focused
        detail = self.wide or focus is self.detail.text
        listed = self.wide or not detail
        width = self.size.width
        self.detail.text_width = max(24, (width * 32 // 100 if self.wide else width) - 4)
        self.set_class(self.wide, "-wide")
        if (self.detail.display, self.list_pane.display) != (detail, listed):
            with self.app.batch_update():
                self.detail.display = detail
                self.list_pane.display = self.filter_line.display = listed
                self.set_focus(focus)
        elif focus is not self.focused:
            self.set_focus(focus)

    def on_descendant_focus(self) -> None:
        self.leave_filter()
        self._lay_out()
        self.say_keys()

    async def action_open(self) -> None:
        """The workflow under the cursor; in its versions, the one under the cursor there."""
        if not self.in_detail:
            await self.show_view("")
        elif self.detail.version and self.detail.workflow:
            number = self.detail.version.number
            shelf = self.simtui.library.workflows
            await self.detail.show_version(shelf, self.detail.workflow, number)

    def action_view(self, view: str) -> None:
        self.start(partial(self.show_view, view))

    async def show_view(self, view: str) -> None:
        row = self.chosen
        if row is not None:
            self.workers.cancel_group(self, "detail")
            await self._show_detail(row, view)
            self._lay_out(self.detail.text)

    def leave_detail(self) -> None:
        if self.in_detail:
            self._lay_out(self.table)
            self.on_virtual_table_moved()

    def action_other_pane(self) -> None:
        self.leave_detail() if self.in_detail else self.action_view("")

    async def back(self) -> None:
        """From the workflow to the list, from marks and the filter to none, and out of the trash
        and the samples."""
        if self.in_detail:
            self.leave_detail()
        elif self.table.marked:
            self.table.mark(())
            await self.say_counts()
        elif self.filter:
            await self.use_filter("")
        elif self.trash:
            await self.other_place()
        elif self.simtui.samples:
            await self.simtui.leave_samples()

    def action_trash(self) -> None:
        self.start(self.other_place)

    async def other_place(self) -> None:
        self.trash = not self.trash
        self.table.mark(())
        self.leave_detail()
        await self.show_list()

    def targets(self) -> list[Target]:
        from simtui.tui.screens.jump import of_workflows

        return super().targets() + of_workflows(self)

    # -- what is chosen, and what is done to it

    @property
    def chosen(self) -> Workflow | None:
        return self.detail.workflow if self.in_detail else self.table.row

    def chosen_ids(self) -> list[str]:
        """The marked workflows, or the one under the cursor."""
        if self.table.marked and not self.in_detail:
            return sorted(self.table.marked)
        return [self.chosen.id] if self.chosen else []

    def nothing_chosen(self) -> None:
        self.simtui.tell("There is no workflow under the cursor.")

    def unmark(self) -> None:
        """After an act on what is marked; an act on the open workflow leaves the marks alone."""
        if not self.in_detail:
            self.table.mark(())

    def action_act(self, name: str) -> None:
        from simtui.tui.screens.acts import ACTS  # with the dialogs, when the first is wanted

        self.start(partial(ACTS[name], self))

    async def changed(self, words: str, colour: str = "success") -> None:
        """After an act: says it, and reads again what is on the screen."""
        self.simtui.tell(words, colour)
        await self.reload()

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is, the trash included."""
        from simtui.tui.screens.acts import go_to

        await go_to(self, workflow_id)

    def action_mark(self) -> None:
        row = self.table.row
        if row is not None:
            self.table.mark(self.table.marked ^ {row.id})
            self.table.action_move(1)
            self.start(self.say_counts)

    def action_times(self) -> None:
        self.simtui.absolute_times = not self.simtui.absolute_times
        self.table.columns = columns(self.simtui.absolute_times)
        self.table.refresh()

    def action_refresh(self) -> None:
        self.simtui.draw_anew()
        self.start(self.reload)

    def action_samples(self) -> None:
        self.start(self.simtui.open_samples)

    def action_next_match(self, by: int) -> None:
        self.action_act("next" if by > 0 else "previous")

    def action_next_problem(self, by: int) -> None:
        self.detail.text.next_problem(by)

    # -- the filter

    def action_filter(self) -> None:
        if self.in_detail:
            self.action_act("find")
        else:
            self.filter_line.enter()
