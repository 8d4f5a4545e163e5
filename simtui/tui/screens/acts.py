"""What can be done to workflows from their area: each act asks the library, and can be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from simtui.errors import BadInput, SimtuiError, shown
from simtui.model import wording
from simtui.model.workflow import Workflow
from simtui.tui.screens.frame import Frame
from simtui.tui.widgets.detail import Detail
from simtui.tui.widgets.virtual_table import VirtualTable


class WorkflowActs(Frame):
    """The acts of the Workflows area; the screen below it says what is chosen."""

    trash: bool

    @property
    def table(self) -> VirtualTable[Workflow]:
        raise NotImplementedError

    @property
    def detail(self) -> Detail:
        raise NotImplementedError

    @property
    def in_detail(self) -> bool:
        raise NotImplementedError

    async def reload(self) -> None:
        raise NotImplementedError

    async def show_list(self) -> None:
        raise NotImplementedError

    async def _use_filter(self, text: str) -> None:
        raise NotImplementedError

    @property
    def chosen(self) -> Workflow | None:
        return self.detail.workflow if self.in_detail else self.table.row

    def chosen_ids(self) -> list[str]:
        """The marked workflows, or the one under the cursor."""
        if self.table.marked and not self.in_detail:
            return sorted(self.table.marked)
        return [self.chosen.id] if self.chosen else []

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs an act that asks something; what the library refuses is told, not fatal."""

        async def told() -> None:
            try:
                await work()
            except SimtuiError as error:
                self.simtui.tell(error.message, "error")

        self.run_worker(told(), exit_on_error=False)

    # -- names and places

    def action_rename(self) -> None:
        self.start(self._rename)

    async def _rename(self) -> None:
        from simtui.tui.screens.dialogs import AskText

        row = self.chosen
        if row is None:
            return
        name = await self.app.push_screen_wait(
            AskText("Rename", row.name, "⏎ rename   esc not now")
        )
        if not name or name.strip() == row.name:
            return
        shelf = self.simtui.library.workflows
        await shelf.rename(row.id, name)
        self.simtui.can_undo(
            f"{shown(name.strip(), 40)} is {shown(row.name, 40)} again",
            lambda: shelf.rename(row.id, row.name),
        )
        await self.changed(f"Renamed to {shown(name.strip(), 60)}.")

    def action_move(self) -> None:
        self.start(self._move)

    async def _move(self) -> None:
        from simtui.tui.screens.dialogs import AskText

        ids = self.chosen_ids()
        row = self.chosen
        if not ids or row is None:
            return
        title = f"Move {wording.plural(len(ids), 'workflow')} to which folder?"
        hint = "Sales/Inbound; empty for none   ⏎ move   esc not now"
        folder = await self.app.push_screen_wait(AskText(title, row.folder, hint))
        if folder is None:
            return
        shelf = self.simtui.library.workflows
        before = {ident: item.folder for ident in ids if (item := await shelf.get(ident))}
        moved = await shelf.move(ids, folder)

        async def back() -> None:
            for ident, place in before.items():
                await shelf.move([ident], place)

        if moved:
            self.simtui.can_undo(f"{wording.plural(moved, 'workflow')} moved back", back)
        await self.changed(f"{wording.plural(moved, 'workflow')} moved.")

    def action_folders(self) -> None:
        self.start(self._folders)

    async def _folders(self) -> None:
        from simtui.tui.screens.dialogs import Choose

        folders = await self.simtui.library.workflows.folders()
        if not folders:
            self.simtui.tell("There are no folders. m moves a workflow into one.")
            return
        choices = [("", "all workflows")]
        choices += [(path, f"{shown(path, 60)}  {count:,}") for path, count in folders]
        path = await self.app.push_screen_wait(Choose("Which folder?", choices))
        if path is not None:
            escaped = path.replace("\\", "\\\\").replace('"', '\\"')
            await self._use_filter(f'folder:"{escaped}"' if path else "")

    # -- the trash

    def action_delete(self) -> None:
        self.start(self._delete)

    async def _delete(self) -> None:
        from simtui.tui.screens.dialogs import Confirm

        ids, row = self.chosen_ids(), self.chosen
        if not ids or row is None:
            return
        if self.trash:
            self.simtui.tell("It is in the trash already. w takes it out.")
            return
        what = shown(row.name, 60) if len(ids) == 1 else wording.plural(len(ids), "workflow")
        if not await self.app.push_screen_wait(
            Confirm(f"Move {what} to the trash?", "u brings it back.")
        ):
            return
        shelf = self.simtui.library.workflows
        count = await shelf.delete(ids)
        self.simtui.can_undo(f"{what} is back", lambda: shelf.restore(ids))
        self._leave_detail()
        await self.changed(f"{wording.plural(count, 'workflow')} moved to the trash. u undoes it.")

    def action_restore(self) -> None:
        if self.trash:
            self.start(self._restore)

    async def _restore(self) -> None:
        ids = self.chosen_ids()
        shelf = self.simtui.library.workflows
        count = await shelf.restore(ids)
        if count:
            self.simtui.can_undo("back in the trash", lambda: shelf.delete(ids))
            self._leave_detail()
            await self.changed(f"{wording.plural(count, 'workflow')} taken out of the trash.")

    async def action_trash(self) -> None:
        self.trash = not self.trash
        self.table.marked.clear()
        self._leave_detail()
        await self.show_list()
        self.say_keys()

    def _leave_detail(self) -> None:
        if self.in_detail:
            self.table.focus()

    async def changed(self, words: str) -> None:
        """After an act: says it, unmarks, and reads again what is on the screen."""
        self.table.marked.clear()
        self.simtui.tell(words, "success")
        await self.reload()

    def action_undo(self) -> None:
        self.start(self._undo)

    async def _undo(self) -> None:
        said = await self.simtui.undo()
        if said:
            await self.changed(f"Undone: {said}.")
        else:
            self.simtui.tell("Nothing to undo.")

    # -- marks, times, copies

    def action_mark(self) -> None:
        row = self.table.row
        if row is not None:
            self.table.marked ^= {row.id}
            self.table.action_move(1)
            self.table.refresh()
            self.start(self._say_counts)

    async def _say_counts(self) -> None:
        raise NotImplementedError

    def action_times(self) -> None:
        self.simtui.absolute_times = not self.simtui.absolute_times
        self.table.refresh()

    def action_copy(self) -> None:
        row = self.chosen
        text = self.detail.text.line.strip() if self.in_detail else row.id if row else ""
        if text:
            self.app.copy_to_clipboard(text)
            self.simtui.tell(f"Sent to the terminal's clipboard: {shown(text, 50)}")

    def action_refresh(self) -> None:
        self.start(self.reload)

    # -- one workflow

    async def action_overview(self) -> None:
        row = self.chosen
        if row is not None:
            await self._open_view(row)
            self.detail.show_overview(row, await self.simtui.library.workflows.outline(row.id))

    def action_json(self) -> None:
        self.start(self._json)

    async def _json(self) -> None:
        row = self.chosen
        if row is not None:
            document = await self.simtui.library.workflows.document(row.id)
            await self._open_view(row)
            self.detail.show_json(row, document)

    def action_versions(self) -> None:
        self.start(self._versions)

    async def _versions(self) -> None:
        row = self.chosen
        if row is not None:
            versions = await self.simtui.library.workflows.versions(row.id)
            await self._open_view(row)
            self.detail.show_versions(row, versions)
            self.detail.text.action_move(1)

    async def _open_view(self, row: Workflow) -> None:
        self.detail.display = True
        self.detail.text.focus()

    async def _open_version(self, number: int) -> None:
        row = self.chosen
        if row is not None:
            document = await self.simtui.library.workflows.version_document(row.id, number)
            self.detail.show_json(row, document)
            self.simtui.tell(f"Version {number} of {shown(row.name, 60)}; v leads back.")

    def action_rollback(self) -> None:
        self.start(self._rollback)

    async def _rollback(self) -> None:
        from simtui.tui.screens.dialogs import Confirm

        row, version = self.chosen, self.detail.version
        if row is None or version is None or not self.in_detail:
            self.simtui.tell("v shows the versions; B makes the one under the cursor current.")
            return
        question = f"Make version {version.number} of {shown(row.name, 60)} the current one?"
        if not await self.app.push_screen_wait(
            Confirm(question, "The present one is kept as a version.")
        ):
            return
        shelf = self.simtui.library.workflows
        digest = row.digest
        await shelf.rollback(row.id, version.number)

        async def back() -> None:
            for kept in await shelf.versions(row.id):
                if kept.digest == digest:
                    await shelf.rollback(row.id, kept.number)

        self.simtui.can_undo(f"{shown(row.name, 40)} is as it was", back)
        await self.changed(f"Version {version.number} is the current one.")
        fresh = await shelf.get(row.id)
        if fresh is not None:
            self.detail.show_versions(fresh, await shelf.versions(row.id))

    async def find_in_text(self) -> None:
        self.start(self._find_in_text)

    async def _find_in_text(self) -> None:
        from simtui.tui.screens.dialogs import AskText

        text = await self.app.push_screen_wait(
            AskText("Find in this text", "", "n and N go on from there")
        )
        if text is not None and not self.detail.text.find(text):
            self.simtui.tell(f'"{shown(text, 40)}" is not in it.')

    def action_next_match(self) -> None:
        self.detail.text.next_match(1)

    def action_previous_match(self) -> None:
        self.detail.text.next_match(-1)

    def action_next_problem(self) -> None:
        self.detail.text.next_problem(1)

    def action_previous_problem(self) -> None:
        self.detail.text.next_problem(-1)

    # -- in and out

    def action_import(self) -> None:
        self.start(self._import)

    async def _import(self) -> None:
        from simtui.tui.screens.dialogs import AskText
        from simtui.tui.screens.report import Report

        path = await self.app.push_screen_wait(
            AskText(
                "Import which file, folder or zip?",
                "",
                "Tab completes   ⏎ import   esc not now",
                paths=True,
            )
        )
        if not path or not path.strip():
            return
        tally = await self.simtui.import_path(Path(path.strip()).expanduser())
        if tally is None:
            return
        await self.changed(f"Import of {shown(path.strip(), 40)}: {tally.words()}")
        workflow_id = await self.app.push_screen_wait(Report(shown(path.strip(), 60), tally))
        if workflow_id:
            await self.go_to(workflow_id)

    async def go_to(self, workflow_id: str) -> None:
        """Shows one workflow, wherever it is in the list."""
        await self._use_filter(f"id:{workflow_id}")

    def action_export(self) -> None:
        self.start(self._export)

    async def _export(self) -> None:
        from simtui.tui.screens.dialogs import Choose, Confirm

        ids = self.chosen_ids()
        if not ids:
            return
        what = "it" if len(ids) == 1 else f"{len(ids):,} marked workflows"
        choices = [("sim", "Sim JSON: the document as Sim imports it")] if len(ids) == 1 else []
        choices += [
            ("zip", f"workspace zip with {what}, in Sim's layout"),
            ("files", f"plain files with {what}, versions included"),
            ("all", "workspace zip with the whole library"),
            ("everything", "plain files with everything: versions, trash, settings"),
        ]
        form = await self.app.push_screen_wait(Choose("Export as", choices))
        if form is None:
            return
        chosen = None if form in ("all", "everything") else ids
        form = {"all": "zip", "everything": "files"}.get(form, form)
        try:
            await self.simtui.export(chosen, form, allow_secrets=False)
        except BadInput as error:
            if await self.app.push_screen_wait(
                Confirm("Export with these values in clear?", error.message)
            ):
                await self.simtui.export(chosen, form, allow_secrets=True)

    def action_samples(self) -> None:
        self.start(self.simtui.open_samples)
