"""An extraction within the test's own process, as the command does it."""

from __future__ import annotations

from typing import Any

import orjson

from simtui.cloud.address import find_address
from simtui.cloud.choosing import Wanted
from simtui.cloud.extracting import extract, prepare
from simtui.cloud.report import Report
from simtui.library import Library
from tests.cloud.filling import Sim

WF = "11111111-aaaa-4aaa-8aaa-00000000000"
"""An id but for its last digit."""


async def taken(
    sim: Sim,
    library: Library | None,
    *,
    key: bytes | None = None,
    dry_run: bool = False,
    **wanted: Any,
) -> Report:
    plan = await prepare(find_address(sim.address, None, {}), Wanted(**wanted), key)
    try:
        return await extract(plan, library, dry_run=dry_run)
    finally:
        plan.close()


async def state_of(library: Library, workflow_id: str) -> dict[str, Any]:
    """The state of the current document."""
    state: dict[str, Any] = orjson.loads(await library.workflows.document(workflow_id))["state"]
    return state


def said_of(report: Report, ident: str) -> dict[str, Any]:
    """The one item about this thing."""
    (item,) = [item for item in report.items if item["id"] == ident]
    return item
