"""`simtui search TEXT`."""

from __future__ import annotations

import sys
import time

import click

from simtui.console.output import TEXT, Face, answer, answer_rows, opened, run, with_output
from simtui.errors import shown
from simtui.library.searching import MARK, UNMARK, Hit
from simtui.model import wording


@click.command("search")
@click.argument("text", nargs=-1, required=True, type=TEXT)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="At most so many.",
)
@with_output
@click.pass_obj
def search_command(face: Face, text: tuple[str, ...], limit: int, output: str) -> None:
    """Find words, by their beginnings: in workflows' names, prompts, code and notes, in the errors
    and outputs of runs, and in their log lines."""

    async def work() -> list[Hit]:
        async with opened(face.home, create=False) as library:
            return await library.search(" ".join(text), limit)

    hits = run(work())
    rows = [
        {
            "kind": hit.kind,
            "id": hit.id,
            "workflow_id": hit.workflow_id,
            "title": hit.title,
            "snippet": hit.snippet.replace(MARK, "").replace(UNMARK, ""),
            "at": wording.rfc3339(hit.at),
        }
        for hit in hits
    ]
    bold = ("\x1b[1m", "\x1b[22m") if sys.stdout.isatty() else ("", "")

    def table() -> None:
        now_ms = time.time_ns() // 1_000_000
        for hit in hits:
            kind = "" if hit.kind == "workflow" else f"{hit.kind}  "
            place = f"{kind}{shown(hit.id[:8])}"
            answer(f"{shown(hit.title, 80)}  {place}  {wording.ago(hit.at, now_ms)}")
            # the snippet holds no control character but the two marks
            answer(f"    {hit.snippet.replace(MARK, bold[0]).replace(UNMARK, bold[1])}")

    nothing = f'Nothing holds "{shown(" ".join(text), 60)}". Fewer letters of a word find more.'
    answer_rows(output, rows, table, nothing)
