"""The Runs area: the list of all runs, the filter above it, and one run beside it."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from simtui.errors import NotFound, SimtuiError, shown
from simtui.library.runs import RunShelf
from simtui.model.filters import EMPTY, RUN_FIELDS, Filter
from simtui.model.run import RUNNING, Run
from simtui.tui.keys import bindings
from simtui.tui.screens.filtering import REST_SECONDS, Filtering
from simtui.tui.screens.rows import quoted
from simtui.tui.screens.run_rows import NO_RUNS, RunRows, columns, count_pieces
from simtui.tui.widgets.log_view import LogView
from simtui.tui.widgets.run_pane import RunPane
from simtui.tui.widgets.run_summary import RunSummary
from simtui.tui.widgets.virtual_table import VirtualTable
from simtui.tui.work import in_background

if TYPE_CHECKING:
    from simtui.tui.screens.jump import Target

TICK_SECONDS = 1.0
WIDE = 110


class Runs(Filtering):
    """Area 2. At `WIDE` columns the run stands beside the list, and has more room while the focus
    is there; below, it takes the list's place while it is open."""

    CSS_PATH: ClassVar[list[str]] = ["frame.tcss", "workflows.tcss", "runs.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(
        "open", "filter", "run_import", "run_mark", "run_compare", "run_pin", "run_pin_open",
        "run_delete", "run_export", "run_save", "run_workflow", "run_charts", "run_overview",
        "run_spans", "run_log", "run_follow", "run_levels", "run_wrap", "next_problem",
        "previous_problem", "next_match", "previous_match", "other_pane", "copy", "pager",
        "times", "refresh",
    )]  # fmt: skip
    number = 2
    fields = RUN_FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.everything = 0
        self.table: VirtualTable[Run] = VirtualTable([], id="table")
        self.pane = RunPane(id="detail")
        self.looked_for = ""
        self.matches: list[int] | None = None
        self._rows: RunRows | None = None
        self._list_pane = Vertical(id="list")
        self._summary = RunSummary(id="summary")
        self._greeting = Static(NO_RUNS, id="greeting", markup=False)

    @property
    def shelf(self) -> RunShelf:
        return self.simtui.library.runs

    @property
    def place(self) -> str:  # type: ignore[override]  # here it depends on the pane
        if self.in_detail:
            more = {"Spans": " run-spans", "Log": " run-log"}.get(self.pane.view, " run-overview")
            return f"run{more}"
        return "runs" if self.everything else "runs-empty"

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    @property
    def in_detail(self) -> bool:
        return self.pane.text.has_focus or self.pane.log_view.has_focus

    def compose(self) -> ComposeResult:
        yield from self.compose_top()
        yield self.filter_line
        with Horizontal(id="panes"):
            with self._list_pane:
                yield from (self.table, self._greeting, self._summary)
            yield self.pane
        yield from self.compose_bottom()

    async def on_mount(self) -> None:
        self.pane.keys = self.simtui.keys
        self.say_all()
        self._lay_out()
        before = self.simtui.returning
        try:
            if not (before.run_filter and await self.use_filter(before.run_filter)):
                await self.show_list()
            if before.run:
                await self.table.go_to(before.run)
        except SimtuiError as error:
            self.simtui.tell_error(error)
        self.set_focus(self.table)
        self.set_interval(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self.table.refresh_changed()  # "4 s…" goes on
        if self._summary.is_behind:
            look = partial(self._summary.look, self.shelf, self.everything)
            in_background(self, look, newest_of="summary")

    def on_screen_resume(self) -> None:
        if self._rows is not None:  # what was written meanwhile was not followed
            in_background(self, self.reload)

    def forget(self) -> None:
        """Before another library is shown."""
        self.leave_detail()
        self.pane.clear()
        self.filter, self.everything = EMPTY, 0
        self._summary.forget()
        self.table.mark(())
        self.filter_line.text = ""

    # -- the list

    async def show_list(self, filter: Filter | None = None) -> None:
        """Shows what a filter means (the present one, unless another is given), from the top."""
        wanted = self.filter if filter is None else filter
        rows = RunRows(self.shelf, wanted)
        await self.table.show(rows)
        self.filter, self._rows = wanted, rows
        self.table.nothing = "Nothing matches."
        self.everything = self.everything or self.table.total
        self._say_counts(0)
        in_background(self, self._count, newest_of="count")

    async def _count(self) -> None:
        """The count follows the page."""
        if self._rows is not None and not self._rows.is_counted:
            await self.table.reload()
        await self.say_counts()

    async def reload(self) -> None:
        """Reads the open run and the list again, each where it is: what is followed comes first."""
        if self.pane.display and self.pane.open_run is not None:
            await self._reload_open(self.pane.open_run)
        await self.table.reload()
        await self.say_counts()

    async def _reload_open(self, run: Run) -> None:
        fresh = None
        with contextlib.suppress(NotFound):
            fresh = await self.shelf.find(run.id)
        if fresh is None or fresh.id != run.id:
            self.leave_detail()
            self.simtui.tell(f"The run of {shown(run.workflow_name, 60)} is not here any more.")
            return
        if self.pane.open_run is not run:
            return  # another one was opened meanwhile
        if fresh != run or RUNNING in (fresh.status, run.status):
            await self._show_run(fresh)
        self.say_keys()

    async def say_counts(self) -> None:
        """Says how many there are, and what is marked."""
        unfiltered = not self.filter and self._rows is not None and self._rows.is_counted
        self.everything = self.table.total if unfiltered else await self.shelf.count()
        unseen = 0
        if self.table.marked:
            kept = {run.id for run in await RunRows(self.shelf, EMPTY).among(self.table.marked)}
            if kept != self.table.marked:
                self.table.mark(kept)  # what another process took away is marked no more
            if self.filter and self._rows is not None:
                unseen = len(kept) - len(await self._rows.among(kept))
        self._say_counts(unseen)
        await self._summary.look(self.shelf, self.everything)

    def _say_counts(self, unseen: int) -> None:
        empty = not self.everything and not self.filter
        self._greeting.display = empty
        self.table.display = not empty
        counted = self._rows is not None and self._rows.is_counted
        listed = self.table.total if counted else None
        everything = self.everything if self.filter else None
        marked = len(self.table.marked)
        self.filter_line.say_count(*count_pieces(listed, everything, marked, unseen))
        self.say_keys()

    def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
        self.simtui.tell_error(event.error)

    def on_virtual_table_moved(self) -> None:
        row = self.table.row
        if self.in_detail:
            return  # what is open stays open, whatever becomes of the list
        if row is None:
            self.pane.clear()
        elif self.pane.display and row != self.pane.open_run:
            follow = partial(self._follow_cursor, row, self.table)
            in_background(self, follow, newest_of="detail")

    async def _follow_cursor(self, row: Run, table: VirtualTable[Run]) -> None:
        await asyncio.sleep(REST_SECONDS)
        if table.row == row and table.is_attached:
            await self._show_run(row)

    async def _show_run(self, run: Run, view: str = "") -> None:
        """Shows a run; of one that cannot be read, why."""
        try:
            await self.pane.show(self.shelf, run, view)
        except SimtuiError as error:
            self.pane.show_trouble(run, view, error.message)
        if self.pane.view == "Log":
            in_background(self, self.pane.log_view.count_up, newest_of="lines")

    def on_virtual_table_opened(self) -> None:
        self.start(self.action_open)

    # -- the panes

    def on_resize(self) -> None:
        self.say_all()
        self._lay_out()
        if self.pane.open_run is not None:
            # a waterfall and what is wrapped are as wide as they were made
            self._show_again(self.pane.open_run)

    def _show_again(self, run: Run) -> None:
        in_background(self, partial(self._show_run, run), newest_of="detail")

    def _lay_out(self, focus: Widget | None = None) -> None:
        """Shows the panes that there is room for: both, or the one with the focus, which is given
        to `focus` in the same stroke."""
        focus = focus or self.focused
        inside = focus in (self.pane.text, self.pane.log_view)
        listed, width = self.wide or not inside, self.size.width
        share = (64 if inside else 32) * width // 100 if self.wide else width
        self.pane.text_width = max(24, share - 3)
        list_width = width - share if self.wide else width
        with self.app.batch_update():
            self.set_class(self.wide, "-wide")
            self.set_class(inside, "-inside")
            self.table.columns = columns(self.simtui.absolute_times, list_width)
            self.pane.log_view.absolute = self.simtui.absolute_times
            self.pane.display = self.wide or inside
            self._list_pane.display = self.filter_line.display = listed
            if focus is not self.focused:
                self.set_focus(focus)

    def on_descendant_focus(self) -> None:
        self.leave_filter()
        self._lay_out()
        self.say_keys()

    async def action_open(self) -> None:
        """The run under the cursor; in a run, what the line under the cursor leads to."""
        if self.in_detail:
            from simtui.tui.screens.run_acts import open_line

            await open_line(self)
        else:
            await self._show_view("")

    def action_view(self, view: str) -> None:
        self.start(partial(self._show_view, view))

    async def _show_view(self, view: str) -> None:
        run = self.chosen
        if run is not None:
            await self.open_run(run, view)

    async def open_run(self, run: Run, view: str = "") -> None:
        """Opens a run in one of its views (or the one that is shown)."""
        self.workers.cancel_group(self, "detail")
        # first the room, then what fills it: a waterfall is made for its width
        self._lay_out(self.pane.make_room(view))
        await self._show_run(run, view)
        self._lay_out(self.pane.inner)
        self.say_keys()

    def leave_detail(self) -> None:
        if self.in_detail:
            self._lay_out(self.table)
            self.on_virtual_table_moved()
            if self.wide and self.pane.open_run is not None:
                self._show_again(self.pane.open_run)

    def action_other_pane(self) -> None:
        self.leave_detail() if self.in_detail else self.action_view("")

    async def back(self) -> None:
        """From the run to the list, from marks and the filter to none, and to the workflows."""
        if self.in_detail:
            self.leave_detail()
        elif self.table.marked:
            self.table.mark(())
            await self.say_counts()
        elif self.filter:
            await self.use_filter("")
        else:
            await super().back()

    def targets(self) -> list[Target]:
        """Also the line behind `/`, the other pane, and the views of the open run."""
        from simtui.tui.screens.jump import Target

        found = super().targets()
        if self._list_pane.display and not self.in_detail:
            found.append(Target(0, self.filter_line.region.y, "filter"))
        if self.wide:
            other = self.table if self.in_detail else self.pane.inner
            found.append(Target(other.region.x, other.region.y, "other_pane"))
        if self.pane.display:
            found += [Target(x, y, f"view({name!r})") for x, y, name in self.pane.view_places()]
        return found

    # -- what is chosen, and what is done to it

    @property
    def chosen(self) -> Run | None:
        return self.pane.open_run if self.in_detail else self.table.row

    async def chosen_runs(self) -> list[Run]:
        """The marked runs, or the one under the cursor."""
        if self.table.marked and not self.in_detail:
            return await RunRows(self.shelf, EMPTY).among(self.table.marked)
        return [self.chosen] if self.chosen else []

    def nothing_chosen(self) -> None:
        self.simtui.tell("There is no run under the cursor.")

    def action_act(self, name: str) -> None:
        from simtui.tui.screens.run_acts import ACTS  # with the dialogs, when the first is wanted

        self.start(partial(ACTS[name], self))

    async def changed(self, words: str, colour: str = "success") -> None:
        """After an act: says it, and reads again what is on the screen."""
        self.simtui.tell(words, colour)
        self._summary.forget()
        await self.reload()

    async def go_to(self, run_id: str, seq: int | None = None) -> None:
        """Shows one run, wherever it is; at a line of its log."""
        run = await self.shelf.find(run_id)
        self.leave_detail()
        await self.use_filter(f"id:{quoted(run.id)}")
        await self.open_run(run, "Overview" if seq is None else "Log")
        if seq is not None:
            await self.pane.log_view.go_to(seq)

    def action_mark(self) -> None:
        row = self.table.row
        if row is not None:
            self.table.mark(self.table.marked ^ {row.id})
            self.table.action_move(1)
            self.start(self.say_counts)

    def action_times(self) -> None:
        self.simtui.absolute_times = not self.simtui.absolute_times
        self._lay_out()
        self.table.refresh()
        self.pane.log_view.refresh()

    async def action_refresh(self) -> None:
        self.simtui.draw_anew()
        self._summary.forget()
        await self.reload()

    def action_follow(self) -> None:
        self.pane.log_view.follow()

    def action_wrap(self) -> None:
        self.pane.log_view.toggle_wrap()

    def on_log_view_changed(self, event: LogView.Changed) -> None:
        event.stop()
        self.pane.say_head()

    def on_log_view_failed(self, event: LogView.Failed) -> None:
        self.simtui.tell_error(event.error)

    def action_next_match(self, by: int) -> None:
        self.action_act("next" if by > 0 else "previous")

    def action_next_problem(self, by: int) -> None:
        self.action_act("next_error" if by > 0 else "previous_error")

    # -- the filter

    def action_filter(self) -> None:
        self.action_act("find") if self.in_detail else self.filter_line.enter()
