"""`simtui secrets scan` and `adopt`: keys in clear, and their way into the vault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from simtui.console import asking
from simtui.console.output import (
    TEXT,
    Face,
    answer,
    answer_rows,
    dumps,
    opened,
    run,
    table_lines,
    talk,
    with_output,
)
from simtui.console.unlocking import open_vault, unlocked
from simtui.errors import Cancelled, NotFound, UsageError, shown
from simtui.library import Library
from simtui.model import wording
from simtui.model.workflow import Workflow

if TYPE_CHECKING:
    from simtui.library.adopting import Plan
    from simtui.library.clear_copies import ClearCopies


@click.command("scan")
@click.option("--versions", is_flag=True, help="Look at the earlier documents as well.")
@click.option(
    "--stored", is_flag=True, help="Look for the vault's values too; asks for the password."
)
@asking.with_password()
@with_output
@click.pass_obj
def scan_command(
    face: Face, versions: bool, stored: bool, typed: bytearray | None, output: str
) -> int:
    """What workflows hold in clear that looks like a key, the trash included; values are masked.

    With -o json each has workflow_id, workflow, in_trash, version (null: the current document),
    block, field, rule, masked and name, what the secret would be called.
    """
    from simtui.library import adopting

    async def work() -> adopting.Scan:
        async with opened(face.home, create=False) as library:
            if stored:
                await open_vault(library, typed)
            progress = _show_progress if sys.stderr.isatty() else None
            try:
                return await adopting.scan(
                    library, versions=versions, stored=stored, on_progress=progress
                )
            finally:
                if progress:
                    sys.stderr.write("\x1b[K")

    found = run(work())
    rows = [
        {
            "workflow_id": item.workflow_id,
            "workflow": item.workflow,
            "in_trash": item.in_trash,
            "version": item.version,
            "block": item.block,
            "field": item.field,
            "rule": item.rule,
            "masked": item.masked,
            "name": item.name,
        }
        for item in found.found
    ]

    def table() -> None:
        cells = [
            (
                item.workflow
                + (" (trash)" if item.in_trash else "")
                + (f" · version {item.version}" if item.version else ""),
                item.where,
                item.masked,
                item.rule,
                item.name,
            )
            for item in found.found
        ]
        for text in table_lines(("WORKFLOW", "WHERE", "VALUE", "WHY", "NAME FOR IT"), cells):
            answer(text)
        talk("`simtui secrets adopt WORKFLOW --all` moves them into the vault.")

    answer_rows(output, rows, table, "No workflow holds anything in clear that looks like a key.")
    for problem in found.unread:
        talk(f"✗ {problem}")
    return 3 if found.unread else 0


def _show_progress(done: int) -> None:
    sys.stderr.write(f"\r\x1b[K{done:,} documents\r")


@click.command("adopt")
@click.argument("workflow", type=TEXT)
@click.argument("field", nargs=-1, type=TEXT, metavar="[FIELD…]")
@click.option("--all", "everything", is_flag=True, help="Every value that looks like a key.")
@click.option("--name", type=TEXT, help="What the secret is called; for one value.")
@click.option("--keep-versions", is_flag=True, help="Leave the earlier documents as they are.")
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@asking.with_password()
@with_output
@click.pass_obj
def adopt_command(
    face: Face,
    workflow: str,
    field: tuple[str, ...],
    everything: bool,
    name: str | None,
    keep_versions: bool,
    yes: bool,
    typed: bytearray | None,
    output: str,
) -> None:
    """Move keys that a workflow holds in clear into the vault, and leave {{NAME}} behind.

    A FIELD is one that `secrets scan` names: "Block · field", or the field alone. With -o json:
    workflow_id, workflow, moved (name, where, masked, new), versions, log_cleared and left_in
    (workflows, exports, unread, backups).
    """
    if bool(field) == everything:
        raise UsageError("Name the fields to move, or say --all. `simtui secrets scan` lists them.")
    if not yes and not asking.can_ask():
        raise UsageError("Nobody can be asked without a terminal: say --yes if you mean it.")
    fields = None if everything else field
    row = run(_adopt(face, workflow, fields, name, keep_versions, yes, typed))
    if output != "table" and row is not None:
        answer(dumps(row))


async def _adopt(
    face: Face,
    reference: str,
    fields: tuple[str, ...] | None,
    name: str | None,
    keep_versions: bool,
    yes: bool,
    typed: bytearray | None,
) -> dict[str, Any] | None:
    from simtui.library import adopting
    from simtui.library.clear_copies import clear_copies

    async with unlocked(face, typed) as library:
        workflow = await _find(library, reference)
        plan = await adopting.plan(library, workflow, fields, name)
        for key in plan.by_hand:
            talk(f"{key.where}: a key and a reference in one value; that is to be parted by hand.")
        if not plan.moves:
            talk(f"{workflow.name} holds nothing that looks like a key and could be moved.")
            return None
        versions = not keep_versions
        if not yes:
            versions = await _agreed(plan, versions)
        if not versions and not any(move.in_current for move in plan.moves):
            raise Cancelled("Only earlier documents hold it. Nothing was changed.")
        cleared = await adopting.adopt(library, plan, versions=versions)
        copies = await clear_copies(library, plan.values)
    _tell(plan, versions, cleared, copies)
    return {
        "workflow_id": workflow.id,
        "workflow": workflow.name,
        "moved": [
            {"name": m.name, "where": m.key.where, "masked": m.key.masked, "new": m.is_new}
            for m in plan.moves
            if m.in_current or versions
        ],
        "versions": plan.versions if versions else [],
        "log_cleared": cleared,
        "left_in": {
            "workflows": [{"id": ident, "name": called} for ident, called in copies.workflows],
            "exports": [str(path) for path in copies.exports],
            "unread": [str(path) for path in copies.unread],
            "backups": [str(path) for path in copies.backups],
        },
    }


async def _find(library: Library, reference: str) -> Workflow:
    try:
        return await library.workflows.find(reference)
    except NotFound:
        try:
            return await library.workflows.find(reference, trash=True)
        except NotFound:
            pass
        raise


async def _agreed(plan: Plan, versions: bool) -> bool:
    """Asks; whether the earlier documents are meant too. Raises `Cancelled` on a no."""
    cells = [
        (
            f"  {move.key.where}" + ("" if move.in_current else " (earlier documents only)"),
            move.key.masked,
            f"→ {{{{{move.name}}}}}" + ("" if move.is_new else " (in the vault already)"),
        )
        for move in plan.moves
    ]
    lines = list(table_lines(("", "", ""), cells, with_head=False))
    asking.tell("\n".join([shown(plan.workflow.name, 80), *lines]))
    count = wording.plural(len(plan.moves), "value")
    if not await asking.confirmed(f"Move {count} into the vault?"):
        raise Cancelled("Nothing was changed.")
    if not (versions and plan.versions):
        return versions
    many = wording.plural(len(plan.versions), "earlier document")
    return await asking.confirmed(f"Replace them in {many} as well?", default=True)


def _tell(plan: Plan, versions: bool, cleared: bool, copies: ClearCopies) -> None:
    moved = [move for move in plan.moves if move.in_current or versions]
    names = ", ".join(f"{{{{{move.name}}}}}" for move in moved)
    earlier = wording.plural(len(plan.versions), "earlier document")
    also = f", in {earlier} too" if versions and plan.versions else ""
    what = "1 value is" if len(moved) == 1 else f"{len(moved):,} values are"
    talk(f"{plan.workflow.name}: {what} in the vault now, and {names} in the document{also}.")
    if not cleared:
        talk("Somebody reads the library; the last trace goes when it is closed everywhere.")
    left = [f"workflow {name} ({ident[:8]})" for ident, name in copies.workflows]
    left += [f"{path}" for path in copies.exports]
    left += [f"{path} (could not be looked into)" for path in copies.unread]
    if left:
        talk("Still in clear in:")
        for line in left:
            talk(f"  {line}")
    if copies.backups:
        files = wording.plural(len(copies.backups), "backup file")
        talk(f"{files} from before may hold it in clear: {copies.backups[0].parent}")
    talk("What left this machine is out of reach: where it did, change the key at its provider.")
