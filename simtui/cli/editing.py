"""`simtui workflows edit` and `simtui workflows duplicate`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from simtui.console.output import TEXT, Face, answer, dumps, opened, run, talk, with_output
from simtui.errors import NotFound, SimtuiError, UsageError, shown
from simtui.library import Library
from simtui.model import wording
from simtui.model.pieces import Piece


@click.command("edit")
@click.argument("workflow", type=TEXT)
@click.option(
    "--field",
    type=TEXT,
    metavar='"BLOCK · FIELD"',
    help='One prompt or code field alone; "?" lists them.',
)
@click.option("--anew", is_flag=True, help="Not from what an earlier try left behind.")
@click.pass_obj
def edit_workflow(face: Face, workflow: str, field: str | None, anew: bool) -> None:
    """Edit a workflow's JSON, or one text of it, in $VISUAL or $EDITOR.

    What comes back is checked and saved; the document before is kept as a version. What cannot be
    kept is told with line and column, and the text is there again at the next try.
    """
    run(_edit(face, workflow, field, anew))


async def _edit(face: Face, reference: str, field: str | None, anew: bool) -> None:
    from simtui.library import editing

    async with opened(face.home, create=False) as library:
        found = await library.workflows.find(reference)
        if field == "?":
            for each in await editing.pieces(library, found.id):
                answer(shown(each.label))
            return
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError(
                "An editor needs a terminal. Without one: simtui workflows get --document, and "
                "import what you made of it."
            )
        piece = None if field is None else await _piece(library, found.id, field)
        await editing.take_up_files(library)
        if not anew and await editing.draft_of(library, found.id, piece):
            talk("Going on from what an earlier try left (--anew begins from what is there).")
        try:
            saved = await editing.edit(library, found, piece, _run_editor, anew=anew)
        except SimtuiError:
            if await editing.draft_of(library, found.id, piece):
                talk("Nothing was saved. What you wrote is kept: the same command goes on from it.")
            raise
        if saved is None:
            talk("Nothing was changed.")
            return
        for problem in saved.problems:
            talk(f"! {shown(problem, 300)}")
        with_problems = f", with {wording.plural(len(saved.problems), 'new problem')}"
        more = with_problems if saved.problems else ""
        talk(f"{shown(found.name)} is saved{more}; the document before is kept as a version.")


async def _piece(library: Library, workflow_id: str, field: str) -> Piece:
    from simtui.library import editing

    pieces = await editing.pieces(library, workflow_id)
    fitting = [each for each in pieces if each.label == field] or [
        each for each in pieces if field.lower() in each.label.lower()
    ]
    if len(fitting) == 1:
        return fitting[0]
    what = "several fit" if fitting else "there is none"
    names = "; ".join(shown(each.label, 80) for each in (fitting or pieces)[:20])
    raise NotFound(f'Which field is "{shown(field, 60)}"? {what}: {names or "no texts"}.')


async def _run_editor(path: Path) -> int:
    from simtui.library.editing import editor

    words = editor(os.environ)
    try:
        process = await asyncio.create_subprocess_exec(*words, str(path))
    except OSError as error:
        raise NotFound(f"{shown(words[0], 80)} cannot be run: {error.strerror}.") from error
    return await process.wait()


@click.command("duplicate")
@click.argument("workflow", type=TEXT)
@click.option("--name", type=TEXT, help="What the copy is called.")
@with_output
@click.pass_obj
def duplicate_workflow(face: Face, workflow: str, name: str | None, output: str) -> None:
    """Make a copy of a workflow with its files, under an id of its own."""

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            found = await library.workflows.find(workflow)
            copy = await library.workflows.duplicate(found.id, name)
        if output == "table":
            talk(f"{shown(found.name)} was copied as {shown(copy.name)}: {copy.id}")
        else:
            answer(dumps({"id": copy.id, "name": copy.name, "folder": copy.folder}))

    run(work())
