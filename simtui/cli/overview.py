"""What `simtui` prints without a terminal: where the home is, what is in it, what to do next."""

from __future__ import annotations

import time

from simtui.console.output import Face, answer, opened, run, table_lines
from simtui.errors import shown
from simtui.model import wording
from simtui.paths import Home


def show_overview(face: Face) -> None:
    """Prints it. Makes the home where there is none."""
    run(_show(face))


def show_samples() -> None:
    """Prints the overview of the samples, in a home that is gone afterwards."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="simtui-samples-") as folder:
        face = Face(Home(Path(folder) / "SimAI"))
        run(_fill(face))
        show_overview(face)


async def _fill(face: Face) -> None:
    from simtui.samples import fill

    async with opened(face.home) as library:
        await fill(library, time.time_ns() // 1_000_000)


async def _show(face: Face) -> None:
    async with opened(face.home) as library:
        total = await library.workflows.count()
        trash = await library.workflows.count(trash=True)
        newest = await library.workflows.page(limit=10)
    answer(
        f"{shown(str(face.home))} · {wording.plural(total, 'workflow')}, "
        f"{wording.count(trash)} in the trash"
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
