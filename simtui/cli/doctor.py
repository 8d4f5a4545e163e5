"""`simtui doctor`: is everything as it should be?"""

from __future__ import annotations

import click

from simtui.console.output import (
    Face,
    answer,
    answer_rows,
    run,
    table_lines,
    unlocked_first,
    with_output,
)
from simtui.library.doctor import examine


@click.command("doctor")
@click.option("--space", is_flag=True, help="Say what takes space, by table and by workflow.")
@with_output
@click.pass_obj
def doctor_command(face: Face, space: bool, output: str) -> int:
    """Check the home, the database, every document in it, and the search index.

    Reads everything and changes nothing. Exit code 6 where something is wrong.
    """
    if space:
        from simtui.cli.spaces import show_space

        show_space(face, output)
        return 0
    findings = run(examine(face.home, unlocked_first))
    rows = [{"name": f.name, "ok": f.ok, "value": f.value, "advice": f.advice} for f in findings]

    def table() -> None:
        cells = [("✗" if f.ok is False else "✓" if f.ok else " ", f.name) for f in findings]
        heads = list(table_lines(("", ""), cells))[1:]
        width = max(map(len, heads), default=0)
        for head, finding in zip(heads, findings, strict=True):
            answer(f"{head.ljust(width)}  {finding.value}")
            if finding.advice:
                answer(f"{' ' * width}  {finding.advice}")

    answer_rows(output, rows, table, "")
    return 6 if any(finding.ok is False for finding in findings) else 0
