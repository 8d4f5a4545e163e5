"""`simtui workflows …`: what can be done to workflows that are here."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

import click

from simtui.cli.editing import duplicate_workflow, edit_workflow
from simtui.cli.pruning import prune_workflows
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    answer_rows,
    check_can_ask,
    confirm,
    dumps,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.errors import NotFound, shown
from simtui.library import Library
from simtui.model import wording
from simtui.model.filters import WORKFLOW_FIELDS, Filter, parse
from simtui.model.outline import Outline
from simtui.model.workflow import Version, Workflow

_PAGE = 500


@click.group("workflows")
def workflows_command() -> None:
    """List, show, rename, move, delete and restore workflows.

    A workflow is meant by its id, by the start of one that is unique, or by a name that is.
    """


def row_of(workflow: Workflow) -> dict[str, Any]:
    """A workflow as the JSON contract has it."""
    return {
        "id": workflow.id,
        "name": workflow.name,
        "folder": workflow.folder,
        "description": workflow.description,
        "created_at": wording.rfc3339(workflow.created_at),
        "updated_at": wording.rfc3339(workflow.updated_at),
        "blocks": workflow.block_count,
        "edges": workflow.edge_count,
        "document_bytes": workflow.document_bytes,
        "digest": workflow.digest,
        "runs": workflow.run_count,
        "last_run_status": workflow.last_run_status,
    }


@workflows_command.command("list")
@click.option(
    "--filter",
    "text",
    default="",
    type=TEXT,
    metavar="TEXT",
    help="As behind / on the screen; `simtui help filter` explains.",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many. [all]")
@click.option("--trash", is_flag=True, help="Those in the trash.")
@with_output
@click.pass_obj
def list_workflows(face: Face, text: str, limit: int | None, trash: bool, output: str) -> None:
    """The workflows, newest change first."""
    wanted = parse(text, WORKFLOW_FIELDS, datetime.now())
    run(_list(face, wanted, limit, trash, output))


async def _list(face: Face, wanted: Filter, limit: int | None, trash: bool, output: str) -> None:
    left = limit if limit is not None else sys.maxsize
    first, after = True, None
    now_ms = time.time_ns() // 1_000_000
    async with opened(face.home, create=False) as library:
        while left > 0:
            page = await library.workflows.page(
                wanted, after=after, limit=min(_PAGE, left), trash=trash, count_runs=True
            )
            if output == "table":
                _print_table(page, now_ms, first)
                first = first and not page
            elif output == "jsonl":
                for workflow in page:
                    answer(dumps(row_of(workflow)))
            else:
                for workflow in page:
                    sys.stdout.write(("[" if first else ",\n ") + dumps(row_of(workflow)))
                    first = False
            if len(page) < min(_PAGE, left):
                break
            left -= len(page)
            after = (page[-1].updated_at, page[-1].id)
    if output == "json":
        answer("[]" if first else "]")
    elif output == "table" and first:
        talk(_nothing(wanted, trash))


def _nothing(wanted: Filter, trash: bool) -> str:
    if wanted:
        return "No workflow fits the filter. `simtui help filter` explains it."
    if trash:
        return "The trash is empty."
    return "Nothing here yet. Bring workflows in with: simtui import PATH…"


def _print_table(page: list[Workflow], now_ms: int, with_head: bool) -> None:
    rows = [
        (
            item.id[:8],
            item.name,
            item.folder,
            wording.ago(item.updated_at, now_ms),
            str(item.block_count),
            item.last_run_status or "never",
        )
        for item in page
    ]
    if rows:
        head = ("ID", "NAME", "FOLDER", "UPDATED", "BLOCKS", "LAST RUN")
        for line in table_lines(head, rows, with_head=with_head):
            answer(line)


@workflows_command.command("get")
@click.argument("workflow", type=TEXT)
@click.option("--document", is_flag=True, help="The JSON itself, byte for byte.")
@click.option("--version", type=int, help="An earlier document, by its number.")
@with_output
@click.pass_obj
def get_workflow(
    face: Face, workflow: str, document: bool, version: int | None, output: str
) -> None:
    """One workflow: its overview, or its document."""
    run(_get(face, workflow, document or version is not None, version, output))


async def _get(
    face: Face, reference: str, document: bool, version: int | None, output: str
) -> None:
    async with opened(face.home, create=False) as library:
        workflow = await _find_anywhere(library, reference)
        if document:
            content = (
                await library.workflows.document(workflow.id)
                if version is None
                else await library.workflows.version_document(workflow.id, version)
            )
            sys.stdout.buffer.write(content)
            return
        outline = await library.workflows.outline(workflow.id)
    if output == "table":
        _print_overview(workflow, outline)
    else:
        answer(dumps(row_of(workflow) | _outline_row(outline)))


async def _find_anywhere(library: Library, reference: str) -> Workflow:
    try:
        return await library.workflows.find(reference)
    except NotFound:
        try:
            return await library.workflows.find(reference, trash=True)
        except NotFound:
            pass
        raise


def _outline_row(outline: Outline) -> dict[str, Any]:
    return {
        "block_list": [
            {"id": b.id, "type": b.type, "name": b.name, "depth": b.depth, "after": b.sources}
            for b in outline.blocks
        ],
        "variables": [{"name": name, "type": kind} for name, kind in outline.variables],
        "needs": outline.needs,
        "problems": outline.problems,
    }


def _print_overview(workflow: Workflow, outline: Outline) -> None:
    answer(shown(workflow.name))
    place = workflow.folder or "(no folder)"
    trash = " · in the trash" if workflow.deleted_at is not None else ""
    answer(
        f"{shown(place)} · {wording.plural(workflow.block_count, 'block')} · "
        f"{wording.plural(workflow.edge_count, 'edge')} · "
        f"{wording.size(workflow.document_bytes)} · changed "
        f"{wording.date_time(workflow.updated_at)}{trash}"
    )
    answer(f"id {workflow.id}")
    if workflow.description:
        answer(shown(workflow.description, 400))
    answer()
    rows = [
        ("  " * b.depth + b.type, b.name, f"← {', '.join(b.sources)}" if b.sources else b.note)
        for b in outline.blocks
    ]
    for line in table_lines(("BLOCK", "NAME", ""), rows):
        answer(line)
    for title, lines in (
        ("Variables", [f"{shown(name)} ({shown(kind, 20)})" for name, kind in outline.variables]),
        ("Needs", ["{{" + shown(name) + "}}" for name in outline.needs]),
        ("Problems", [shown(problem, 300) for problem in outline.problems]),
    ):
        if lines:
            answer()
            answer(title)
            for line in lines:
                answer(f"  {line}")


@workflows_command.command("rename")
@click.argument("workflow", type=TEXT)
@click.argument("name", type=TEXT)
@click.pass_obj
def rename_workflow(face: Face, workflow: str, name: str) -> None:
    """Give a workflow another name. The document before is kept as a version."""

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = await library.workflows.find(workflow)
            await library.workflows.rename(found.id, name)
        talk(f"{shown(found.name)} is now {shown(name.strip())}.")

    run(work())


@workflows_command.command("move")
@click.argument("workflow", nargs=-1, required=True, type=TEXT)
@click.argument("folder", type=TEXT)
@click.pass_obj
def move_workflows(face: Face, workflow: tuple[str, ...], folder: str) -> None:
    """Put workflows into a folder ("" is none)."""

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = [await library.workflows.find(one) for one in workflow]
            moved = await library.workflows.move([one.id for one in found], folder)
            place = await library.workflows.get(found[0].id)
        where = shown(place.folder) if place and place.folder else "(no folder)"
        talk(f"{wording.plural(moved, 'workflow')} moved to {where}.")

    run(work())


@workflows_command.command("delete")
@click.argument("workflow", nargs=-1, required=True, type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@click.pass_obj
def delete_workflows(face: Face, workflow: tuple[str, ...], yes: bool) -> None:
    """Move workflows to the trash, from where `restore` brings them back."""
    check_can_ask(yes)

    async def find() -> list[Workflow]:
        async with opened(face.home, create=False) as library:
            return [await library.workflows.find(one) for one in workflow]

    async def delete() -> int:
        async with opened(face.home, create=False) as library:
            return await library.workflows.delete([one.id for one in found])

    from simtui.library.reserve import with_reserve  # only what frees space may use it

    found = run(with_reserve(face.home, find, talk))
    what = shown(found[0].name) if len(found) == 1 else wording.plural(len(found), "workflow")
    runs = sum(one.run_count for one in found)
    kept = f" {wording.plural(runs, 'run')} of it stay listed." if runs else ""
    confirm(f"Move {what} to the trash?{kept}", yes)
    moved = run(with_reserve(face.home, delete, talk))
    talk(
        f"{wording.plural(moved, 'workflow')} moved to the trash. "
        f"Back with: simtui workflows restore {found[0].id}"
    )


@workflows_command.command("restore")
@click.argument("workflow", nargs=-1, required=True, type=TEXT)
@click.pass_obj
def restore_workflows(face: Face, workflow: tuple[str, ...]) -> None:
    """Take workflows out of the trash."""

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = [await library.workflows.find(one, trash=True) for one in workflow]
            count = await library.workflows.restore([one.id for one in found])
        talk(f"{wording.plural(count, 'workflow')} taken out of the trash.")

    run(work())


@workflows_command.command("versions")
@click.argument("workflow", type=TEXT)
@with_output
@click.pass_obj
def list_versions(face: Face, workflow: str, output: str) -> None:
    """The earlier documents of a workflow, newest first."""

    async def work() -> list[Version]:
        async with opened(face.home, create=False) as library:
            found = await _find_anywhere(library, workflow)
            return await library.workflows.versions(found.id)

    versions = run(work())
    rows = [
        {
            "number": v.number,
            "name": v.name,
            "saved_at": wording.rfc3339(v.saved_at),
            "blocks": v.block_count,
            "edges": v.edge_count,
            "document_bytes": v.document_bytes,
            "digest": v.digest,
        }
        for v in versions
    ]

    def table() -> None:
        cells = [
            (
                str(v.number),
                wording.date_time(v.saved_at),
                v.name,
                str(v.block_count),
                wording.size(v.document_bytes),
            )
            for v in versions
        ]
        for line in table_lines(("VERSION", "REPLACED", "NAME", "BLOCKS", "SIZE"), cells):
            answer(line)

    answer_rows(output, rows, table, "It has no earlier versions: a change or a rename makes one.")


@workflows_command.command("rollback")
@click.argument("workflow", type=TEXT)
@click.argument("version", type=int)
@click.pass_obj
def rollback_workflow(face: Face, workflow: str, version: int) -> None:
    """Make a version the current document again. The one it replaces is kept as a version."""

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = await library.workflows.find(workflow)
            await library.workflows.rollback(found.id, version)
        talk(f"{shown(found.name)} is version {version} again; the document before it is kept.")

    run(work())


workflows_command.add_command(edit_workflow)
workflows_command.add_command(duplicate_workflow)
workflows_command.add_command(prune_workflows)
