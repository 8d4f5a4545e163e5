"""`simtui workflows prune`: versions and trash that the policy lets go, after asking."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

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
from simtui.model import settings, wording

if TYPE_CHECKING:
    from simtui.library.space import Gone, Limits, Plan

_SHOWN = 20


@click.command("prune")
@click.option(
    "--keep-versions",
    type=TEXT,
    metavar="N|all",
    help="Leave so many earlier versions of each workflow. [keep.versions]",
)
@click.option(
    "--trash-days",
    type=TEXT,
    metavar="DAYS|forever",
    help="Leave what is in the trash for fewer days. [keep.trash_days]",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask; needed without a terminal.")
@with_output
@click.pass_obj
def prune_workflows(
    face: Face,
    keep_versions: str | None,
    trash_days: str | None,
    dry_run: bool,
    yes: bool,
    output: str,
) -> None:
    """Remove earlier versions and old trash for good, and give the space back.

    Nothing goes by itself, and by default everything stays: the settings keep.versions and
    keep.trash_days say what may go, or these flags do. Backups keep what they hold. Works on a
    full disk too.
    """
    from simtui.library import reserve  # `workflows list` needs none of this
    from simtui.library.space import Gone, Limits

    if not dry_run:
        check_can_ask(yes)
    flags = {}
    for key, flag in (("keep.versions", keep_versions), ("keep.trash_days", trash_days)):
        flags[key] = None if flag is None else settings.parse(settings.find(key), flag)

    async def look() -> tuple[Limits, Plan, dict[str, str]]:
        async with opened(face.home, create=False) as library:
            limits = Limits.of(
                await library.settings.all(),
                os.environ,
                versions=flags["keep.versions"],
                trash_days=flags["keep.trash_days"],
            )
            plan = await library.space.plan(limits)
            of_versions = dict.fromkeys(each.workflow_id for each in plan.versions)
            names = {}
            for ident in of_versions:
                found = await library.workflows.get(ident)
                names[ident] = found.name if found else ident
            return limits, plan, names

    async def prune() -> Gone:
        async with opened(face.home, create=False) as library:
            return await library.space.prune(plan, say=talk)

    limits, plan, names = run(reserve.with_reserve(face.home, look, talk))
    items = _items(plan, names)
    if not plan:
        _answer(output, items, Gone(0, 0, 0), dry_run)
        if limits.keep_everything:
            talk(
                "Everything is kept: keep.versions is all and keep.trash_days is forever. Say "
                "--keep-versions N or --trash-days DAYS, or set them."
            )
        else:
            talk("Nothing to remove: what is there is newer, or less.")
        return
    if dry_run:
        _answer(output, items, Gone(0, 0, 0), dry_run)
        talk(f"Would remove {_said(plan)}; about {wording.size(plan.freed_bytes)} would be freed.")
        return
    if not yes:
        _list(items, talk)
    confirm(f"Remove {_said(plan)} for good? Backups keep what they hold.", yes)
    gone = run(reserve.with_reserve(face.home, prune, talk))
    _answer(output, items, gone, dry_run)
    versions = wording.plural(gone.versions, "version")
    workflows = wording.plural(gone.workflows, "workflow")
    smaller = wording.size(gone.file_bytes)
    talk(f"{versions} and {workflows} removed; the library is {smaller} smaller.")


def _said(plan: Plan) -> str:
    parts = []
    if plan.versions:
        owners = len({each.workflow_id for each in plan.versions})
        parts.append(
            f"{wording.plural(len(plan.versions), 'version')} of "
            f"{wording.plural(owners, 'workflow')}"
        )
    if plan.workflows:
        runs = sum(each.runs for each in plan.workflows)
        parts.append(
            f"{wording.plural(len(plan.workflows), 'workflow')} in the trash"
            + (f" with {wording.plural(runs, 'run')}" if runs else "")
        )
    return " and ".join(parts)


def _items(plan: Plan, names: dict[str, str]) -> list[dict[str, Any]]:
    """One a workflow: what of it goes."""
    items: dict[str, dict[str, Any]] = {}
    for space in plan.workflows:
        items[space.id] = {
            "workflow_id": space.id,
            "name": space.name,
            "whole": True,
            "versions": space.versions,
            "runs": space.runs,
            "assets": space.assets,
            "bytes": space.all_bytes,
        }
    for version in plan.versions:
        item = items.setdefault(
            version.workflow_id,
            {
                "workflow_id": version.workflow_id,
                "name": names[version.workflow_id],
                "whole": False,
                "versions": 0,
                "runs": 0,
                "assets": 0,
                "bytes": 0,
            },
        )
        item["versions"] += 1
        item["bytes"] += version.stored_bytes
    return sorted(items.values(), key=lambda item: (-item["bytes"], item["workflow_id"]))


def _answer(output: str, items: list[dict[str, Any]], gone: Gone, dry_run: bool) -> None:
    if output == "json":
        answer(
            dumps(
                {
                    "dry_run": dry_run,
                    "workflows": gone.workflows,
                    "versions": gone.versions,
                    "freed_bytes": gone.file_bytes,
                    "items": items,
                }
            )
        )
    elif output == "jsonl":
        answer_rows(output, items, lambda: None, "")
    elif dry_run and items:
        _list(items, answer)


def _list(items: list[dict[str, Any]], say: Any) -> None:
    rows = [
        (
            item["name"],
            "all of it" if item["whole"] else wording.plural(item["versions"], "version"),
            wording.size(item["bytes"]),
        )
        for item in items[:_SHOWN]
    ]
    for line in table_lines(("WORKFLOW", "GOES", "SIZE"), rows):
        say(line)
    if len(items) > _SHOWN:
        say(f"… and {wording.plural(len(items) - _SHOWN, 'workflow')} more")
