"""What `simtui` prints without a terminal: where the home is, what is in it, what to do next."""

from __future__ import annotations

import time

from simtui.cli.output import Face, answer, opened, run, table_lines
from simtui.model import wording


def show_overview(face: Face) -> None:
    run(_show(face))


async def _show(face: Face) -> None:
    async with opened(face.home) as library:
        total = await library.workflows.count()
        trash = await library.workflows.count(trash=True)
        newest = await library.workflows.page(limit=10)
    answer(
        f"{face.home} · {wording.plural(total, 'workflow')}, {wording.count(trash)} in the trash"
    )
    if not total:
        answer()
        answer("Nothing here yet. Bring workflows in with:  simtui import PATH…")
        answer("(a file, a folder, or a zip from Sim; --dry-run shows first what would happen)")
        return
    answer()
    now_ms = time.time_ns() // 1_000_000
    rows = [
        (item.name, item.folder, wording.ago(item.updated_at, now_ms), str(item.block_count))
        for item in newest
    ]
    for line in table_lines(("NAME", "FOLDER", "UPDATED", "BLOCKS"), rows):
        answer(line)
    if total > len(newest):
        answer(f"… and {total - len(newest):,} more: simtui workflows list")
