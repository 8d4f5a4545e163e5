"""What can go out, looked at before anything is written: what is damaged, and what looks like a
key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from simtui.apart import off_the_loop
from simtui.errors import BadInput, Damaged, shown
from simtui.library import Library
from simtui.model.redact import LikelyKey, likely_keys
from simtui.model.wording import plural

_TOLD = 10


@dataclass(frozen=True, slots=True)
class Survey:
    """What can go out: workflows by id, each with the numbers of its sound versions. `left_out`
    says what is damaged, a sentence each."""

    sound: dict[str, list[int]]
    left_out: list[str]


async def surveyed(
    library: Library,
    ids: Sequence[str],
    allow_secrets: bool,
    *,
    versions: bool = False,
    forgiving: bool = False,
) -> Survey:
    """Reads everything once before anything is written. Raises `BadInput` with where they are,
    where values look like keys; `Damaged`, unless `forgiving`: then what is damaged stays here."""
    survey = Survey({}, [])
    told: list[str] = []
    total = 0
    for workflow_id in dict.fromkeys(ids):
        numbers: list[int | None] = [None]
        if versions:
            numbers += [each.number for each in await library.workflows.versions(workflow_id)]
        for number in numbers:
            try:
                document = await _document(library, workflow_id, number)
            except Damaged as error:
                if not forgiving:
                    raise
                survey.left_out.append(error.message)
                if number is None:
                    break
                continue
            survey.sound.setdefault(workflow_id, []).extend([] if number is None else [number])
            if allow_secrets:
                continue
            keys = await off_the_loop(len(document), _keys_in, document)
            total += len(keys)
            if keys and len(told) < _TOLD:
                workflow = await library.workflows.get(workflow_id)
                name = shown(workflow.name if workflow else workflow_id, 60)
                name += "" if number is None else f" · version {number}"
                told += [
                    f"  {name} · {shown(key.where, 80)}: {shown(key.masked, 40)}" for key in keys
                ]
    if total:
        more = f"\n  … and {total - _TOLD:,} more" if total > _TOLD else ""
        raise BadInput(
            f"Nothing was exported: {plural(total, 'value')} in it "
            f"{'looks' if total == 1 else 'look'} like a key, and would leave in clear:\n"
            + "\n".join(told[:_TOLD])
            + more
            + "\nPut {{NAME}} in their place, or insist with --allow-secrets."
        )
    return survey


async def _document(library: Library, workflow_id: str, number: int | None) -> bytes:
    """The current document, or an earlier one."""
    if number is None:
        return await library.workflows.document(workflow_id)
    return await library.workflows.version_document(workflow_id, number)


def _keys_in(document: bytes) -> list[LikelyKey]:
    return likely_keys(orjson.loads(document))
