"""What can go out, looked at before anything is written: what is damaged, and what looks like a
key."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from simtui.apart import off_the_loop
from simtui.errors import BadInput, Damaged, shown
from simtui.library import Library
from simtui.library.adopting import stored_values
from simtui.model.asset import Asset
from simtui.model.key_shapes import shapes_in
from simtui.model.redact import FoundKey, masked
from simtui.model.replacing import keys_and_known, stands_in
from simtui.model.wording import plural

MAX_TEXT_BYTES = 1_000_000
"""A file up to this is looked through for keys if it is text. What is larger is data that a program
wrote, and in what is no text random bytes would look like keys."""

_TOLD = 10


@dataclass(frozen=True, slots=True)
class Survey:
    """What can go out: workflows by id, each with the numbers of its sound versions, and with its
    sound files where these go too. `left_out` says what is damaged, a sentence each."""

    sound: dict[str, list[int]]
    assets: dict[str, list[Asset]]
    left_out: list[str]


class Keys:
    """What looks like a key in what is to leave, told by where it is. `known`: values of the open
    vault, with their names, which are keys whatever they look like."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self._total = 0
        self._told: list[str] = []

    async def look_in_document(self, place: str, document: bytes) -> None:
        """Looks through a workflow's document."""
        found = await off_the_loop(len(document), _keys_in, document, self._known)
        self._add(place, [(key.where, key.masked) for key in found])

    async def look_in_text(self, place: str, at: str, content: bytes) -> None:
        """Looks through what a program or a person wrote; not in what is no text."""
        found = await asyncio.to_thread(_keys_in_text, content, self._known)
        self._add(place, [(at, key) for key in found])

    def _add(self, place: str, found: Sequence[tuple[str, str]]) -> None:
        self._total += len(found)
        if len(self._told) < _TOLD:
            self._told += [f"  {place} · {shown(at, 80)}: {shown(key, 40)}" for at, key in found]

    def check(self) -> None:
        """Raises `BadInput` where there are any."""
        if not self._total:
            return
        more = f"\n  … and {self._total - _TOLD:,} more" if self._total > _TOLD else ""
        raise BadInput(
            f"Nothing was exported: {plural(self._total, 'value')} in it "
            f"{'looks' if self._total == 1 else 'look'} like a key, and would leave in clear:\n"
            + "\n".join(self._told[:_TOLD])
            + more
            + "\nPut {{NAME}} in their place, or insist with --allow-secrets."
        )


async def keys_for(library: Library) -> Keys:
    """For what is to leave a library."""
    return Keys(await stored_values(library) if library.vault_is_open else {})


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
    keys = await keys_for(library)
    for workflow_id in dict.fromkeys(ids):
        name = await _name_of(library, workflow_id)
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
            place = name if number is None else f"{name} · version {number}"
            await keys.look_in_document(place, document)
        if assets and workflow_id in survey.sound:
            looked = None if allow_secrets else keys
            await _survey_files(library, workflow_id, name, survey, looked)
            if survey.left_out and not forgiving:
                raise Damaged(survey.left_out[0])
        if runs and not allow_secrets and workflow_id in survey.sound:
            async for lines in library.runs.events(workflow_ids=[workflow_id]):
                await keys.look_in_text(name, "runs", lines)
    keys.check()
    return survey


async def _survey_files(
    library: Library, workflow_id: str, name: str, survey: Survey, keys: Keys | None
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
        if keys is not None:
            await keys.look_in_text(name, f"file {asset.name}", bytes(content))


async def _name_of(library: Library, workflow_id: str) -> str:
    workflow = await library.workflows.get(workflow_id)
    return shown(workflow.name if workflow else workflow_id, 60)


async def _document(library: Library, workflow_id: str, number: int | None) -> bytes:
    """The current document, or an earlier one."""
    if number is None:
        return await library.workflows.document(workflow_id)
    return await library.workflows.version_document(workflow_id, number)


def _keys_in(document: bytes, known: Mapping[str, str]) -> list[FoundKey]:
    return keys_and_known(orjson.loads(document), known)


def _keys_in_text(content: bytes, known: Mapping[str, str]) -> list[str]:
    """What is a key in a text, masked; nothing in what is no text."""
    if b"\0" in content:
        return []
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return []
    shapes = set(shapes_in(text))
    stored = [value for value in known if stands_in(value, text) and value not in shapes]
    return [masked(key) for key in [*shapes_in(text), *stored]]
