"""`simtui assets …`: the files that belong to a workflow."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

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
from simtui.errors import NotFound, SimtuiError, UsageError, shown
from simtui.exporting.saving import place_of, save_asset
from simtui.importing.sources import opened_file
from simtui.library import Library
from simtui.library.assets import Asset, checked_asset_name, chunks_of
from simtui.model import wording
from simtui.model.workflow import Workflow


@click.group("assets")
def assets_command() -> None:
    """The files that belong to a workflow: list, add, save and delete them.

    They travel with it in a bundle and in plain files, and are in every backup.
    """


def row_of(asset: Asset) -> dict[str, Any]:
    """A file as the JSON contract has it."""
    return {
        "name": asset.name,
        "bytes": asset.size_bytes,
        "type": asset.media_type,
        "digest": asset.digest,
        "added_at": wording.rfc3339(asset.added_at),
    }


@assets_command.command("list")
@click.argument("workflow", type=TEXT)
@with_output
@click.pass_obj
def list_assets(face: Face, workflow: str, output: str) -> None:
    """The files of a workflow, by name; also of one in the trash."""

    async def work() -> list[Asset]:
        async with opened(face.home, create=False) as library:
            found = await _find_anywhere(library, workflow)
            return await library.assets.of(found.id)

    assets = run(work())

    def table() -> None:
        rows = [
            (each.name, wording.size(each.size_bytes), each.media_type, each.digest[:12],
             wording.date_time(each.added_at))
            for each in assets
        ]  # fmt: skip
        for line in table_lines(("NAME", "SIZE", "TYPE", "SHA-256", "ADDED"), rows):
            answer(line)

    nothing = "It has no files. `simtui assets add WORKFLOW FILE` gives it one."
    answer_rows(output, [row_of(each) for each in assets], table, nothing)


async def _find_anywhere(library: Library, reference: str) -> Workflow:
    try:
        return await library.workflows.find(reference)
    except NotFound as error:
        try:
            return await library.workflows.find(reference, trash=True)
        except NotFound:
            raise error from None


@dataclass(frozen=True, slots=True)
class _Coming:
    """A file that is to be added, under which name; `replaces`: it would take another's place."""

    path: Path
    name: str
    replaces: bool


@assets_command.command("add")
@click.argument("workflow", type=TEXT)
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", type=TEXT, help="What it is called here. [as the file]")
@click.option("--yes", is_flag=True, help="Do not ask before a file of the same name is replaced.")
@with_output
@click.pass_obj
def add_assets(
    face: Face, workflow: str, file: tuple[Path, ...], name: str | None, yes: bool, output: str
) -> int:
    """Give a workflow files. The files themselves stay where they are."""
    if name is not None and len(file) > 1:
        raise UsageError("--name names one file.")
    coming = run(_look(face, workflow, [(path, name or path.name) for path in file]))
    if replaced := [each.name for each in coming if each.replaces]:
        check_can_ask(yes)
        names = ", ".join(shown(each, 60) for each in replaced[:5])
        confirm(f"Replace {names}? What it holds now is gone then.", yes)
    rows = run(_add(face, workflow, coming))
    for row in rows if output == "table" else ():
        if row["outcome"] == "refused":
            answer(f"✗ {shown(row['source'], 120)}: {shown(row['reason'], 400)}")
        else:
            sign = {"added": "+", "replaced": "↻", "unchanged": "="}[row["outcome"]]
            answer(f"{sign} {shown(row['name'], 80)}  {wording.size(row['bytes'])}")
    if output != "table":
        answer_rows(output, rows, lambda: None, "")
    refused = sum(row["outcome"] == "refused" for row in rows)
    return 0 if not refused else 6 if refused == len(rows) else 3


async def _look(face: Face, workflow: str, files: Sequence[tuple[Path, str]]) -> list[_Coming]:
    """Which of the files would take the place of another."""
    async with opened(face.home, create=False) as library:
        found = await library.workflows.find(workflow)
        digests = {each.name: each.digest for each in await library.assets.of(found.id)}
    coming: list[_Coming] = []
    for path, name in files:
        checked_asset_name(name)
        if name in {each.name for each in coming}:
            raise UsageError(f'Two of the files are called "{shown(name, 80)}".')
        digest = digests.get(name)
        replaces = digest is not None and await asyncio.to_thread(_digest_of, path) != digest
        coming.append(_Coming(path, name, replaces))
    return coming


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with opened_file(path, str(path)) as stream:
        for piece in chunks_of(stream):
            digest.update(piece)
    return digest.hexdigest()


