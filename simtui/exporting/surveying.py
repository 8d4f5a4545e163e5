"""What can go out, looked at before anything is written: what is damaged, and what looks like a
key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from simtui.apart import off_the_loop
from simtui.errors import BadInput, Damaged, shown
from simtui.library import Library
from simtui.model.asset import Asset
from simtui.model.key_shapes import shapes_in
from simtui.model.redact import LikelyKey, likely_keys, masked
from simtui.model.wording import plural

MAX_TEXT_BYTES = 1_000_000
"""A file up to this is looked through for keys if it is text. What is larger is data that a program
wrote, and in what is no text random bytes would look like keys."""

_TOLD = 10

"""The runs of a workflow, by its id, as NDJSON in pieces of whole lines."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What can go out: workflows by id, each with the numbers of its sound versions, and with its
    sound files where these go too. `left_out` says what is damaged, a sentence each."""

    sound: dict[str, list[int]]
    assets: dict[str, list[Asset]]
    left_out: list[str]


class _Keys:
    """What looks like a key, told by where it is."""

    def __init__(self) -> None:
        self.total = 0
        self.told: list[str] = []

    def add(self, place: str, found: Sequence[tuple[str, str]]) -> None:
        """Keys of one document or file: where each is in it, and the key, masked."""
        self.total += len(found)
        if len(self.told) < _TOLD:
            self.told += [f"  {place} · {shown(at, 80)}: {shown(key, 40)}" for at, key in found]

    def check(self) -> None:
        """Raises `BadInput` where there are any."""
        if not self.total:
            return
        more = f"\n  … and {self.total - _TOLD:,} more" if self.total > _TOLD else ""
        raise BadInput(
            f"Nothing was exported: {plural(self.total, 'value')} in it "
            f"{'looks' if self.total == 1 else 'look'} like a key, and would leave in clear:\n"
            + "\n".join(self.told[:_TOLD])
            + more
            + "\nPut {{NAME}} in their place, or insist with --allow-secrets."
        )


async def surveyed(
    library: Library,
    ids: Sequence[str],
    allow_secrets: bool,
    *,
    versions: bool = False,
    assets: bool = False,
    runs: bool = False,
    forgiving: bool = False,
) -> Survey:
    """Reads everything once before anything is written. Raises `BadInput` with where they are,
    where values look like keys; `Damaged`, unless `forgiving`: then what is damaged stays here."""
    survey = Survey({}, {}, [])
    keys = _Keys()
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
            found = await off_the_loop(len(document), _keys_in, document)
            if found:
                name = await _name_of(library, workflow_id)
                name += "" if number is None else f" · version {number}"
                keys.add(name, [(key.where, key.masked) for key in found])
        if assets and workflow_id in survey.sound:
            await _survey_files(library, workflow_id, survey, None if allow_secrets else keys)
            if survey.left_out and not forgiving:
                raise Damaged(survey.left_out[0])
        if runs and not allow_secrets and workflow_id in survey.sound:
            async for lines in library.runs.events(workflow_ids=[workflow_id]):
                masked_keys = await asyncio.to_thread(_keys_in_text, lines)
                if masked_keys:
                    name = await _name_of(library, workflow_id)
                    keys.add(name, [("runs", key) for key in masked_keys])
    keys.check()
    return survey


async def _survey_files(
    library: Library, workflow_id: str, survey: Survey, keys: _Keys | None
) -> None:
    """The sound files of a workflow; in a text that a person may have written, keys are looked
    for."""
    for asset in await library.assets.of(workflow_id):
        content = bytearray()
        try:
            async for piece in library.assets.pieces(asset):
                if asset.size_bytes <= MAX_TEXT_BYTES:
                    content += piece
        except Damaged as error:
            survey.left_out.append(error.message)
            continue
        survey.assets.setdefault(workflow_id, []).append(asset)
        found = await asyncio.to_thread(_keys_in_text, bytes(content)) if keys else []
        if keys and found:
            name = await _name_of(library, workflow_id)
            keys.add(name, [(f"file {asset.name}", key) for key in found])


async def _name_of(library: Library, workflow_id: str) -> str:
    workflow = await library.workflows.get(workflow_id)
    return shown(workflow.name if workflow else workflow_id, 60)


async def _document(library: Library, workflow_id: str, number: int | None) -> bytes:
    """The current document, or an earlier one."""
    if number is None:
        return await library.workflows.document(workflow_id)
    return await library.workflows.version_document(workflow_id, number)


def _keys_in(document: bytes) -> list[LikelyKey]:
    return likely_keys(orjson.loads(document))


def _keys_in_text(content: bytes) -> list[str]:
    """What has the shape of a key in a text, masked; nothing in what is no text."""
    if b"\0" in content:
        return []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return []
    return [masked(key) for key in shapes_in(text)]
