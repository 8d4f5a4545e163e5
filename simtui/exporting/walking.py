"""What every form of export does: one workflow after another, in its real folders, with the disk's
work away from the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import ParamSpec, TypeVar

from simtui.errors import NotFound, shown
from simtui.exporting.surveying import Survey
from simtui.library import Library
from simtui.model.workflow import Workflow
from simtui.store.folders import NamedFolder

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

Progress = Callable[[int, int], None]
"""Called with how many workflows are done, of how many."""


async def each(library: Library, survey: Survey) -> AsyncIterator[tuple[int, Workflow]]:
    """Every workflow that can go out, with how many are done then."""
    for done, workflow_id in enumerate(survey.sound, 1):
        workflow = await library.workflows.get(workflow_id)
        if workflow is None:
            raise NotFound(f"Workflow {shown(workflow_id)} is gone. Nothing was exported.")
        yield done, workflow


def segments_of(path: str, named: Mapping[str, NamedFolder]) -> tuple[str, ...]:
    """The folders of a path. One that an export named keeps its own parts, "/" and all."""
    if not path:
        return ()
    known = named.get(path)
    if known is not None:
        return known.segments
    above, _, last = path.rpartition("/")
    return (*segments_of(above, named), last)


async def to_its_end(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Runs `function` in a thread. A caller that is cancelled waits for it all the same: it holds
    a file that is about to be taken away."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
