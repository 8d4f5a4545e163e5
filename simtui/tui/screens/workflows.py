"""The Workflows area: the list, the filter above it, and one workflow beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
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
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.detail import Detail
from simtui.tui.widgets.frame_lines import OneLine
from simtui.tui.widgets.virtual_table import PAGE, Column, VirtualTable

REST_SECONDS = 0.12
"""How long the cursor rests on a workflow before it is shown beside the list."""

WIDE = 110
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


class Workflows(Frame):
    """Area 1. At `WIDE` columns the detail stands beside the list; below, it takes the list's place
    while it is open."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss", "workflows.tcss"]
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
        self.table: VirtualTable[Workflow] = VirtualTable([], id="table")
        self.detail = Detail(id="detail")
        self._filter_line = Horizontal(id="filter-line")
        self._filter_box = Input(id="filter", compact=True, select_on_focus=False)
        self._count_line = OneLine(id="count")
        self._list_pane = Vertical(id="list")
        self._greeting = Static(id="greeting", markup=False)

    @property
    def place(self) -> str:  # type: ignore[override]  # here it depends on the pane
        if self.in_detail:
            return "detail versions" if self.detail.version else "detail"
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
        with self._filter_line:
            yield Static("/", id="slash", markup=False)
            yield self._filter_box
            yield self._count_line
        with Horizontal(id="panes"):
            with self._list_pane:
                yield self.table
                yield self._greeting
            yield self.detail
        yield from self.compose_bottom()

    def _columns(self) -> list[Column[Workflow]]:
        absolute = self.simtui.absolute_times
        return [
            Column("Name", 0, lambda row: (row.name, "")),
            Column("Folder", 14, lambda row: (row.folder, "dim"), from_width=116),
            Column(
                "Updated",
                14 if absolute else 11,
                lambda row: (self.time(row.updated_at), ""),
                from_width=70,
            ),
            Column("Blocks", 6, lambda row: (str(row.block_count), ""), from_width=70, right=True),
            Column("Last run", 22 if absolute else 15, self._last_run),
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
        self._filter_box.can_focus = False
        self._greeting.update(GREETING.format(home=shown(str(self.simtui.home))))
        self.table.columns = self._columns()
        self.say_all()
        self.on_resize()
        await self.show_list()
        self.set_focus(self.table)

    # -- the list

    async def show_list(self) -> None:
        """Shows what the filter means, from the top."""
        self.table.nothing = "Nothing matches." if self.filter else "The trash is empty."
        await self.table.show(Rows(self.simtui.library.workflows, self.filter, self.trash))
        await self._say_counts()
        if not self.table.total:
            self._nothing_shown()

    async def reload(self) -> None:
        """Reads the list and the open workflow again, each where it is."""
        await self.table.reload()
        await self._say_counts()
        row = self.table.row
        if row is not None and self.detail.display:
            fresh = row if not self.in_detail else await self._fresh()
            if fresh is not None:
                await self._show_detail(fresh)

    async def _fresh(self) -> Workflow | None:
        """The open workflow as it is now."""
        open_one = self.detail.workflow
        return await self.simtui.library.workflows.get(open_one.id) if open_one else None

    async def _say_counts(self) -> None:
        shelf = self.simtui.library.workflows
        self.everything = await shelf.count(trash=self.trash)
        empty = not self.everything and not self.trash and not self.filter
        self._greeting.display = empty
        self.table.display = not empty
        shown_count = wording.count(self.table.total)
        total = f"{shown_count} of {wording.count(self.everything)}" if self.filter else shown_count
        where = " in the trash" if self.trash else ""
        marks = len(self.table.marked)
        pieces = [(f"{marks} marked · ", "key")] if marks else []
        self._count_line.say([], [*pieces, (f"{total}{where} ", "dim")])
        self.say_keys()

    def on_virtual_table_moved(self) -> None:
        row = self.table.row
        if row is None:
            self._nothing_shown()
        elif self.detail.display and row != self.detail.workflow:
            self.run_worker(
                self._follow_cursor(row, self.table),
                exclusive=True,
                group="detail",
                exit_on_error=False,
            )

    def _nothing_shown(self) -> None:
        self.detail.clear()

    async def _follow_cursor(self, row: Workflow, table: VirtualTable[Workflow]) -> None:
        await asyncio.sleep(REST_SECONDS)
        if table.row == row and table.is_attached:
            await self._show_detail(row)

    async def _show_detail(self, row: Workflow, view: str = "") -> None:
        words = [word for word, excluded in self.filter.words if not excluded]
        await self._told(self.detail.show(self.simtui.library.workflows, row, view, words))

    def on_virtual_table_opened(self) -> None:
        self.start(type(self).action_open)

    # -- the panes

    def on_resize(self, event: events.Resize | None = None) -> None:
        if event is not None:
            self.say_all()
        in_detail = self.in_detail
        self.detail.display = self.wide or in_detail
        for pane in (self._list_pane, self._filter_line):
            pane.display = self.wide or not in_detail
        self.set_class(self.wide, "-wide")
        width = self.size.width
        self.detail.text_width = max(24, (width * 32 // 100 if self.wide else width) - 4)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.on_resize()
        self.say_keys()

    async def action_open(self) -> None:
        """The workflow under the cursor; in its versions, the one under the cursor there."""
        if not self.in_detail:
            await self._show_view("")
        elif self.detail.version and self.detail.workflow:
            number = self.detail.version.number
            await self._told(
                self.detail.show_version(
                    self.simtui.library.workflows, self.detail.workflow, number
                )
            )

    def action_view(self, view: str) -> None:
        self.start(lambda screen: screen._show_view(view))

    async def _show_view(self, view: str) -> None:
        row = self.chosen
        if row is None:
            return
        self.detail.display = True
        await self._show_detail(row, view)
        self.set_focus(self.detail.text)
        self.say_keys()

    async def _told(self, work: Awaitable[None]) -> None:
        """What the library refuses is told, and the screen stays."""
        try:
            await work
        except SimtuiError as error:
            self.simtui.tell(error.message, "error")

    def leave_detail(self) -> None:
        if self.in_detail:
            self._list_pane.display = True
            self.set_focus(self.table)

    def action_other_pane(self) -> None:
        if self.in_detail:
            self.leave_detail()
        else:
            self.action_view("")

    async def action_back(self) -> None:
        """Ends running work, else leads from the workflow to the list, else clears the filter."""
        if self.simtui.work.cancel():
            return
        if self.in_detail:
            self.leave_detail()
        elif self.table.marked:
            self.table.marked.clear()
            self.table.refresh()
            await self._say_counts()
        elif self.filter:
            await self.use_filter("")
        elif self.trash:
            await self.action_trash()
        elif self.simtui.samples:
            await self.simtui.leave_samples()

    async def action_trash(self) -> None:
        self.trash = not self.trash
        self.table.marked.clear()
        self.leave_detail()
        await self.show_list()
        self.say_keys()

    # -- what is chosen, and what is done to it

    @property
    def chosen(self) -> Workflow | None:
        return self.detail.workflow if self.in_detail else self.table.row

    def chosen_ids(self) -> list[str]:
        """The marked workflows, or the one under the cursor."""
        if self.table.marked and not self.in_detail:
            return sorted(self.table.marked)
        return [self.chosen.id] if self.chosen else []

    def action_act(self, name: str) -> None:
        from simtui.tui.screens import acts, transfer

        named: dict[str, acts.Act] = {
            "import": transfer.import_from,
            "export": transfer.export,
            "rename": acts.rename,
            "move": acts.move,
            "folders": acts.folders,
            "delete": acts.delete,
            "restore": acts.restore,
            "undo": acts.undo,
            "rollback": acts.rollback,
        }
        self.start(named[name])

    def start(self, act: Callable[[Workflows], Awaitable[None]]) -> None:
        """Runs an act that waits for something, without keeping keys waiting."""
        done = self.simtui.typed.hold()

        async def act_on_screen() -> None:
            try:
                await self._told(act(self))
            finally:
                done.set()

        self.run_worker(act_on_screen(), exit_on_error=False)

    async def changed(self, words: str) -> None:
        """After an act: says it, unmarks, and reads again what is on the screen."""
        self.table.marked.clear()
        self.simtui.tell(words, "success")
        await self.reload()

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is in the list."""
        await self.use_filter(f"id:{workflow_id}")
        await self._show_view("Overview")

    def action_mark(self) -> None:
        row = self.table.row
        if row is not None:
            self.table.marked ^= {row.id}
            self.table.action_move(1)
            self.table.refresh()
            self.start(type(self)._say_counts)

    def action_times(self) -> None:
        self.simtui.absolute_times = not self.simtui.absolute_times
        self.table.columns = self._columns()
        self.table.refresh()

    def action_copy(self) -> None:
        row = self.chosen
        text = self.detail.text.line.strip() if self.in_detail else row.id if row else ""
        if text:
            self.app.copy_to_clipboard(text)
            self.simtui.tell(f"Sent to the terminal's clipboard: {shown(text, 50)}")

    def action_refresh(self) -> None:
        self.start(type(self).reload)

    def action_samples(self) -> None:
        self.start(lambda screen: screen.simtui.open_samples())

    def action_next_match(self, by: int) -> None:
        self.detail.text.next_match(by)

    def action_next_problem(self, by: int) -> None:
        self.detail.text.next_problem(by)

    # -- the filter

    def action_filter(self) -> None:
        if self.in_detail:
            self.start(type(self)._find_in_text)
            return
        box = self._filter_box
        box.can_focus = True
        self.set_focus(box)

    def on_input_changed(self, event: Input.Changed) -> None:
        self.run_worker(
            self._filter_typed(event.value), exclusive=True, group="filter", exit_on_error=False
        )

    async def _filter_typed(self, text: str, *, anew: bool = False) -> None:
        try:
            wanted = parse(text, WORKFLOW_FIELDS, datetime.now())
        except FilterError as error:
            self.simtui.tell(f"{error.message} (at character {error.position + 1})", "warning")
            return
        if wanted == self.filter and not anew:
            return
        self.simtui.tell("")
        self.filter = wanted
        await self.show_list()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        self.workers.cancel_group(self, "filter")
        await self._filter_typed(event.value, anew=True)
        self._leave_filter()

    def on_key(self, event: events.Key) -> None:
        box = self._filter_box
        if box.has_focus and event.key in ("escape", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "escape":
                box.value = ""
            self._leave_filter()

    def _leave_filter(self) -> None:
        box = self._filter_box
        self.set_focus(self.table)
        box.can_focus = False

    async def use_filter(self, text: str) -> None:
        box = self._filter_box
        with self.prevent(Input.Changed):
            box.value = text
        await self._filter_typed(text)

    async def _find_in_text(self) -> None:
        from simtui.tui.screens.dialogs import AskText

        text = await self.simtui.ask(AskText("Find in this text", "", "n and N go on from there"))
        if text is not None and not self.detail.text.find(text):
            self.simtui.tell(f'"{shown(text, 40)}" is not in it.')