async def _add(face: Face, workflow: str, coming: Sequence[_Coming]) -> list[dict[str, Any]]:
    rows = []
    async with opened(face.home, create=False) as library:
        found = await library.workflows.find(workflow)
        for each in coming:
            row: dict[str, Any] = {"source": str(each.path)}
            try:
                with opened_file(each.path, str(each.path)) as stream:
                    asset, new = await library.assets.add(
                        found.id, each.name, stream, replace=each.replaces
                    )
            except SimtuiError as error:
                if error.exit_code not in (2, 6):
                    raise
                rows.append(row | {"outcome": "refused", "reason": error.message})
                continue
            word = ("replaced" if each.replaces else "added") if new else "unchanged"
            rows.append(row | {"outcome": word} | row_of(asset))
    return rows


@assets_command.command("save")
@click.argument("workflow", type=TEXT)
@click.argument("name", nargs=-1, type=TEXT)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder; - is standard output, for one file. [here]",
)
@click.option("--yes", is_flag=True, help="Do not ask before a file that is there is replaced.")
@with_output
@click.pass_obj
def save_assets(
    face: Face, workflow: str, name: tuple[str, ...], folder: Path, yes: bool, output: str
) -> None:
    """Write files of a workflow into a folder: those named, or all."""
    assets = run(_chosen(face, workflow, name))
    if str(folder) == "-":
        if len(assets) != 1:
            raise UsageError("One file goes to standard output. Name it.")
        run(_print(face, assets[0]))
        return
    places = [place_of(each, folder) for each in assets]
    if len({str(place).casefold() for place in places}) < len(places):
        raise UsageError("Two of them would have one name there. Save them one by one.")
    there = [place for place in places if place.exists() or place.is_symlink()]
    if there:
        check_can_ask(yes)
        names = ", ".join(shown(str(place), 300) for place in there[:5])
        more = f" and {len(there) - 5} more" if len(there) > 5 else ""
        confirm(f"Replace {names}{more}?", yes)
    saved = run(_save(face, assets, folder, set(there)))
    if output == "table":
        for path in saved:
            answer(shown(str(path), 400))
    else:
        rows = [
            row_of(asset) | {"path": str(path)} for asset, path in zip(assets, saved, strict=True)
        ]
        answer_rows(output, rows, lambda: None, "")


async def _chosen(face: Face, workflow: str, names: Sequence[str]) -> list[Asset]:
    async with opened(face.home, create=False) as library:
        found = await _find_anywhere(library, workflow)
        if names:
            return [await library.assets.get(found.id, each) for each in dict.fromkeys(names)]
        assets = await library.assets.of(found.id)
    if not assets:
        raise NotFound(f"{shown(found.name)} has no files.")
    return assets


async def _print(face: Face, asset: Asset) -> None:
    async with opened(face.home, create=False) as library:
        await library.assets.check(asset)  # what was printed cannot be taken back
        async for piece in library.assets.pieces(asset):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


async def _save(
    face: Face, assets: Sequence[Asset], folder: Path, replacing: set[Path]
) -> list[Path]:
    async with opened(face.home, create=False) as library:
        return [
            await save_asset(library, each, folder, replace=place_of(each, folder) in replacing)
            for each in assets
        ]


@assets_command.command("delete")
@click.argument("workflow", type=TEXT)
@click.argument("name", nargs=-1, required=True, type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@with_output
@click.pass_obj
def delete_assets(face: Face, workflow: str, name: tuple[str, ...], yes: bool, output: str) -> None:
    """Take files from a workflow, for good: files have no trash. Backups still hold them."""
    check_can_ask(yes)
    assets = run(_chosen(face, workflow, name))
    what = shown(assets[0].name, 80) if len(assets) == 1 else wording.plural(len(assets), "file")
    confirm(f"Delete {what} for good?", yes)

    async def work() -> None:
        async with opened(face.home, create=False) as library:
            for each in assets:
                await library.assets.remove(each.workflow_id, each.name)

    run(work())
    if output == "table":
        talk(f"{wording.plural(len(assets), 'file')} deleted.")
    else:
        answer(dumps([row_of(each) for each in assets]))
